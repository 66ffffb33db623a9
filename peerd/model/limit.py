"""What keeps a runtime from working though it runs: its service refuses it, and will do so for a while."""

import enum
from typing import Final

import msgspec


class LimitKind(enum.Enum):
    """As the runtime told it, by a field that is there for that; never read off its words."""

    RATE_LIMIT = "rate_limit"  # too much in a while, or all of a quota
    BILLING = "billing"  # nothing is left to pay with
    OVERLOADED = "overloaded"  # the service takes nobody just now
    AUTHENTICATION = "authentication"  # who it works for is not let in


class Limit(msgspec.Struct, frozen=True):
    """`resets_at` (Unix seconds) is when that is over, where the runtime tells. `record`: its own file, which may
    tell in its last lines. One that is not told `surely` is one only where that says so."""

    kind: LimitKind
    resets_at: float | None = None
    record: str | None = None
    surely: bool = True


WORDS: Final = {
    LimitKind.RATE_LIMIT: "rate limit, or quota used up",
    LimitKind.BILLING: "nothing left to pay with",
    LimitKind.OVERLOADED: "its service is overloaded",
    LimitKind.AUTHENTICATION: "its login is refused",
}
"""For a person."""
