"""A row that somebody edited: it is told, it costs no other, and nobody gets a second session for it."""

import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from peerd.edges.process import alive, identify, with_variable
from peerd.errors import PeerdError
from peerd.model.session import End, EndCause, Host, Process
from peerd.store.write import EndSession, InsertSession
from tests.build import S1
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.store.records import WALL, in_store, session

pytestmark = pytest.mark.tmux


def spoil(team: Team, *damage: str) -> None:
    """While no daemon runs."""
    team.kill_daemon()
    with closing(sqlite3.connect(team.home.store)) as store:
        for each in damage:
            store.execute(each)
        store.commit()


@pytest.mark.parametrize("damage", ["mode = 'strewn'", "boot_id = 'strewn'"])
def test_a_session_that_makes_no_sense_is_left_alone_until_it_is_stopped(team: Team, damage: str):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    runtime = team.session("ada").host.runtime
    spoil(team, f"UPDATE session SET {damage}")

    team.start()

    (notice,) = team.call("daemon.status")["notices"]
    assert "has an invalid record, and may live" in notice
    assert "ev=senseless-record peer=ada" in team.log()
    assert (team.show("ada")["want"], alive(runtime)) == ("down", True)
    assert notice in [each["says"] for each in team.show("ada")["evidence"]]
    with pytest.raises(PeerdError, match="and lives: process .*`peerd stop ada` ends it"):
        team.call("peer.start", peer="ada")
    with pytest.raises(
        PeerdError, match="ada is unclear, so its screen is not shown: session .* has an invalid record"
    ):
        team.call("peer.peek", peer="ada")
    assert alive(runtime)

    team.call("peer.stop", peer="ada")
    assert not alive(runtime)
    team.call("peer.start", peer="ada")
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def test_a_session_whose_row_makes_sense_again_is_taken_up_as_ever(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    before = team.session("ada").id
    spoil(team, "UPDATE session SET started_at = 'noon'")
    team.start()
    spoil(team, "UPDATE session SET started_at = 1.0")

    team.start()

    assert team.session("ada").id == before
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["session"] == before


def test_a_session_that_lives_is_adopted_also_where_its_row_tells_of_another_boot(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    before = team.session("ada").id
    spoil(team, "UPDATE session SET boot_id = '00000000-0000-4000-8000-000000000001'")

    team.start()

    assert team.send("ada", "hello", wait="ended", timeout_s=20)["session"] == before


@pytest.mark.parametrize(
    "damage",
    ["peer = 'eve'", "peer = 'bob'", "peer = 'no\n name'", "peer = x'fffe'", "peer = 'eve', spec = NULL"],
)
def test_a_session_whose_row_names_another_peer_is_its_own_peers_to_stop(team: Team, damage: str):
    team.start()
    team.add("ada", "actor", "--busy-s", "60")
    team.add("bob", "actor")
    team.send("ada", "work", id="m-0", wait="submitted")
    session = team.session("ada")
    spoil(team, f"UPDATE session SET {damage}")

    team.start()

    assert "unclear" in team.run("ls").out.splitlines()[1]
    (notice,) = team.call("daemon.status")["notices"]
    assert f"session {session.id} of ada has an invalid record, and may live" in notice
    assert [row["peer"] for row in team.call("peer.list")["peers"]] == ["ada", "bob"]
    assert team.run("send", "ada", "hello").code == 1
    with pytest.raises(PeerdError, match="and lives: process .*`peerd stop ada` ends it"):
        team.call("peer.start", peer="ada")
    assert (alive(session.host.runtime), "Error" in (team.root / "daemon.out").read_text()) == (True, False)

    assert team.run("stop", "ada").code == 0
    assert with_variable("PEERD_SESSION", session.id) == ()
    team.call("peer.start", peer="ada")
    eventually(lambda: team.call("message.show", id="m-0")["attempt"] == 2, within_s=20)
    assert team.send("bob", "hello", wait="submitted", timeout_s=20)["attempt"] == 1


def test_a_want_that_makes_no_sense_ends_nothing_and_starts_nothing(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("peer.start", peer="ada")
    team.call("peer.wake", peer="ada")
    runtime = team.session("ada").host.runtime
    spoil(team, "UPDATE want SET want = 'maybe'")

    team.start()

    assert (team.show("ada")["want"], team.show("ada")["phase"], alive(runtime)) == ("down", "running", True)
    assert team.run("send", "ada", "hello").code == 1
    team.call("peer.start", peer="ada")
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"
    assert team.call("daemon.status").get("notices", []) == []


def test_a_message_that_makes_no_sense_is_left_out_cancelled_and_removed(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    for n in range(3):
        team.send("ada", f"task {n}", id=f"m-{n}", wait="accepted")
    spoil(team, "UPDATE message SET attempt = 'often' WHERE id != 'm-2'")
    team.start()

    ran = team.run("messages", "--json")
    assert ([each["id"] for each in ran.json["messages"]], ran.code) == (["m-2"], 0)
    assert ran.json["left_out"] == ["m-1", "m-0"]
    assert "2 messages have invalid records and are left out (m-1, m-0); `peerd message ID` tells why." in ran.err
    assert team.call("queue.list", peer="ada")["left_out"] == ["m-0", "m-1"]

    assert team.run("queue", "cancel", "m-0").out == "m-0 to ada: cancelled\n"
    assert len(team.call("daemon.status")["notices"]) == 1
    assert team.call("peer.remove", peer="ada")["cancelled"] == 2
    assert team.call("daemon.status").get("notices", []) == []


@pytest.mark.parametrize(
    "damage", ["place = 'first'", "place = x'fffe'", "target = x'fffe'", "target = 'no name'", "accepted_at = 1e300"]
)
def test_a_message_in_nobodys_queue_costs_no_other_and_is_taken_out(team: Team, damage: str):
    team.start()
    team.add("ada", "actor")
    team.add("bob", "actor")
    team.call("queue.pause", peer="ada")
    for n in range(2):
        team.send("ada", f"task {n}", id=f"m-{n}", wait="accepted")
    spoil(team, f"UPDATE message SET {damage} WHERE id = 'm-0'")
    team.start()

    (notice,) = team.call("daemon.status")["notices"]
    assert notice.startswith("message m-0 has an invalid record and is not delivered: ")
    assert team.run("daemon", "status").code == 0
    assert [row["waiting"] for row in team.call("queue.list")["queues"]] == [1, 0]
    assert [team.run(*asked).code for asked in (["messages"], ["queue", "ls", "ada"], ["show", "ada"])] == [0, 0, 0]
    assert team.send("bob", "hello", wait="submitted", timeout_s=20)["attempt"] == 1

    assert team.run("queue", "cancel", "m-0").code == 0
    team.call("queue.resume", peer="ada")
    assert team.call("message.wait", id="m-1", until="ended", timeout_s=20)["task"] == "answered"
    assert team.call("daemon.status").get("notices", []) == []


def test_a_message_that_was_spoiled_while_it_waited_is_taken_out_of_the_queue_it_is_in(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    team.send("ada", "task", id="m-0", wait="accepted")
    with closing(sqlite3.connect(team.home.store)) as store:
        store.execute("UPDATE message SET target = 'no name'")
        store.commit()

    assert team.run("queue", "cancel", "m-0").code == 0

    assert team.show("ada")["queue"] == []
    assert team.call("queue.resume", peer="ada")["waiting"] == 0


def test_one_whose_session_is_seen_to_be_dead_may_start(team: Team):
    team.start()
    team.add("ada", "actor", "--busy-s", "30")
    sent = team.send("ada", "hello")["id"]
    host = team.session("ada").host
    spoil(team, "UPDATE session SET token_hash = x'ff', ended_at = 'noon'")
    for each in (host.runtime, host.server):
        os.kill(each.pid, signal.SIGKILL)
    eventually(lambda: not alive(host.runtime) and not alive(host.server))
    team.start()
    assert team.call("message.show", id=sent)["state"] == "submitted"

    team.call("peer.start", peer="ada")

    eventually(lambda: team.call("message.show", id=sent)["attempt"] == 2, within_s=20)
    assert "may live" not in str(team.call("daemon.status").get("notices"))


def test_a_session_that_somebody_ended_on_record_while_it_ran_is_ended_and_that_is_said(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    session = team.session("ada")
    end = """ended_at = 1.0, end_cause = 'exited', "end" = '{"cause": "exited", "code": 0}'"""
    spoil(team, f"UPDATE session SET {end}")

    team.start()

    assert (alive(session.host.runtime), alive(session.host.server)) == (False, False)
    (told,) = (line for line in team.log().splitlines() if f"ev=children-killed peer=ada session={session.id}" in line)
    assert told.endswith('why="on record as exited, while its runtime ran on"')
    assert told in team.show("ada")["decisions"]


def test_a_runtime_that_shows_no_mark_is_ended_with_what_is_left_of_its_session_that_is_over(team: Team):
    """Its tmux server is gone, so that only the record tells whose it is."""
    with (
        subprocess.Popen(("/bin/sleep", "60"), env={}) as runtime,
        subprocess.Popen(("/bin/sleep", "60"), env={"PEERD_SESSION": S1}) as child,
        subprocess.Popen(("/bin/sleep", "60"), env={}) as stranger,
    ):
        try:
            known = identify(runtime.pid)
            assert known is not None
            over = session(host=Host(str(team.root / "gone.sock"), "%0", known, Process(0, 0)))
            ended = EndSession(S1, End(EndCause.EXITED, 0), WALL + 1)
            in_store(Path(team.home.store).parents[1], lambda store: store.commit(InsertSession(over), ended))
            team.start()

            ends = [each.wait(timeout=10) for each in (child, runtime)]
            assert (ends, stranger.poll()) == ([-signal.SIGTERM] * 2, None)
        finally:
            for each in (runtime, child, stranger):
                each.kill()
