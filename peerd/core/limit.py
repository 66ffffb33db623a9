"""A limit that a runtime has met: nothing is given to it until that is reset, or for a while, longer each time."""

from typing import Final

import msgspec
from msgspec.structs import replace

from peerd.core.action import Decision, NoteLimit
from peerd.core.restart import backoff_s
from peerd.core.state import Limited, Peer
from peerd.model.limit import LimitKind
from peerd.model.message import MessageId
from peerd.model.peer import Activity, PeerName
from peerd.model.session import SessionId

LIMIT_MAX_S: Final = 31 * 86_400.0
"""Whatever a runtime tells, it is tried again after this: quotas are by the month at most."""


class TurnLimited(msgspec.Struct, frozen=True, tag=True):
    """A turn failed by a limit; `message` is that of `TurnEnded`. `resets_at` (monotonic): when it is over, as the
    runtime told."""

    peer: PeerName
    session: SessionId
    message: MessageId | None
    kind: LimitKind
    resets_at: float | None = None


def limit_holds(peer: Peer) -> bool:
    return peer.limited is not None and peer.limited.until is not None


def resting(peer: Peer) -> Activity:
    """Of one at its input line, in no turn."""
    return Activity.LIMITED if limit_holds(peer) else Activity.IDLE


def met(peer: Peer, event: TurnLimited, now: float) -> Decision:
    """A time to come that the runtime told counts; else the wait grows from one such turn to the next."""
    times = 1 + (peer.limited.times if peer.limited is not None else 0)
    told_s = event.resets_at - now if event.resets_at is not None else 0.0
    wait_s = told_s if told_s > 0.0 else backoff_s(times, peer.spec.limit_base_s, peer.spec.limit_cap_s)
    limited = Limited(event.kind, now + min(wait_s, LIMIT_MAX_S), told=told_s > 0.0, times=times)
    known = replace(peer, limited=limited, activity=Activity.LIMITED)
    return Decision(known, (NoteLimit(peer.spec.name, limited),))


def let_go(peer: Peer, limited: Limited | None) -> Decision:
    """`limited`: what is known of it still, until a turn goes well."""
    activity = Activity.IDLE if peer.activity is Activity.LIMITED else peer.activity
    known = replace(peer, limited=limited, activity=activity)
    return Decision(known, (NoteLimit(peer.spec.name, limited, held=limit_holds(peer)),))


def without_limit(decision: Decision) -> Decision:
    """As decided, and nothing is known of a limit any more."""
    if decision.peer.limited is None:
        return decision
    free = let_go(decision.peer, None)
    return Decision(free.peer, decision.actions + free.actions)
