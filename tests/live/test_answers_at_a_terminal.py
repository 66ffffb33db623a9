"""What a person writes as an answer reaches who asked, and nobody else; what cannot be sent is kept."""

import json
import re
import tempfile
from pathlib import Path

import pytest

from tests.live.conftest import Team
from tests.live.test_inbox_at_a_terminal import Terminal, asks, state
from tests.terminal import PROMPT

pytestmark = pytest.mark.tmux

QUESTION = "your answer (end it with"


@pytest.fixture
def asked(up: Team) -> Team:
    """ada asks m-1, then bob m-2."""
    up.env["TMPDIR"] = tempfile.mkdtemp(dir=up.root)
    for name, id in (("ada", "m-1"), ("bob", "m-2")):
        up.add(name)
        up.call("peer.wake", peer=name)
        asks(up, f"{name} asks: may I?", id, name)
    return up


def drafts(team: Team) -> list[str]:
    return [path.read_text() for path in Path(team.env["TMPDIR"]).iterdir()]


@pytest.mark.parametrize("paste", ["\nyes, all of it\n.\nmore", "one\n.\ntwo\n.\nthree"], ids=["later", "a dot in it"])
def test_the_rest_of_a_paste_answers_no_other_question(asked: Team, paste: str):
    person = Terminal(asked, "inbox")
    person.until(PROMPT)

    person.paste(paste)
    person.answer("")
    person.until(QUESTION, 2)
    person.answer("no")

    assert person.end() == 0
    assert state(asked, "m-1") == ("submitted", "answered", paste)
    assert state(asked, "m-2") == ("submitted", "answered", "no")


def test_what_is_typed_after_the_answer_is_no_command_once_all_are_answered(asked: Team):
    """A line for whoever reads the terminal after it."""
    person = Terminal(asked, "inbox", "--from", "ada")
    person.until(PROMPT)

    person.paste("one")
    person.type("\n.\ntwo\n")

    person.until("what you typed after the answer was not sent")
    assert person.end() == 0
    assert state(asked, "m-1") == ("submitted", "answered", "one")


def test_what_was_typed_before_the_first_question_was_asked_answers_none(asked: Team):
    person = Terminal(asked, "inbox")
    person.type("yes\n.\nyes")
    person.until("what you typed before the question was ignored")

    person.type("\x04")

    assert person.end() == 0
    assert state(asked, "m-1") == ("submitted", "open", None)


def test_what_was_written_in_an_editor_and_cannot_be_sent_is_kept(asked: Team):
    asked.call("peer.stop", peer="ada")
    asked.env["EDITOR"] = "echo half an hour of writing >"
    person = Terminal(asked, "inbox", "--from", "ada", "-e")
    assert person.end() == 0
    assert drafts(asked) == ["half an hour of writing\n"]

    again = re.search(r"`peerd (reply m-1 --file \S+ --id \S+)` sends it", person.seen)
    assert again is not None
    asked.call("peer.start", peer="ada")
    assert asked.run(*again[1].split()).code == 0
    assert state(asked, "m-1") == ("submitted", "answered", "half an hour of writing\n")


def test_what_was_typed_and_cannot_be_sent_is_kept(asked: Team):
    person = Terminal(asked, "inbox", "--from", "ada")
    person.until(PROMPT)
    asked.call("peer.stop", peer="ada")

    person.answer("half an hour", "of writing")

    assert person.end() == 0
    assert drafts(asked) == ["half an hour\nof writing"]
    assert "m-1 still awaits your answer" in person.seen


@pytest.mark.parametrize("writes", ["echo yes >", "true"], ids=["sent", "empty"])
def test_of_what_was_sent_or_left_for_later_no_draft_stays(asked: Team, writes: str):
    asked.env["EDITOR"] = writes

    assert Terminal(asked, "inbox", "--from", "ada", "-e").end() == 0
    assert drafts(asked) == []


@pytest.mark.parametrize("words", ["reply m-1 yes", "inbox reply m-1 yes"])
def test_an_answer_to_one_that_is_stopped_waits_where_it_is_told_to(asked: Team, words: str):
    asked.call("peer.stop", peer="ada")

    refused = asked.run(*words.split())

    assert refused.code == 1
    told = "ada is stopped. `peerd start ada`, or `peerd reply m-1 TEXT --queue` lets it wait."
    assert refused.err == f"peerd: {told}\n"
    queued = asked.run("reply", "m-1", "yes", "--queue", "--timeout", "0.1")
    assert (queued.code, state(asked, "m-1")[1:]) == (3, ("answered", "yes"))


def test_what_replies_for_somebody_else_that_is_stopped_is_told_to_be_sent_there_and_is_no_answer(asked: Team):
    asked.add("dan")
    asked.call("peer.stop", peer="dan")

    refused = asked.run("send", "dan", "ada asks this", "--reply-to", "m-1")

    assert refused.err == (
        "peerd: dan is stopped. `peerd start dan`, or `peerd send dan TEXT --reply-to m-1 --queue` lets it wait.\n"
    )
    queued = asked.run("send", "dan", "ada asks this", "--reply-to", "m-1", "--queue", "--wait", "accepted")
    assert "to dan: accepted, waits: stopped" in queued.out
    assert state(asked, "m-1")[1:] == ("open", None)


def test_what_was_answered_or_cancelled_meanwhile_is_shown_so_and_not_asked_about(asked: Team):
    asks(asked, "ada asks: now?", "m-3")
    asks(asked, "ada asks: and then?", "m-4")
    person = Terminal(asked, "inbox")
    person.until(PROMPT)
    asked.run("reply", "m-2", "by another")
    asked.run("queue", "cancel", "m-3")

    person.answer("yes")
    person.until(QUESTION, 2)
    person.answer("then that")

    assert person.end() == 0
    assert "\nanswered\n\nbob asks: may I?" in person.seen
    assert "\ncancelled\n\nada asks: now?" in person.seen
    assert [state(asked, f"m-{n}")[2] for n in (1, 2, 3, 4)] == ["yes", "by another", None, "then that"]


def test_an_answer_to_what_was_answered_while_it_was_typed_is_said_to_be_none(asked: Team):
    person = Terminal(asked, "inbox", "--from", "ada")
    person.until(PROMPT)
    first = json.loads(asked.run("reply", "m-1", "by another", "--json").out)["id"]

    person.answer("yes")

    assert person.end() == 0
    assert f"peerd: m-1 was answered before, by {first}: this went as a message of its own." in person.seen


def test_an_answer_to_what_came_to_nothing_is_said_to_be_none(asked: Team):
    asked.run("queue", "cancel", "m-1")

    late = asked.run("reply", "m-1", "yes")

    assert late.code == 0
    told = "m-1 had failed before (`peerd message m-1` tells why): this went as a message of its own."
    assert late.err == f"peerd: {told}\n"
    assert asked.run("reply", "m-2", "yes").err == ""


def test_an_answer_to_one_that_was_removed_meanwhile_is_kept_and_no_command_is_told_that_is_refused(asked: Team):
    person = Terminal(asked, "inbox", "--from", "ada")
    person.until(PROMPT)
    asked.call("peer.remove", peer="ada", now=True)

    person.answer("half an hour", "of writing")

    assert person.end() == 0
    assert drafts(asked) == ["half an hour\nof writing"]
    assert re.search(r"Nobody awaits an answer to m-1 any more\. What you wrote is in \S+\.\n", person.seen)
    assert not re.search("still awaits your answer|sends it", person.seen)


def test_an_answer_that_is_too_long_is_told_to_be_sent_once_that_is_put_right(asked: Team):
    asked.env["EDITOR"] = "head -c 1100000 /dev/zero | tr '\\0' x >"
    person = Terminal(asked, "inbox", "--from", "ada", "-e")

    assert person.end() == 0

    told = r"m-1 still awaits your answer\. What you wrote is in \S+: once that is put right, `peerd reply m-1 --file"
    assert re.search(told, person.seen)
