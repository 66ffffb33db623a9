"""`peerd deny ID --tell TEXT`: what the peer is told besides, and whether it was."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

UNSENT = "What --tell says was not sent: `peerd send ada TEXT` sends it.\n"


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


def test_so_it_is_where_the_daemon_ends_over_the_answer(asked: Stub, peerd: Peerd):
    asked.first = [asked.answers["approval.list"], None]

    ran = peerd("deny", "a-1", "--tell", "something harmless")

    assert (ran.code, tells(asked)) == (69, [])
    assert "It may have been done: `peerd approvals --all` tells." in ran.err
    assert ran.err.endswith(UNSENT)
