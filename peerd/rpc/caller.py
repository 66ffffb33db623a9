"""Who is on the other end of the socket: what the kernel says of it, and what it says of itself.

Owns the look at a socket's credentials. Never decides what a caller may do; the daemon does, from its token.
"""

import socket
import struct
import sys

import msgspec

from peerd.errors import InternalError


class Caller(msgspec.Struct, frozen=True):
    """`uid` and `pid` are the kernel's word, as of the connecting; `token` and `version` the caller's own."""

    uid: int
    pid: int
    token: str | None = None
    version: str | None = None

    def __repr__(self) -> str:
        """Without the token, which belongs in no log."""
        token = "***" if self.token else None
        return f"Caller(uid={self.uid}, pid={self.pid}, token={token}, version={self.version!r})"


def admit(uid: int, own_uid: int) -> bool:
    """Only our own user: not root either, who has no business with a user's daemon and can become that user."""
    return uid == own_uid


def credentials(sock: socket.socket) -> Caller:
    """The connected process by SO_PEERCRED. On macOS LOCAL_PEERCRED (or getpeereid) and LOCAL_PEERPID tell the same."""
    if sys.platform != "linux":
        raise InternalError(
            "nobody may connect: only Linux can tell yet who does (macOS: LOCAL_PEERCRED, LOCAL_PEERPID)"
        )
    pid, uid, _gid = struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return Caller(uid=uid, pid=pid)
