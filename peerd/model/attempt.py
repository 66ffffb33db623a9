"""What became of one attempt to hand a message over."""

import enum
from typing import Final


class AttemptEnd(enum.Enum):
    """On record with the step that tells of it. "Entered": Enter was pressed, in a runtime of which only the screen
    tells; of any other the session's own words would have told by then."""

    UNTYPED = "untyped"  # nothing of it was typed: it was none
    NOT_TAKEN = "not_taken"  # typed, and cleared again
    TAKEN_BACK = "taken_back"  # found in the input line still: it was not taken, though it was counted as unknown
    UNKNOWN = "unknown"  # no evidence came in time
    UNWATCHED = "unwatched"  # the daemon ended on the way, and nothing tells
    CUT_SHORT = "cut_short"  # its session was ended on the way to it
    DIED = "died"  # its session died on the way to it
    ENTERED = "entered"  # its session was ended after it was entered
    DIED_ENTERED = "died_entered"  # its session died after it was entered
    BROKEN_OFF = "broken_off"  # taken, and its session was ended before its turn did
    DIED_AT_IT = "died_at_it"  # taken, and its session died before its turn did
    LIMITED = "limited"  # taken, and its turn failed by a limit of its runtime's


WAS_TAKEN: Final = frozenset({AttemptEnd.BROKEN_OFF, AttemptEnd.DIED_AT_IT, AttemptEnd.LIMITED})
MAY_HAVE_BEEN_TAKEN: Final = frozenset(
    {AttemptEnd.UNKNOWN, AttemptEnd.UNWATCHED, AttemptEnd.ENTERED, AttemptEnd.DIED_ENTERED}
)
DEATHS: Final = frozenset({AttemptEnd.DIED, AttemptEnd.DIED_ENTERED, AttemptEnd.DIED_AT_IT})
IN_VAIN: Final = frozenset({AttemptEnd.NOT_TAKEN, AttemptEnd.UNKNOWN, AttemptEnd.DIED, AttemptEnd.DIED_ENTERED})
"""What speaks against typing a message once more. That somebody ended its session, or the daemon, does not."""
