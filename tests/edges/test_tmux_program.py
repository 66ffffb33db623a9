"""Which tmux is installed."""

import pytest

from peerd.edges.tmux import server
from peerd.edges.tmux.program import release
from peerd.errors import TmuxError
from tests.edges.tmux_home import TmuxHome, fake_tmux

pytestmark = pytest.mark.tmux


def test_the_version_is_told(tmux_home: TmuxHome) -> None:
    assert release(tmux_home.run(server.version())) >= (3, 2)


@pytest.mark.parametrize("said", ["tmux 3.1c", "tmux 2.9", "what?  0.1"])
def test_a_tmux_too_old_is_named_with_what_to_install(
    said: str, tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tmux(tmux_home.folder, monkeypatch, f"echo '{said}'")

    with pytest.raises(TmuxError, match="install tmux >= 3.2"):
        tmux_home.run(server.version())


def test_no_tmux_at_all_is_said_with_what_to_install(tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmux_home.folder))

    with pytest.raises(TmuxError, match="there is no tmux on the PATH; install tmux >= 3.2"):
        tmux_home.run(server.version())


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("3.3a", (3, 3)), ("tmux next-3.10", (3, 10)), ("openbsd-7.4", (7, 4)), ("master", (1000, 0))],
)
def test_a_version_is_read_as_numbers(text: str, numbers: tuple[int, int]) -> None:
    assert release(text) == numbers
