"""`peerd tail` of lines that peerd did not write: shown, and obeyed by no terminal."""

from pathlib import Path

import pytest

from tests.cli.test_tail import ESCAPES, log_in, on_a_terminal


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PEERD_SOCKET", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PEERD_HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm-256color")
    return tmp_path


def seen(home: Path, line: str) -> str:
    log_in(home).write("crash-loop", peer="ada", deaths=3, window_s=300.0)
    with (home / "log" / "lifecycle.log").open("a") as file:
        file.write(f"{line}\n")
    return on_a_terminal("-n", "1")


def test_a_line_without_an_event_is_shown_whole(home: Path) -> None:
    line = 'ts=1 to=ada why="a ev=b c"'

    assert ESCAPES.sub("", seen(home, line)) == f"{line}\r\n"


@pytest.mark.parametrize("line", ["ts=1 ev=held why=\x1b[2J", 'ts=1 ev=held why="\x1b]0;x\x07"'])
def test_a_line_that_a_terminal_would_obey_is_shown_as_damaged(home: Path, line: str) -> None:
    shown = ESCAPES.sub("", seen(home, line))

    assert shown.startswith('damaged="ts=1 ev=held why=')
    assert "\x1b" not in shown
