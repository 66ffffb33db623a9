"""What a pass left as its result, and what is amiss with it: on record in the words of its task's end."""

from contextlib import suppress

import msgspec

from peerd.daemon.context import Daemon
from peerd.daemon.place import place
from peerd.daemon.restore import begun_with
from peerd.model.message import Receipt, Task
from peerd.model.peer import PeerName
from peerd.model.session import Kind, SessionId
from peerd.plainfile import read_part
from peerd.store.decode import Senseless

RESULT_MAX_BYTES = 64 << 10
LEFT = "did it, and left its result, which "
UNREAD = "did it; its result "


def done(daemon: Daemon, peer: PeerName, session: SessionId) -> tuple[str, str | None]:
    """How a session ended its task, and what a pass left as its result: at most 64 KiB of it, None where there is
    none. The session may be over since before this daemon began."""
    spec = daemon.loop.peers[peer].spec
    if (_begun_as(daemon, session) or daemon.kind(spec)) != "pass":
        return "said that it is done", None
    try:
        left = read_part(place(daemon.home, session, spec).result, RESULT_MAX_BYTES + 1)
    except FileNotFoundError:
        return "did it", None
    except OSError as error:
        return f"{UNREAD}could not be read: {error.strerror}", None
    wrong = _wrong(left)
    said = f"{LEFT}{wrong}" if wrong else "did it, and left its result"
    return said, left[:RESULT_MAX_BYTES].decode("utf-8", "replace")


def _begun_as(daemon: Daemon, session: SessionId) -> Kind | None:
    """What that session is: its peer may be something else by now. None where nothing tells."""
    live, found = daemon.live.get(session), None
    with suppress(Senseless):
        found = live.session if live is not None else daemon.store.reader.session(session)
    begun = begun_with(daemon, found) if found is not None else None
    return begun.kind if begun is not None else None


def _wrong(left: bytes) -> str:
    if len(left) > RESULT_MAX_BYTES:
        return f"is cut after {RESULT_MAX_BYTES >> 10} KiB"
    try:
        msgspec.json.decode(left)
    except (ValueError, RecursionError):
        return "is not JSON"
    return ""


def amiss(receipt: Receipt) -> str | None:
    """What whoever waits for the result must know of it; None where it is as it was left."""
    said = receipt.history[-1].evidence if receipt.history and receipt.task is Task.DONE else ""
    wrong = next((said.partition(words)[2] for words in (LEFT, UNREAD) if words in said), None)
    return None if wrong is None else f"its result {wrong}"
