"""Ephemeral peers, for real: a session for every task, whatever happens to it."""

import os
import signal
import sys
from functools import partial
from typing import Any

import pytest

from peerd.edges.process import alive
from peerd.model.session import Process
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.hands import declare_hands

pytestmark = pytest.mark.tmux

QUICK: dict[str, Any] = {
    "wake_policy": "ephemeral",
    "ephemeral_quiet_s": 0.05,
    "backoff_base_s": 0.05,
    "stop_grace_s": 0.2,
}


def ended(team: Team, id: str, timeout_s: float = 40) -> dict[str, Any]:
    return team.call("message.wait", id=id, until="ended", timeout_s=timeout_s)


def test_every_task_has_a_session_of_its_own_in_the_order_sent(up: Team):
    up.add("ada", "actor", **QUICK)
    ids = [up.send("ada", f"task {n}", wait="accepted")["id"] for n in range(4)]

    over = [ended(up, id) for id in ids]

    assert [(each["task"], each["answer"]) for each in over] == [
        ("answered", f"ada got 6 bytes: task {n}") for n in range(4)
    ]
    assert len({each["session"] for each in over}) == 4
    sessions = [each["session"] for each in over]
    assert sessions == sorted(sessions)
    eventually(lambda: up.show("ada")["phase"] == "asleep")
    assert up.show("ada")["last_end"]["cause"] == "finished"


def test_a_question_to_another_peer_is_no_end_of_the_task(up: Team):
    up.add("ada", "actor", "--baton", "2", "--to", "bob", **QUICK)
    up.add("bob", "actor", "--busy-s", "1")

    task = up.send("ada", "baton 1", wait="accepted")["id"]
    eventually(lambda: "to=bob" in up.log("delivery"))
    in_the_middle = up.call("message.show", id=task)
    over = ended(up, task)

    assert in_the_middle["task"] == "open"
    assert (over["task"], over["attempt"], over["answer"]) == ("turn_ended", 1, "noted")


@pytest.mark.parametrize("asked", [["refresh", "ada"], ["new", "ada", "--timeout", "20"]], ids=["refresh", "new"])
def test_one_that_is_to_be_replaced_still_gets_the_answer_its_task_waits_for(up: Team, asked: list[str]):
    up.add("ada", "actor", "--baton", "2", "--to", "bob", **QUICK)
    up.add("bob", "actor", "--busy-s", "1")
    task = up.send("ada", "baton 1", wait="accepted")["id"]
    eventually(lambda: "to=bob" in up.log("delivery"))

    assert up.run(*asked).code == 0

    over = ended(up, task)
    assert (over["task"], over["attempt"], over["answer"]) == ("turn_ended", 1, "noted")
    eventually(lambda: "cause=replaced" in up.log(), within_s=10)
    assert over["session"] != up.show("ada")["session"]


def test_a_session_says_itself_that_its_task_is_done(up: Team):
    up.add("sh", "shell", **QUICK)

    over = up.send("sh", "peerd send operator 'half way' >/dev/null; peerd self-done", wait="ended", timeout_s=30)

    assert over["task"] == "done"
    eventually(lambda: up.show("sh")["phase"] == "asleep", within_s=10)
    assert f"ev=task-done id={over['id']}" in up.log("delivery")


def test_a_silent_one_does_not_stop_the_queue(up: Team):
    up.add("ada", "actor", "--baton", "9", "--to", "operator", ephemeral_silent_s=0.5, **QUICK)

    first = up.send("ada", "baton 1", wait="accepted")["id"]
    second = up.send("ada", "hello", wait="accepted")["id"]

    assert ended(up, first)["task"] == "turn_ended"
    assert ended(up, second)["task"] == "answered"


def test_a_task_that_kills_its_session_is_a_dead_letter_and_the_next_one_runs(up: Team):
    up.add("ada", "actor", "--crash-on", "poison", **QUICK)

    poison = up.send("ada", "poison", wait="accepted")["id"]
    after = up.send("ada", "hello", wait="accepted")["id"]

    over = ended(up, poison)
    assert (over["task"], over["attempt"]) == ("dead", 3)
    assert ended(up, after)["task"] == "answered"
    assert "crash-loop" not in up.log()


@pytest.mark.parametrize("daemon", ["the same", "the next"])
def test_a_peer_that_dies_at_every_task_is_left_down_with_the_rest_of_its_queue(team: Team, daemon: str):
    team.start()
    figures: dict[str, Any] = {"crash_max": 2, "task_attempts": 2, "probe_base_s": 3600}
    team.add("ada", "actor", "--crash-after-s", "0.2", "--busy-s", "30", **QUICK, **figures)
    ids = [team.send("ada", f"task {n}", wait="accepted")["id"] for n in range(4)]

    eventually(lambda: team.show("ada")["phase"] == "failed", within_s=20)
    if daemon == "the next":
        team.kill_daemon()
        team.start()

    assert team.show("ada")["phase"] == "failed"
    assert [team.call("message.show", id=id)["task"] for id in ids] == ["dead", "dead", "open", "open"]


def test_one_that_says_its_task_is_done_and_dies_in_the_same_turn_has_ended_its_crash_loop(up: Team):
    up.add("sh", "shell", crash_max=1, probe_base_s=0.3, **QUICK)
    up.send("sh", "kill -9 $$", wait="ended")
    done = f"{sys.executable} -m peerd self-done; kill -9 $$"
    ids = [up.send("sh", done, wait="accepted", queue=True)["id"] for _ in range(2)]

    assert [ended(up, id)["task"] for id in ids] == ["done", "done"]
    eventually(lambda: up.show("sh")["phase"] == "asleep")
    assert [up.log().count(f"ev={each} ") for each in ("crash-loop", "probe", "recovered")] == [1, 1, 1]


def test_a_task_that_waits_for_an_answer_outlives_the_daemon(team: Team):
    team.start()
    team.add("ada", "actor", "--baton", "2", "--to", "bob", **QUICK)
    team.add("bob", "actor", "--busy-s", "2")
    task = team.send("ada", "baton 1", timeout_s=20)
    eventually(lambda: "to=bob" in team.log("delivery"))
    eventually(lambda: team.show("ada")["activity"] == "idle")
    team.kill_daemon()
    team.start()

    over = ended(team, task["id"])

    assert (over["task"], over["attempt"], over["session"]) == ("turn_ended", 1, task["session"])


def test_the_turn_on_an_answer_ends_its_task_though_the_daemon_restarts_in_it(team: Team):
    team.start()
    team.add("ada", "actor", "--baton", "2", "--to", "bob", "--busy-s", "1.5", **QUICK)
    team.add("bob", "actor")
    task = team.send("ada", "baton 1", timeout_s=20)
    eventually(lambda: "ev=submitted id=re-" in team.log("delivery"), within_s=20)
    assert team.run("daemon", "restart").code == 0

    over = ended(team, task["id"])

    assert (over["task"], over["answer"], over["session"]) == ("turn_ended", "noted", task["session"])


def test_one_that_asks_again_in_the_turn_on_an_answer_awaits_that_too_though_the_daemon_restarts_in_it(team: Team):
    team.start()
    team.add("ada", "actor", "--baton", "2", "--to", "bob", "--busy-s", "5", **QUICK)
    team.add("bob", "actor")
    team.add("carol", "actor", "--busy-s", "60")
    task = team.send("ada", "baton 1", timeout_s=20)["id"]
    eventually(lambda: "ev=submitted id=re-" in team.log("delivery"), within_s=20)
    assert team.run("send", "carol", "and you?", "--wait", "accepted", env=team.caller("ada")).code == 0
    assert team.run("daemon", "restart").code == 0
    assert team.show("ada")["activity"] == "busy"

    eventually(lambda: team.show("ada")["activity"] == "idle", within_s=20)

    assert team.call("message.show", id=task)["task"] == "open"


def test_an_answer_to_a_task_that_is_over_ends_no_other(up: Team):
    """Its own question is answered only after that."""
    up.add("ada", "actor", "--baton", "2", "--to", "bob", **QUICK)
    up.add("bob", "actor", "--busy-s", "1.5")
    late = up.send("ada", "baton 1", wait="accepted", deadline_s=0.7)["id"]
    task = up.send("ada", "baton 1", wait="accepted")["id"]

    assert ended(up, late)["task"] == "dead"
    over = ended(up, task)

    asked = [each for each in up.call("message.list", peer="bob")["messages"] if each["to"] == "bob"]
    assert (over["task"], [each["task"] for each in asked]) == ("turn_ended", ["answered", "answered"])


def test_one_that_asked_somebody_awaits_the_answer_also_where_the_daemon_ends_in_its_turn(team: Team):
    declare_hands(team)
    team.start()
    team.add("bob", "actor", "--busy-s", "30")
    team.add("eve", "hands", wake_policy="ephemeral")
    task = team.send("eve", "run: peerd send bob 'what now?'; sleep 2", timeout_s=20)["id"]
    eventually(lambda: "to=bob" in team.log("delivery"))
    team.kill_daemon()
    team.start()

    eventually(lambda: team.show("eve")["activity"] == "idle")

    assert team.call("message.show", id=task)["task"] == "open"


def test_a_session_killed_in_the_middle_costs_an_attempt(up: Team):
    up.add("ada", "actor", "--busy-s", "0.5", **QUICK)
    sent = up.send("ada", "work", timeout_s=20)

    os.kill(up.session("ada").host.runtime.pid, signal.SIGKILL)

    assert ended(up, sent["id"])["attempt"] == 2


@pytest.mark.parametrize("daemon_too", [False, True], ids=["", "and the daemon"])
def test_a_task_on_the_way_to_which_its_session_is_killed_three_times_is_a_dead_letter(team: Team, daemon_too: bool):
    team.start()
    team.add("ada", "actor", "--stall-s", "60", **QUICK)
    task = team.send("ada", "work", wait="accepted")["id"]

    for attempt in (1, 2, 3):
        eventually(partial(is_on_its_way, team, task, attempt), within_s=20)
        runtime = team.session("ada").host.runtime
        if daemon_too:
            team.kill_daemon()
        os.kill(runtime.pid, signal.SIGKILL)
        eventually(partial(is_dead, runtime))
        if daemon_too:
            team.start()

    over = ended(team, task)
    assert (over["state"], over["attempt"]) == ("dead", 3)
    assert "its session died 3 times at it or on the way to it" in team.log("delivery")
    assert "crash-loop" not in team.log()
    eventually(lambda: team.show("ada")["phase"] == "asleep")


def is_dead(process: Process) -> bool:
    return not alive(process)


def is_on_its_way(team: Team, id: str, attempt: int) -> bool:
    shown = team.call("message.show", id=id)
    return (shown["state"], shown["attempt"]) == ("handed_over", attempt)


def test_a_stop_in_the_middle_costs_no_attempt_with_the_next_daemon_either(team: Team):
    team.start()
    team.add("ada", "actor", "--busy-s", "0.5", task_attempts=2, **QUICK)
    task = team.send("ada", "work", timeout_s=20)["id"]
    team.run("stop", "ada")
    eventually(lambda: team.show("ada")["phase"] == "asleep")
    team.kill_daemon()
    team.start()
    team.run("start", "ada")
    eventually(lambda: team.call("message.show", id=task)["state"] == "submitted")

    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)

    over = ended(team, task)
    assert (over["task"], over["attempt"]) == ("answered", 3)


def test_deaths_of_tasks_are_no_crash_loop_for_the_next_daemon_either(team: Team):
    team.start()
    team.add("ada", "actor", "--crash-on", "poison", **QUICK)
    poison = team.send("ada", "poison", wait="accepted")["id"]
    assert ended(team, poison)["task"] == "dead"
    team.kill_daemon()
    team.start()

    assert team.show("ada")["phase"] == "asleep"
    assert team.send("ada", "hello", wait="ended", timeout_s=20)["task"] == "answered"


def test_one_that_sends_to_itself_is_refused_and_its_task_goes_on(up: Team):
    up.add("sh", "shell", **QUICK)

    over = up.send("sh", "peerd send sh 'echo again'; echo code $?", wait="ended", timeout_s=30)

    assert "nobody sends to themselves" in over["answer"]
    assert over["answer"].endswith("code 2")
    assert len(up.call("message.list", peer="sh")["messages"]) == 1
