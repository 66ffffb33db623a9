"""A person types and pastes at a terminal: all of it is sent, or kept."""

import os
import re
import signal
import termios
from pathlib import Path
from typing import Any

import pytest

from tests.cli.answers import message, sent
from tests.cli.stub import Stub
from tests.cli.test_inbox import ROW
from tests.terminal import PROMPT, Terminal

ASKS = "answer (empty: later"
SURE = "send it? [y/N] "
LONG = f"{'x' * 3000}MIDDLE{'y' * 6000}END"


@pytest.fixture
def env(home: Path, tmp_path: Path) -> dict[str, str]:
    return {**os.environ, "TERM": "xterm", "TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8"}


@pytest.fixture
def asked(daemon: Stub, env: dict[str, str]) -> Stub:
    """ada asks m-1, then m-2."""
    rows = [ROW | {"id": id} for id in ("m-1", "m-2")]
    daemon.answers = {
        "inbox.list": {"messages": rows, "unread": 2, "more": False, "left_out": []},
        "message.show": message(to="operator", body="may I?", state="accepted", **{"from": "ada"}),
        "message.read": {},
        "message.send": sent(id="m-3"),
    }
    return daemon


def answers(daemon: Stub) -> list[tuple[Any, Any]]:
    return [(params["reply_to"], params["body"]) for method, params in daemon.asked if method == "message.send"]


def drafts(env: dict[str, str]) -> list[str]:
    return [path.read_text("utf-8", "surrogateescape") for path in Path(env["TMPDIR"]).iterdir()]


def begun(env: dict[str, str], *words: str) -> Terminal:
    """It stands at the first question."""
    person = Terminal(env, "inbox", *words)
    person.until(PROMPT)
    return person


def to_the_second(person: Terminal) -> None:
    """No more is answered."""
    person.until(ASKS, 2)
    person.type("\n")
    assert person.end() == 0


def test_a_line_of_any_length_arrives_whole(asked: Stub, env: dict[str, str]):
    person = begun(env)

    person.answer(LONG)
    to_the_second(person)

    assert answers(asked) == [("m-1", LONG)]


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


@pytest.mark.parametrize("key", ["\x04\x04", "\x03"], ids=["end of file", "Ctrl-C"])
def test_who_leaves_has_what_was_typed_in_a_file_and_what_sends_it(asked: Stub, env: dict[str, str], key: str):
    person = begun(env)
    person.type("half an hour\n")
    person.until(PROMPT, 2)

    person.type("of writing")
    person.until("of writing")

    person.type(key)

    assert person.end() == 0
    assert drafts(env) == ["half an hour\nof writing"]
    assert re.search(
        r"peerd: nothing was sent\. m-1 awaits your answer still\. What you wrote is in (\S+): "
        r"`peerd reply m-1 --file \1 --id m-\S+` sends it\.\n",
        person.seen,
    )
    assert answers(asked) == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
def test_what_was_typed_is_kept_where_a_signal_ends_it(asked: Stub, env: dict[str, str], number: signal.Signals):
    person = begun(env)
    person.type("half an hour\nof writ")
    person.until("of writ")

    os.kill(person.pid, number)

    assert person.end() == 128 + number
    assert drafts(env) == ["half an hour\nof writ"]


def test_what_is_no_utf8_is_said_to_be_made_so_first(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.type(b"caf\xe9\n")
    person.until(PROMPT, 2)

    person.type(".\n")
    person.until("once that is UTF-8, `peerd reply m-1 --file ")
    to_the_second(person)

    assert (drafts(env), answers(asked)) == (["caf\udce9"], [])


def modes(person: Terminal) -> int:
    flags: int = termios.tcgetattr(person.fd)[3]
    return flags & (termios.ICANON | termios.ECHO)


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


@pytest.mark.parametrize("words", [("reply", "m-1", "-"), ("inbox", "reply", "m-1", "-"), ("send", "ada", "-")])
def test_a_text_that_is_typed_for_a_dash_is_whole(asked: Stub, env: dict[str, str], words: tuple[str, ...]):
    person = Terminal(env, *words)
    person.until("\x1b[?2004h")

    person.paste(f"{LONG}\n.\n")
    person.type("\x7fno\x15n\u00f6\x7fo\n\x04")

    assert person.end() == 0
    assert [params["body"] for _, params in asked.asked] == [f"{LONG}\n.\nno\n"]


@pytest.mark.parametrize("words", [("reply", "m-1", "-"), ("inbox", "reply", "m-1", "-"), ("send", "ada", "-")])
def test_a_text_that_is_half_typed_is_not_sent_where_its_terminal_goes(
    asked: Stub, env: dict[str, str], words: tuple[str, ...]
):
    person = Terminal(env, script=f"trap '' HUP; $PEERD {' '.join(words)}")
    person.until("\x1b[?2004h")
    person.type("delete everything\nexcept wh")
    person.until("except wh")

    code = person.close()

    assert (asked.asked, code) == ([], 128 + signal.SIGHUP)


def test_what_was_typed_before_it_was_read_is_read_to_its_end(asked: Stub, env: dict[str, str]):
    person = Terminal(env, "reply", "m-1", "-")
    person.type("yes\n\x04")

    assert person.end() == 0
    assert answers(asked) == [("m-1", "yes\n")]


def test_what_the_terminal_cut_before_it_was_read_is_not_sent(asked: Stub, env: dict[str, str]):
    person = Terminal(env, "reply", "m-1", "-")
    person.type(f"{LONG}\n\x04")

    assert person.end() == 2
    assert "the terminal keeps 4095 bytes of a line that is typed before it is read here" in person.seen
    assert answers(asked) == []


def test_what_is_broken_off_is_not_sent_and_what_comes_next_has_a_line_of_its_own(asked: Stub, env: dict[str, str]):
    person = Terminal(env, script="$PEERD reply m-1 -; echo AFTERWARDS")
    person.until("\x1b[?2004h")
    person.type("half")
    person.until("half")

    person.type("\x03")
    person.until("half^C\n")

    assert person.end() != 0
    assert answers(asked) == []
