"""Many wakes at once on a small machine: paced, in the order asked, and no boot is ended by the others."""

import re
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from peerd.model.peer import PeerName
from peerd.model.session import End, EndCause
from peerd.store.write import EndSession, InsertSession
from tests.build import S2
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.store.records import in_store, session

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(120)]

PEERS = 50
AT_ONCE = 4
DEADLINE_S = 1.5  # of one boot, which takes a fifth of a second; all of them together take longer


def test_fifty_peers_woken_at_once_are_all_ready_and_only_so_many_start_at_a_time(team: Team):
    names = [f"p-{n}" for n in range(PEERS)]
    for name in names:
        team.declare(name, "actor", "--boot-s", "0.1", boot_deadline_s=DEADLINE_S)
    start(team, AT_ONCE)

    with ThreadPoolExecutor(PEERS) as callers:
        woken = list(callers.map(lambda name: team.call("peer.wake", peer=name), names))

    assert {each["peer"] for each in woken} == set(names)
    assert max(each["elapsed_ms"] for each in woken) > 1000 * DEADLINE_S, "no storm: nobody waited"
    assert not re.search("ev=(boot-failed|session-ended)", team.log())
    assert max(accumulate(steps(team.log()))) == AT_ONCE


def start(team: Team, at_once: int) -> None:
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text(f"starts_at_once = {at_once}\n")
    team.start()


def test_to_sit_down_at_a_peer_that_waits_for_its_turn_to_begin_afresh_is_refused(team: Team):
    start(team, 1)
    team.add("ada", "actor", "--remember")
    team.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    team.call("peer.stop", peer="ada")
    team.call("peer.start", peer="ada")
    team.add("slow", "actor", "--boot-s", "5")
    team.popen("wake", "slow")
    eventually(lambda: woken(team)[-1:] == ["slow"])
    team.send("ada", "and of cats?", topic="cats", wait="accepted")

    with pytest.raises(PeerdError, match="ada starts afresh already"):
        team.call("peer.attach", peer="ada")


@pytest.mark.parametrize(
    ("edit", "was"), [({"runtime": '"shell"'}, "actor"), ({"wake_policy": '"ephemeral"'}, "warm")], ids=str
)
def test_a_peer_that_is_edited_while_it_waits_for_its_turn_starts_as_what_it_was_called_as(
    team: Team, edit: dict[str, str], was: str
):
    start(team, 1)
    team.add("ada", "actor", "--remember")
    team.send("ada", "what about tax?", wait="ended", timeout_s=20)
    team.call("peer.stop", peer="ada")
    team.call("peer.start", peer="ada")
    team.add("slow", "actor", "--boot-s", "60")
    team.popen("wake", "slow")
    eventually(lambda: woken(team)[-1:] == ["slow"])
    waiting = team.popen("wake", "ada", "--resume")
    eventually(lambda: "waits for its turn" in team.show("ada")["verdict"])

    assert team.call("peer.edit", peer="ada", set=edit)["live"]
    team.call("peer.stop", peer="slow")

    assert waiting.wait(20) == 0
    session = team.session("ada")
    assert (session.mode, was in (session.runtime, session.spec.wake_policy)) == ("resume", True)
    assert "what about tax?" in "".join(team.call("peer.peek", peer="ada")["lines"])


def steps(log: str) -> Iterator[int]:
    """One more that starts, one less."""
    for event in re.findall(" ev=(wake|session-ready|session-ended|boot-failed) ", log):
        yield 1 if event == "wake" else -1


def woken(team: Team) -> list[str]:
    return re.findall(" ev=wake peer=([^ ]+)", team.log())


def held_up(team: Team, *names: str, **fields: Any) -> None:
    """One place, and somebody who takes long to start has it; the others wait, in this order."""
    start(team, 1)
    team.add("slow", "actor", "--boot-s", "60", **fields)
    for name in names:
        team.add(name, "actor")
    team.send("slow", "hello", wait="accepted")
    eventually(lambda: team.show("slow")["session"])
    for name in names:
        team.send(name, "hello", wait="accepted")


def test_those_that_wait_start_in_the_order_asked(team: Team):
    held_up(team, "eve", "ada", "dan", "bob")

    team.call("peer.stop", peer="slow")

    eventually(lambda: team.log().count("ev=session-ready") == 4, within_s=10)
    assert woken(team) == ["slow", "eve", "ada", "dan", "bob"]


def test_a_start_that_waits_for_its_turn_says_so(team: Team):
    held_up(team, "ada", "bob")

    assert team.show("bob")["verdict"] == "starting, waits for its turn"
    assert "ev=start-waits peer=bob count=1\n" in team.log()
    assert team.show("slow")["verdict"] == "starting"


def test_a_stop_wins_over_a_start_that_waits_for_its_turn(team: Team):
    held_up(team, "ada", "bob")
    team.add("eve", "actor")
    with ThreadPoolExecutor(1) as caller:
        waking = caller.submit(team.call, "peer.wake", peer="eve")
        eventually(lambda: "start-waits peer=eve" in team.log())

        for name in ("ada", "eve"):
            assert team.call("peer.stop", peer=name, timeout_s=2)["phase"] == "asleep"
        with pytest.raises(PeerdError, match="stopped in the meantime"):
            waking.result()
    team.call("peer.stop", peer="slow")
    eventually(lambda: "ev=session-ready peer=bob" in team.log())

    assert woken(team) == ["slow", "bob"]
    team.call("peer.start", peer="ada")  # its message is still there
    eventually(lambda: "ev=session-ready peer=ada" in team.log())


@pytest.mark.parametrize("ended", ["stopped", "killed"])
def test_a_try_whose_turn_did_not_come_before_its_daemon_ended_is_made_by_the_next_one_at_once(team: Team, ended: str):
    team.declare("eve", "shell", crash_max=1, probe_base_s=1)
    held_up(team)
    eve_dies = InsertSession(session(id=S2, peer=PeerName("eve"))), EndSession(S2, End(EndCause.KILLED), time.time())
    team.kill_daemon()
    in_store(Path(team.home.store).parents[1], lambda store: store.commit(*eve_dies))
    team.start()
    eventually(lambda: "ev=start-waits peer=eve" in team.log(), within_s=10)

    if ended == "killed":
        team.kill_daemon()
    else:
        assert team.run("daemon", "stop").code == 0
    team.start()

    eventually(lambda: team.log().count("ev=probe peer=eve") == 2, within_s=10)
    assert team.log().count("ev=probe peer=eve probes=1\n") == 2


def test_a_boot_that_waits_for_a_person_holds_up_nobody(team: Team):
    start(team, 1)
    team.add("ada", "actor", "--dialog", "Trust this folder?")
    team.add("bob", "actor")
    team.send("ada", "hello", wait="accepted")
    eventually(lambda: team.show("ada")["activity"] == "blocked")

    assert team.call("peer.wake", peer="bob", timeout_s=10)["woke"]


def test_a_boot_that_fails_lets_the_next_one_start(team: Team):
    held_up(team, "ada", boot_deadline_s=0.5)

    eventually(lambda: "ev=session-ready peer=ada" in team.log(), within_s=10)
    assert "cause=boot-failed" in team.log()


def test_a_boot_that_was_adopted_counts_among_those_that_start(team: Team):
    held_up(team, "ada")
    team.kill_daemon()
    team.start()

    eventually(lambda: team.show("ada")["verdict"] == "starting, waits for its turn")


def test_a_daemon_that_is_asked_to_stop_begins_none_of_those_that_wait(team: Team):
    held_up(team, "ada", "bob")
    assert team.daemon is not None

    team.daemon.send_signal(signal.SIGTERM)

    assert team.daemon.wait(timeout=5) == 0
    assert woken(team) == ["slow"]
