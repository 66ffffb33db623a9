"""ask and wait: the answer on stdout, how it was got on stderr, and the exit codes."""

from unittest.mock import ANY

import pytest

from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub


@pytest.fixture(autouse=True)
def answered(daemon: Stub) -> None:
    daemon.answers = {"message.send": sent(), "message.wait": sent()}


def test_asking_prints_the_answer(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="answered", answer="42", answer_from="reply")

    assert peerd("ask", "ada", "what?") == (0, "42\n", "")
    asked = {"to": "ada", "body": "what?", "topic": None, "wait": "ended", "timeout_s": 600}
    assert daemon.asked[0][1] == asked | {"id": ANY}


def test_last_words_are_labelled_as_such(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="turn_ended", answer="done\n", answer_from="turn")

    ran = peerd("ask", "ada", "what?")

    assert ran == (0, "done\n", "peerd: no reply came; these are the last words of ada's turn.\n")


def test_a_command_that_failed_is_exit_code_1(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="turn_ended", answer="no rule", answer_from="turn", exit_status=2)

    ran = peerd("ask", "sh", "make")

    assert (ran.code, ran.out) == (1, "no rule\n")
    assert ran.err.endswith("peerd: ada ended it with exit status 2.\n")


def test_a_command_that_succeeded_without_words_prints_nothing(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="turn_ended", answer="", answer_from="turn", exit_status=0)

    told = "peerd: no reply came; ada's turn ended without a word.\n"
    assert peerd("ask", "sh", "true") == (0, "", told)


def test_an_answer_that_could_not_be_read_is_no_empty_one(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="turn_ended", exit_status=0)

    ran = peerd("ask", "sh", "clear")

    assert (ran.code, ran.out) == (0, "")
    assert "cannot be read. `peerd peek ada`" in ran.err


def test_asking_that_ran_out_of_time_says_what_to_wait_for(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(waiting=True)

    ran = peerd("ask", "ada", "what?")

    assert ran == (
        3,
        "",
        "peerd: m-1 was delivered and ada is still at work on it: do not send it again. "
        "`peerd wait m-1 --for ended` waits on.\n",
    )


def test_the_facts_of_an_answer_come_with_it(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="answered", answer="42", answer_from="reply", exit_status=0)

    facts = peerd("ask", "ada", "what?", "--json").json

    assert {name: facts[name] for name in ("task", "answer", "answer_from", "exit_status")} == {
        "task": "answered",
        "answer": "42",
        "answer_from": "reply",
        "exit_status": 0,
    }


def test_waiting_goes_on_where_send_left_off(daemon: Stub, peerd: Peerd):
    assert peerd("wait", "m-1") == (0, "m-1 to ada: submitted\n", "")
    assert daemon.asked == [("message.wait", {"id": "m-1", "until": "submitted", "timeout_s": 60})]


@pytest.mark.parametrize("option", ["--for", "--until"])
def test_waiting_for_the_end_prints_the_answer(daemon: Stub, peerd: Peerd, option: str):
    daemon.answers["message.wait"] = sent(task="answered", answer="42", answer_from="reply")

    assert peerd("wait", "m-1", option, "ended") == (0, "42\n", "")


def test_what_is_waited_for_is_told_by_one_name(peerd: Peerd):
    told = peerd("wait", "--help").out

    assert "--for" in told
    assert "--until" not in told


def test_waiting_in_vain_is_exit_code_3(daemon: Stub, peerd: Peerd):
    daemon.answers["message.wait"] = sent(state="accepted", waiting=True)

    assert peerd("wait", "m-1", "--timeout", "0").code == 3


def test_of_a_task_that_was_done_without_a_word_stderr_says_so(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="done")

    assert peerd("ask", "ada", "go on") == (0, "", "peerd: no answer came; ada has done it.\n")
