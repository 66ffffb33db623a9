"""The actor, for real: the program itself in a real tmux, with a daemon's socket that only listens."""

import threading
from hashlib import sha256
from pathlib import Path

import pytest

from peerd.model.envelope import render
from peerd.model.fact import Ready
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from peerd_adapters.actor import Actor
from tests.adapters.actors import Wake, daemon_of, records, taken, turn
from tests.adapters.stub import refused
from tests.adapters.terminal import seats
from tests.build import message, spec
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


ANSWER = {"to": "operator", "body": "ada got 5 bytes: hello", "id": "re-m-1", "reply_to": "m-1", "wait": "accepted"}


def test_a_message_is_taken_and_answered_with_the_token(wake_actor: Wake) -> None:
    actor = wake_actor()

    with daemon_of(actor) as daemon:
        actor.send("hello")
        actor.hears(Ready(), *turn("ada got 5 bytes: hello"))

    assert daemon.calls == [("token-of-ada", "message.send", ANSWER)]
    assert actor.composer() == ""


def test_an_answer_waits_for_a_daemon_that_is_down(wake_actor: Wake) -> None:
    actor = wake_actor()
    actor.send("hello")
    actor.hears(Ready(), *turn("ada got 5 bytes: hello"))

    with daemon_of(actor) as daemon:
        eventually(lambda: daemon.calls)

    assert daemon.calls == [("token-of-ada", "message.send", ANSWER)]


def test_a_refused_answer_is_not_sent_again(wake_actor: Wake) -> None:
    actor = wake_actor()

    with daemon_of(actor, answer=refused) as daemon:
        actor.send("hello")
        actor.sees("→ operator: refused: no such peer")
        actor.send("more", "m-2")
        eventually(lambda: len(daemon.calls) > 1)

    assert [params["id"] for _, _, params in daemon.calls] == ["re-m-1", "re-m-2"]


def test_the_screen_lives_while_the_daemon_is_silent(wake_actor: Wake) -> None:
    actor = wake_actor()
    typed = threading.Event()

    with daemon_of(actor, answer=lambda method, params: {"result": {"waited": typed.wait(5.0)}}) as daemon:
        actor.send("hello")
        eventually(lambda: daemon.calls)
        actor.type("typed")
        eventually(lambda: actor.composer() == "typed")
        typed.set()

    actor.hears(Ready(), *turn("ada got 5 bytes: hello"))


def test_an_answer_is_not_answered(wake_actor: Wake) -> None:
    actor = wake_actor()
    answer = message(reply_to=MessageId("m-0"))

    with daemon_of(actor) as daemon:
        actor.enter(actor.adapter.compose(answer, 1, actor.place))
        actor.hears(Ready(), *turn("noted"))

    assert daemon.calls == []


def test_a_second_attempt_is_answered_under_the_same_id(wake_actor: Wake) -> None:
    actor = wake_actor()

    with daemon_of(actor) as daemon:
        actor.send("hello")
        actor.send("hello", attempt=2)
        actor.hears(Ready(), *turn("ada got 5 bytes: hello"), *turn("ada got 5 bytes: hello", attempt=2))

    assert [params for _, _, params in daemon.calls] == [ANSWER, ANSWER]


def test_a_baton_is_passed_on_and_then_told_of(wake_actor: Wake) -> None:
    actor = wake_actor("--baton", "2", "--to", "bob", "--finally", "sh: make test")

    with daemon_of(actor) as daemon:
        actor.send("baton 1")
        actor.send("baton 2", "m-2")
        last = "the baton arrived after 2; wrote to sh"
        actor.hears(Ready(), *turn("passed baton 2 on to bob"), *turn(last, "m-2"))

    assert [params for _, _, params in daemon.calls] == [
        {"to": "bob", "body": "baton 2", "id": "ba-m-1", "wait": "accepted"},
        {"to": "sh", "body": "make test", "id": "fi-m-2", "wait": "accepted"},
    ]


BODIES = (
    "x",
    "two\nlines\n\n\n",
    "-n --help; rm -rf $(pwd) `id` \"quoted\" 'single' \\",
    "tabs\there\tand there",
    "emoji 🦀👩‍👩‍👧 漢字 é\u202e",
    "x\x1b[201~\rEOF\x1b[200~\r\n\x03\x15",
    "\u2028" + "é" * 40_000,
    "".join(f"line {n}\n" for n in range(90_000)),
)


def test_bodies_of_every_kind_arrive_byte_for_byte_and_in_order(wake_actor: Wake) -> None:
    actor = wake_actor("--record", "record")

    for n, body in enumerate(BODIES, 1):
        actor.send(body, f"m-{n}")

    eventually(lambda: len(records(actor)) == len(BODIES))
    expected = [render(message(id=MessageId(f"m-{n}"), body=body), 1) for n, body in enumerate(BODIES, 1)]
    assert [taken(actor, n) for n in range(1, len(BODIES) + 1)] == expected
    assert records(actor) == [
        {"n": n, "id": f"m-{n}", "attempt": 1, "sha256": sha256(data).hexdigest(), "bytes": len(data)}
        for n, data in enumerate((text.encode() for text in expected), 1)
    ]


def test_every_byte_is_recorded_as_it_came(wake_actor: Wake) -> None:
    actor = wake_actor("--record", "record")

    actor.paste("a\nb")
    actor.type("c")
    actor.press("Up", "Enter")
    eventually(lambda: len(records(actor)) == 1)

    assert Path(actor.root, "record").read_bytes() == b"\x1b[200~a\nb\x1b[201~c\x1b[A\r"


def test_a_record_goes_on_where_an_earlier_run_stopped() -> None:
    with seats() as seat:
        actor = seat(Actor(), spec(args=("--record", "record")), before={"record.d/1": "first\n"})
        actor.send("hello")
        eventually(lambda: records(actor))

        assert [record["n"] for record in records(actor)] == [2]
        assert taken(actor, 1) == "first\n"


def test_what_comes_while_it_is_busy_waits_its_turn(wake_actor: Wake) -> None:
    actor = wake_actor("--busy-s", "0.3")

    actor.send("one", "m-1")
    actor.send("two", "m-2")
    actor.send("three", "m-3")

    assert actor.adapter.read(actor.screen()).activity is Activity.BUSY
    actor.hears(
        Ready(),
        *turn("ada got 3 bytes: one", "m-1"),
        *turn("ada got 3 bytes: two", "m-2"),
        *turn("ada got 5 bytes: three", "m-3"),
    )


def test_ctrl_c_interrupts_a_turn_and_clears_a_draft(wake_actor: Wake) -> None:
    actor = wake_actor("--busy-s", "60")
    actor.send("work")

    actor.press("C-c")
    actor.hears(Ready(), *turn("interrupted"))
    actor.type("draft")
    eventually(lambda: actor.composer() == "draft")
    actor.press("C-c")

    eventually(lambda: actor.composer() == "")


def test_a_resized_screen_is_drawn_anew(wake_actor: Wake) -> None:
    actor = wake_actor()
    actor.send("hello")
    actor.type("x" * 100)
    eventually(lambda: actor.composer() == "x" * 100)

    for columns in ("60", "150"):
        actor.tmux("resize-window", "-x", columns, "-y", "20")
        actor.sees_line("─" * (int(columns) - 1))

    assert actor.composer() == "x" * 100
    assert [line for line in actor.screen().lines if line.startswith("> peerd message m-1")]


def test_ctrl_u_clears_and_nothing_is_submitted(wake_actor: Wake) -> None:
    actor = wake_actor()
    actor.paste("a\nb")
    eventually(lambda: actor.composer() == "[pasted 3 bytes]")

    actor.press("C-u")
    eventually(lambda: actor.composer() == "")
    actor.press("Enter")
    actor.type("x")
    eventually(lambda: actor.composer() == "x")

    assert actor.facts() == [Ready()]
