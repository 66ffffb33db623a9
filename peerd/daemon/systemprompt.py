"""The system prompt of a session: what people wrote is read, the whole composed, and written where its launch names it.
A file that cannot be read is told and left out; it never costs a start."""

import os
from collections.abc import Iterator

import msgspec

from peerd.adapter import Place
from peerd.core import acl
from peerd.core.systemprompt import FILE_MAX_BYTES, Written, clipped, compose
from peerd.daemon.authorization import default_rule, party_of
from peerd.daemon.context import Daemon
from peerd.daemon.place import write_private
from peerd.errors import ConfigError
from peerd.model.peer import Spec
from peerd.paths import Home
from peerd.specfile import read_head

LOCAL = ".peerd"
FRAGMENTS_MAX = 64


class Found(msgspec.Struct, frozen=True):
    """`wrong` says what was left out, and why."""

    written: Written
    wrong: tuple[str, ...]


async def write(daemon: Daemon, spec: Spec, where: Place) -> None:
    """Anew for every session, resumed ones too. An empty file for a peer that is to be told nothing."""
    text = await _composed(daemon, spec) if spec.prompt else ""
    write_private(where.prompt, text)


async def _composed(daemon: Daemon, spec: Spec) -> str:
    found = await daemon.folders.ask(spec.dir, read, daemon.home, spec.dir)
    daemon.note_unread(spec.name, found.wrong)
    return compose(spec, [*_addressable(daemon, spec)], found.written)


def _addressable(daemon: Daemon, spec: Spec) -> Iterator[Spec]:
    """The others that it may send to, by its spec and by theirs."""
    itself = party_of(daemon, spec.name)
    for peer in daemon.loop.peers.values():
        takes = peer.spec.name != spec.name and peer.terms.kind != "service"
        if takes and acl.may_send(spec, acl.party(peer)) and acl.accepts(peer.spec, default_rule(daemon, peer), itself):
            yield peer.spec


def read(home: Home, folder: str) -> Found:
    """What people wrote for all, and for those in this folder. Blocks."""
    reader = _Reader(folder)
    own = os.path.join(folder, LOCAL)
    doctrine = (reader.file(home.doctrine), reader.file(os.path.join(own, "doctrine.md")))
    fragments = (*reader.parts(home.fragments), *reader.parts(os.path.join(own, "fragments")))
    return Found(Written(doctrine, fragments), tuple(reader.wrong))


class _Reader:
    """Reads what it may, and keeps what it could not. What lies in the peer's folder may be a stranger's: a link there
    leads to no file elsewhere."""

    def __init__(self, folder: str) -> None:
        self.wrong: list[str] = []
        self._local = os.path.join(folder, LOCAL, "")
        self._bounds = os.path.join(os.path.realpath(folder), "")

    def parts(self, folder: str) -> tuple[str, ...]:
        """The *.md of a folder, by name."""
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".md") and not name.startswith("."))
        except FileNotFoundError:
            return ()
        except OSError as error:
            self.wrong.append(f"{folder}: {error.strerror}. Make it a readable folder, or remove it.")
            return ()
        if len(names) > FRAGMENTS_MAX:
            self.wrong.append(f"{folder} has {len(names)} fragments; only the first {FRAGMENTS_MAX} are used.")
        return tuple(self.file(os.path.join(folder, name)) for name in names[:FRAGMENTS_MAX])

    def file(self, path: str) -> str:
        """A file's text; "" where there is none or it may not be read."""
        if path.startswith(self._local) and not os.path.realpath(path).startswith(self._bounds):
            self.wrong.append(f"{path} leads out of its folder; it is not used. Put a file there.")
            return ""
        try:
            data = read_head(path, FILE_MAX_BYTES + 1)
        except FileNotFoundError:
            return ""
        except ConfigError as error:
            self.wrong.append(str(error))
            return ""
        if len(data) > FILE_MAX_BYTES:
            self.wrong.append(f"{path} is over {FILE_MAX_BYTES} bytes; the rest is not used. Shorten it.")
        return clipped(data, path)
