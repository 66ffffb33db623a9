"""The listening socket: 0600, in a 0700 folder of our own, whatever the umask.

Owns the socket file, unless a service manager does. Removes one only for a caller that holds the daemon's lock: then no
daemon can be behind it.
"""

import os
import socket
import stat

from peerd.errors import ConfigError


def bound_socket(path: str, own_uid: int) -> socket.socket:
    """A bound socket that does not listen yet: until it does, connecting is refused, so nobody meets it half-made.
    The caller holds the daemon's lock; a stale socket file in the way is replaced. Raises ConfigError."""
    _own_folder(os.path.dirname(path), own_uid)
    _remove_stale(path)
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
        os.chmod(path, 0o600)
    except OSError as error:
        sock.close()
        raise ConfigError(f"{path}: cannot listen there: {error}. Set PEERD_SOCKET or PEERD_HOME elsewhere.") from error
    return sock


def passed_socket(fd: int, path: str) -> socket.socket:
    """The socket that a service manager listens with on this path; connections may wait in it already. Its file is the
    manager's, and stays. Raises ConfigError for a descriptor that is anything else."""
    try:
        sock = socket.socket(fileno=fd)
    except OSError as error:
        raise ConfigError(
            f"descriptor {fd}, passed by the service manager, is not a socket: {error.strerror}."
        ) from error
    listens = sock.family == socket.AF_UNIX and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    where = sock.getsockname() if listens else "no unix socket that listens"
    if where != os.path.abspath(path):
        sock.close()
        raise ConfigError(
            f"the service manager passed {where}, and this home's socket is {path}. `peerd daemon install` corrects it."
        )
    return sock


def remove_socket(path: str, sock_id: tuple[int, int]) -> None:
    """Removes the socket file if it is still the one that was bound (device and inode)."""
    if file_id(path) == sock_id:
        os.unlink(path)


def file_id(path: str) -> tuple[int, int] | None:
    """Device and inode; None where there is no file."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _own_folder(folder: str, own_uid: int) -> None:
    """Makes the folder 0700. One that exists is only looked at, never changed: it may be somebody else's."""
    try:
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        found = os.stat(folder)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot hold the daemon's socket: {error.strerror}.") from error
    if found.st_uid != own_uid or found.st_mode & 0o077:
        mode = oct(stat.S_IMODE(found.st_mode))[2:]
        raise ConfigError(
            f"{folder}: the daemon's socket needs a folder of your own that is closed to others, and this one has "
            f"owner {found.st_uid} and mode {mode}. `chmod 700` it if it is yours, or set PEERD_SOCKET elsewhere."
        )


def _remove_stale(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "a file"
        raise ConfigError(f"{path} is {what}, not a socket. Move it away, or set PEERD_SOCKET elsewhere.")
    os.unlink(path)
