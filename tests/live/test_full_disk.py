"""A disk that refuses for a moment costs nothing that has happened."""

import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import CHAT, declare
from tests.live.test_ephemeral import QUICK

pytestmark = pytest.mark.tmux

REFUSED_ONCE = """
import os
from peerd.daemon import main
from peerd.errors import StoreError
from peerd.store import writer, write
right = writer.write_together
left = [{times}]
def refuse(connection, path, batch):
    if left[0] and any(isinstance(each, write.{kind}) for commit in batch for each in commit.writes):
        left[0] -= 1
        raise StoreError("the disk is full")
    return right(connection, path, batch)
writer.write_together = refuse
main.run()
"""


@pytest.mark.parametrize("kind", ["SetReady", "SetDelivery", "SetTask", "SetJournalRead", "EndSession"])
def test_what_the_disk_refused_once_is_on_record_a_moment_later(team: Team, kind: str):
    team.start(sys.executable, "-c", REFUSED_ONCE.format(kind=kind, times=1))
    team.add("sh", "shell", boot_deadline_s=8)

    sent = team.send("sh", "echo hi", wait="ended", timeout_s=20)
    assert (sent["task"], sent["attempt"]) == ("turn_ended", 1)
    team.call("peer.stop", peer="sh")
    eventually(lambda: team.show("sh")["last_end"])

    assert team.show("sh")["last_end"]["cause"] == "stopped"
    assert team.log().count('action=record why="the disk is full; it is tried again until it is on disk"') == 1
    assert team.call("daemon.status").get("notices", []) == []


REFUSED_MEANWHILE = """
import os
from peerd.daemon import main
from peerd.errors import StoreError
from peerd.store import writer, write
right = writer.write_together
def refuse(connection, path, batch):
    if os.path.exists({full!r}) and any(isinstance(each, write.SetTask) for commit in batch for each in commit.writes):
        raise StoreError("the disk is full")
    return right(connection, path, batch)
writer.write_together = refuse
main.run()
"""


@pytest.fixture
def unrecorded(team: Team) -> Team:
    """An ephemeral session has done its task, and is to be ended, while the disk takes no end of a task."""
    declare(team, CHAT + "task_attempts = 3\n", "chat")
    full = Path(team.root, "full")
    team.start(sys.executable, "-c", REFUSED_MEANWHILE.format(full=str(full)))
    team.add("eve", "chat", **QUICK)
    full.touch()
    team.send("eve", "hello", id="m-1", timeout_s=20)
    eventually(lambda: team.show("eve")["phase"] == "stopping", within_s=15)
    return team


def test_a_session_whose_finished_task_is_not_on_record_outlives_its_daemon_and_no_other_is_given_it(unrecorded: Team):
    session = unrecorded.session("eve").id
    unrecorded.kill_daemon()
    unrecorded.start()

    over = unrecorded.call("message.wait", id="m-1", until="ended", timeout_s=20)

    assert (over["task"], over["attempt"], over["session"]) == ("turn_ended", 1, session)


def test_it_is_ended_once_that_is_on_record(unrecorded: Team):
    Path(unrecorded.root, "full").unlink()

    eventually(lambda: unrecorded.show("eve")["phase"] == "asleep", within_s=10)
    assert unrecorded.show("eve")["last_end"]["cause"] == "finished"


def test_a_stop_does_not_wait_for_that(unrecorded: Team):
    ran = unrecorded.run("stop", "eve")

    assert (ran.code, unrecorded.show("eve")["phase"]) == (3, "asleep")


def test_it_is_told_as_long_as_the_disk_refuses(team: Team):
    team.start(sys.executable, "-c", REFUSED_ONCE.format(kind="SetPaused", times=6))
    team.add("sh", "shell")

    assert team.run("queue", "pause", "sh").code == 3

    (notice,) = team.call("daemon.status")["notices"]
    assert notice == "some records are not on disk yet; peerd keeps trying: the disk is full"
    eventually(lambda: not team.call("daemon.status").get("notices"), within_s=10)
    reader = team.store()
    assert reader.paused() == {"sh"}
    reader.close()


def test_who_sends_to_a_peer_that_does_not_come_up_for_it_is_told_the_cause(team: Team):
    team.start(sys.executable, "-c", REFUSED_ONCE.format(kind="InsertSession", times=1000))
    team.add("sh", "shell", backoff_base_s=0.05)

    ran = team.run("send", "sh", "echo hi", "--json")

    assert (ran.code, ran.json["why"], ran.json["hold"]) == (3, "the disk is full", "backoff")
    assert 50 < ran.json["again_s"] <= 60
    assert "(sh: backoff)" in ran.err
    assert " waits on. sh is down: the disk is full; it is tried again in " in ran.err
    assert ran.err.endswith(" s, `peerd start sh` tries at once\n")
    assert team.show("sh")["phase"] == "failed"


def test_who_waits_for_a_peer_in_its_backoff_is_told_the_cause(team: Team):
    team.start(sys.executable, "-c", REFUSED_ONCE.format(kind="InsertSession", times=1))
    team.add("sh", "shell", backoff_base_s=2.0)

    sent = team.send("sh", "echo hi", timeout_s=1.0)
    assert (sent["waiting"], sent["hold"], sent["why"]) == (True, "backoff", "the disk is full")

    waited = team.call("message.wait", id=sent["id"], until="ended", timeout_s=20)
    assert (waited["task"], waited["waiting"], waited["why"]) == ("turn_ended", False, None)
