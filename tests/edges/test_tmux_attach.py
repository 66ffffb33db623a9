"""The way in for a person; on real tmux."""

import shlex
import subprocess
import sys

import pytest

from peerd.edges import clock
from peerd.edges.tmux.attach import attach_command
from peerd.edges.tmux.pane import Pane
from peerd.errors import TmuxError
from tests.edges.tmux_home import TmuxHome, terminal
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


def test_the_command_attaches_a_terminal_from_inside_another_tmux_too(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")

    command = attach_command(tmux_home.socket, "shell-ada")

    with terminal(command, {"TERM": "xterm", "TMUX": f"{tmux_home.socket},1,0", "TMUX_PANE": "%0"}):
        eventually(lambda: tmux_home.tmux("list-clients", "-F", "#{session_name}") == "shell-ada")


def test_a_session_is_not_shown_inside_itself(tmux_home: TmuxHome) -> None:
    tmux_home.start("sh")
    pane = Pane(tmux_home.attach(), "%0", clock.second)

    tmux_home.run(pane.paste(shlex.join(attach_command(tmux_home.socket, "shell-ada"))))
    tmux_home.run(pane.press("Enter"))

    eventually(lambda: any("nested with care" in line for line in tmux_home.run(pane.history(9))))


def test_no_server_is_said_and_none_is_started(tmux_home: TmuxHome) -> None:
    with pytest.raises(TmuxError, match="error connecting"):
        attach_command(tmux_home.socket, "shell-ada")

    assert list(tmux_home.folder.iterdir()) == []


def test_another_session_is_not_taken_for_the_one_named(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")

    with pytest.raises(TmuxError, match="can't find session"):
        attach_command(tmux_home.socket, "shell-ad")


def test_libtmux_is_loaded_only_to_attach() -> None:
    modules = "server, control, pane, panelog, attach"
    code = f"import sys; from peerd.edges.tmux import {modules}; sys.exit('libtmux' in sys.modules)"

    assert subprocess.run((sys.executable, "-c", code), check=False, timeout=20).returncode == 0
