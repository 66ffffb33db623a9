"""A session that took a message, as its runtime's own record shows, and told nothing of it: its hooks may not run.

Only a turn makes hooks run. So now and then one more message is typed to it, at rest: the record tells whether that was
taken, and where its hooks report again, all goes on. After each try the next one is twice as long to come.
"""

from msgspec.structs import replace

from peerd import rfc3339
from peerd.daemon.inputline import InputLine, at_rest
from peerd.daemon.live import Live, Unheard
from peerd.edges import clock
from peerd.model.message import MessageId

TRIED_AFTER_S, TRIED_AFTER_MAX_S = 300.0, 3600.0


def took(live: Live, message: MessageId) -> None:
    """By its record alone. One that has told of anything since Enter was pressed is heard."""
    known = live.unheard or _to_be_tried(message, TRIED_AFTER_S)
    live.unheard = replace(known, took=message) if live.quiet else None


def holds(live: Live) -> bool:
    """Whether nothing may be typed to it for now."""
    return live.unheard is not None and clock.now() < live.unheard.due


async def works(live: Live, line: InputLine) -> bool:
    """Whether it may be in a turn of which nobody told: its record would not tell of what was typed then."""
    return live.unheard is not None and not at_rest(live, await line.read())


def tried(live: Live) -> None:
    """A message is typed to it."""
    live.untold = None
    if live.unheard is not None:
        live.unheard = _to_be_tried(live.unheard.took, min(TRIED_AFTER_MAX_S, 2 * live.unheard.wait_s))


def told(live: Live | None) -> str | None:
    """For a person."""
    if live is not None and live.untold is not None and live.heard_to == 0:
        return (
            f"not heard: it may have taken {live.untold}, but its hooks have reported nothing since it began, so they "
            f"may not run. That is not typed again until they report. `peerd daemon restart && peerd new {live.peer}` "
            "types it to a new session"
        )
    if live is None or live.unheard is None:
        return None
    at = f"at {rfc3339.stamp(live.unheard.due_at)}" if holds(live) else "next"
    return (
        f"not heard: it took {live.unheard.took}, but its hooks have reported nothing since, so they may not run. "
        f"One message is typed to it {at}, to see whether they report; the others wait. `peerd stop {live.peer} && "
        f"peerd start {live.peer} --resume` starts its runtime again, in the same conversation"
    )


def _to_be_tried(took: MessageId, wait_s: float) -> Unheard:
    return Unheard(took, wait_s, clock.now() + wait_s, clock.wall() + wait_s)
