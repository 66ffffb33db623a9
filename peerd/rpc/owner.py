"""Where the daemon of a home listens, by what it wrote into the home's lock: another environment names another socket
for the same home, by its XDG_RUNTIME_DIR, or by a short link to a home with a long name.

A lock's file that was copied with its home tells of its original: it has another inode than it says.
"""

from __future__ import annotations

import _socket
import fcntl
import os
import stat
import struct
import sys
from contextlib import suppress

from peerd import errors, paths
from peerd.rpc.client import connected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

READ_BYTES = 1 << 13


def elsewhere(env: Mapping[str, str]) -> str | None:
    """The socket that this home's daemon listens on, where it is not the one that this environment names. None where
    none does."""
    pid, socket = _signed(env)
    if not socket or socket == os.path.abspath(paths.daemon_socket(env)):
        return None
    return socket if _is_its(socket, pid) else None


def holder(env: Mapping[str, str]) -> int | None:
    """The pid of the daemon that owns this home, whether it listens or not. Not for who starts one: the lock is tried,
    and that of a daemon that takes it at this moment is refused."""
    pid, _ = _signed(env)
    return pid if pid and _is_held(env) else None


def _signed(env: Mapping[str, str]) -> tuple[int, str]:
    """Who owned the home last, by its own word; (0, "") where nobody can tell."""
    with suppress(OSError, ValueError):
        fd = _opened(env)
        try:
            found = os.fstat(fd)
            said = os.read(fd, READ_BYTES)
        finally:
            os.close(fd)
        pid, id, socket = said.split(maxsplit=2)
        is_own = stat.S_ISREG(found.st_mode) and found.st_uid == os.getuid()
        if is_own and id == b"%d:%d" % (found.st_dev, found.st_ino):
            return int(pid), os.fsdecode(socket.removesuffix(b"\n"))
    return 0, ""


def _opened(env: Mapping[str, str]) -> int:
    return os.open(paths.home(env).lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _is_held(env: Mapping[str, str]) -> bool:
    with suppress(OSError):
        fd = _opened(env)
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
    return False


def _is_its(path: str, pid: int) -> bool:
    """Whether this process, one of ours, listens there."""
    try:
        sock = connected(path)
    except errors.TryAgain:
        return True
    except errors.PeerdError:
        return False
    try:
        return _listens(sock, path, pid)
    except OSError:
        return False
    finally:
        sock.close()


def _listens(sock: _socket.socket, path: str, pid: int) -> bool:
    """By SO_PEERCRED; macOS has LOCAL_PEERCRED, and here the file's owner is asked."""
    if sys.platform != "linux":
        return os.stat(path).st_uid == os.getuid()
    else:
        told = struct.unpack("3i", sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12))
        return (told[0], told[1]) == (pid, os.getuid())
