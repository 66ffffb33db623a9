"""`peerd deny ID --tell TEXT`: what the peer is told besides, and whether it was."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from peerd.errors import PeerdError, TryAgain
from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

UNSENT = "The --tell text was not sent: `peerd send ada TEXT` sends it.\n"

OVER = {
    "id": "a-1",
    "peer": "ada",
    "runtime": "actor",
    "state": "gone",
    "tool": "run",
    "opened_at": "2026-01-02T03:04:05.678Z",
    "ended_at": "2026-01-02T03:04:05.678Z",
    "expires_at": "2026-01-02T03:04:05.678Z",
    "question": "may I?",
    "choices": ["Yes", "No"],
    "input": None,
    "by": None,
    "evidence": "it stands there no more",
}


@pytest.fixture(autouse=True)
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Stdin is one."""
    ours, theirs = os.openpty()
    with open(theirs) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield
    os.close(ours)


@pytest.fixture
def asked(daemon: Stub) -> Stub:
    """Ada asks for a-1, which is denied; what she is told is accepted."""
    daemon.answers = {
        "approval.list": {"approvals": [{"id": "a-1", "peer": "ada", "state": "open"}]},
        "approval.answer": outcome("denied"),
        "message.send": sent(id="m-7", state="accepted"),
    }
    return daemon


def outcome(state: str) -> dict[str, Any]:
    return {"id": "a-1", "peer": "ada", "state": state, "evidence": "'No' was chosen"}


def tells(daemon: Stub) -> list[Any]:
    return [params for method, params in daemon.asked if method == "message.send"]


def test_what_a_peer_is_told_is_one_message_whichever_daemon_takes_it(asked: Stub, peerd: Peerd):
    asked.first = [asked.answers["approval.list"], asked.answers["approval.answer"], None]

    ran = peerd("deny", "a-1", "--tell", "something harmless")

    first, again = tells(asked)
    assert (ran.code, ran.err) == (0, "peerd: m-7 tells ada so.\n")
    assert (first, first["body"]) == (again, "something harmless")
    assert first["id"].startswith("m-")


def test_where_nothing_tells_that_it_was_denied_it_is_told_that_the_text_was_not_sent(asked: Stub, peerd: Peerd):
    asked.answers["approval.answer"] = outcome("unknown")

    ran = peerd("deny", "a-1", "--tell", "something harmless")

    assert (ran.code, ran.err, tells(asked)) == (1, f"peerd: {UNSENT}", [])
    assert peerd("deny", "a-1").err == ""


@pytest.mark.parametrize(
    "text", ["", "  ", "caf\udce9", "x" * ((1 << 20) + 1)], ids=["empty", "blank", "no UTF-8", "long"]
)
def test_a_text_that_cannot_be_sent_is_refused_before_the_key_is_pressed(asked: Stub, peerd: Peerd, text: str):
    ran = peerd("deny", "a-1", "--tell", text)

    assert (ran.code, asked.asked) == (2, [])
    assert ran.err.startswith("peerd: --tell: ")
    assert ran.err.endswith("Nothing was sent, and no key was pressed.\n")


def test_what_was_denied_and_is_not_told_for_a_full_queue_says_both(asked: Stub, peerd: Peerd):
    asked.answers["message.send"] = TryAgain("ada has 1 message waiting; not accepted. Try again later.")

    ran = peerd("deny", "a-1", "--tell", "something harmless")

    assert (ran.code, ran.out) == (1, "a-1 of ada: denied. 'No' was chosen\n")
    assert ran.err == f"peerd: a-1 is denied. ada has 1 message waiting; not accepted. Try again later. {UNSENT}"


@pytest.mark.parametrize(
    "refused",
    [{"approval.answer": PeerdError("ada asks for another thing by now.")}, {"approval.list": {"approvals": [OVER]}}],
    ids=["another prompt", "over"],
)
def test_where_nothing_was_pressed_nothing_was_told(asked: Stub, peerd: Peerd, refused: dict[str, Any]):
    asked.answers |= refused

    ran = peerd("deny", "a-1", "--tell", "something harmless")

    assert (ran.code, tells(asked)) == (1, [])
    assert ran.err.endswith(UNSENT)


def test_so_it_is_where_the_daemon_ends_over_the_answer(asked: Stub, peerd: Peerd):
    asked.first = [asked.answers["approval.list"], None]

    ran = peerd("deny", "a-1", "--tell", "something harmless")

    assert (ran.code, tells(asked)) == (69, [])
    assert "It may have been done: `peerd approvals --all` tells." in ran.err
    assert ran.err.endswith(UNSENT)
