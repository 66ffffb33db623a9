"""Who has a terminal."""

import pytest

from peerd.edges.process.foreground import in_foreground
from peerd.model.session import Process
from tests.edges.children import known
from tests.edges.tmux_home import TmuxHome
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


def test_a_shell_has_its_terminal_but_while_a_job_has_it(tmux_home: TmuxHome):
    pane = tmux_home.pane("bash", "--norc", "-i")
    shell = known(tmux_home.started[0].pane_pid)
    eventually(lambda: in_foreground(shell))
    assert not in_foreground(Process(shell.pid, shell.start + 1)), "that is another process"

    tmux_home.run(pane.paste("sleep 1000"))
    assert in_foreground(shell)
    tmux_home.run(pane.press("Enter"))

    eventually(lambda: not in_foreground(shell))

    def is_broken_off() -> bool:
        """A job that is just begun may lose one."""
        tmux_home.run(pane.press("C-c"))
        return in_foreground(shell)

    eventually(is_broken_off, every_s=0.2)


def test_one_that_is_gone_has_none():
    assert not in_foreground(Process(2**22 + 1, 1))
