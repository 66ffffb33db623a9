"""A spec's initial_prompt, for real: what every fresh session is given before all else, once, whatever dies."""

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError, UsageError
from peerd.model.envelope import parse
from peerd.model.message import MessageId, first_id
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK
from tests.live.test_payloads import submissions

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(120)]

HELLO = "read the notes first"
DEAF = """#!/bin/sh
echo '{"ev":"ready"}' >>"$PEERD_JOURNAL"
exec sleep 1000
"""


def add(team: Team, *args: str, **fields: Any) -> Path:
    """ada, who is given HELLO; returns where what she took is recorded."""
    record = team.root / "record"
    team.add("ada", "actor", "--record", str(record), *args, initial_prompt=HELLO, **fields)
    return record


def bodies(record: Path) -> list[str]:
    return [parse(text).body for text in submissions(record)]  # type: ignore[union-attr]


def test_a_fresh_session_is_given_it_before_the_message_that_woke_it(up: Team):
    record = add(up)

    sent = up.send("ada", "work", wait="ended", timeout_s=20)

    assert bodies(record) == [HELLO, "work"]
    first = up.call("message.show", id=first_id(sent["session"]))
    assert (first["from"], first["state"], first["attempt"], first["task"]) == ("operator", "submitted", 1, None)


def test_a_wake_without_a_message_gives_it_too(up: Team):
    record = add(up)

    up.call("peer.wake", peer="ada")

    eventually(lambda: bodies(record) == [HELLO], within_s=10)


def test_it_is_listed_first_as_it_is_given_also_without_a_daemon(up: Team):
    add(up)
    up.call("queue.pause", peer="ada")
    up.send("ada", "work", id="m-1", wait="accepted")
    up.call("peer.wake", peer="ada")
    first = first_id(up.session("ada").id)

    listed = [row["id"] for row in up.call("queue.list", peer="ada")["waiting"]]
    shown = [each["id"] for each in up.show("ada")["queue"]]
    up.kill_daemon()
    without_a_daemon = [row["id"] for row in json.loads(up.run("queue", "ls", "ada", "--json").out)["waiting"]]

    assert (listed, shown, without_a_daemon) == ([first, "m-1"],) * 3


def test_a_resumed_session_is_not_given_it_again_and_a_new_one_is(up: Team):
    record = add(up, "--remember", idle_s=0.2)
    up.send("ada", "about tax", topic="tax", wait="ended", timeout_s=20)
    eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)

    up.send("ada", "more of it", topic="tax", wait="ended", timeout_s=20)
    assert up.show("ada")["woken"]["mode"] == "resume"
    assert bodies(record) == [HELLO, "about tax", "more of it"]
    up.call("peer.new", peer="ada", timeout_s=20)

    eventually(lambda: bodies(record)[3:] == [HELLO], within_s=10)


def test_every_session_of_an_ephemeral_peer_is_given_it_and_then_its_task(up: Team):
    record = add(up, **QUICK)
    ids = [up.send("ada", f"task {n}", wait="accepted")["id"] for n in range(2)]

    over = [up.call("message.wait", id=id, until="ended", timeout_s=40) for id in ids]

    assert [each["task"] for each in over] == ["answered"] * 2
    assert len({each["session"] for each in over}) == 2
    assert bodies(record) == [HELLO, "task 0", HELLO, "task 1"]


@pytest.mark.parametrize("daemon", ["lives", "dies before it"])
def test_one_that_a_session_did_not_take_goes_with_it(up: Team, daemon: str):
    program = up.root / "deaf"
    program.write_text(DEAF)
    program.chmod(0o755)
    up.add("ada", "actor", bin=str(program), initial_prompt=HELLO, stop_grace_s=0.1, crash_max=9)
    session = up.call("peer.wake", peer="ada")["session"]
    id = first_id(session)
    assert up.call("message.show", id=id)["state"] == "accepted"
    before = up.session("ada")

    if daemon != "lives":
        up.kill_daemon()
    os.kill(before.host.runtime.pid, signal.SIGKILL)
    if daemon != "lives":
        up.start()

    eventually(lambda: up.call("message.show", id=id)["state"] == "cancelled", within_s=10)
    eventually(lambda: f"ev=dropped id={id}" in up.log("delivery"))
    assert up.show("ada")["queue"] == []
    assert up.call("peer.wake", peer="ada", timeout_s=20)["session"] != session
    assert [each["id"] for each in up.show("ada")["queue"]] == [first_id(up.session("ada").id)]


@pytest.mark.parametrize("point", range(12, 46, 2))
def test_a_daemon_killed_at_any_point_gives_it_once(team: Team, point: int):
    """The daemon ends itself with SIGKILL at its Nth touch of store or pane, from before the session is ready until
    after its first turn."""
    record = team.root / "record"
    team.declare("ada", "actor", "--record", str(record), initial_prompt=HELLO, backoff_base_s=0.05)

    team.start_dying(point)
    accepted = _try_send(team)
    eventually(lambda: team.died or _answered(team), within_s=20)
    team.kill_daemon()
    team.start()
    if not accepted:
        team.send("ada", "work", id="m-1", wait="accepted")

    eventually(lambda: _answered(team), within_s=20)
    reader = team.store()
    sessions = [*reader.ended_sessions("ada"), *(each.id for each in reader.live_sessions())]  # type: ignore[arg-type]
    taken = [each.id for text in submissions(record) if (each := parse(text))]
    firsts = [id for id in taken if id != "m-1"]
    assert len(set(firsts)) == len(firsts), "given twice"
    assert set(firsts) <= {first_id(session) for session in sessions}
    assert first_id(team.session("ada").id) in firsts, "a session that was never given it"
    assert taken.index(MessageId("m-1")) > 0, "given after what waited"


def _try_send(team: Team) -> bool:
    try:
        team.send("ada", "work", id="m-1", wait="accepted")
    except PeerdError:
        return False
    return True


def _answered(team: Team) -> bool:
    reader = team.store()
    try:
        receipt = reader.receipt(MessageId("m-1"))
    finally:
        reader.close()
    return receipt is not None and receipt.task is not None and receipt.task.value == "answered"


def test_an_ephemeral_one_that_hangs_over_it_is_left_down_and_told(up: Team):
    """And not begun anew for ever: its sessions are as if they had never come up."""
    up.add("sh", "shell", initial_prompt="sleep 50", wake_policy="ephemeral", ephemeral_silent_s=0.5, crash_max=2)
    waits = up.send("sh", "true", wait="accepted")["id"]

    eventually(lambda: up.show("sh")["phase"] == "failed", within_s=30)

    assert up.log().count("silent for 0.5 s over its first message") == 2
    assert any("over its first message" in each for each in up.call("daemon.status")["notices"])
    assert up.call("message.show", id=waits)["attempt"] == 0


def test_an_id_that_means_a_sessions_first_message_is_nobodys_to_give(up: Team):
    up.add("ada")
    up.call("peer.wake", peer="ada")
    theirs = first_id(up.session("ada").id)

    for id in (theirs, "s-1-first"):
        with pytest.raises(UsageError, match=f"--id '{id}' means the first message of a session"):
            up.send("ada", "hello", id=id, wait="accepted")

    assert up.call("message.list", peer="ada")["messages"] == []
