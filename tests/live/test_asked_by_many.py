"""Many real clients at once, before and while a daemon comes up: each message is taken once, and nobody is told that
nothing was done of one that was."""

import subprocess
import sys

import pytest

from tests.eventually import eventually
from tests.live.conftest import Ran, Team

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(180)]

CLIENTS = 30


@pytest.fixture
def unowned(team: Team) -> Team:
    """No daemon, and a peer that takes no session's time: it is stopped."""
    team.start()
    team.add("ada", "actor")
    team.call("peer.stop", peer="ada")
    assert team.run("daemon", "stop").code == 0
    team.daemon = None
    return team


def sent_by_all(team: Team) -> "list[subprocess.Popen[str]]":
    return [begun(team, "send", "ada", f"hello {n}", "--id", f"m-{n}", "--queue", "--wait", "accepted") for n in all_()]


def all_() -> range:
    return range(CLIENTS)


def begun(team: Team, *words: str) -> "subprocess.Popen[str]":
    command = (sys.executable, "-m", "peerd", *words)
    return subprocess.Popen(command, env=team.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def over(asked: "subprocess.Popen[str]") -> Ran:
    out, err = asked.communicate(timeout=90)
    return Ran(asked.returncode, out, err)


def on_record(team: Team) -> list[str]:
    reader = team.store()
    try:
        return sorted(each.message.id for each in reader.receipts(limit=1000).receipts)
    finally:
        reader.close()


def test_all_that_start_a_daemon_at_once_are_served_by_it(unowned: Team):
    ran = [over(each) for each in sent_by_all(unowned)]

    assert [each for each in ran if each.code != 0] == []
    assert on_record(unowned) == sorted(f"m-{n}" for n in all_())


def test_nobody_is_told_that_nothing_was_done_where_the_daemon_is_restarted_meanwhile(unowned: Team):
    asked = sent_by_all(unowned)
    eventually(unowned.answers, within_s=20)  # most of them still wait for the one that they began themselves
    unowned.call("daemon.restart", python=sys.executable, env=unowned.env)

    ran = [over(each) for each in asked]

    assert [each for each in ran if each.code != 0] == []
    assert on_record(unowned) == sorted(f"m-{n}" for n in all_())
