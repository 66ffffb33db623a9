"""What is told of an ephemeral peer whose turn is over and whose task is not: it awaits an answer."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux


@pytest.fixture
def asks(up: Team) -> str:
    """Ada's task, over which she asked bob, who takes his time; and the question."""
    up.add("ada", "actor", "--baton", "2", "--to", "bob", ephemeral_silent_s=500, **QUICK)
    up.add("bob", "actor")
    up.call("queue.pause", peer="bob")
    up.send("ada", "baton 1", id="m-task", timeout_s=20)
    eventually(lambda: up.call("queue.list", peer="bob")["waiting"])
    eventually(lambda: up.show("ada")["activity"] == "idle")
    return str(up.call("queue.list", peer="bob")["waiting"][0]["id"])


def awaits(question: str) -> str:
    by = f"it awaits an answer to {question}; 500 s of silence end it"
    return f"its turn with m-task is over, the task is not: {by}"


def test_it_is_shown_to_wait_for_the_answer_to_its_question(up: Team, asks: str):
    shown, (row, _) = up.show("ada"), up.call("peer.list")["peers"]

    assert (shown["verdict"], shown["awaits"], row["awaits"]) == (awaits(asks), [asks], [asks])
    assert up.run("show", "ada").out.startswith("actor-ada: waiting, session s-")
    line = next(line for line in up.run("ls").out.splitlines() if line.startswith("ada"))
    assert " waiting " in line
    assert line.endswith(f" an answer to {asks}")


def test_whoever_waits_for_its_task_is_told_so(up: Team, asks: str):
    waited = up.run("wait", "m-task", "--until", "ended", "--timeout", "0.2")

    again = "`peerd wait m-task --for ended` waits on."
    told = f"peerd: m-task was delivered: do not send it again. {again} ada: {awaits(asks)}.\n"
    assert (waited.code, waited.err) == (3, told)
    assert f"ada: {awaits(asks)}" in up.run("message", "m-task").out.splitlines()


def test_whoever_waits_for_the_next_task_is_told_so(up: Team, asks: str):
    sent = up.run("send", "ada", "more", "--timeout", "0.2")

    assert (sent.code, f"ada: {awaits(asks)}." in sent.err) == (3, True)
    assert f" an answer to {asks} " in up.run("queue", "ls").out


def test_its_task_goes_on_with_the_answer(up: Team, asks: str):
    up.call("queue.resume", peer="bob")

    assert ended(up, "m-task")["task"] == "turn_ended"
    eventually(lambda: up.show("ada")["awaits"] is None)


def test_that_its_question_came_to_nothing_is_told_to_the_session_that_asked_and_its_task_goes_on(up: Team, asks: str):
    up.call("message.cancel", id=asks)

    assert ended(up, "m-task")["task"] == "turn_ended"
    (told,) = (row for row in up.call("message.list", peer="ada")["messages"] if row["from"] == "daemon")
    assert (told["reply_to"], told["state"]) == (asks, "submitted")


def test_who_would_break_it_off_is_told_that_there_is_no_turn(up: Team, asks: str):
    ran = up.run("interrupt", "ada")

    assert (ran.code, ran.err) == (1, f"peerd: there is nothing to interrupt in ada: {awaits(asks)}.\n")


def test_who_would_remove_it_is_told_that_it_awaits_an_answer(up: Team, asks: str):
    ran = up.run("rm", "ada")

    assert (ran.code, "it has m-task in hand, and awaits an answer." in ran.err) == (1, True)


def test_the_answer_that_it_cannot_be_given_is_what_it_waits_for_no_more(up: Team, asks: str):
    at_the_keyboard(up, "ada", "send-keys", "-l", "half a thought")
    eventually(lambda: "half a thought" in "\n".join(up.call("peer.peek", peer="ada")["lines"]))

    up.call("queue.resume", peer="bob")

    eventually(lambda: up.call("peer.list")["peers"][0]["hold"] == "draft", within_s=15)
    assert up.call("peer.list")["peers"][0]["awaits"] is None
    line = next(line for line in up.run("ls").out.splitlines() if line.startswith("ada"))
    assert line.split()[-1] == "draft"
    at_the_keyboard(up, "ada", "send-keys", "C-u")
    assert ended(up, "m-task")["task"] == "turn_ended"
