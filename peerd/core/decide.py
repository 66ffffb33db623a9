"""The one brain: record what happened, then apply the rules until none fires. No clock, no hands."""

from peerd.core.action import Decision
from peerd.core.delay_queue import next_due
from peerd.core.event import Event
from peerd.core.queries import idle_at, listening, next_message, to_be_looked_at
from peerd.core.queue import next_expiry
from peerd.core.record import record
from peerd.core.rules import RULES
from peerd.core.state import Peer
from peerd.model.peer import Phase

SETTLE_MAX = 64
"""Rules that do not settle within this many rounds contradict each other: a bug, so it is raised."""


def decide(peer: Peer, event: Event, now: float) -> Decision:
    """What follows from `event` at `now` (monotonic seconds)."""
    recorded = record(peer, event, now)
    settled = settle(recorded.peer, now)
    return Decision(settled.peer, recorded.actions + settled.actions)


def settle(peer: Peer, now: float) -> Decision:
    """Apply the first rule that fires, again and again, until none does."""
    decision = Decision(peer)
    for _ in range(SETTLE_MAX):
        fired = next((d for rule in RULES if (d := rule(decision.peer, now)) is not None), None)
        if fired is None:
            return decision
        decision = Decision(fired.peer, decision.actions + fired.actions)
    raise AssertionError(f"rules do not settle for {decision.peer.spec.name}: {decision.actions[-3:]}")


def next_deadline(peer: Peer) -> float | None:
    """When time alone may change something (monotonic seconds); None: never."""
    booting = peer.phase is Phase.STARTING and peer.session is not None
    failed = peer.phase is Phase.FAILED and not peer.held_down
    proving = peer.phase is Phase.RUNNING and peer.probes > 0
    times = (
        peer.deadline if booting or failed or proving or peer.phase is Phase.BACKOFF else None,
        idle_at(peer) if to_be_looked_at(peer) else None,
        peer.lease.deadline if peer.lease else None,
        peer.limited.until if peer.limited else None,
        next_expiry(peer),
        next_due(peer),
        peer.due,
        *(each.due for each in peer.joined),
        peer.retry_at if next_message(peer) is not None and peer.lease is None and listening(peer) else None,
    )
    return min((at for at in times if at is not None), default=None)
