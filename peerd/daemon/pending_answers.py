"""An ephemeral task that is not over though its turn is: it awaits an answer to what it asked, or the end that comes of
silence."""

from peerd.core.state import Peer
from peerd.daemon.context import Daemon
from peerd.model.message import Hold, Task
from peerd.model.peer import Activity, Phase, Want

STANDS = (Hold.PROMPT, Hold.DIALOG, Hold.DRAFT, Hold.UNKNOWN_SCREEN)
"""Where silence ends nothing: it waits for a person then."""


def answers(daemon: Daemon, peer: Peer) -> list[str] | None:
    """The messages it may still be given an answer to; None where no task of it awaits any."""
    if not _awaits(peer):
        return None
    asked = ((id, daemon.store.reader.sensible(id)) for id in peer.questions)
    return [id for id, receipt in asked if receipt is not None and receipt.task is Task.OPEN]


def _awaits(peer: Peer) -> bool:
    up = peer.phase is Phase.RUNNING and peer.want is not Want.DOWN
    at_rest = peer.activity is Activity.IDLE and peer.hold not in STANDS
    return up and at_rest and peer.task is not None and peer.turn is None


def told(daemon: Daemon, peer: Peer) -> str | None:
    """For a person, of a peer that such a task keeps."""
    awaited = answers(daemon, peer)
    if awaited is None or peer.task is None:
        return None
    silence = f"{peer.spec.ephemeral_silent_s:g} s of silence end it"
    by = f"it awaits an answer to {', '.join(awaited)}; {silence}" if awaited else f"no answer is under way; {silence}"
    return f"its turn with {peer.task.id} is over, the task is not: {by}"
