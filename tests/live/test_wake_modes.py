"""Whether a peer goes on with its conversation or begins afresh, for real: an actor that keeps what was said."""

import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from peerd_adapters.actor import PROGRAM
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


FORKS = f"""#!/bin/sh
case "$*" in *--resume*)
    for each; do case "$each" in */*) file=$each ;; esac; done
    cp "$file" "$file-forked"
    echo '{{"ev":"conversation","id":"'"${{file##*/}}"'"}}' >>"$PEERD_JOURNAL"
    set -- --conversation "$file-forked"
esac
exec {sys.executable} -I {PROGRAM} "$@"
"""
"""An actor that goes on with a conversation under another id, of which it tells with the first message."""


def parked(team: Team, name: str = "ada", **fields: Any) -> None:
    """A peer that spoke of tax and sleeps again."""
    team.add(name, "actor", "--remember", idle_s=0.2, **fields)
    team.send(name, "what about tax?", topic="tax", wait="ended", timeout_s=20)
    asleep(team, name)


def asleep(team: Team, name: str = "ada") -> None:
    eventually(lambda: team.show(name)["phase"] == "asleep", within_s=10)
    assert team.show(name)["last_end"]["cause"] == "parked"


def told(team: Team, name: str = "ada") -> tuple[str, str]:
    woken = team.show(name)["woken"]
    return woken["mode"], woken["because"]


def screen(team: Team, name: str = "ada") -> str:
    return "\n".join(team.call("peer.peek", peer=name)["lines"])


def test_a_message_on_its_topic_resumes_a_parked_peer(up: Team):
    parked(up)

    up.send("ada", "more of it", topic="tax", timeout_s=20)

    assert told(up) == ("resume", "parked, same topic")
    assert "what about tax?" in screen(up)
    assert 'mode=resume cause=message because="parked, same topic"' in up.log()


def test_what_waits_without_waking_it_does_not_decide_in_which_conversation_it_is_woken(up: Team):
    up.add("bob", may_send_to=["ada"], may_wake=[])
    up.run("wake", "bob")
    parked(up)
    assert up.run("send", "ada", "by the way", "--wait", "accepted", env=up.caller("bob")).code == 0

    up.send("ada", "more of it", topic="tax", id="m-more", timeout_s=20)

    assert told(up) == ("resume", "parked, same topic")
    assert 'because="parked, same topic" id=m-more' in up.log()


@pytest.mark.parametrize(("topic", "because"), [("cats", "parked, another topic"), (None, "parked, no topic")])
def test_a_message_on_another_topic_begins_afresh(up: Team, topic: str | None, because: str):
    parked(up)

    up.send("ada", "hello", topic=topic, timeout_s=20)

    assert told(up) == ("fresh", because)
    assert "what about tax?" not in screen(up)


def test_a_persons_front_is_resumed_whatever_the_topic(up: Team):
    parked(up, front="person")

    up.send("ada", "hello", timeout_s=20)

    assert told(up) == ("resume", "parked, a person's front")


def test_what_speaks_for_resuming_outlives_the_daemon(team: Team):
    team.start()
    parked(team)
    team.kill_daemon()
    team.start()

    team.send("ada", "more of it", topic="tax", timeout_s=20)

    assert told(team) == ("resume", "parked, same topic")


def test_the_topics_of_a_conversation_follow_it_to_another_id_also_after_the_daemon_died(team: Team):
    team.start()
    program = team.root / "program"
    program.write_text(FORKS)
    program.chmod(0o755)
    team.add("ada", "actor", "--remember", bin=str(program), idle_s=0.2)
    team.send("ada", "what about tax?", topic="tax", wait="accepted")
    team.send("ada", "what about cats?", topic="cats", wait="ended", timeout_s=20)
    asleep(team)
    team.send("ada", "more of them", topic="cats", wait="ended", timeout_s=20)
    asleep(team)
    team.kill_daemon()
    team.start()

    team.send("ada", "and of tax", topic="tax", timeout_s=20)

    assert told(team) == ("resume", "parked, same topic")
    assert team.session("ada").conversation.endswith("-forked-forked")


def test_a_stopped_peer_goes_on_where_it_was(up: Team):
    up.add("ada", "actor", "--remember")
    up.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    up.call("peer.stop", peer="ada")
    up.call("peer.start", peer="ada")

    up.send("ada", "more of it", topic="tax", timeout_s=20)

    assert told(up) == ("resume", "parked, same topic")


def test_a_peer_whose_conversation_cannot_be_had_begins_afresh_after_two_tries_and_says_so(up: Team):
    parked(up)
    own = Path(up.home.state, "logins", "ada", "actor")
    for file in own.iterdir():
        file.unlink()

    up.send("ada", "more of it", topic="tax", timeout_s=20)

    assert told(up) == ("fresh", "resuming failed 2 times")


def test_two_tries_at_a_conversation_are_all_there_are_whichever_daemon_made_them(team: Team):
    team.start()
    parked(team, backoff_base_s=60, backoff_cap_s=60)
    for file in Path(team.home.state, "logins", "ada", "actor").iterdir():
        file.unlink()
    team.send("ada", "more of it", topic="tax", wait="accepted")
    for _ in range(2):
        eventually(lambda: team.show("ada")["phase"] == "backoff", within_s=10)
        team.kill_daemon()
        team.start()
        team.call("peer.start", peer="ada")

    eventually(lambda: team.show("ada")["phase"] == "running", within_s=20)

    assert told(team) == ("fresh", "resuming failed 2 times")


def test_daemons_that_end_in_the_middle_of_its_start_do_not_speak_against_a_conversation(team: Team):
    team.start()
    parked(team)
    team.kill_daemon()
    team.start_dying("InsertSession")
    team.send("ada", "more of it", topic="tax", wait="accepted")
    for _ in range(2):
        eventually(lambda: team.died, within_s=20)
        team.start_dying("InsertSession")
    team.kill_daemon()
    team.start()

    eventually(lambda: team.show("ada")["phase"] == "running", within_s=20)

    assert told(team) == ("resume", "parked, same topic")


def test_an_explicit_resume_is_never_fresh(up: Team):
    parked(up)
    for file in Path(up.home.state, "logins", "ada", "actor").iterdir():
        file.unlink()

    with pytest.raises(PeerdError, match="no conversation"):
        up.call("peer.wake", peer="ada", mode="resume", timeout_s=20)


def test_to_sit_down_at_a_sleeping_peer_resumes_it(up: Team):
    up.add("ada", "actor", "--remember")
    up.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)
    up.call("peer.stop", peer="ada")
    up.call("peer.start", peer="ada")

    assert up.call("peer.attach", peer="ada")["session"] == "actor-ada"

    assert told(up) == ("resume", "asked for")


def test_to_sit_down_at_a_peer_that_has_no_conversation_begins_none(up: Team):
    up.add("ada", "actor")

    with pytest.raises(PeerdError, match="no conversation to resume"):
        up.call("peer.attach", peer="ada")


def test_a_refreshed_peer_begins_afresh_also_after_the_daemon_died(team: Team):
    team.start()
    parked(team)
    assert team.run("refresh", "ada").out == "ada: the next one starts fresh.\n"
    team.kill_daemon()
    team.start()

    team.send("ada", "more of it", topic="tax", timeout_s=20)

    assert told(team) == ("fresh", "refreshed")


def test_the_log_of_a_wake_names_the_message_it_is_for(up: Team):
    up.add("ada", "actor")

    id = up.send("ada", "work", timeout_s=20)["id"]

    wake = next(line for line in up.log().splitlines() if "ev=wake" in line)
    assert wake.endswith(f' cause=message because="not parked" id={id}')


def test_new_waits_for_the_turn_and_then_replaces_the_session(up: Team):
    up.add("ada", "actor", "--busy-s", "0.5")
    before = up.send("ada", "work", timeout_s=20)

    woken = up.call("peer.new", peer="ada", timeout_s=20)

    assert woken["session"] != before["session"]
    assert up.call("message.wait", id=before["id"], until="ended")["attempt"] == 1
    assert up.show("ada")["last_end"]["cause"] == "replaced"


@pytest.mark.parametrize("state", ["up", "asleep"])
def test_new_asked_twice_about_one_session_begins_one(up: Team, state: str):
    up.add("ada", "actor")
    old = up.call("peer.wake", peer="ada")["session"] if state == "up" else None

    first, second = (up.call("peer.new", peer="ada", instead_of=old, timeout_s=20)["session"] for _ in range(2))

    assert first == second != old
    assert up.call("peer.new", peer="ada", instead_of=first, timeout_s=20)["session"] != first


def test_whoever_wants_a_peer_afresh_that_is_up_is_told_how(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")

    ran = up.run("wake", "ada", "--fresh")

    told = "ada is up already. `peerd new ada` replaces its session once it is idle.\n"
    assert (ran.code, ran.err) == (1, f"peerd: {told}")


def test_new_now_hands_the_task_over_again(up: Team):
    up.add("ada", "actor", "--busy-s", "2")
    sent = up.send("ada", "work", timeout_s=20)

    up.call("peer.new", peer="ada", now=True, timeout_s=20)

    assert up.call("message.wait", id=sent["id"], until="ended", timeout_s=20)["attempt"] == 2


def test_who_waits_for_a_session_that_ends_slowly_is_told_that_the_next_one_comes(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=2)
    before = up.call("peer.wake", peer="ada")["session"]

    ran = up.run("new", "ada", "--now", "--timeout", "0.5")

    assert (ran.code, f"{before} is still ending" in ran.err, "--now" in ran.err) == (3, True, False)
    eventually(lambda: up.show("ada")["session"] not in (None, before), within_s=20)


def test_a_session_may_ask_for_a_fresh_one_itself(up: Team):
    up.add("sh", "shell")

    said = up.send("sh", "peerd self-fresh", wait="ended", timeout_s=20)

    assert said["answer"] == "sh starts a fresh session once this turn is over."
    eventually(lambda: up.show("sh")["session"] not in (None, said["session"]), within_s=10)
    assert told(up, "sh") == ("fresh", "refreshed")


def test_outside_a_session_nobody_is_itself(up: Team):
    ran = up.run("self-fresh")

    assert (ran.code, ran.err) == (
        1,
        "peerd: this is not one of peerd's sessions. `peerd new NAME` replaces a peer's session from outside.\n",
    )
