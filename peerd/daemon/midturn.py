"""What a runtime takes, or has entered, while a turn is open: into that one, or for a turn of its own after it."""

from typing import NamedTuple

from peerd.core.state import Waiting
from peerd.daemon.live import Live
from peerd.daemon.transcript import Became
from peerd.model.fact import Submitted, TurnClosed
from peerd.model.message import MessageId


def submitted(live: Live, fact: Submitted, open_turn: Waiting | None) -> MessageId | None:
    """Of our messages the one whose turn is open, and goes on; known by its name alone."""
    same = fact.turn is not None and fact.turn == live.turn
    live.turn = fact.turn
    if not same or (open_turn is not None and open_turn.id == fact.message):
        return None
    remember(live, fact)
    if open_turn is None:
        live.in_others.add(fact.message)
    return None if open_turn is None else open_turn.id


def remember(live: Live, fact: Submitted) -> None:
    if fact.entered and fact.turn is not None:
        live.entered_in[fact.message] = fact.turn


class After(NamedTuple):
    """What has a turn of its own after one, and of what nobody knows whether it has."""

    own: frozenset[MessageId]
    unclear: frozenset[MessageId]


def after(live: Live, fact: TurnClosed, became: Became) -> After:
    """Of what was entered in the turn that is over now."""
    ids = entered(live, fact)
    live.entered_in.clear()
    live.entered_at.clear()
    live.in_others.clear()
    return After(ids - became.taken - became.unclear, ids & became.unclear)


def entered(live: Live, fact: TurnClosed) -> frozenset[MessageId]:
    """Of our messages those that were entered in this turn."""
    return frozenset(id for id, turn in live.entered_in.items() if turn == fact.turn)
