"""Builders: a peer, a message, as a test needs them."""

from typing import Any

from peerd.core.state import Lease, Peer, Waiting
from peerd.model.message import Message, MessageId
from peerd.model.peer import Activity, PeerName, Phase, Spec
from peerd.model.session import SessionId

ADA = PeerName("ada")
S1 = SessionId("s-1")
S2 = SessionId("s-2")
M1 = MessageId("m-1")
M2 = MessageId("m-2")


def spec(**changes: Any) -> Spec:
    return Spec(**({"name": ADA, "runtime": "actor", "dir": "/tmp"} | changes))


def peer(**changes: Any) -> Peer:
    """An on-demand actor called ada, asleep, its queue empty."""
    return Peer(**({"spec": spec()} | changes))


def running(**changes: Any) -> Peer:
    return peer(**({"phase": Phase.RUNNING, "activity": Activity.IDLE, "session": S1, "ready": True} | changes))


def waiting(*ids: MessageId) -> tuple[Waiting, ...]:
    return tuple(Waiting(id) for id in ids)


def lease(id: MessageId, attempt: int = 1, deadline: float = 30.0) -> Lease:
    return Lease(Waiting(id, attempts=attempt), deadline)


def message(**changes: Any) -> Message:
    fields: dict[str, Any] = {
        "id": M1,
        "sender": PeerName("operator"),
        "sender_identity": "operator",
        "sender_kind": "person",
        "target": ADA,
        "body": "hello",
        "accepted_at": 1_700_000_000.0,
    }
    return Message(**(fields | changes))
