"""A notice as it stands on the board. Times are Unix seconds."""

import msgspec

from peerd.model.notice import Notice

Key = tuple[str, str]
"""Its kind, and what it is about."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """`n`: what a person calls it by. `count`: how often it was raised. Not told any more since `gone_at` it is `over`
    a while later: until then it may come back as what it was."""

    n: int
    notice: Notice
    first_at: float
    raised_at: float
    seen_at: float
    count: int = 1
    gone_at: float | None = None
    over: bool = False
    read: bool = False

    @property
    def key(self) -> Key:
        return key(self.notice)

    @property
    def holds(self) -> bool:
        return self.gone_at is None


def key(notice: Notice) -> Key:
    return notice.kind, notice.about
