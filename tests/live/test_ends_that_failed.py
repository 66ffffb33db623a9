"""A session that was to be ended and was not, for a fault of ours: it does not go on for ever."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended

pytestmark = pytest.mark.tmux

WITHOUT_DESCRIPTORS = """
import os
from peerd.daemon import main
from peerd.edges import process
from peerd.errors import InternalError
right = process.end
async def end(*what, **how):
    if not os.path.exists(os.environ["PEERD_HOME"] + "/descriptors"):
        raise InternalError("cannot watch: Too many open files")
    return await right(*what, **how)
process.end = end
main.run()
"""


WITHOUT_A_WRITER = """
import os
from peerd.daemon import main
from peerd.store import writer
from peerd.store.write import SetEnding
right = writer.write_together
def write_together(connection, path, batch):
    ends = any(isinstance(write, SetEnding) for commit in batch for write in commit.writes)
    if ends and not os.path.exists(os.environ["PEERD_HOME"] + "/memory"):
        raise MemoryError
    return right(connection, path, batch)
writer.write_together = write_together
main.run()
"""
"""Why a session is to be ended cannot be noted, for another cause than the disk."""


def test_a_hanging_task_whose_record_is_spoiled_is_ended_with_its_session_and_the_next_one_runs(up: Team):
    up.add("sh", "shell", ephemeral_silent_s=1.0, **QUICK)
    hangs = up.send("sh", "sleep 1000", timeout_s=20)["id"]
    after = up.send("sh", "echo after", wait="accepted")["id"]

    with closing(sqlite3.connect(up.home.store, timeout=5)) as store:
        store.execute("UPDATE message SET accepted_at = 'noon' WHERE id = ?", (hangs,))
        store.commit()

    assert ended(up, after)["answer"] == "after"
    assert 'ev=action-failed action="RecordTurn of sh"' in up.log()


WITHOUT_SIGHT = """
import os, sys
from peerd.daemon import main
from peerd.edges import process
right = process.alive
def alive(which):
    asked = sys._getframe(1).f_code.co_name
    if asked in ("kill", "_kill") and not os.path.exists(os.environ["PEERD_HOME"] + "/descriptors"):
        raise OSError(24, "Too many open files")
    return right(which)
process.alive = alive
main.run()
"""
"""Whether there is something to be ended cannot be told."""


@pytest.mark.parametrize("fault", [WITHOUT_DESCRIPTORS, WITHOUT_SIGHT], ids=["it cannot be watched", "nor be seen"])
@pytest.mark.parametrize("again", ["at once", "a stop", "the census"])
def test_a_session_that_could_not_be_ended_is_ended_by_the_next_try_or_stop_or_look(team: Team, again: str, fault: str):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text(f"census_s = {1 if again == 'the census' else 3600}\n")
    team.start(sys.executable, "-c", fault)
    team.add("sh", "shell", stop_grace_s=0.2)
    team.call("peer.wake", peer="sh", timeout_s=20)
    assert "still ending" in team.run("stop", "sh", "--timeout", "0.3").err
    if again != "at once":
        eventually(lambda: team.log().count('action=kill why="') >= 2)

    Path(team.env["PEERD_HOME"], "descriptors").touch()

    if again == "a stop":
        assert team.run("stop", "sh", "--timeout", "10").code == 0
    assert eventually(lambda: team.show("sh")["phase"] == "asleep")
    assert team.show("sh")["last_end"]["cause"] == "stopped"


def test_a_session_that_was_done_with_and_could_not_be_ended_is_ended_by_the_next_look(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start(sys.executable, "-c", WITHOUT_A_WRITER)
    team.add("sh", "shell", stop_grace_s=0.2, idle_s=0.2)
    team.call("peer.wake", peer="sh", timeout_s=20)
    eventually(lambda: "MemoryError" in team.log(), within_s=10)
    assert team.show("sh")["phase"] == "stopping"

    Path(team.env["PEERD_HOME"], "memory").touch()

    assert eventually(lambda: team.show("sh")["phase"] == "asleep")
    assert team.show("sh")["last_end"]["cause"] == "parked"
