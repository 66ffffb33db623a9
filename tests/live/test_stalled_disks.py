"""A disk that keeps the daemon waiting between its look at an input line and what it types there."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery
from tests.build import M1
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_holds import at_the_keyboard
from tests.store.records import delivery, in_store

pytestmark = pytest.mark.tmux


@contextlib.contextmanager
def stalled(team: Team) -> Iterator[None]:
    """Nothing of the daemon's gets on record meanwhile: another process writes to the store."""
    with contextlib.closing(sqlite3.connect(team.home.store, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def shown(team: Team, peer: str) -> str:
    return "\n".join(team.call("peer.peek", peer=peer)["lines"])


def waiting_behind_a_draft(team: Team, peer: str) -> str:
    """A message that is leased as soon as the draft is gone."""
    team.call("peer.wake", peer=peer, timeout_s=20)
    at_the_keyboard(team, peer, "send-keys", "-l", "zz")
    eventually(lambda: "zz" in shown(team, peer))
    id = str(team.send(peer, "true", wait="accepted")["id"])
    eventually(lambda: f"ev=held id={id}" in team.log("delivery"))
    return id


def lease_meets_the_stall(team: Team, peer: str) -> None:
    at_the_keyboard(team, peer, "send-keys", "BSpace", "BSpace")
    eventually(lambda: "ev=leased" in team.log("delivery"))


def test_a_prompt_that_opens_while_the_lease_gets_on_disk_is_not_typed_into(up: Team):
    record = up.root / "record"
    up.add("ada", "actor", "--permission-on", "danger", "--record", str(record))
    id = waiting_behind_a_draft(up, "ada")
    with stalled(up):
        lease_meets_the_stall(up, "ada")
        at_the_keyboard(up, "ada", "send-keys", "-l", "danger")
        at_the_keyboard(up, "ada", "send-keys", "Enter")
        eventually(lambda: "permission" in shown(up, "ada"))

    waited = up.call("message.wait", id=id, until="submitted", timeout_s=1.5)

    assert (waited["state"], waited["hold"]) == ("accepted", "prompt")
    assert id.encode() not in record.read_bytes()
    at_the_keyboard(up, "ada", "send-keys", "Escape")
    assert up.call("message.wait", id=id, until="ended", timeout_s=15)["attempt"] == 1
    assert "approved" not in Path(f"{record}.jsonl").read_text()


def test_what_a_person_types_while_the_lease_gets_on_disk_is_left_as_it_is(up: Team):
    up.add("sh", "shell")
    id = waiting_behind_a_draft(up, "sh")
    with stalled(up):
        lease_meets_the_stall(up, "sh")
        at_the_keyboard(up, "sh", "send-keys", "-l", "half a thought")
        eventually(lambda: "half a thought" in shown(up, "sh"))

    waited = up.call("message.wait", id=id, until="submitted", timeout_s=1.5)

    assert (waited["state"], waited["hold"]) == ("accepted", "draft")
    assert shown(up, "sh").rstrip().endswith("half a thought")
    at_the_keyboard(up, "sh", "send-keys", "C-u")
    assert up.call("message.wait", id=id, until="ended", timeout_s=15)["attempt"] == 1


def test_an_attempt_that_gets_on_disk_too_late_is_none(up: Team):
    up.add("sh", "shell", lease_s=15)
    id = waiting_behind_a_draft(up, "sh")
    with stalled(up):
        lease_meets_the_stall(up, "sh")
        eventually(lambda: up.log("delivery").count("ev=leased") == 2, within_s=20)

    over = up.call("message.wait", id=id, until="ended", timeout_s=15)

    assert (over["state"], over["attempt"]) == ("submitted", 1)
    evidences = [step["evidence"] for step in up.call("message.show", id=id)["history"]]
    assert "the disk took too long, nothing was typed" in evidences
    assert not any("no evidence" in each for each in evidences)


def typed_once(up: Team) -> None:
    """One that the daemon before typed into a session that is over, and waits behind a draft in the next one."""
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    up.send("ada", "work", id=M1, wait="accepted")
    up.kill_daemon()
    typed = [delivery(state, session=None) for state in (Delivery.LEASED, Delivery.HANDED_OVER)]
    typed.append(delivery(Delivery.ACCEPTED, session=None, outcome=AttemptEnd.UNKNOWN))
    in_store(Path(up.home.store).parents[1], lambda store: store.commit(*typed))
    up.start()
    up.call("peer.wake", peer="ada", timeout_s=20)
    at_the_keyboard(up, "ada", "send-keys", "-l", "zz")
    eventually(lambda: "zz" in shown(up, "ada"))
    up.call("queue.resume", peer="ada")
    eventually(lambda: f"ev=held id={M1}" in up.log("delivery"))


def tells(up: Team, line: str) -> None:
    with Path(up.home.session(up.session("ada").id), "journal").open("a") as journal:
        journal.write(f"{line}\n")


def test_one_that_was_taken_after_all_while_its_next_attempt_waits_for_the_disk_stays_taken(up: Team):
    typed_once(up)
    with stalled(up):
        lease_meets_the_stall(up, "ada")
        tells(up, f'{{"ev":"submitted","message":"{M1}","attempt":1}}')
        eventually(lambda: f"ev=submitted id={M1}" in up.log("delivery"))
        at_the_keyboard(up, "ada", "send-keys", "-l", "half a thought")
        eventually(lambda: "half a thought" in shown(up, "ada"))

    taken = up.call("message.wait", id=M1, until="ended", timeout_s=1)
    tells(up, f'{{"ev":"turn_ended","message":"{M1}","last":"done"}}')
    over = up.call("message.wait", id=M1, until="ended", timeout_s=10)

    assert [(each["state"], each["task"]) for each in (taken, over)] == [
        ("submitted", "open"),
        ("submitted", "turn_ended"),
    ]
    steps = [(step["state"], step["attempt"]) for step in up.call("message.show", id=M1)["history"]]
    assert steps[-3:] == [("leased", 2), ("submitted", 1), ("turn_ended", 2)]
    assert "action-failed" not in up.log()
