"""Whatever holds a message, it is not held for ever: it expires. A reason that has no row here fails."""

from typing import Any

import pytest

from peerd.core.action import Deliver, Drop
from peerd.core.decide import decide, next_deadline
from peerd.core.event import DeadlinePassed, DeliveryHeld
from peerd.core.queries import hold_of
from peerd.core.state import Lease, Limited, Peer, Waiting
from peerd.model.limit import LimitKind
from peerd.model.message import Delivery, Hold
from peerd.model.peer import Activity, PeerName, Phase, Want
from tests.build import ADA, M1, M2, S1, peer, running

BOB = PeerName("bob")
WITHIN_S = 60.0
WAITS = Waiting(M1, sender=BOB, expires_at=WITHIN_S)


def up(**changes: Any) -> Peer:
    return running(queue=(WAITS,), **changes)


def down(**changes: Any) -> Peer:
    return peer(queue=(WAITS,), **changes)


def found(hold: Hold) -> Peer:
    """By the look before it was typed."""
    leased = running(lease=Lease(Waiting(M1, attempts=1, sender=BOB, expires_at=WITHIN_S), 30.0))
    return decide(leased, DeliveryHeld(ADA, S1, M1, hold), now=1.0).peer


ROWS: dict[Hold, tuple[Peer, ...]] = {
    Hold.STARTING: (
        down(phase=Phase.STARTING, session=S1, deadline=240.0),
        down(phase=Phase.STOPPING, session=S1, ready=True),
    ),
    Hold.BUSY: (up(activity=Activity.BUSY), up(turn=Waiting(M2, 1), activity=Activity.BUSY), found(Hold.BUSY)),
    Hold.PROMPT: (up(activity=Activity.BLOCKED, hold=Hold.PROMPT), found(Hold.PROMPT)),
    Hold.DIALOG: (
        up(activity=Activity.BLOCKED),
        down(phase=Phase.STARTING, session=S1, activity=Activity.BLOCKED, deadline=240.0),
        found(Hold.DIALOG),
    ),
    Hold.DRAFT: (found(Hold.DRAFT),),
    Hold.UNKNOWN_SCREEN: (found(Hold.UNKNOWN_SCREEN),),
    Hold.TMUX_MODE: (found(Hold.TMUX_MODE),),
    Hold.TMUX: (found(Hold.TMUX),),
    Hold.UNWRITABLE: (found(Hold.UNWRITABLE),),
    Hold.UNHEARD: (found(Hold.UNHEARD),),
    Hold.LIMITED: (
        up(activity=Activity.LIMITED, limited=Limited(LimitKind.RATE_LIMIT, 3600.0)),
        down(limited=Limited(LimitKind.RATE_LIMIT, 3600.0)),
    ),
    Hold.QUEUE_PAUSED: (up(paused=True), down(paused=True), down(want=Want.DOWN)),
    Hold.PAIR_PAUSED: (up(held_from=frozenset({BOB})), down(held_from=frozenset({BOB}))),
    Hold.BACKOFF: (down(phase=Phase.BACKOFF, deadline=600.0), down(phase=Phase.FAILED, deadline=3600.0)),
    Hold.ASLEEP: (peer(queue=(Waiting(M1, sender=BOB, expires_at=WITHIN_S, wakes=False),)),),
}


@pytest.mark.parametrize("hold", Hold, ids=[each.value for each in Hold])
def test_what_is_held_expires_in_its_time_whatever_holds_it(hold: Hold):
    for held in ROWS[hold]:
        assert hold_of(held) is hold
        assert (next_deadline(held) or 2 * WITHIN_S) <= WITHIN_S

        before = decide(held, DeadlinePassed(ADA), now=WITHIN_S - 0.1)
        late = decide(held, DeadlinePassed(ADA), now=WITHIN_S)

        assert not any(isinstance(each, Drop) for each in before.actions)
        assert Drop(ADA, M1, 0, Delivery.EXPIRED, "not delivered in time") in late.actions
        assert not any(isinstance(each, Deliver) for each in late.actions)
        assert late.peer.waits == ()
