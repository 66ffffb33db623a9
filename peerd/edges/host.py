"""The machine: which boot this is, and which process owns a home.

Never unlinks a lock file and keeps no pid file: who holds the kernel's lock is the owner, whatever the file says.
"""

import contextlib
import fcntl
import functools
import os
from typing import Self

from peerd.errors import AlreadyRunning, ConfigError, InternalError, PeerdError

PID_BYTES = 20
SIGNED_BYTES = 1 << 13


@functools.cache
def boot_id() -> str:
    """Changes when the machine restarts; pids and start times compare only within one. macOS: kern.bootsessionuuid."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError as error:
        raise InternalError(f"cannot tell this boot from the last: {error}") from error


def processors() -> int:
    """Those that this process may run on. macOS: all there are."""
    return len(os.sched_getaffinity(0))


class OwnerLock:
    """Held from `take` until `release` or the death of the process, however it dies.

    flock(2): it belongs to the open file, so that closing some other descriptor of the same file does not drop it (as
    a POSIX record lock would be), and it is there on macOS and the BSDs (an OFD lock is not). The descriptor is closed
    on exec, so no child keeps the lock. On a network file system it is only as good as the server's."""

    def __init__(self, path: str, fd: int) -> None:
        self.path = path
        self.fd = fd  # -1 once it was let go

    @classmethod
    def take(cls, path: str, socket: str = "") -> Self:
        """Own what the file stands for, or raise AlreadyRunning at once. The folder is made, 0700, if need be.
        `socket`: where the owner is to be met, which is left in the file."""
        while True:
            fd = _open(path)
            try:
                _lock(fd, path)
            except PeerdError:
                os.close(fd)
                raise
            if _leads_to(path, fd):
                _sign(fd, socket)
                return cls(path, fd)
            os.close(fd)

    @classmethod
    def passed(cls, path: str, fd: int, socket: str = "") -> Self:
        """The lock as the daemon that this process was before held it. Raises AlreadyRunning, ConfigError for a
        descriptor of anything else."""
        if not _leads_to(path, fd):
            raise ConfigError(f"descriptor {fd} was passed as the lock of this home and is not {path}.")
        _lock(fd, path)
        _sign(fd, socket)
        return cls(path, fd)

    def held(self) -> bool:
        """Whether the path still names what was locked: False once the home was removed or replaced."""
        return self.fd >= 0 and _leads_to(self.path, self.fd)

    def release(self) -> None:
        """Let go, whoever else has the descriptor: a child that does not run yet has, and may stand still over a disk.
        Nothing when it was let go before."""
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                fcntl.flock(self.fd, fcntl.LOCK_UN)
            os.close(self.fd)
            self.fd = -1


def _open(path: str) -> int:
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            f"cannot open {path}: {error.strerror}; make its folder writable, or move PEERD_HOME"
        ) from error


def _lock(fd: int, path: str) -> None:
    folder = os.path.dirname(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder, socket = _signature(fd)
        who = f"a daemon (pid {holder})" if holder else "a daemon"
        where = f", and listens on {socket}" if socket else ""
        raise AlreadyRunning(f"{who} owns {folder}{where}: use that one, or end it with `peerd daemon stop`") from None
    except OSError as error:
        raise ConfigError(f"cannot lock {path}: {error.strerror}; move PEERD_HOME to a local file system") from error


def _leads_to(path: str, fd: int) -> bool:
    """Whether the path still names what was locked: a file taken away meanwhile is nobody's to share."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(fd))
    except FileNotFoundError:
        return False


def _sign(fd: int, socket: str) -> None:
    """Leave our pid and our socket for who looks for the owner (`rpc/owner`), with the file's inode, which no copy of
    it has; a full disk only makes that poorer. An earlier peerd reads the first bytes, as a pid."""
    found = os.fstat(fd)
    where = os.fsencode(f"{found.st_dev}:{found.st_ino} {os.path.abspath(socket)}\n") if socket else b""
    pid = b"%d\n" % os.getpid()
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, pid.ljust(PID_BYTES, b"\n") + where if where else pid, 0)


def _signature(fd: int) -> tuple[str, str]:
    """The owner's pid and socket; "" for what it did not leave."""
    said = os.pread(fd, SIGNED_BYTES, 0)
    pid = said[:PID_BYTES].decode("ascii", "replace").strip()
    return (pid, os.fsdecode(said[PID_BYTES:]).strip().partition(" ")[2]) if pid.isdecimal() else ("", "")
