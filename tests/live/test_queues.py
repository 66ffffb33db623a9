"""Queues, for real: held back, emptied, handed out again, and what becomes of what nobody wants any more."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NotPermitted, PeerdError, TryAgain, UnknownMessage, UsageError
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def test_a_queue_stays_held_back_over_a_restart_and_goes_on_when_told(team: Team):
    team.start()
    team.add("ada", "actor")
    assert (
        team.run("queue", "pause", "ada").out == "ada: 0 messages waiting, held back until `peerd queue resume ada`.\n"
    )
    sent = team.send("ada", "hello", timeout_s=0.5)
    assert (sent["hold"], sent["waiting"]) == ("queue-paused", True)
    team.kill_daemon()
    team.start()
    assert team.show("ada")["phase"] == "asleep"

    team.call("queue.resume", peer="ada")

    assert team.call("message.wait", id=sent["id"], until="ended", timeout_s=20)["task"] == "answered"


@pytest.mark.parametrize("command", ["send", "ask"])
def test_an_empty_id_is_refused_and_not_taken_for_none(up: Team, command: str):
    up.add("ada", "actor")

    ran = up.run(command, "ada", "hello", "--id", "")

    assert (ran.code, "--id ''" in ran.err) == (2, True)
    assert up.call("message.list")["messages"] == []


def test_who_asks_while_the_daemon_stops_is_told_not_to_ask_again(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    command = (sys.executable, "-m", "peerd", "ask", "ada", "hello")
    asking = subprocess.Popen(command, env=up.env, stderr=subprocess.PIPE, text=True)
    (message,) = eventually(lambda: up.call("message.list")["messages"], within_s=20)

    assert up.run("daemon", "stop").code == 0

    id = message["id"]
    told = f"{id} is accepted: do not send it again. The daemon has stopped: `peerd daemon start` starts one, "
    told += f"then `peerd wait {id} --for ended` waits on."
    assert (asking.communicate(timeout=20)[1], asking.returncode) == (f"peerd: {told}\n", 3)
    up.start()
    up.call("queue.resume", peer="ada")
    assert up.run("wait", id, "--until", "ended").code == 0


def test_what_waits_for_a_stopped_peer_is_said_to_go_on_with_its_start(up: Team):
    up.add("ada", "actor")
    up.call("peer.stop", peer="ada")
    until = "is accepted and waits until `peerd start ada`"

    assert f"{until}: do not" in up.run("send", "ada", "hello", "--queue", "--timeout", "1").err
    up.call("queue.pause", peer="ada")
    assert f"{until} and `peerd queue resume ada`: do not" in up.run("send", "ada", "hi", "--queue").err
    assert (
        up.run("queue", "resume", "ada").out
        == "ada: 2 messages waiting, delivered once `peerd start ada` lets it run.\n"
    )
    up.call("queue.pause", peer="ada")
    up.call("peer.start", peer="ada")
    assert "waits until `peerd queue resume ada`: do not" in up.run("send", "ada", "hey", "--timeout", "1").err


def test_a_message_that_waits_is_cancelled_and_its_sender_is_told(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    id = up.send("ada", "hello", wait="accepted")["id"]

    ran = up.run("queue", "cancel", id)

    assert (ran.code, ran.out) == (0, f"{id} to ada: cancelled\n")
    assert up.call("message.show", id=id)["history"][-1]["evidence"] == "cancelled by operator"
    assert up.run("wait", id).code == 1


def test_what_was_delivered_is_not_cancelled(up: Team):
    up.add("ada", "actor")
    id = up.send("ada", "hello", wait="ended", timeout_s=20)["id"]

    with pytest.raises(PeerdError, match="is no longer waiting: submitted, its task answered"):
        up.call("message.cancel", id=id)
    with pytest.raises(UnknownMessage):
        up.call("message.cancel", id="m-none")


def test_a_peer_cancels_only_what_it_sent_itself(up: Team):
    up.add("sh", "shell")
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    id = up.send("ada", "hello", wait="accepted")["id"]

    said = up.send("sh", f"peerd queue cancel {id}; peerd queue purge ada", wait="ended", timeout_s=20)

    assert "only its sender or the operator may cancel it" in said["answer"]
    assert "only the operator" in said["answer"]
    assert up.call("message.show", id=id)["state"] == "accepted"
    assert issubclass(NotPermitted, PeerdError)


def test_a_dead_letter_is_listed_and_handed_out_again(up: Team):
    up.add("ada", "actor", "--crash-on", "poison", backoff_base_s=0.05, crash_max=9)
    id = up.send("ada", "poison", wait="ended", timeout_s=40)["id"]
    listed = up.call("queue.list", peer="ada")
    assert [(each["id"], each["task"]) for each in listed["dead"]] == [(id, "dead")]

    assert up.run("queue", "requeue", id).out.startswith(f"{id} waits for ada again.")

    eventually(lambda: up.call("message.show", id=id)["attempt"] == 6, within_s=20)
    assert up.call("message.wait", id=id, until="ended", timeout_s=40)["task"] == "dead"


def test_no_more_is_handed_out_again_than_may_wait(up: Team):
    up.add("ada", "actor", queue_max=2)
    up.call("queue.pause", peer="ada")
    ids = [up.send("ada", f"task {n}", wait="accepted")["id"] for n in range(2)]
    up.call("queue.purge", peer="ada")
    waits = up.send("ada", "hello", wait="accepted")["id"]

    ran = up.run("queue", "requeue", *ids)

    told = f"ada has 2 messages waiting; {ids[1]} stays as it is. Try again later."
    assert (ran.code, ran.out.count("waits for ada again"), told in ran.err) == (75, 1, True)
    assert [each["id"] for each in up.call("queue.list", peer="ada")["waiting"]] == [waits, ids[0]]
    assert up.call("message.show", id=ids[1])["state"] == "cancelled"


def test_of_many_that_are_handed_out_again_at_once_no_more_wait_than_may(up: Team):
    up.add("ada", "actor", queue_max=8)
    up.call("queue.pause", peer="ada")
    ids = [up.send("ada", f"task {n}", wait="accepted")["id"] for n in range(8)]
    up.call("queue.purge", peer="ada")
    up.call("peer.edit", peer="ada", set={"queue_max": "2"})

    with ThreadPoolExecutor(8) as callers:
        again = [callers.submit(up.call, "message.requeue", id=id) for id in ids]

    assert sum(isinstance(each.exception(), TryAgain) for each in again) == 6
    assert up.call("queue.list", peer="ada")["queues"][0]["waiting"] == 2


def test_what_did_not_come_to_nothing_is_not_handed_out_again(up: Team):
    up.add("ada", "actor")
    id = up.send("ada", "hello", wait="ended", timeout_s=20)["id"]

    with pytest.raises(PeerdError, match="only a dead letter"):
        up.call("message.requeue", id=id)


def test_a_late_task_is_handed_out_again_once_its_turn_is_over(up: Team):
    up.add("sh", "shell")
    id = up.send("sh", f"until [ -e {up.work}/go ]; do sleep 0.1; done; echo went", deadline_s=0.3)["id"]
    assert up.call("message.wait", id=id, until="ended", timeout_s=20)["task"] == "dead"

    refused = up.run("queue", "requeue", id)
    (up.work / "go").touch()
    eventually(lambda: up.show("sh")["activity"] == "idle")

    assert (refused.code, "its turn still runs" in refused.err) == (1, True)
    assert up.call("message.show", id=id)["task"] == "dead"
    assert up.run("queue", "requeue", id).code == 0
    done = up.call("message.wait", id=id, until="ended", timeout_s=20)
    assert (done["task"], done["attempt"], done["answer"]) == ("turn_ended", 2, "went")


def test_a_message_expires_and_a_task_is_late(up: Team):
    up.add("ada", "actor", "--busy-s", "30")
    late = up.send("ada", "work", deadline_s=0.3, wait="ended", timeout_s=20)
    waits = up.send("ada", "more", expires_s=0.3, wait="submitted", timeout_s=20)

    assert (late["state"], late["task"]) == ("submitted", "dead")
    assert (waits["state"], waits["task"]) == ("expired", "dead")
    assert up.show("ada")["phase"] == "running"


@pytest.mark.timeout(90)
def test_a_message_that_expires_after_it_was_typed_says_so_and_that_it_was_taken_after_all(up: Team):
    up.add("ada", "actor", "--stall-s", "18", lease_s=15)
    typed = up.send("ada", "work", expires_s=5, wait="accepted")["id"]

    gone = up.call("message.wait", id=typed, until="submitted", timeout_s=40)

    assert gone["state"] == "expired"
    eventually(lambda: f"ev=late-evidence id={typed} to=ada" in without_session(up.log("delivery")), within_s=20)
    assert "not delivered in time; typed once, whether it was taken is not known" in up.log("delivery")


def without_session(log: str) -> str:
    return re.sub(r" session=\S+", "", log)


def test_an_expiry_outlives_the_daemon(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    id = team.send("ada", "hello", expires_s=1.0, wait="accepted")["id"]
    team.kill_daemon()
    team.start()

    assert team.call("message.wait", id=id, timeout_s=10)["state"] == "expired"


def test_a_queue_is_emptied(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    for n in range(3):
        up.send("ada", f"task {n}", wait="accepted")

    assert up.run("queue", "purge", "ada").out == "ada: 3 messages cancelled, 0 left.\n"
    shown = up.run("queue", "ls", "ada").out
    assert shown.startswith("ada: 0 wait, held back\n")
    assert shown.count("cancelled") == 3


@pytest.mark.parametrize(("settings", "fields"), [("[peers]\nqueue_max = 2\n", {}), ("", {"queue_max": 2})])
def test_a_queue_that_is_full_takes_no_more_and_says_so(team: Team, settings: str, fields: dict[str, Any]):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text(settings)
    team.start()
    team.add("ada", "actor", **fields)
    team.call("queue.pause", peer="ada")
    for n in range(2):
        team.send("ada", f"task {n}", wait="accepted")

    ran = team.run("send", "ada", "one too many")

    assert (ran.code, ran.err) == (75, "peerd: ada has 2 messages waiting; not accepted. Try again later.\n")
    assert len(team.call("message.list", peer="ada")["messages"]) == 2
    team.call("queue.purge", peer="ada")
    assert team.send("ada", "now there is room", wait="accepted")["state"] == "accepted"


def test_what_nobody_reads_is_bounded_and_answers_come_all_the_same(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("[peers]\nqueue_max = 1\n")
    team.start()
    team.add("ada", "actor")
    team.add("sh", "shell")

    said = team.send("sh", "peerd send operator one; peerd send operator two", wait="ended", timeout_s=20)["answer"]

    assert "peerd: operator has 1 message unread; not accepted. Try again later." in said
    assert team.run("ask", "ada", "hello").code == 0
    (notice,) = team.call("daemon.status")["notices"]
    assert "operator has 1 message unread, and gets no more, except answers" in notice
    assert team.run("queue", "purge", "operator").out == "operator: 1 message cancelled, 0 left.\n"
    said = team.send("sh", "peerd send operator three --json", wait="ended", timeout_s=20)["answer"]
    id = re.search(r'"id": "(\S+)"', said)
    assert team.run("message", id[1] if id else said).code == 0
    assert "notices" not in team.call("daemon.status")


@pytest.mark.parametrize("topic", ["tax\nev=forged", "tax\r", "tax\x1b[2J", "tax\u2028more", " ", "x" * 201])
def test_a_topic_that_is_no_line_of_words_is_refused_and_nothing_is_kept(up: Team, topic: str):
    up.add("ada", "actor")

    with pytest.raises(UsageError, match="a topic is one line of at most 200 printable characters"):
        up.send("ada", "hello", topic=topic)

    assert up.call("message.list")["messages"] == []
    assert "forged" not in up.log() + up.log("delivery")


def test_an_ephemeral_peer_with_a_persons_front_is_told_of_and_begins_afresh(up: Team):
    up.add("ada", "actor", "--remember", wake_policy="ephemeral", front="person", ephemeral_quiet_s=0.05)
    (notice,) = eventually(lambda: up.call("daemon.status").get("notices", []))
    assert "ada.toml: front = 'person' changes nothing for an ephemeral peer" in notice

    for topic in ("tax", "tax"):
        up.send("ada", "hello", topic=topic, wait="ended", timeout_s=20)
        eventually(lambda: up.show("ada")["phase"] == "asleep", within_s=10)

    assert up.log().count("mode=fresh cause=message because=ephemeral") == 2
