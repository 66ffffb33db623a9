"""What looks at a session's screen found in the way of whoever would type there, and since when."""

import msgspec
from msgspec.structs import replace

from peerd.core.state import Peer
from peerd.model.message import Hold
from peerd.model.peer import Activity, PeerName, Phase
from peerd.model.session import SessionId


class ScreenSeen(msgspec.Struct, frozen=True, tag=True):
    """A look at the screen of a session in no turn; None: it is at its input line, and that is empty or ours."""

    peer: PeerName
    session: SessionId
    hold: Hold | None


def seen(peer: Peer, event: ScreenSeen, now: float) -> Peer:
    """Of one in a turn, or that something is typed into, this tells nothing. What is no longer in the way holds
    nothing up any further."""
    quiet = peer.phase is Phase.RUNNING and peer.activity in (Activity.IDLE, Activity.UNKNOWN)
    if not quiet or peer.turn is not None or peer.lease is not None or peer.hold is event.hold:
        return peer
    if event.hold is None and peer.hold in (Hold.UNWRITABLE, Hold.UNHEARD):
        return peer  # which no screen shows
    if event.hold is None:
        return replace(peer, hold=None, held_since=None, looks=0, retry_at=None)
    return found(peer, event.hold, now)


def found(peer: Peer, hold: Hold, now: float) -> Peer:
    """It may have been found before, and stand there still."""
    stands = peer.hold is hold and peer.held_since is not None
    return replace(peer, hold=hold, held_since=peer.held_since if stands else now)
