"""Whatever ends what a person types, nothing of it is sent, and an answer is kept."""

import os
import re
import signal
import sys
import threading
import time

import pytest

from tests.cli.persons import answers, begun, drafts, to_the_second
from tests.cli.stub import Stub
from tests.eventually import eventually
from tests.terminal import PROMPT, Terminal


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
        r"peerd: nothing was sent\. m-1 still awaits your answer\. What you wrote is in (\S+): "
        r"`peerd reply m-1 --file \1 --id m-\S+` sends it\.\n",
        person.seen,
    )
    assert answers(asked) == []


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT])
def test_what_was_typed_is_kept_where_a_signal_ends_it(asked: Stub, env: dict[str, str], number: signal.Signals):
    person = begun(env)
    person.type("half an hour\nof writ")
    person.until("of writ")

    os.kill(person.pid, number)

    assert person.end() == 128 + number
    assert drafts(env) == ["half an hour\nof writ"]


@pytest.mark.parametrize("ignored", ["", "trap '' HUP;"])
def test_what_was_typed_is_kept_where_the_terminal_goes(asked: Stub, env: dict[str, str], ignored: str):
    person = Terminal(env, script=f"{ignored} exec $PEERD inbox")
    person.until(PROMPT)
    person.type("half an hour\nof writ")
    person.until("of writ")

    code = person.close()

    assert (drafts(env), answers(asked), code) == (["half an hour\nof writ"], [], 128 + signal.SIGHUP)


@pytest.mark.parametrize("key", ["\x03", "\x1c"], ids=["Ctrl-C", "Ctrl-\\"])
def test_an_answer_that_was_ended_is_kept_or_sent_where_the_person_leaves_just_then(
    asked: Stub, env: dict[str, str], key: str
):
    person = begun(env)
    person.type("yes\n")
    person.until(PROMPT, 2)
    person.type(".\n")
    person.until("> .\n")

    person.type(key)

    person.end()
    assert drafts(env) == ["yes"] or answers(asked) == [("m-1", "yes")]


def test_an_answer_that_is_being_sent_is_in_a_file_meanwhile(asked: Stub, env: dict[str, str]):
    accepted = threading.Event()
    asked.answers["message.send"] = accepted
    person = begun(env)
    person.answer("yes")
    eventually(lambda: answers(asked) == [("m-1", "yes")])

    assert drafts(env) == ["yes"]
    os.kill(person.pid, signal.SIGTERM)

    assert person.end() == -signal.SIGTERM
    assert drafts(env) == ["yes"]
    accepted.set()


def test_one_that_was_sent_is_in_no_file(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.answer("yes")
    to_the_second(person)

    assert (drafts(env), answers(asked)) == ([], [("m-1", "yes")])


def test_what_is_no_utf8_is_said_to_be_made_so_first(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.type(b"caf\xe9\n")
    person.until(PROMPT, 2)

    person.type(".\n")
    person.until("once that is UTF-8, `peerd reply m-1 --file ")
    to_the_second(person)

    assert (drafts(env), answers(asked)) == (["caf\udce9"], [])


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


def test_a_terminal_that_another_program_has_set_not_to_wait_is_waited_for(asked: Stub, env: dict[str, str]):
    code = "import fcntl, os; fcntl.fcntl(0, fcntl.F_SETFL, os.O_NONBLOCK | fcntl.fcntl(0, fcntl.F_GETFL))"
    person = Terminal(env, script=f"{sys.executable} -c '{code}'; $PEERD reply m-1 -")
    person.until("\x1b[?2004h")
    person.type("yes")
    person.until("yes")

    person.type("\n\x04")

    assert person.end() == 0
    assert answers(asked) == [("m-1", "yes\n")]


def test_a_person_gets_out_of_a_paste_whose_end_was_lost(asked: Stub, env: dict[str, str]):
    person = begun(env)
    person.type("\x1b[200~half a paste")
    person.until("half a paste")
    time.sleep(1.5)  # as a person looks at it

    person.type("\x03")

    assert person.end() == 0
    assert drafts(env) == ["half a paste"]


def test_what_is_broken_off_is_not_sent_and_what_comes_next_has_a_line_of_its_own(asked: Stub, env: dict[str, str]):
    person = Terminal(env, script="$PEERD reply m-1 -; echo AFTERWARDS")
    person.until("\x1b[?2004h")
    person.type("half")
    person.until("half")

    person.type("\x03")
    person.until("half^C\n")

    assert person.end() != 0
    assert answers(asked) == []


@pytest.mark.parametrize("keys", ["\x1c", "\x04\x04"], ids=["quit", "the end of the file"])
def test_what_ends_it_in_mid_line_leaves_that_line(asked: Stub, env: dict[str, str], keys: str):
    person = Terminal(env, script="trap : QUIT; $PEERD reply m-1 - >/dev/null; echo AFTERWARDS")
    person.until("\x1b[?2004h")
    person.type("half")
    person.until("half")

    person.type(keys)
    person.until("AFTERWARDS\n")

    person.end()
    assert "half\n" in person.seen
