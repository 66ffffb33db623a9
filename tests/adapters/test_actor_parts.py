"""The actor's parts that need no terminal: its input, its composer, its frames, what it makes of a text."""

import os
import pty
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.model.envelope import Envelope, parse, render
from peerd.model.fact import TurnEnded
from peerd.model.message import MessageId
from peerd.model.screen import Screen
from peerd_adapters.actor import PROGRAM, Actor
from peerd_adapters.actor_tui.actor import Actor as Mind
from peerd_adapters.actor_tui.composer import Composer
from peerd_adapters.actor_tui.decode import PASTE_MAX_BYTES, Decoder, Event, Key, Pasted, Typed
from peerd_adapters.actor_tui.flags import parse as parse_flags
from peerd_adapters.actor_tui.frame import Modal, Status, asking, cells, composing, wrapped
from peerd_adapters.actor_tui.notes import Journal, Record
from peerd_adapters.actor_tui.post import News
from peerd_adapters.actor_tui.work import Habits, Letter, Work, derived, personality, work_on
from tests.build import message

PIECES = st.sampled_from(
    [
        b"a",
        b"\xc3\xa9",
        "漢🦀".encode(),
        b"\xff",
        b"\x1b[A",
        b"\x1bOB",
        b"\x1bx",
        b"\x1b[1;5C",
        b"\x1b[200~",
        b"\x1b[201~",
    ]
    + [bytes([code]) for code in b"\r\n\t\x15\x1b\x7f\x03\x00"]
    + [b"\x1b[201~", b"\x1b[200~pa\x1b[31mste\r\n\x1b[201"]
)


def merged(events: list[Event]) -> list[Event]:
    """With neighbouring typed texts as one."""
    out: list[Event] = []
    for event in events:
        if isinstance(event, Typed) and out and isinstance(out[-1], Typed):
            out[-1] = Typed(out[-1].text + event.text)
        else:
            out.append(event)
    return out


def decoded(*chunks: bytes) -> list[Event]:
    decoder = Decoder()
    return merged([event for chunk in chunks for event in decoder.feed(chunk)] + decoder.flush())


@given(st.lists(PIECES, max_size=12).map(b"".join), st.data())
def test_it_does_not_matter_where_reads_cut_the_input(data: bytes, draw: st.DataObject) -> None:
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=6)))
    chunks = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]

    assert decoded(*chunks) == decoded(data)


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"hi\r", [Typed("hi"), Key("enter")]),
        (b"\x1b[200~a\r\nb\x15\x1b[A\x1b[201~\r", [Pasted(b"a\r\nb\x15\x1b[A"), Key("enter")]),
        (b"\x1b[200~\x1b[201~", [Pasted(b"")]),
        (b"\x1b[200~never ended", [Pasted(b"never ended")]),
        (b"\x1b", [Key("escape")]),
        (b"\x1b\x1b", [Key("escape"), Key("escape")]),
        (b"\x1b[B\x1b[Zx\x1b[1;5C", [Key("down"), Typed("x")]),
        (b"caf\xc3\r", [Typed("caf"), Typed("�"), Key("enter")]),
        (b"\x1b[" + b"0" * 40, [Key("escape"), Typed("[" + "0" * 40)]),
    ],
    ids=["text", "paste", "empty-paste", "unended-paste", "escape", "two-escapes", "arrows", "cut-utf8", "endless"],
)
def test_input_is_understood_as(data: bytes, events: list[Event]) -> None:
    assert decoded(data) == merged(events)


def test_a_paste_without_an_end_is_bounded() -> None:
    decoder = Decoder()
    decoder.feed(b"\x1b[200~")

    events = [event for _ in range(17) for event in decoder.feed(b"x" * (1 << 20)) if isinstance(event, Pasted)]

    assert [len(event.data) for event in events] == [PASTE_MAX_BYTES]
    assert not decoder.receiving


def test_a_composer_holds_more_than_it_shows() -> None:
    composer, text = Composer(), render(message(body="one\ntwo\n"), 1)
    composer.type("é ")
    composer.paste(Pasted(text.encode()))
    composer.paste(Pasted(b"x" * 200))
    composer.paste(Pasted(b"short\r"))
    composer.type("!\t")

    assert composer.shown == f"é [pasted {len(text)} bytes, id m-1][pasted 200 bytes][pasted 6 bytes]!⇥"
    assert composer.take() == f"é {text}{'x' * 200}short\n!\t"
    assert (composer.shown, bool(composer), composer.pasted) == ("", False, False)


def test_backspace_takes_back_a_paste_whole() -> None:
    composer = Composer()
    composer.type("ab")
    composer.paste(Pasted(b"1\n2"))

    composer.backspace()
    composer.backspace()

    assert composer.text == "a"


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Mn", "Me", "Zl", "Zp", "Zs"))))
def test_what_is_in_the_composer_is_read_off_its_frame(shown: str) -> None:
    shown = shown[:400]
    frame = composing(shown, Status(None, None), 80)
    lines = tuple(line.rstrip() for line in frame.lines)

    assert Actor().read(Screen(lines, frame.column, frame.row)).composer == shown
    assert max(map(cells, frame.lines)) < 80


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zl", "Zp")), max_size=300))
def test_a_question_is_read_off_its_frame(text: str) -> None:
    frame = asking(Modal("permission", f"Allow {text}?"), 80)
    reading = Actor().read(Screen(frame.lines, frame.column, frame.row))

    assert reading.prompt
    assert max(map(cells, frame.lines)) <= 80


@given(st.text(), st.integers(2, 40))
def test_wrapping_loses_nothing(text: str, width: int) -> None:
    rows = wrapped(text, width)

    assert "".join(rows) == text
    assert all(cells(row) <= width for row in rows)


def read(**fields: Any) -> Envelope | None:
    return parse(render(message(**fields), 1))


def answered(text: str, to: str = "operator") -> Work:
    return Work(Letter(to, text, "re-m-1", MessageId("m-1")), text)


BATON = Habits("ada", baton=3, to="bob", finally_to=("sh", "make test"))


@pytest.mark.parametrize(
    ("fields", "habits", "work"),
    [
        (
            {"body": "two\nlines é"},
            Habits("ada"),
            answered("ada got 12 bytes: two"),
        ),
        (
            {"sender_identity": "claude-b-ob", "sender_kind": "agent", "body": ""},
            Habits("ada"),
            answered("ada got 0 bytes: ", "b-ob"),
        ),
        ({"reply_to": MessageId("m-0")}, Habits("ada"), Work(None, "noted")),
        ({"body": "baton 0"}, BATON, Work(Letter("bob", "baton 1", "ba-m-1"), "passed baton 1 on to bob")),
        ({"body": "baton 2\n"}, BATON, Work(Letter("bob", "baton 3", "ba-m-1"), "passed baton 3 on to bob")),
        (
            {"body": "baton 3"},
            BATON,
            Work(Letter("sh", "make test", "fi-m-1"), "the baton arrived after 3; wrote to sh"),
        ),
        ({"body": "baton 3"}, BATON._replace(finally_to=None), Work(None, "the baton arrived after 3")),
        (
            {"body": "baton 4"},
            BATON,
            answered("ada got 7 bytes: baton 4"),
        ),
        (
            {"body": "baton 1"},
            Habits("ada"),
            answered("ada got 7 bytes: baton 1"),
        ),
    ],
    ids=["a-message", "a-peers", "an-answer", "first", "last-but-one", "last", "no-finally", "beyond", "no-baton"],
)
def test_an_actor_makes_of(fields: dict[str, object], habits: Habits, work: Work) -> None:
    assert work_on(read(**fields), habits) == work


def test_what_a_human_typed_is_not_answered() -> None:
    assert work_on(None, Habits("ada")) == Work(None, "noted")


@pytest.mark.parametrize(("identity", "name"), [("claude-ada", "ada"), ("x-a-b", "a-b"), ("operator", "operator")])
def test_an_answer_goes_to_the_senders_personality(identity: str, name: str) -> None:
    assert personality(identity) == name


def test_derived_ids_are_short_and_their_own() -> None:
    long = "m" * 62
    ids = [derived("re", long + each) for each in "ab"]

    assert [len(id) for id in ids] == [64, 64]
    assert ids[0] != ids[1]
    assert derived("re", long + "a") == ids[0]
    assert derived("re", "m" * 61) == "re-" + "m" * 61


@pytest.mark.parametrize("argv", [["--nonesuch"], ["--baton", "3"], ["--finally", "no colon"], ["--busy-s", "long"]])
def test_a_flag_that_is_wrong_ends_with_usage(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse_flags(argv)

    assert ended.value.code == 2
    assert "usage: actor" in capsys.readouterr().err


def test_a_turn_does_not_wait_behind_an_older_letter_that_is_stuck(tmp_path: Path) -> None:
    actor = Mind(parse_flags([]), "ada", Journal(str(tmp_path / "journal")), Record(None))
    sent: list[Letter] = []

    def send(letter: Letter) -> bool:
        sent.append(letter)
        return True

    actor.send = send
    actor.boot(0.0)
    actor.begin(0.0)
    for id, key in (("m-1", b"\x03"), ("m-2", b"")):
        actor.hear(b"\x1b[200~" + render(message(id=MessageId(id)), 1).encode() + b"\x1b[201~\r" + key, 1.0)

    actor.learn(News(sent[0], False, "no daemon"), 2.0)

    ended = [fact for line in (tmp_path / "journal").read_text().splitlines() for fact in Actor().facts(line)][-1]
    assert ended == TurnEnded(MessageId("m-2"), None, "ada got 5 bytes: hello")


def test_a_turn_that_waits_for_a_permission_does_not_keep_it_running(tmp_path: Path) -> None:
    actor = Mind(parse_flags(["--permission-on", "danger"]), "ada", Journal(str(tmp_path / "journal")), Record(None))
    actor.boot(0.0)
    actor.begin(0.0)
    actor.hear(b"danger\r", 1.0)

    assert (actor.next_due(5.0) or 0.0) > 0.0

    actor.hear(b"1", 6.0)
    assert actor.next_due(6.0) == 0.0


def test_the_terminal_is_given_back_as_it_was() -> None:
    program, ours = pty.fork()
    if not program:
        os.execv(sys.executable, (sys.executable, "-I", PROGRAM, "--crash-after-s", "0.1", "--crash-code", "3"))
    before = termios.tcgetattr(ours)
    said = b"".join(iter(lambda: _read_all(ours), b""))

    assert os.waitstatus_to_exitcode(os.waitpid(program, 0)[1]) == 3
    assert termios.tcgetattr(ours) == before
    assert said.count(b"\x1b[?2004h") == said.count(b"\x1b[?2004l") == 1
    assert said.rindex(b"\x1b[?7l") < said.rindex(b"\x1b[?7h")
    os.close(ours)


def _read_all(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        return b""


def test_it_starts_without_what_it_needs_only_later() -> None:
    code = "import sys, peerd_adapters.actor_tui.program; print(*sys.modules)"
    loaded = subprocess.run((sys.executable, "-c", code), env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True)

    assert set(loaded.stdout.decode().split()) & {"msgspec", "asyncio", "threading", "hashlib", "socket"} == set()
    assert b"peerd_adapters.actor_tui.program" in loaded.stdout
