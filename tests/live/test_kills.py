"""Work survives the death of what runs it: the daemon's, a tmux server's, a runtime's."""

import contextlib
import json
import os
import signal
import socket
import time

import pytest

from peerd.edges.process import alive
from peerd.model.envelope import parse
from peerd.model.message import MessageId
from peerd.model.session import Session
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_payloads import submissions

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(120)]


def test_a_session_outlives_its_daemon_and_is_adopted(up: Team):
    up.add("ada", "actor")
    up.send("ada", "hello", wait="ended")
    before = up.session("ada")

    up.kill_daemon()
    assert alive(before.host.runtime)
    up.start()

    assert up.session("ada").id == before.id
    assert up.send("ada", "still there?", wait="ended")["session"] == before.id
    assert "ev=session-adopted" in up.log()


def test_a_daemon_asked_to_stop_ends_no_session(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    before = up.session("ada")

    assert up.daemon is not None
    up.daemon.send_signal(signal.SIGTERM)

    assert up.daemon.wait(timeout=10) == 0
    assert alive(before.host.runtime)
    assert not os.path.exists(up.home.socket)


def test_a_turn_that_ended_while_no_daemon_ran_is_known_afterwards(up: Team):
    up.add("ada", "actor", "--busy-s", "1")
    sent = up.send("ada", "work on this")

    up.kill_daemon()
    up.start()
    over = up.call("message.wait", id=sent["id"], until="ended", timeout_s=20)

    assert over["attempt"] == 1
    assert over["task"] in ("answered", "turn_ended"), "it answers only where the daemon is back in time"


@pytest.mark.timing
def test_a_dead_tmux_server_costs_only_its_own_peer(up: Team):
    up.add("ada", "actor")
    up.add("bob", "actor")
    for name in ("ada", "bob"):
        up.call("peer.wake", peer=name)
    ada, bob = up.session("ada"), up.session("bob")

    killed_at = time.time()
    os.kill(ada.host.server.pid, signal.SIGKILL)
    end = eventually(lambda: up.show("ada")["last_end"])

    assert end["cause"] == "server-died"
    eventually(lambda: "cause=server-died" in up.log())
    assert alive(bob.host.runtime)
    assert up.send("bob", "are you well?", wait="ended")["session"] == bob.id
    ended_at = up.store().session(ada.id).ended_at  # type: ignore[union-attr]
    assert ended_at is not None
    assert ended_at - killed_at < 0.1


def test_a_runtime_that_ignores_sighup_is_ended_when_its_tmux_server_dies(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=0.2)
    up.call("peer.wake", peer="ada")
    ada = up.session("ada")

    os.kill(ada.host.server.pid, signal.SIGKILL)
    end = eventually(lambda: up.show("ada")["last_end"])

    assert end["cause"] == "server-died"
    assert not alive(ada.host.runtime)


def test_a_killed_runtime_comes_back_for_the_message_that_waits(up: Team):
    up.add("ada", "actor", "--busy-s", "0.3", backoff_base_s=0.05)
    first = up.send("ada", "takes a while")
    second = up.send("ada", "waits", wait="accepted")

    os.kill(up.session("ada").host.runtime.pid, signal.SIGKILL)
    over = [up.call("message.wait", id=each["id"], until="ended", timeout_s=20) for each in (first, second)]

    assert [each["task"] for each in over] == ["answered", "answered"]
    assert [each["attempt"] for each in over] == [2, 1]
    assert first["session"] != over[0]["session"] == over[1]["session"]


def test_a_runtime_killed_while_no_daemon_ran_gets_its_end_and_its_message_back(up: Team):
    up.add("ada", "actor", "--busy-s", "30", backoff_base_s=0.05)
    sent = up.send("ada", "takes a while")
    ada = up.session("ada")

    up.kill_daemon()
    os.kill(ada.host.runtime.pid, signal.SIGKILL)
    eventually(lambda: not alive(ada.host.runtime))
    up.start()
    again = eventually(lambda: _second_attempt(up, sent["id"]))

    assert again
    assert again["session"] != ada.id
    end = up.store().session(ada.id).end  # type: ignore[union-attr]
    assert end is not None
    assert end.cause.value == "killed"


def _second_attempt(up: Team, id: str) -> dict[str, str] | None:
    shown = up.call("message.show", id=id)
    return shown if shown["attempt"] == 2 and shown["state"] == "submitted" else None


def test_two_daemons_of_one_home_are_one(up: Team):
    import subprocess
    import sys

    from tests.live.conftest import RUN_DAEMON

    command = (sys.executable, "-c", RUN_DAEMON)
    second = subprocess.run(command, env=up.env, capture_output=True, text=True, timeout=20)

    assert second.returncode != 0
    assert "owns" in second.stderr
    assert up.answers()


@pytest.mark.parametrize("point", range(1, 68))
def test_a_daemon_killed_at_any_point_loses_nothing_and_doubles_nothing(team: Team, point: int):
    """The daemon ends itself with SIGKILL at its Nth touch of store or pane, while two messages are on their way."""
    record = team.root / "record"
    team.declare("ada", "actor", "--record", str(record), backoff_base_s=0.05)

    team.start_dying(point)
    ids = [id for id in (_try_send(team, f"m-{n}") for n in range(2)) if id]
    eventually(lambda: team.died or (len(ids) == 2 and _all_over(team, ids)), within_s=20)
    assert team.died or point > 50, "there are 66 touches, give or take what shares a commit"
    team.kill_daemon()
    lived = _living(team)
    team.start()

    eventually(lambda: _all_over(team, ids), within_s=20)
    assert [each.id for each in lived if team.session("ada").id != each.id] == [], "a session that lived was ended"
    attempts = [(each.id, each.attempt) for text in submissions(record) if (each := parse(text))]
    assert len(set(attempts)) == len(attempts), "a second submission that did not say so"
    assert {id for id, _ in attempts} >= set(ids), "accepted, and never taken"
    first = [id for id, attempt in attempts if attempt == 1]
    assert first == sorted(first), "submitted out of order"
    assert len([line for line in team.log().splitlines() if "ev=session-ended" in line]) <= 1


def _living(team: Team) -> list[Session]:
    """Sessions on record whose runtime a dead daemon left running."""
    reader = team.store()
    try:
        return [each for each in reader.live_sessions() if each.host and alive(each.host.runtime)]
    finally:
        reader.close()


def _all_over(team: Team, ids: list[str]) -> bool:
    reader = team.store()
    try:
        receipts = [reader.receipt(id) for id in ids]  # type: ignore[arg-type]
    finally:
        reader.close()
    return all(receipt and receipt.task and receipt.task.value == "answered" for receipt in receipts)


def _try_send(team: Team, id: str) -> str | None:
    """The id of a message that was accepted; None where the daemon died before it said so."""
    from peerd.errors import PeerdError

    try:
        team.send("ada", f"hello {id}", id=id, wait="accepted")
    except PeerdError:
        return None
    return id


@pytest.mark.parametrize("point", range(1, 12))
def test_a_daemon_killed_in_the_middle_of_a_burial_leaves_nothing_of_it(team: Team, point: int):
    team.declare("ada", "actor", stop_grace_s=0.5)
    team.start()
    team.call("peer.wake", peer="ada")
    before = team.session("ada")
    team.kill_daemon()

    team.start_dying(point)
    _try_stop(team)
    team.kill_daemon()
    team.start()
    team.call("peer.stop", peer="ada")

    assert not alive(before.host.runtime)
    assert not alive(before.host.server)
    team.call("peer.start", peer="ada")
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def _try_stop(team: Team) -> None:
    from peerd.errors import PeerdError

    with contextlib.suppress(PeerdError):
        team.call("peer.stop", peer="ada")


def test_a_message_sent_by_a_client_that_hangs_up_is_whole_or_not_at_all(up: Team):
    """The daemon goes on with what it began to accept."""
    up.add("ada", "actor")
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(up.home.socket)
        request = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "message.send",
            "params": {"to": "ada", "body": "x", "id": "m-x"},
        }
        caller.sendall(json.dumps(request).encode() + b"\n")

    assert eventually(lambda: _answered(up, "m-x"))


def _answered(team: Team, id: str) -> bool:
    messages = team.call("message.list")["messages"]
    return any(each["id"] == id and each["task"] == "answered" for each in messages)


def test_a_daemon_finishes_what_it_is_typing_before_it_ends(up: Team):
    up.add("ada", "actor", "--swallow-first-enter")
    up.call("peer.wake", peer="ada")

    sent = up.send("ada", "hello", wait="accepted")
    assert up.daemon is not None
    eventually(lambda: up.call("message.show", id=sent["id"])["state"] != "accepted")
    up.daemon.send_signal(signal.SIGTERM)
    assert up.daemon.wait(timeout=15) == 0

    receipt = up.store().receipt(MessageId(sent["id"]))
    assert receipt is not None
    assert (receipt.state.value, receipt.attempt) == ("submitted", 1)
