"""A session that cannot be adopted: it may live, so it is told, left alone and never doubled, until it can be."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.process import alive, with_variable
from peerd.errors import PeerdError
from peerd.model.session import Session
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.test_bad_records import spoil

pytestmark = pytest.mark.tmux


def look_around_often(team: Team) -> None:
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")


DIES_SWEEPING = """
import os, signal
from peerd.edges.process import kin
right = kin.sweep
async def sweep(*what, **how):
    await right(*what, **how)
    os.kill(os.getpid(), signal.SIGKILL)
kin.sweep = sweep
"""
"""Nothing of the session runs any more, and its end is on no record yet."""


@pytest.fixture
def hung(team: Team) -> Iterator[Session]:
    """ada's session, of which a daemon that was killed had not yet put on record where it lives; its tmux server hangs
    while the next daemon starts."""
    look_around_often(team)
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    session: Session = team.session("ada")
    spoil(team, "UPDATE session SET host = NULL, ready_at = NULL")
    assert session.host is not None
    os.kill(session.host.server.pid, signal.SIGSTOP)
    team.start(*IMPATIENT)
    yield session
    if alive(session.host.server):
        os.kill(session.host.server.pid, signal.SIGCONT)


def phase(team: Team) -> tuple[str, str]:
    shown = team.show("ada")
    return shown["want"], shown["phase"]


def test_a_session_that_cannot_be_asked_is_told_and_no_second_one_is_begun(team: Team, hung: Session):
    said = f"session {hung.id} of ada may live, and could not be adopted: tmux show-options: no answer within 1 s"

    ran = team.run("ls")
    assert ("unclear" in ran.out, said in ran.err) == (True, True)
    for asked in (["wake", "ada"], ["send", "ada", "hello"]):
        ran = team.run(*asked)
        assert (ran.code, said in ran.err) == (1, True), asked
    with pytest.raises(PeerdError, match=f"{hung.id} of ada could not be adopted .* and lives"):
        team.call("peer.start", peer="ada")
    assert team.log().count("ev=wake peer=ada") == 1
    assert "ev=stray-session" not in team.log()


def test_a_stop_ends_it_though_it_does_not_answer(team: Team, hung: Session):
    team.call("peer.stop", peer="ada", timeout_s=20)

    assert with_variable("PEERD_SESSION", hung.id) == ()
    assert team.show("ada")["last_end"]["cause"] == "stopped"
    team.call("peer.start", peer="ada")
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def test_a_stop_amid_which_the_daemon_is_killed_has_stopped_it(team: Team, hung: Session):
    team.kill_daemon()
    team.start(sys.executable, "-c", DIES_SWEEPING + IMPATIENT[2])
    with pytest.raises(PeerdError):
        team.call("peer.stop", peer="ada", timeout_s=20)
    eventually(lambda: team.died)
    assert with_variable("PEERD_SESSION", hung.id) == ()

    team.start()

    assert team.show("ada")["last_end"]["cause"] == "stopped"


def test_it_gets_its_end_once_it_answers_and_what_waited_is_delivered(team: Team, hung: Session):
    waiting = team.send("ada", "hello", queue=True, wait="accepted")["id"]
    assert hung.host is not None

    os.kill(hung.host.server.pid, signal.SIGCONT)

    done = team.call("message.wait", id=waiting, until="ended", timeout_s=40)
    assert (done["task"], done["attempt"], done["session"] != hung.id) == ("answered", 1, True)
    assert with_variable("PEERD_SESSION", hung.id) == ()
    assert (team.run("ls").err, "ev=boot-failed" in team.log()) == ("", False)


def test_one_that_lives_is_adopted_as_soon_as_it_can_be_with_what_is_under_way_in_it(team: Team):
    look_around_often(team)
    team.start()
    team.add("ada", "actor", "--busy-s", "4")
    begun = team.send("ada", "hello", wait="submitted")["id"]
    session = team.session("ada")
    team.kill_daemon()
    in_its_place = Path(team.home.session(session.id), "tmp")
    in_its_place.rmdir()
    in_its_place.write_text("")

    team.start()
    assert (team.run("wake", "ada").code, phase(team), alive(session.host.runtime)) == (1, ("down", "asleep"), True)
    waiting = team.send("ada", "hello again", queue=True, wait="accepted")["id"]
    in_its_place.unlink()

    for id in (begun, waiting):
        done = team.call("message.wait", id=id, until="ended", timeout_s=40)
        assert (done["task"], done["attempt"], done["session"]) == ("answered", 1, session.id)
    assert (phase(team), team.run("ls").err) == (("on_demand", "running"), "")
