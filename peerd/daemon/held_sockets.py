"""The listening sockets that are held for services."""

import os
import socket
from collections.abc import Iterable

from peerd.edges import listening
from peerd.model.endpoint import Endpoint, Unix
from peerd.model.peer import PeerName


class Held(dict[str, socket.socket]):
    """By a name of its own, PEER.N: a word that LISTEN_FDNAMES can carry. `logins`: where the peers' own folders are,
    each by its peer's name."""

    def __init__(self, logins: str, socks: Iterable[tuple[str, socket.socket]] = ()) -> None:
        super().__init__(socks)
        self.logins = logins

    def at(self, name: str) -> Endpoint:
        """Where it is met: the file of a unix socket in its peer's own folder goes with that to another name, but the
        kernel goes on to tell where it was bound."""
        at = listening.endpoint_of(self[name])
        if isinstance(at, Unix) and at.path.startswith(f"{self.logins}/"):
            _, _, within = at.path.removeprefix(f"{self.logins}/").partition("/")
            moved = os.path.join(self.logins, owner(name), within)
            return Unix(moved) if os.path.exists(moved) else at
        return at


def owner(name: str) -> PeerName:
    return PeerName(name.rpartition(".")[0])
