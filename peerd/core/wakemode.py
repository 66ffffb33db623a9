"""Whether a wake begins afresh or goes on with the last conversation: the first line of the table that fits.

| where things stand                              | mode   |
|-------------------------------------------------|--------|
| asked for (`--fresh`, `--resume`, `attach`)     | that   |
| marked by `refresh`, or by the session itself   | fresh  |
| ephemeral                                       | fresh  |
| never ran; died; ended itself                   | fresh  |
| its conversation is not known                   | fresh  |
| resuming failed twice                           | fresh  |
| a person's front                                | resume |
| it answers what was asked in a conversation     | resume, that one |
| the message's topic is one of the conversation's| resume |
| no topic, or another one                        | fresh  |

Nothing is consumed here: what speaks for resuming is forgotten once the session is ready (`lifecycle.run`).
"""

import msgspec

from peerd.core.order import woken_for
from peerd.core.state import Peer
from peerd.model.peer import PeerName
from peerd.model.session import Mode, SessionId


class Conversed(msgspec.Struct, frozen=True, tag=True):
    """The runtime told by what its conversation can be resumed. `anew`: another one began in this session."""

    peer: PeerName
    session: SessionId
    conversation: str
    runtime: str | None = None  # the session's; None: that of the spec
    anew: bool = False


RESUME_FAILURES_MAX = 2
REFRESHED = "refreshed"
TOPICS_MAX = 16


class Choice(msgspec.Struct, frozen=True):
    """A mode, and why that one, for the log and for `peerd show`. `conversation`: to go on with; None: the last."""

    mode: Mode
    because: str
    conversation: str | None = None


def wake_mode(peer: Peer) -> Choice:
    """By the table above. The message that counts is the first that wakes its peer."""
    if peer.asked is not None:
        return Choice(peer.asked, "asked for")
    if peer.past.marked:
        return Choice("fresh", REFRESHED)
    if peer.ephemeral:
        return Choice("fresh", "ephemeral")
    return _parked(peer) if peer.past.parked else Choice("fresh", "not parked")


def _parked(peer: Peer) -> Choice:
    past = peer.past
    if past.conversation is None:
        return Choice("fresh", "nothing to resume")
    if past.resume_failures >= RESUME_FAILURES_MAX:
        return Choice("fresh", f"resuming failed {past.resume_failures} times")
    if peer.spec.front == "person":
        return Choice("resume", "parked, a person's front")
    waits = woken_for(peer)
    if waits is not None and waits.asked_in is not None:
        return Choice("resume", "parked, an answer to what it asked", waits.asked_in)
    topic = waits.topic if waits is not None else None
    if topic is None:
        return Choice("fresh", "parked, no topic")
    return Choice("resume", "parked, same topic") if topic in past.topics else Choice("fresh", "parked, another topic")


def remembered(topics: tuple[str, ...], topic: str | None) -> tuple[str, ...]:
    """The topics of a conversation once something on this one was submitted: at most 16, the latest last."""
    if topic is None:
        return topics
    return (*(each for each in topics if each != topic), topic)[-TOPICS_MAX:]
