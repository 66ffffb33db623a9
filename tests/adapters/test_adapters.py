"""What the adapters say without a screen: how to start, what to type, what a journal line means."""

import re
import shlex
import string
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.adapter import Adapter, Keys, Launch, Place
from peerd.errors import ConfigError
from peerd.model.fact import Fact, PromptClosed, PromptOpened, Ready, Submitted, TurnBegan, TurnClosed, TurnEnded
from peerd.model.landing import squeezed
from peerd.model.message import MessageId
from peerd_adapters import native
from peerd_adapters.actor import PROGRAM, Actor
from peerd_adapters.actor_tui.composer import placeholder
from peerd_adapters.shell import HERE, Shell
from tests.build import message, spec

HERE_IS = "/home/x/it's here"
PLACE = Place(f"{HERE_IS}/s-1", f"{HERE_IS}/s-1/journal", f"{HERE_IS}/s-1/tmp", f"{HERE_IS}/own")
M1 = MessageId("m-1")
ALNUM = string.ascii_letters + string.digits
IDS = st.builds(str.__add__, st.sampled_from(ALNUM), st.text(ALNUM + "._-", max_size=63))
NAMED_LIKE_WORDS = st.sampled_from(("1", "id", "peerd_run", "operator", "pasted", "bytes", "m-1.m-1", "run.1"))


@pytest.mark.parametrize(
    ("line", "facts"),
    [
        ('{"ev":"ready"}', (Ready(),)),
        ('{"ev":"submitted","message":"m-1","attempt":2}', (Submitted(M1, 2),)),
        ('{"ev": "submitted", "message": "m-1"}', (Submitted(M1, None),)),
        ('{"ev":"submitted","message":"m-1","turn":"t-1","entered":true}', (Submitted(M1, None, "t-1", True),)),
        ('{"ev":"turn_ended","message":"m-1","turn":"t-1","last":"bye"}', (TurnClosed("bye", None, "t-1"),)),
        ('{"ev":"submitted","message":null,"attempt":null}', ()),
        ('{"ev":"submitted","message":"no id","attempt":1}', ()),
        ('{"ev":"submitted","message":["m-1"],"attempt":true}', ()),
        ('{"ev":"turn_began"}', (TurnBegan(),)),
        ('{"ev":"turn_ended","message":"m-1","status":130}', (TurnEnded(M1, 130, None),)),
        ('{"ev":"turn_ended","message":null,"status":null,"last":"bye"}', (TurnEnded(None, None, "bye"),)),
        ('{"ev":"turn_ended","status":"0","last":3}', (TurnEnded(None, None, None),)),
        ('{"ev":"turn_ended","message":7,"status":0}', ()),
        ('{"ev":"turn_ended","message":"no id"}', ()),
        ('{"ev":"prompt_opened","what":"rm"}', (PromptOpened("rm"),)),
        ('{"ev":"prompt_opened"}', (PromptOpened(""),)),
        ('{"ev":"prompt_closed"}', (PromptClosed(),)),
        ('{"ev":"prompt_closed","approved":false}', (PromptClosed(approved=False),)),
        ('{"ev":"prompt_closed","approved":"yes"}', (PromptClosed(),)),
        ('{"ev":"of tomorrow"}', ()),
        ('{"ev":["ready"]}', ()),
        ('{"ev":"submitted","message":"m-', ()),
        ('["ready"]', ()),
        ("7" * 5000, ()),
        ("[" * 100_000, ()),
        ("", ()),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_a_journal_line_is_read_as(line: str, facts: tuple[Fact, ...]) -> None:
    assert native.facts(line) == facts


@given(st.text())
def test_any_journal_line_can_be_read(line: str) -> None:
    assert Actor().facts(line) == Shell().facts(line)


def test_a_shell_starts_as_an_interactive_bash_with_our_file_last() -> None:
    rc = f"{PLACE.folder}/rc.bash"

    assert Shell().launch(spec(runtime="shell", args=("-x",)), PLACE, None) == Launch(
        argv=("bash", "--noprofile", "--rcfile", rc, "-i", "-x"),
        files={
            "rc.bash": "__peerd_name=ada\n"
            "__peerd_folder='/home/x/it'\"'\"'s here/s-1'\n"
            f"__peerd_here={shlex.quote(HERE)}\n"
            'source "$__peerd_here/shell_rc.bash"\n'
        },
    )


def test_an_actor_starts_with_this_python() -> None:
    argv = (sys.executable, "-I", "-S", PROGRAM, "--busy-s", "1")

    assert Actor().launch(spec(args=("--busy-s", "1")), PLACE, None) == Launch(argv=argv)


def test_a_program_of_its_own_takes_the_place_of_the_adapters() -> None:
    assert Shell().launch(spec(bin="/opt/bash"), PLACE, None).argv[0] == "/opt/bash"
    assert Actor().launch(spec(bin="/opt/actor", args=("-q",)), PLACE, None).argv == ("/opt/actor", "-q")


@pytest.mark.parametrize("adapter", [Actor(), Shell()], ids=["actor", "shell"])
def test_what_remembers_nothing_cannot_resume(adapter: Adapter) -> None:
    with pytest.raises(ConfigError, match="wake it with --fresh"):
        adapter.launch(spec(), PLACE, "conversation-1")


def test_a_shell_is_typed_one_line_and_the_body_goes_by_file() -> None:
    body = "echo one\r\n\techo two\x1b\n\n"

    assert Shell().compose(message(body=body), 2, PLACE) == Keys(
        pastes=(" peerd_run m-1 2 operator",),
        landed="peerd_runm\\-12operator",
        clear=("C-e", "C-u"),
        files={"in/m-1": body},
    )


def test_a_body_that_no_file_can_hold_is_mended() -> None:
    assert Shell().compose(message(body="echo \ud800"), 1, PLACE).files == {"in/m-1": "echo �"}


@given(NAMED_LIKE_WORDS | IDS, st.integers(1, 99))
def test_what_landed_is_seen_once_whatever_the_id(id: str, attempt: int) -> None:
    sent = message(id=MessageId(id))
    typed, pasted = Shell().compose(sent, attempt, PLACE), Actor().compose(sent, attempt, PLACE)

    assert re.fullmatch(typed.landed, squeezed(typed.pastes[0]))
    assert re.fullmatch(pasted.landed, squeezed(placeholder(pasted.pastes[0], len(pasted.pastes[0].encode()))))


@given(IDS, IDS)
def test_what_landed_is_not_seen_in_another_message(id: str, other: str) -> None:
    if id == other:
        return
    here, there = message(id=MessageId(id)), message(id=MessageId(other))

    assert not re.search(Shell().compose(here, 1, PLACE).landed, squeezed(Shell().compose(there, 1, PLACE).pastes[0]))
    shown = placeholder(Actor().compose(there, 1, PLACE).pastes[0], 7)
    assert not re.search(Actor().compose(here, 1, PLACE).landed, squeezed(shown))
