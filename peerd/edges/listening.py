"""Sockets that listen, for others to accept from: bound, held, let go. Takes no connection itself.

Owns the file of a unix socket it bound, 0600. Replaces or removes one only where nobody answers on it.
"""

import contextlib
import errno
import os
import socket
import stat

from peerd.errors import PeerdError
from peerd.model.endpoint import Endpoint, Tcp, Unix

BACKLOG = 1024  # who connects while nobody accepts waits there; the kernel's somaxconn may be less


def bound(at: Endpoint) -> socket.socket:
    """Listening, and closed on exec. Raises PeerdError, naming the address, where it cannot be had."""
    family = socket.AF_UNIX if isinstance(at, Unix) else socket.AF_INET6 if at.six else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        _bind(sock, at)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise PeerdError(f"cannot listen on {at}: {_why(error)}") from error
    except PeerdError:
        sock.close()
        raise
    return sock


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program has that address. End it, or give the service another one"
    return f"{error.strerror or error}. Give the service another address"


def _bind(sock: socket.socket, at: Endpoint) -> None:
    """An IPv6 address takes no IPv4 callers: what is written is what is open."""
    if isinstance(at, Unix):
        _make_room(at.path)
        sock.bind(at.path)
        os.chmod(at.path, 0o600)
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if at.six:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind((at.host, at.port))


def _make_room(path: str) -> None:
    """A socket file that nobody answers on goes. Raises PeerdError for anything else that is there."""
    if not os.path.isdir(os.path.dirname(path)):
        raise PeerdError(f"cannot listen on {path}: its folder does not exist. Create it")
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise PeerdError(f"cannot listen on {path}: that is not a socket. Move it away")
    if _answers(path):
        raise PeerdError(f"cannot listen on {path}: another program does. End it, or give the service another path")
    os.unlink(path)


def _answers(path: str) -> bool:
    """Whether somebody listens there; one whose backlog is full does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except BlockingIOError:
            return True
    return True


def endpoint_of(sock: socket.socket) -> Endpoint:
    """Where a socket of ours was bound."""
    name = sock.getsockname()
    return Unix(name) if sock.family == socket.AF_UNIX else Tcp(name[0], name[1])


def renewed(sock: socket.socket, at: Endpoint) -> bool:
    """As it was when it was bound, whatever the last one who had it did: its flags and its backlog are shared. `at`:
    where it is met by now. False: nobody can any more, since its file was removed."""
    if isinstance(at, Unix) and not os.path.exists(at.path):
        return False
    try:
        sock.setblocking(True)
        sock.listen(BACKLOG)
    except OSError:
        return False
    return True


def let_go(sock: socket.socket, at: Endpoint) -> None:
    """Who waits in it is turned away, unless somebody else has it too. `at`: as above."""
    sock.close()
    clear(at)


def clear(at: Endpoint) -> None:
    """The file of a unix socket goes, where nobody answers on it."""
    with contextlib.suppress(OSError):
        if isinstance(at, Unix) and stat.S_ISSOCK(os.lstat(at.path).st_mode) and not _answers(at.path):
            os.unlink(at.path)
