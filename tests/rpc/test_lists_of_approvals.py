"""A list of what is asked for fits into one answer, whatever its arguments, and tells what stands whole."""

import json

import pytest
from msgspec.structs import replace

from peerd.model.approval import Approval, ApprovalId, ApprovalState
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd.rpc.approvals import ApprovalRow, listed
from peerd.rpc.framing import encode_result

ASKED = Approval(
    id=ApprovalId("a-0"),
    peer=PeerName("ada"),
    session=SessionId("s-1"),
    runtime="claude",
    tool="Write",
    input=json.dumps({"file_path": "/x", "content": "y" * 65_000}),
    question="Write it?",
    choices=("Yes", "No"),
    opened_at=1.0,
)
ENDED = replace(ASKED, state=ApprovalState.APPROVED, ended_at=2.0)


def numbered(*asked: Approval) -> list[Approval]:
    return [replace(each, id=ApprovalId(f"a-{n}")) for n, each in enumerate(asked)]


def rows(*asked: Approval) -> list[ApprovalRow]:
    """What the answer has; it is one."""
    answer = listed(numbered(*asked), 3600.0)
    assert encode_result(1, answer)
    return answer.approvals


def test_a_few_are_told_whole():
    assert [(each.cut, len(each.input["content"])) for each in rows(ENDED, ASKED)] == [(False, 65_000)] * 2


def test_of_many_what_stands_is_told_whole_and_then_the_newest():
    told = rows(ASKED, *[ENDED] * 200)

    assert [each.id for each in told] == [f"a-{n}" for n in range(201)]
    assert (told[0].state, told[0].cut, told[-1].cut) == (ApprovalState.OPEN, False, False)
    assert (told[1].cut, told[1].input) == (True, (ASKED.input or "")[:300])
    assert sorted(each.cut for each in told[1:]) == [each.cut for each in reversed(told[1:])]


@pytest.mark.parametrize("odd", ["\x01", "\U0001f600", '"'], ids=ascii)
def test_no_thousand_is_too_much_for_an_answer(odd: str):
    large = replace(ASKED, input=odd * 65_000, cut=True, question=odd * 5_000)

    assert len(rows(*[large] * 1000)) == 1000


def test_what_told_no_arguments_tells_none_where_there_is_no_room_either():
    told = rows(*[replace(ASKED, input=None, question="y" * 65_000)] * 200)

    assert [(each.cut, each.input) for each in told] == [(False, None)] * 200
