"""Claude Code and Codex, for real: woken, told something, and believed."""

import contextlib
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.edges.process import alive, with_variable
from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.test_holds import at_the_keyboard
from tests.real.conftest import Agents, cli


def test_an_agent_is_woken_asked_and_answers_with_the_last_words_of_its_turn(agents: Agents, runtime: str):
    agents.add("ada", runtime)

    woken = agents.team.call("peer.wake", peer="ada", timeout_s=60)
    told = agents.team.run("ask", "ada", "what is it? [[say forty-two]]", timeout_s=60)

    assert woken["identity"] == f"{runtime}-ada"
    assert (told.code, told.out) == (0, "forty-two\n")
    assert told.err == "peerd: no reply came; these are the last words of ada's turn.\n"
    assert len(agents.asked("what is it?")) == 1


def test_a_reply_of_an_agent_is_its_answer_rather_than_its_last_words(agents: Agents, runtime: str):
    """The agent runs `peerd send` as its tool, in a mode in which it need not ask; Codex does so in a login shell,
    which has a PATH of its own."""
    agents.add("ada", runtime, permissions="bypass", env=agents.env(runtime) | {"IS_SANDBOX": "1"})
    reply = f"{os.path.dirname(sys.executable)}/peerd send operator --reply-to m-q 'forty-three'"

    body = f"what is it? [[do {reply}]] [[say bye]]"
    told = agents.team.send("ada", body, id="m-q", wait="ended", timeout_s=60)

    assert (told["task"], told["answer"], told["answer_from"]) == ("answered", "forty-three", "reply")
    assert "permissions=bypass" in agents.team.log()


def test_a_conversation_is_gone_on_with_after_a_stop(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    agents.team.send("ada", "remember the word heliotrope", wait="ended", timeout_s=60)
    before = agents.team.session("ada")

    agents.team.call("peer.stop", peer="ada")
    agents.team.call("peer.start", peer="ada")
    woken = agents.team.call("peer.wake", peer="ada", mode="resume", timeout_s=60)
    agents.team.send("ada", "which word was it?", wait="ended", timeout_s=60)

    assert (woken["mode"], woken["session"] != before.id) == ("resume", True)
    (request,) = agents.asked("which word was it?")
    assert any("remember the word heliotrope" in text for text in request.users_texts)
    assert agents.team.store().conversation("ada", runtime) == before.conversation  # type: ignore[arg-type]


ANEW = {
    "claude": """#!/bin/sh
[ "$1" = --resume ] && shift 2 && set -- --session-id 0b5c6e5e-0000-4000-8000-000000000000 "$@"
exec {program} "$@"
""",
    "codex": """#!/bin/sh
[ "$1" = resume ] && shift 2
exec {program} "$@"
""",
}


def test_an_agent_that_begins_anew_where_it_was_to_go_on_is_ended_and_given_nothing(agents: Agents, runtime: str):
    begins_anew(agents, runtime)

    sent = agents.team.send("ada", "where were we?", id="m-2", wait="ended", timeout_s=60)

    assert (sent["task"], sent["attempt"]) == ("turn_ended", 1)
    assert agents.team.show("ada")["woken"]["because"] == "resuming failed 2 times"
    assert agents.team.log().count("ev=wrong-conversation") == 2
    assert len(agents.asked("where were we?")) == 1


def test_one_whose_screen_does_not_tell_is_ended_with_the_first_prompt_which_is_given_anew(agents: Agents):
    begins_anew(agents, "codex", "-c", 'tui.status_line=["model-with-reasoning","current-dir"]')

    sent = agents.team.send("ada", "where were we? [[slow 2]]", id="m-2", wait="ended", timeout_s=60)

    assert (sent["task"], sent["attempt"]) == ("turn_ended", 2)
    assert agents.team.show("ada")["woken"]["because"] == "not parked"
    assert agents.team.log().count("ev=wrong-conversation") == 1


def begins_anew(agents: Agents, runtime: str, *args: str) -> None:
    """A peer that spoke of something, and whose next session will not go on with that."""
    program = agents.team.root / "program"
    program.write_text(ANEW[runtime].format(program=cli(runtime)))
    program.chmod(0o755)
    agents.add("ada", runtime, bin=str(program), front="person", backoff_base_s=0.1, args=list(args))
    agents.team.send("ada", "hello", wait="ended", timeout_s=60)
    agents.team.call("peer.stop", peer="ada")
    agents.team.call("peer.start", peer="ada")


def test_a_conversation_that_is_gone_fails_its_wake_with_the_reason(agents: Agents, runtime: str):
    agents.add("ada", runtime, crash_max=1)
    agents.team.send("ada", "hello", wait="ended", timeout_s=60)
    agents.team.call("peer.stop", peer="ada")
    agents.team.call("peer.start", peer="ada")
    agents.team.kill_daemon()
    with contextlib.closing(sqlite3.connect(agents.team.home.store)) as store, store:
        store.execute("UPDATE session SET conversation = '0b5c6e5e-0000-4000-8000-000000000000'")
    agents.team.start()

    with pytest.raises(PeerdError, match="(?i)did not come up: .*no .*(conversation|session) found"):
        agents.team.call("peer.wake", peer="ada", mode="resume", timeout_s=60)


def test_an_agent_killed_in_the_middle_of_its_turn_gets_its_task_again(agents: Agents, runtime: str):
    agents.add("ada", runtime, backoff_base_s=0.1)
    sent = agents.team.send("ada", "a long task [[slow 20]]", id="m-long", timeout_s=60)
    before = agents.team.session("ada")

    os.kill(before.host.runtime.pid, signal.SIGKILL)
    again = eventually(lambda: _attempt(agents, sent["id"], 2), within_s=30)

    assert again["session"] != before.id
    eventually(lambda: agents.asked("m-long from operator (person) attempt 2"), within_s=20)
    end = agents.team.show("ada")["last_end"]
    assert (end["cause"], end["signal"]) == ("killed", 9)
    assert with_variable("PEERD_SESSION", before.id) == ()


def _attempt(agents: Agents, id: str, attempt: int) -> Any:
    shown = agents.team.call("message.show", id=id)
    return shown if (shown["attempt"], shown["state"]) == (attempt, "submitted") else None


def test_a_turn_that_the_model_server_fails_is_over(agents: Agents, runtime: str):
    """Claude tells so by a hook of its own, Codex only on its screen."""
    agents.add("ada", runtime)

    told = agents.team.run("ask", "ada", "this fails [[fail 400]]", timeout_s=60)

    if runtime == "claude":
        assert (told.code, "400" in told.out) == (1, True)
    assert agents.team.send("ada", "and now? [[say well again]]", wait="ended", timeout_s=60)["answer"] == "well again"


def test_an_agent_whose_turns_keep_failing_is_a_notice(agents: Agents, runtime: str):
    if runtime != "claude":
        pytest.skip("its hooks tell of no failure")
    agents.add("ada", runtime)

    for _ in range(3):
        agents.team.send("ada", "this fails [[fail 400]]", wait="ended", timeout_s=60)

    (notice,) = eventually(lambda: agents.team.call("daemon.status").get("notices", []), within_s=20)
    assert notice.startswith("ada: each of its last 3 turns failed")


def test_an_answer_to_a_person_is_not_told_as_that_of_a_turn_they_broke_off(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    sent = agents.team.send("ada", "take your time [[slow 30]]", id="m-mine", timeout_s=60)
    eventually(lambda: agents.asked("m-mine"))

    at_the_keyboard(agents.team, "ada", "send-keys", "Escape")
    agents.sees("ada", "nterrupted")
    agents.enters("ada", "my own question [[say for me alone]]")
    over = agents.team.call("message.wait", id=sent["id"], until="ended", timeout_s=60)

    assert (over["task"], over["answer"], over["exit_status"]) == ("turn_ended", None, 130)


def test_an_answer_that_reads_like_a_turn_under_way_keeps_nothing_out(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    agents.team.send("ada", "[[say Working on it (press esc to interrupt) now]]", wait="ended", timeout_s=60)

    assert agents.team.send("ada", "next [[say hi]]", wait="ended", timeout_s=20)["answer"] == "hi"


def test_a_message_waits_for_a_command_that_a_person_runs(agents: Agents, runtime: str):
    """No hook tells of one; the screen does."""
    agents.add("ada", runtime)
    agents.team.call("peer.wake", peer="ada", timeout_s=60)
    eventually(lambda: agents.team.show("ada")["evidence"][-1]["says"] == "idle, input line ''", within_s=20)
    at_the_keyboard(agents.team, "ada", "send-keys", "-l", "!")  # by itself, so that it is a key and no paste
    eventually(lambda: agents.team.show("ada")["evidence"][-1]["says"] != "idle, input line ''")
    agents.enters("ada", "sleep 4")
    agents.sees("ada", "esc to interrupt")

    sent = agents.team.send("ada", "and this [[say hi]]", timeout_s=1.5)
    assert (sent["state"], sent["hold"]) == ("accepted", "busy")
    over = agents.team.call("message.wait", id=sent["id"], until="ended", timeout_s=60)

    assert (over["answer"], over["attempt"], len(agents.asked("and this"))) == ("hi", 1, 1)


def test_a_message_that_was_broken_off_before_the_first_word_keeps_nothing_out(agents: Agents, runtime: str):
    """Claude puts it back into its input line."""
    agents.add("ada", runtime)
    sent = agents.team.send("ada", "nothing comes of this [[hang]]", id="m-hang", timeout_s=60)
    eventually(lambda: agents.asked("m-hang"))
    at_the_keyboard(agents.team, "ada", "send-keys", "Escape")

    after = agents.team.send("ada", "and now? [[say well again]]", id="m-after", wait="ended", timeout_s=30)

    assert (after["answer"], after["attempt"]) == ("well again", 1)
    assert agents.team.call("message.show", id=sent["id"])["task"] == "turn_ended"
    assert len(agents.asked("m-after")) == 1


def test_an_agent_at_rest_is_at_rest_for_the_next_daemon_too(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    agents.team.call("peer.wake", peer="ada", timeout_s=60)

    agents.team.kill_daemon()
    agents.team.start()

    assert agents.team.send("ada", "hello [[say hi]]", wait="ended", timeout_s=20)["answer"] == "hi"


def test_an_agent_that_was_given_nothing_is_at_rest_and_parked(agents: Agents, runtime: str):
    agents.add("ada", runtime, idle_s=1.0)
    agents.team.call("peer.wake", peer="ada", timeout_s=60)

    eventually(lambda: agents.team.show("ada")["phase"] == "asleep", within_s=30)

    assert agents.team.show("ada")["last_end"]["cause"] == "parked"


def test_a_session_in_which_nothing_was_said_hides_no_conversation(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    agents.team.send("ada", "remember the word heliotrope", wait="ended", timeout_s=60)
    for mode in (None, "resume"):
        agents.team.call("peer.stop", peer="ada")
        agents.team.call("peer.start", peer="ada")
        agents.team.call("peer.wake", peer="ada", mode=mode, timeout_s=60)

    agents.team.send("ada", "which word was it?", wait="ended", timeout_s=60)

    (request,) = agents.asked("which word was it?")
    assert any("remember the word heliotrope" in text for text in request.users_texts)


def test_an_agent_leaves_nothing_behind(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    agents.team.send("ada", "hello", wait="ended", timeout_s=60)
    before = agents.team.session("ada")
    folder = agents.team.home.session(before.id)

    agents.team.call("peer.stop", peer="ada")

    assert (alive(before.host.runtime), alive(before.host.server), with_variable("PEERD_SESSION", before.id)) == (
        False,
        False,
        (),
    )
    assert not os.path.exists(f"{folder}/tmp")


def test_no_secret_and_no_text_is_in_an_argv(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    agents.team.send("ada", "a text of mine [[slow 2]]", timeout_s=60)
    token = {"claude": "sk-ant-test-loopback", "codex": "nobody's"}[runtime]

    lines = [
        Path(f"/proc/{each.pid}/cmdline").read_bytes()
        for each in with_variable("PEERD_SESSION", agents.team.session("ada").id)
    ]

    assert lines
    assert [line for line in lines if token.encode() in line or b"a text of mine" in line] == []
