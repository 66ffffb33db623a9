"""A person types and pastes at a terminal: all of it is sent."""

import time

import pytest

from tests.cli.persons import answers, begun, to_the_second
from tests.cli.stub import Stub
from tests.terminal import PROMPT, Terminal

SURE = "send it? [y/N] "
LONG = f"{'x' * 3000}MIDDLE{'y' * 6000}END"


def test_a_line_of_any_length_arrives_whole(asked: Stub, env: dict[str, str]):
    person = begun(env)

    person.answer(LONG)
    to_the_second(person)

    assert answers(asked) == [("m-1", LONG)]


def test_an_escape_that_stands_alone_takes_nothing_of_what_is_typed_after_it(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.type("so\x1b")
    person.until("> so")
    time.sleep(0.3)  # nothing else tells it from a key

    person.type("OK")
    person.until("> soOK")
    person.type("\n")
    person.until(PROMPT, 2)
    person.type(".\n")
    to_the_second(person)

    assert answers(asked) == [("m-1", "soOK")]


def test_what_is_erased_is_not_sent(asked: Stub, env: dict[str, str]):
    person = begun(env)

    person.answer("n\u00f6\x7fo", "no, no\x15yes")
    to_the_second(person)

    assert answers(asked) == [("m-1", "no\nyes")]


@pytest.mark.parametrize("pasted", ["\nyes, all of it\n.\n", "one\n.\ntwo\n.\nthree\n", f"{LONG}\n{LONG}\n"])
def test_a_paste_is_text_and_ends_nothing_however_late_its_rest_comes(asked: Stub, env: dict[str, str], pasted: str):
    person = begun(env)
    person.type(f"\x1b[200~{pasted[:-1]}")
    person.until(PROMPT, 1 + pasted[:-1].count("\n"))
    person.type(f"{pasted[-1]}\x1b[201~")
    person.until(PROMPT, 1 + pasted.count("\n"))

    person.type(".\n")
    to_the_second(person)

    assert answers(asked) == [("m-1", pasted.removesuffix("\n"))]


def test_a_paste_that_the_terminal_does_not_mark_is_sent_once_the_person_says_so(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.type("one\n.\n")
    person.until(SURE)

    person.type("y\n")
    to_the_second(person)

    assert answers(asked) == [("m-1", "one")]


@pytest.mark.parametrize("rest", ["yes, go ahead\n.\n", "yes\n\n.\n", "yes\nno\n.\n"])
def test_the_rest_of_one_that_is_late_answers_nothing_by_itself(asked: Stub, env: dict[str, str], rest: str):
    person = begun(env)
    person.type("one\n.\n")
    person.until(SURE)

    person.type(rest)
    person.until(SURE, 2)
    person.type("y\n")
    to_the_second(person)

    assert answers(asked) == [("m-1", f"one\n.\n{rest.removesuffix(chr(10) + '.' + chr(10))}")]


def test_who_is_not_sure_goes_on(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.type("one\n.\n")
    person.until(SURE)
    person.type("n\n")
    person.until(PROMPT, 3)

    person.answer("two")
    to_the_second(person)

    assert answers(asked) == [("m-1", "one\n.\ntwo")]


def test_an_empty_line_that_a_paste_begins_with_is_text(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.type("\nyes\n.\n")
    person.until(SURE)

    person.type("y\n")
    to_the_second(person)

    assert answers(asked) == [("m-1", "\nyes")]


@pytest.mark.parametrize("words", [("reply", "m-1", "-"), ("inbox", "reply", "m-1", "-"), ("send", "ada", "-")])
def test_a_text_that_is_typed_for_a_dash_is_whole(asked: Stub, env: dict[str, str], words: tuple[str, ...]):
    person = Terminal(env, *words)
    person.until("\x1b[?2004h")

    person.paste(f"{LONG}\n.\n")
    person.type("\x7fno\x15n\u00f6\x7fo\n\x04")

    assert person.end() == 0
    assert [params["body"] for _, params in asked.asked] == [f"{LONG}\n.\nno\n"]


def test_what_was_typed_before_it_was_read_is_read_to_its_end(asked: Stub, env: dict[str, str]):
    person = Terminal(env, "reply", "m-1", "-")
    person.type("yes\n\x04")

    assert person.end() == 0
    assert answers(asked) == [("m-1", "yes\n")]


def test_what_the_terminal_cut_before_it_was_read_is_not_sent(asked: Stub, env: dict[str, str]):
    person = Terminal(env, "reply", "m-1", "-")
    person.type(f"{LONG}\n\x04")

    assert person.end() == 2
    assert "the terminal keeps 4095 bytes of a line typed too early" in person.seen
    assert answers(asked) == []
