"""What the daemon itself has to say to a peer: a message of its own, that asks for nothing."""

import secrets
from typing import Any

from peerd.daemon import shell_acl
from peerd.daemon.accepted import accepted, log_accepted
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.ids import new_id
from peerd.model.message import Message, MessageId
from peerd.model.peer import DAEMON, PeerName, Want
from peerd.store.write import Write

OF_USE_FOR_S = 86_400.0
"""A word that nobody was up to hear for a day is of no use any more."""


def hears(daemon: Daemon, target: PeerName, *, stopped: bool = False) -> bool:
    """An agent, and with `stopped` one that is started again some time; none that would run what it is told."""
    peer = daemon.loop.peers.get(target)
    if peer is None or peer.kind != "tui" or peer.ephemeral or shell_acl.is_run(daemon, peer):
        return False
    return stopped or peer.want is not Want.DOWN


def word(target: PeerName, body: str, **more: Any) -> Message:
    """`more`: other fields of the message."""
    now = clock.wall()
    return Message(
        id=MessageId(new_id("m", now, secrets.token_bytes(5))),
        sender=DAEMON,
        sender_identity=DAEMON,
        sender_kind="service",
        target=target,
        body=body,
        accepted_at=now,
        **more,
    )


async def put(daemon: Daemon, message: Message, *along: Write) -> None:
    """On record, with what is written `along`, and in the queue of its peer. Raises PeerdError."""
    await daemon.store.accept(message, None, *along)
    log_accepted(daemon, message, None)
    if message.target in daemon.loop.peers:
        daemon.loop.feed(accepted(daemon, message, task=False))
