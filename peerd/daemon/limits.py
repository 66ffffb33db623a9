"""A limit that a peer's runtime has met: on record, in the log, and told to a person."""

from peerd import rfc3339
from peerd.core.action import NoteLimit
from peerd.core.limit import LIMIT_MAX_S, limit_holds
from peerd.core.state import Limited, Peer
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.model.limit import WORDS
from peerd.model.peer import Phase, Want
from peerd.store.limited import KeptLimit, SetLimit


def note(daemon: Daemon, action: NoteLimit) -> None:
    """For the next daemon, and whoever reads the log."""
    limited, kept = action.limited, None
    if limited is not None:
        kept = KeptLimit(limited.kind, _wall(limited.until), limited.told, limited.times)
    if limited is not None and limited.until is not None:
        wait_s = round(limited.until - clock.now(), 1)
        daemon.log.write("limited", peer=action.peer, limit=limited.kind, told=limited.told, wait_s=wait_s)
    elif action.held:
        daemon.log.write("limit-over", peer=action.peer)
    daemon.record(SetLimit(action.peer, kept))


def recalled(kept: KeptLimit | None) -> Limited | None:
    if kept is None:
        return None
    until = None if kept.until is None else clock.now() + min(kept.until - clock.wall(), LIMIT_MAX_S)
    return Limited(kept.kind, until, kept.told, kept.times)


def _wall(at: float | None) -> float | None:
    return None if at is None else clock.wall() + at - clock.now()


def told(peer: Peer) -> str | None:
    """For a person, of one that nothing is given to for a limit's sake."""
    limited = peer.limited
    if limited is None or limited.until is None or peer.want is Want.DOWN:
        return None
    at, name = rfc3339.stamp(clock.wall() + limited.until - clock.now()), peer.spec.name
    ends = (
        f"that is over at {at}, as it told" if limited.told else f"when that is over was not told, it is tried at {at}"
    )
    return (
        f"limited: its last turn failed ({WORDS[limited.kind]}); {ends}. What waits is held till then; "
        f"`peerd start {name}` tries at once"
    )


def stands(peer: Peer) -> bool:
    """Whether it is by that, and nothing else, that a peer does nothing."""
    at_its_line = peer.phase is Phase.ASLEEP or (peer.phase is Phase.RUNNING and peer.turn is None)
    return limit_holds(peer) and peer.want is not Want.DOWN and at_its_line
