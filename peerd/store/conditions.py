"""Where a row stands, as SQL."""

from peerd.model.message import TOOK_ITS_PLACE, Delivery, Task

WAITING = "state IN ('accepted', 'leased', 'handed_over')"
TO_BE_GIVEN = f"{WAITING} AND (task IS NULL OR task = 'open')"
"""A task that is over needs no delivery, whatever is on record of that."""

UNREAD = f"{WAITING} AND target = 'operator' AND state = 'accepted'"
"""Also what is not due yet: that has a time in `not_before`."""

WORKING = "state = 'submitted' AND task = 'open'"
CAME_TO_NOTHING = "((state IN ('expired', 'cancelled', 'dead') AND task IS NOT 'answered') OR task = 'dead')"
GAVE_WAY = (
    "state = 'cancelled' AND key IS NOT NULL AND (SELECT evidence FROM step WHERE step.message = message.seq "
    f"AND step.state = 'cancelled' ORDER BY n DESC LIMIT 1) LIKE '% {TOOK_ITS_PLACE}'"
)
"""To a later one under its key, which says what it would have said."""

DEAD_LETTER = f"({CAME_TO_NOTHING} AND NOT target_is_gone AND ({GAVE_WAY}) IS NOT TRUE)"
"""What was sent to a peer that was removed is nobody's any more: a namesake is another."""

STRANGE = " OR ".join(
    f"{column} NOT IN ({', '.join(repr(each.value) for each in known)})"
    for column, known in (("state", Delivery), ("task", Task))
)
UNFINISHED = f"({WAITING} OR {WORKING} OR {STRANGE})"
"""Not known to be over."""

PLACE_MAX = 1 << 53
PLACED = f"place <= {PLACE_MAX} AND typeof(place) = 'integer'"
"""What is in no place of the queue makes no sense, and is nobody's predecessor."""

OVER = "ended_at < ''"
LAST_OVER = f"(SELECT coalesce(max(seq), 0) FROM session WHERE peer = :peer AND {OVER})"
"""The last of a peer's sessions, in the order begun, that is over: what ends later comes after it, whatever the clock
says."""

MAY_LIVE = "(ended_at IS NULL OR ended_at >= '')"
"""Of a session: an end that is no time is none. SQLite sorts numbers before all text."""
