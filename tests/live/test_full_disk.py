"""A disk that refuses for a moment costs nothing that has happened."""

import sys

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team

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


def test_it_is_told_as_long_as_the_disk_refuses(team: Team):
    team.start(sys.executable, "-c", REFUSED_ONCE.format(kind="SetPaused", times=6))
    team.add("sh", "shell")

    assert team.run("queue", "pause", "sh").code == 3

    (notice,) = team.call("daemon.status")["notices"]
    assert notice == "what happened is not on disk yet, it is tried again: the disk is full"
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
