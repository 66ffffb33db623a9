"""Which tmux is installed."""

import os
import shutil

import pytest

from peerd.edges.tmux import server
from peerd.edges.tmux.control import Control
from peerd.edges.tmux.program import found, mismatched, own_program, program, release
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


@pytest.mark.parametrize(
    ("complaint", "mismatch"),
    [
        ("protocol version mismatch (client 9, server 8)", True),
        ("protocol version mismatch (client 8, server 7); server exited unexpectedly", True),
        ("server exited unexpectedly", True),
        ("lost server", True),
        ("server version is too old for client", True),
        ("open terminal failed: not a terminal", True),
        ("no server running on /run/tmux/actor-ada.sock", False),
        ("error connecting to /run/tmux/actor-ada.sock (No such file or directory)", False),
        ("can't find session: actor-ada", False),
        ("access not allowed", False),
        ("no answer from /run/tmux/actor-ada.sock within 5 s", False),
        ("the connection ended", False),
        ("", False),
    ],
)
def test_a_client_of_another_version_is_told_by_its_complaint(complaint: str, mismatch: bool) -> None:
    assert mismatched(complaint) is mismatch


def test_the_program_of_a_server_is_its_own_though_its_file_is_gone(
    tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, old = os.environ["PATH"], tmux_home.folder / "old" / "tmux"
    old.parent.mkdir()
    shutil.copy(program(), old)
    monkeypatch.setenv("PATH", f"{old.parent}:{path}")
    pid = tmux_home.start("sleep", "1000").server_pid
    same = own_program(pid, found())
    old.unlink()
    monkeypatch.setenv("PATH", path)

    own = own_program(pid, found())

    assert same is None
    assert own is not None
    client = tmux_home.run(Control.attach(tmux_home.socket, "shell-ada", by=own))
    tmux_home.clients.append(client)
    assert client.lost is None


def test_a_program_that_may_not_be_run_is_none(tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch) -> None:
    path, old = os.environ["PATH"], tmux_home.folder / "old" / "tmux"
    old.parent.mkdir()
    shutil.copy(program(), old)
    monkeypatch.setenv("PATH", f"{old.parent}:{path}")
    pid = tmux_home.start("sleep", "1000").server_pid
    monkeypatch.setenv("PATH", path)
    old.chmod(0)

    assert own_program(pid, found()) is None
    assert own_program(1 << 22, found()) is None
