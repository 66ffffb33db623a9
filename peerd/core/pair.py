"""Two peers that are paused: what one has sent the other waits until they are released, and others go on."""

import msgspec
from msgspec.structs import replace

from peerd.core.action import Decision, NoteHold
from peerd.core.state import Peer
from peerd.model.message import Hold
from peerd.model.peer import PeerName


class SenderHeld(msgspec.Struct, frozen=True, tag=True):
    """What `sender` has sent the peer is held back from now on, or let go on. On record."""

    peer: PeerName
    sender: PeerName
    held: bool


def hold_sender(peer: Peer, event: SenderHeld) -> Decision:
    """What is on its way into the session goes on. The sender of each that waits is told."""
    if (event.sender in peer.held_from) is event.held:
        return Decision(peer)
    held_from = peer.held_from | {event.sender} if event.held else peer.held_from - {event.sender}
    hold = Hold.PAIR_PAUSED if event.held else None
    told = tuple(NoteHold(peer.spec.name, each.id, hold) for each in peer.queue if each.sender == event.sender)
    return Decision(replace(peer, held_from=held_from, noted=None), told)
