"""A session that lives and that no record knows, after the store was set aside: told, left alone, and never doubled."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from peerd.edges.process import alive, with_variable
from peerd.errors import PeerdError
from peerd.model.session import Session
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def without_its_store(team: Team, *, spec: bool = True) -> Session:
    """ada's session, and a daemon that begins with a new store."""
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    session: Session = team.session("ada")
    team.kill_daemon()
    for name in ("peerd.db-wal", "peerd.db-shm"):
        Path(team.home.state, name).unlink(missing_ok=True)
    Path(team.home.store).write_bytes(b"no database at all" * 1000)
    if not spec:
        Path(team.home.peers, "ada.toml").unlink()
    return session


def lives(session: Session) -> bool:
    assert session.host is not None
    return alive(session.host.runtime) and alive(session.host.server)


def test_a_peer_whose_session_no_record_knows_is_told_to_be_unclear_and_what_ends_that(team: Team):
    session = without_its_store(team)

    team.start()

    ran = team.run("ls")
    assert (ran.code, "unclear" in ran.out) == (0, True)
    assert f"ada is unclear: session {session.id} of ada lives, and is not on record" in ran.err
    assert "`peerd stop ada` ends it; `peerd start ada` then lets ada run." in team.run("show", "ada").out
    assert any(session.id in each for each in team.call("daemon.status")["notices"])
    assert f"ev=senseless-record peer=ada session={session.id}" in team.log()


@pytest.mark.parametrize("hidden", ["", "its runtime is another", "its socket is gone"])
def test_it_is_not_given_a_second_session_until_the_first_was_stopped(team: Team, hidden: str):
    session = without_its_store(team)
    assert session.host is not None
    if hidden.startswith("its runtime"):
        file = Path(team.home.peers, "ada.toml")
        file.write_text(file.read_text().replace("actor", "shell"))
    elif hidden:
        os.unlink(session.host.socket)
    team.start()

    for asked in (["wake", "ada"], ["new", "ada", "--now"], ["send", "ada", "hello"], ["start", "ada"]):
        ran = team.run(*asked)
        assert (ran.code, session.id in ran.err, "`peerd stop ada`" in ran.err) == (1, True, True), asked
    assert lives(session)
    assert "ev=wake peer=ada" not in team.log().rpartition("ev=store-set-aside")[2]

    assert team.run("stop", "ada").code == 0
    assert with_variable("PEERD_SESSION", session.id) == ()
    team.call("peer.start", peer="ada")
    assert team.send("ada", "echo hello", wait="ended", timeout_s=20)["attempt"] == 1
    assert "unclear" not in team.run("ls").err


def test_one_that_has_died_since_keeps_nobody_from_starting(team: Team):
    session = without_its_store(team)
    team.start()
    assert session.host is not None
    for each in (session.host.runtime, session.host.server):
        os.kill(each.pid, signal.SIGKILL)
    eventually(lambda: with_variable("PEERD_SESSION", session.id) == ())

    team.call("peer.start", peer="ada")

    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def test_a_peer_that_is_added_again_is_not_given_a_second_session_either(team: Team):
    session = without_its_store(team, spec=False)
    team.start()
    assert team.call("peer.list")["peers"] == []
    assert lives(session)

    team.add("ada", "actor")

    with pytest.raises(PeerdError, match=f"ada is unclear: session {session.id} of ada lives"):
        team.call("peer.wake", peer="ada")
    assert lives(session)


def test_sessions_of_another_home_are_nobody_to_this_one(team: Team):
    team.start()
    sleeper = subprocess.Popen(
        ("sleep", "60"), env={"PEERD_SESSION": "s-other", "PEERD_PEER": "ada", "PEERD_SOCKET": "/elsewhere/s"}
    )
    try:
        team.add("ada", "actor")
        assert team.call("peer.wake", peer="ada")["woke"]
    finally:
        sleeper.kill()
        sleeper.wait()
