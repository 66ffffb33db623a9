"""What a runtime takes, or has entered, while a turn is open: into that one, or for a turn of its own after it."""

from typing import NamedTuple

from peerd.core.facts import of_another_turn
from peerd.core.state import Peer, Waiting
from peerd.daemon.live import Live
from peerd.daemon.transcript import Became
from peerd.model.fact import Submitted, TurnClosed, TurnEnded
from peerd.model.message import MessageId

TURNS_MAX = 64
"""The latest of a session that are remembered: what is told of one comes seconds late, or a minute, not hours."""


def submitted(live: Live, fact: Submitted, open_turn: Waiting | None) -> MessageId | None:
    """Of our messages the one whose turn is open, and goes on; known by its name alone."""
    if is_past(live, fact.turn) and live.turns.get(fact.turn or "") == fact.message:
        return None
    same = fact.turn is not None and fact.turn == live.turn
    live.turn = fact.turn
    begun = fact.turn is not None and _begun_by(live, fact.turn, fact.message) == fact.message
    if not same or begun or (open_turn is not None and open_turn.id == fact.message):
        return None
    remember(live, fact)
    if open_turn is None:
        live.in_others.add(fact.message)
    return None if open_turn is None else open_turn.id


def began(live: Live, turn: str | None) -> None:
    """By no message of ours."""
    if turn is not None and not is_past(live, turn):
        live.turn = turn
        _begun_by(live, turn, None)


def _begun_by(live: Live, turn: str, message: MessageId | None) -> MessageId | None:
    """The message that began it: this one, where nothing was known of that turn."""
    begun = live.turns.setdefault(turn, message)
    if len(live.turns) > TURNS_MAX:
        del live.turns[next(iter(live.turns))]
    return begun


def follows(live: Live, turn: str | None) -> bool:
    """Whether it is another turn than the open one, and begins after that."""
    return None not in (turn, live.turn) and turn != live.turn and not is_past(live, turn)


def is_past(live: Live, turn: str | None) -> bool:
    """Whether another turn is known to have begun since: what is told of this one comes late."""
    return turn in live.turns and live.turn is not None and turn != live.turn


def ends_another(live: Live, peer: Peer, fact: TurnEnded | TurnClosed) -> bool:
    """Whether it is known to be no end of the message's turn that is open."""
    return is_past(live, fact.turn) if isinstance(fact, TurnClosed) else of_another_turn(peer, fact.message)


def begun_by(live: Live, fact: TurnEnded | TurnClosed) -> MessageId | None:
    """The message of ours that began the turn that is over."""
    return fact.message if isinstance(fact, TurnEnded) else live.turns.get(fact.turn or "")


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
