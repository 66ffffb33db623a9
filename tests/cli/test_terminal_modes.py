"""A terminal is as it was afterwards, and while another has it."""

import termios

from tests.cli.persons import ASKS, answers, modes
from tests.cli.stub import Stub
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
