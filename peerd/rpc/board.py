"""What is asked of the board of notices, and answered. Times are RFC 3339 UTC."""

from typing import Annotated, Literal

import msgspec

from peerd import rfc3339
from peerd.model.board import Entry
from peerd.rpc.params import Params
from peerd.rpc.results import Result


class NoticeListParams(Params, frozen=True, kw_only=True):
    """`all`: also those that are over. `mark`: what is answered counts as read."""

    all: bool = False
    mark: bool = False


class NoticeReadParams(Params, frozen=True, kw_only=True):
    """The one of this number; None: all."""

    n: Annotated[int, msgspec.Meta(ge=1)] | None = None


class NoticeRow(Result, frozen=True, kw_only=True):
    """`since`: this time; `first`: the first time of `count`. `over`: since when it is not so any more; None: it is.
    `read`: before this answer."""

    n: int
    kind: str
    about: str
    severity: Literal["note", "warning", "urgent"]
    text: str
    remedy: str
    since: str
    first: str
    count: int
    over: str | None
    read: bool


class NoticesListed(Result, frozen=True, kw_only=True):
    """What holds first, the gravest of that, then the newest. `marked`: these count as read from now on."""

    notices: list[NoticeRow]
    marked: bool = False


class NoticesRead(Result, frozen=True, kw_only=True):
    """How many were unread before."""

    read: int


class NotifyTest(Result, frozen=True, kw_only=True):
    """Of one command: why it failed, "" where it did not; and the end of what it printed."""

    command: str
    failed: str
    said: str


class NoticesTested(Result, frozen=True, kw_only=True):
    tests: list[NotifyTest]


def row(entry: Entry) -> NoticeRow:
    notice = entry.notice
    return NoticeRow(
        n=entry.n,
        kind=notice.kind,
        about=notice.about,
        severity=notice.severity.value,
        text=notice.text,
        remedy=notice.remedy,
        since=rfc3339.stamp(entry.raised_at),
        first=rfc3339.stamp(entry.first_at),
        count=entry.count,
        over=None if entry.gone_at is None else rfc3339.stamp(entry.gone_at),
        read=entry.read,
    )
