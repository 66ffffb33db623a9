"""Boots that stand still at what no adapter knows: blocked, and ended at their deadline unless somebody sits there."""

import os
import signal

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.test_declared_runtimes import declare
from tests.live.test_holds import at_the_keyboard, attached
from tests.live.test_unknown_screens import is_told, notices

pytestmark = pytest.mark.tmux

ASKS_FIRST = """
name = "login"
argv = ["/bin/sh", "-c", "echo Choose how to log in; read it; printf '> '; exec sleep 1000"]
ready = '> ?(.*)'
"""


def test_a_boot_that_stands_still_at_what_nobody_knows_is_blocked_and_quoted_until_a_person_answers(team: Team):
    declare(team, ASKS_FIRST, "login")
    team.start()
    team.add("eve", "login", boot_deadline_s=30)

    ran = team.run("wake", "eve", "--timeout", "20")

    assert (ran.code, "Choose how to log in" in ran.err, "`peerd attach eve`" in ran.err) == (3, True, True), ran.err
    shown = team.show("eve")
    assert shown["verdict"].startswith("starting, blocked: its screen is stuck")
    assert "it shows: Choose how to log in" in str(shown["evidence"])
    is_told(team, "eve", "eve is starting, blocked: ", "Choose how to log in", "with nobody attached it is ended in ")
    at_the_keyboard(team, "eve", "send-keys", "Enter")
    eventually(lambda: team.show("eve")["phase"] == "running", within_s=10)
    assert notices(team) == []


def two(team: Team, *daemon: str) -> None:
    """One that is on the way, and one that is not yet."""
    declare(team, ASKS_FIRST, "login")
    team.start(*daemon)
    for name in ("eve", "ivy"):
        team.add(name, "login", boot_deadline_s=5)
    team.popen("wake", "eve")


def test_a_boot_that_somebody_sits_at_is_not_ended_at_its_deadline_and_one_left_alone_is(team: Team):
    two(team)
    begun = eventually(lambda: team.show("eve")["session"])

    with attached(eventually(lambda: team.session("eve").host).socket):
        team.popen("wake", "ivy")
        end = eventually(lambda: team.show("ivy")["last_end"], within_s=20)
        assert (end["cause"], "Choose how to log in" in end["why"]) == ("boot-failed", True)
        assert team.show("eve")["session"] == begun
        assert "somebody is attached" in team.show("eve")["verdict"]

    end = eventually(lambda: team.show("eve")["last_end"], within_s=20)
    assert (end["cause"], "not ready within 5 s" in end["why"]) == ("boot-failed", True)


def left_alone(team: Team) -> None:
    """Another one is by its deadline, which is later than the first one's."""
    team.popen("wake", "ivy")
    assert eventually(lambda: team.show("ivy")["last_end"], within_s=20)["cause"] == "boot-failed"


def blocked(team: Team) -> str:
    """The session of one that was told so."""
    eventually(lambda: team.show("eve")["verdict"].startswith("starting, blocked: its screen is stuck"), within_s=10)
    return str(team.show("eve")["session"])


def test_a_boot_that_somebody_is_on_the_way_to_is_not_ended_at_its_deadline(team: Team):
    two(team)
    session = blocked(team)

    team.call("peer.attach", peer="eve")
    left_alone(team)

    assert team.show("eve")["session"] == session


def test_a_boot_that_stood_still_before_its_tmux_hung_is_not_ended_for_that(team: Team):
    two(team, *IMPATIENT)
    session, server = blocked(team), team.session("eve").host.server.pid

    os.kill(server, signal.SIGSTOP)
    try:
        left_alone(team)
        assert team.show("eve")["session"] == session
    finally:
        os.kill(server, signal.SIGCONT)


def test_a_boot_that_shows_nothing_at_all_starts_until_its_deadline(team: Team):
    declare(team, ASKS_FIRST.replace("echo Choose how to log in; ", ""), "login")
    team.start()
    team.add("eve", "login", boot_deadline_s=4)

    ran = team.run("wake", "eve")

    assert (ran.code, "eve did not come up: boot-failed: not ready within 4 s" in ran.err) == (1, True), ran.err
    assert "ev=blocked" not in team.log()
