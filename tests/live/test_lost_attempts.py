"""Of what was typed it is said what came of it: that it was surely not taken, or that nobody knows."""

from pathlib import Path

import pytest

from peerd.core.requeue import DELIVERY_ATTEMPTS_MAX
from peerd.core.tally import Tally
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, MessageId
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.store.records import delivery, in_store

pytestmark = pytest.mark.tmux


def end_of(team: Team, id: str) -> str:
    return str(team.call("message.show", id=id)["history"][-1]["evidence"])


def test_a_session_that_surely_took_nothing_is_given_the_next_task_also_by_the_next_daemon(team: Team):
    team.start()
    team.add("ada", "actor", "--eat-boot-pastes", "4", wake_policy="ephemeral")
    eaten = team.send("ada", "work", wait="accepted")["id"]
    eventually(lambda: "ev=not-landed" in team.log("delivery"), within_s=10)
    team.call("queue.pause", peer="ada")
    eventually(lambda: team.run("queue", "cancel", eaten).code == 0, within_s=10)
    session = team.session("ada").id
    team.kill_daemon()
    team.start()

    team.call("queue.resume", peer="ada")
    given = team.send("ada", "other work", wait="submitted", timeout_s=20)

    assert end_of(team, eaten) == "cancelled by operator"
    assert (given["state"], given["session"]) == ("submitted", session)


CANCEL, PURGE, REMOVE = ("queue", "cancel", "m-1"), ("queue", "purge", "ada"), ("rm", "ada")
ENDS = [("there", CANCEL), ("there", PURGE), ("there", REMOVE), ("gone", CANCEL), ("gone", PURGE)]


@pytest.mark.parametrize(("spec", "end"), ENDS, ids=[f"{end[-2]}, its spec {spec}" for spec, end in ENDS])
def test_what_may_have_been_taken_says_so_whoever_ends_it(team: Team, spec: str, end: tuple[str, ...]):
    team.start()
    team.add("ada", "actor")
    team.call("peer.stop", peer="ada")
    team.send("ada", "work", id="m-1", queue=True, wait="accepted")
    team.kill_daemon()
    typed_twice(Path(team.home.store).parents[1])
    if spec == "gone":
        Path(team.home.peers, "ada.toml").unlink()
    team.start()

    assert team.run(*end).code == 0

    assert end_of(team, "m-1").endswith(Tally(unknown=1).words)


@pytest.mark.parametrize(("spec", "end"), ENDS, ids=[f"{end[-2]}, its spec {spec}" for spec, end in ENDS])
def test_what_was_taken_and_waits_again_says_so_whoever_ends_it(team: Team, spec: str, end: tuple[str, ...]):
    team.start()
    team.add("ada", "actor")
    team.call("peer.stop", peer="ada")
    team.send("ada", "work", id="m-1", queue=True, wait="accepted")
    team.kill_daemon()
    taken_once(Path(team.home.store).parents[1])
    if spec == "gone":
        Path(team.home.peers, "ada.toml").unlink()
    team.start()

    assert team.run(*end).code == 0

    assert end_of(team, "m-1").endswith(Tally(taken=1).words)
    waited = team.run("wait", "m-1", "--until", "ended")
    assert (waited.code, Tally(taken=1).words in waited.err) == (1, True)


def test_what_is_under_way_in_a_peer_that_is_removed_says_that_it_was_taken(up: Team):
    up.add("ada", "actor", "--busy-s", "60", stop_grace_s=0.2)
    work = up.send("ada", "work", timeout_s=20)["id"]

    assert up.run("rm", "ada", "--now").code == 0

    assert end_of(up, work) == f"ada was removed by operator{Tally(taken=1).words}"


def taken_once(folder: Path) -> None:
    id = MessageId("m-1")
    known = [delivery(state, id, attempt=1) for state in (Delivery.LEASED, Delivery.HANDED_OVER, Delivery.SUBMITTED)]
    known.append(delivery(Delivery.ACCEPTED, id, attempt=1, evidence="its session died", outcome=AttemptEnd.DIED_AT_IT))
    in_store(folder, lambda store: store.commit(*known))


def typed_twice(folder: Path) -> None:
    """Once to no avail, and once without a word of what came of it."""
    id = MessageId("m-1")
    known = [delivery(state, id, attempt=1) for state in (Delivery.LEASED, Delivery.HANDED_OVER)]
    known.append(
        delivery(Delivery.ACCEPTED, id, attempt=1, evidence="Enter had no effect", outcome=AttemptEnd.NOT_TAKEN)
    )
    known += [delivery(state, id, attempt=2) for state in (Delivery.LEASED, Delivery.HANDED_OVER)]
    known.append(delivery(Delivery.ACCEPTED, id, attempt=2, evidence="no evidence", outcome=AttemptEnd.UNKNOWN))
    in_store(folder, lambda store: store.commit(*known))


@pytest.mark.parametrize("runtime", ["actor", "shell"])
def test_one_whose_daemon_dies_as_it_types_it_again_and_again_is_taken_all_the_same(team: Team, runtime: str):
    team.start()
    team.add("ada", runtime)
    team.call("peer.stop", peer="ada")
    team.send("ada", "true", id="m-1", queue=True, wait="accepted")
    team.call("peer.start", peer="ada")
    team.kill_daemon()

    for _ in range(DELIVERY_ATTEMPTS_MAX + 1):
        team.start_dying("paste")
        eventually(lambda: team.died, within_s=10)
    team.start()

    ended = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (ended["state"], ended["attempt"] > DELIVERY_ATTEMPTS_MAX) == ("submitted", True)
