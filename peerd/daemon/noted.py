"""What a sender is to know of what it has just sent: told with the answer, and it changes nothing."""

from peerd.core.standing import hold_of
from peerd.daemon.asker import Asker
from peerd.daemon.context import Daemon
from peerd.daemon.leftfiles import spec_file
from peerd.model.message import Hold, Message


def notes(daemon: Daemon, asker: Asker, message: Message) -> tuple[str, ...]:
    """A sentence each."""
    return _asleep(daemon, asker, message)


def _asleep(daemon: Daemon, asker: Asker, message: Message) -> tuple[str, ...]:
    peer = daemon.loop.peers.get(message.target)
    if message.wakes or peer is None or hold_of(peer) is not Hold.ASLEEP:
        return ()
    may = f"may_wake in {spec_file(daemon, asker.name)} may allow it"
    to = message.target
    return (f"{asker.name} may not wake {to}: it waits until {to} is up for another reason. {may}.",)
