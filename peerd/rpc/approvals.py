"""Permissions that are asked for, as the socket's methods take and answer them."""

import json
from contextlib import suppress
from typing import Any

import msgspec
from msgspec.structs import replace

from peerd import rfc3339
from peerd.model.approval import Answer, Approval, ApprovalState
from peerd.rpc.params import Count, Params
from peerd.rpc.results import Result

LISTED_MAX_BYTES = 4 << 20
"""Of what a list tells whole: one answer has 8 MiB at most, and the arguments of one alone may have 64 KiB."""

SHORT_CHARS = 300
"""Of the arguments, and of the screen, of what there is no room for: 1000 of those are 3 MiB at the very most."""


class ApprovalListParams(Params, frozen=True, kw_only=True):
    """What stands; with `all` also the newest `limit` of what is over. Oldest first. `id`: that one alone, over or
    not."""

    id: str | None = None
    all: bool = False
    limit: Count = 200


class ApprovalAnswerParams(Params, frozen=True, kw_only=True):
    id: str
    answer: Answer


class ApprovalRow(Result, frozen=True, kw_only=True):
    """`tool` and its `input` are the runtime's own word, None where it gave none; `cut`: the end of that is missing;
    `certain`: they are seen to be this prompt's, and no other's. `question` and `choices` are what its screen showed.
    `expires_at` of what is over is None."""

    id: str
    peer: str
    session: str
    runtime: str
    tool: str | None
    input: Any
    cut: bool = False
    certain: bool = False
    question: str
    choices: list[str]
    state: ApprovalState
    opened_at: str
    expires_at: str | None
    answer: Answer | None
    by: str | None
    ended_at: str | None
    evidence: str


class ApprovalListed(Result, frozen=True, kw_only=True):
    approvals: list[ApprovalRow]


class ApprovalAnswered(Result, frozen=True, kw_only=True):
    """`unknown`: a key was pressed, and nothing tells what it did."""

    id: str
    peer: str
    state: ApprovalState
    by: str
    evidence: str


def listed(found: list[Approval], expires_s: float) -> ApprovalListed:
    """What stands is told whole before what is over, the newer before the older; of the rest the beginning of what it
    asks for, as one that is `cut`."""
    rows, left = {}, LISTED_MAX_BYTES
    for each in sorted(found, key=lambda each: each.stands)[::-1]:
        whole = row(each, expires_s)
        left -= len(msgspec.json.encode(whole))
        rows[each.id] = whole if left >= 0 else row(_shortened(each), expires_s)
    return ApprovalListed(approvals=[rows[each.id] for each in found])


def _shortened(approval: Approval) -> Approval:
    input, question = approval.input, approval.question[:SHORT_CHARS]
    if input is None or len(input) <= SHORT_CHARS:
        return replace(approval, question=question)
    return replace(approval, input=input[:SHORT_CHARS], cut=True, question=question)


def row(approval: Approval, expires_s: float) -> ApprovalRow:
    return ApprovalRow(
        id=approval.id,
        peer=approval.peer,
        session=approval.session,
        runtime=approval.runtime,
        tool=approval.tool,
        input=_input(approval),
        cut=approval.cut,
        certain=approval.certain,
        question=approval.question,
        choices=list(approval.choices),
        state=approval.state,
        opened_at=rfc3339.stamp(approval.opened_at),
        expires_at=rfc3339.stamp(approval.opened_at + expires_s) if approval.stands else None,
        answer=approval.answer,
        by=approval.by,
        ended_at=None if approval.ended_at is None else rfc3339.stamp(approval.ended_at),
        evidence=approval.evidence,
    )


def _input(approval: Approval) -> Any:
    """The arguments; as text where they are no whole JSON."""
    with suppress(ValueError, RecursionError):
        return None if approval.input is None else json.loads(approval.input)
    return approval.input
