"""A terminal is as it was afterwards, and while another has it."""

import os
import signal
import termios

import pytest

from tests.cli.persons import ASKS, answers, begun, drafts, modes, to_the_second
from tests.cli.stub import Stub
from tests.eventually import eventually
from tests.terminal import PROMPT, Terminal


def test_the_terminal_is_as_it_was_afterwards_and_while_another_has_it(asked: Stub, env: dict[str, str]):
    person = Terminal(env, script="set -m; $PEERD inbox; echo AWAY; read away; fg; echo AFTERWARDS; read afterwards")
    person.until(PROMPT)
    assert modes(person) == 0
    person.type("ye")
    person.until("> ye")

    person.type("\x1a")
    person.until("AWAY\n")
    assert modes(person) == termios.ICANON | termios.ECHO
    person.type("\n")
    person.until("> ye", 2)
    assert modes(person) == 0
    person.answer("s")
    person.until(ASKS, 2)
    person.type("\x04")
    person.until("AFTERWARDS\n")

    assert modes(person) == termios.ICANON | termios.ECHO
    assert person.seen.rindex("\x1b[?2004l") > person.seen.rindex("\x1b[?2004h")
    assert answers(asked) == [("m-1", "yes")]
    person.type("\n")
    assert person.end() == 0


STOPPED = "until ps -o stat= -p $! | grep -q T; do sleep 0.05; done"


def test_one_that_begins_in_the_background_has_the_terminal_as_it_is_when_it_comes_to_it(
    asked: Stub, env: dict[str, str]
):
    shells = "stty -icanon -echo -icrnl"
    script = f"set -m; {shells}; $PEERD inbox & {STOPPED}; stty sane; fg; echo AFTERWARDS; read afterwards"
    person = Terminal(env, script=script)
    person.until(PROMPT)

    person.type("yes\r")
    person.until(PROMPT, 2)
    person.type(".\r")
    person.until(ASKS, 2)
    person.type("\x04")
    person.until("AFTERWARDS\n")

    assert answers(asked) == [("m-1", "yes")]
    assert modes(person) == termios.ICANON | termios.ECHO
    person.type("\n")
    assert person.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_one_that_is_suspended_ends_where_it_is_told_to(asked: Stub, env: dict[str, str], number: signal.Signals):
    script = f"set -m; $PEERD inbox; kill -{number:d} %1; kill -CONT %1; read afterwards"
    person = Terminal(env, script=script)
    person.until(PROMPT)
    person.type("half an hour")
    person.until("hour")

    person.type("\x1a")
    person.until("What you wrote is in ")

    assert drafts(env) == ["half an hour"]
    assert modes(person) == termios.ICANON | termios.ECHO
    person.type("\n")
    person.end()


def test_keys_that_are_pasted_are_text(asked: Stub, env: dict[str, str]):
    person = begun(env)
    text = "one\x03two\x1athree\x1cfour\x13five\x11six"

    person.paste(text)
    person.until("six")
    person.type("\n")
    person.until(PROMPT, 2)
    person.type(".\n")
    to_the_second(person)

    assert answers(asked) == [("m-1", text)]


def test_a_paste_whose_end_another_has_read_is_over(asked: Stub, env: dict[str, str]):
    person = Terminal(env, script="set -m; $PEERD inbox; read away; fg")
    person.until(PROMPT)
    person.type("\x1b[200~yes")
    person.until("> yes")

    os.killpg(os.tcgetpgrp(person.fd), signal.SIGTSTP)
    eventually(lambda: modes(person))
    person.type("\x1b[201~\n")
    person.until("> yes", 2)
    person.answer("")
    to_the_second(person)

    assert answers(asked) == [("m-1", "yes")]
