"""An attach that comes to nothing is never a kill: a client killed while it introduces itself ends the server."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from peerd.edges.tmux.control import Control
from peerd.errors import TmuxError
from tests.edges.tmux_home import TmuxHome
from tests.eventually import eventually

pytestmark = pytest.mark.tmux

MUTE = """#!/bin/sh
trap 'echo asked > {folder}/left; exit 0' TERM
echo $$ > {folder}/pid
while :; do sleep 0.01; done
"""
STUBBORN = """#!/bin/sh
trap '' TERM
echo $$ > {folder}/pid
while :; do sleep 0.01; done
"""


SLOW = """#!/bin/sh
said=no
trap 'echo "introduced: $said" > {folder}/left; exit 0' TERM
echo $$ > {folder}/pid
sleep 0.2
said=yes
printf '%%begin 1 1 0\\n%%end 1 1 0\\n'
while :; do sleep 0.01; done
"""


def a_client(folder: Path, text: str) -> str:
    """A tmux that says nothing."""
    path = folder / "tmux"
    path.write_text(text.format(folder=folder))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def attach(folder: Path, text: str, within_s: float) -> None:
    await Control.attach(str(folder / "s.sock"), "shell-ada", by=a_client(folder, text), deadline_s=within_s)


def test_a_client_that_gets_no_answer_is_asked_to_leave(tmux_home: TmuxHome) -> None:
    with pytest.raises(TmuxError, match=r"no answer from .* within 0\.5 s"):
        tmux_home.run(attach(tmux_home.folder, MUTE, 0.5))

    assert (tmux_home.folder / "left").read_text() == "asked\n"


def test_one_that_nobody_waits_for_any_more_is_asked_to_leave(tmux_home: TmuxHome) -> None:
    async def story() -> None:
        attaching = asyncio.create_task(attach(tmux_home.folder, MUTE, 60.0))
        await asyncio.to_thread(eventually, (tmux_home.folder / "pid").exists)
        attaching.cancel()
        with pytest.raises(asyncio.CancelledError):
            await attaching

    tmux_home.run(story())

    assert (tmux_home.folder / "left").read_text() == "asked\n"


def test_one_that_introduces_itself_is_let_do_so_before_it_is_asked_to_leave(tmux_home: TmuxHome) -> None:
    with pytest.raises(TmuxError):
        tmux_home.run(attach(tmux_home.folder, SLOW, 0.05))

    assert (tmux_home.folder / "left").read_text() == "introduced: yes\n"


def test_one_that_does_not_leave_is_killed(tmux_home: TmuxHome) -> None:
    with pytest.raises(TmuxError):
        tmux_home.run(attach(tmux_home.folder, STUBBORN, 0.5))

    pid = int((tmux_home.folder / "pid").read_text())
    eventually(lambda: not os.path.exists(f"/proc/{pid}"))


def test_attaches_that_are_called_off_at_any_moment_leave_the_server_alive(tmux_home: TmuxHome) -> None:
    """Killed instead, one in a few hundred would end it: the tests above are what holds that."""
    begun = tmux_home.start("sleep", "1000")

    async def called_off_after(delay_s: float) -> None:
        attaching = asyncio.create_task(Control.attach(tmux_home.socket, "shell-ada"))
        await asyncio.wait((attaching,), timeout=delay_s)
        if not attaching.cancel():
            await (await attaching).close()
        await asyncio.wait((attaching,))

    async def story() -> None:
        for round in range(100):
            await called_off_after(round * 0.00006)

    tmux_home.run(story())

    assert tmux_home.tmux("display-message", "-p", "#{pid}") == str(begun.server_pid)
    assert tmux_home.tmux("list-clients") == ""
