"""Files that somebody else may have replaced: opened at once, also where a pipe or a device stands in their place."""

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

AT_ONCE = os.O_NONBLOCK | os.O_CLOEXEC
OURS = AT_ONCE | os.O_NOFOLLOW
"""Of a path in a session's own folder, where a link leads nowhere."""

OF_WHO_OPENS = ("/proc", "/dev/fd")
LINKS_MAX = 40
"""As the kernel has it."""


def is_of_who_opens(path: str) -> bool:
    """Whether a whole path, or a link on its way, leads to where each process finds files of its own. Nothing is
    opened."""
    here, rest, links = "/", path.split("/")[::-1], 0
    while rest and links <= LINKS_MAX:
        name = rest.pop()
        here = os.path.dirname(here) if name == ".." else os.path.join(here, name) if name not in ("", ".") else here
        if here in OF_WHO_OPENS:
            return True
        if (to := _led(here)) is not None:
            links += 1
            here = "/" if to.startswith("/") else os.path.dirname(here)
            rest += to.split("/")[::-1]
    return False


def _led(path: str) -> str | None:
    """Where a link leads; None for what is none."""
    try:
        return os.readlink(path)
    except (OSError, ValueError):
        return None


def is_among(path: str | int, files: Iterable[str]) -> bool:
    """Whatever leads there; or an open file. Nothing is opened; raises OSError where it is not there."""
    found = os.stat(path)
    return any(os.path.samestat(found, each) for each in map(_stat, files) if each is not None)


def is_of_proc(descriptor: int) -> bool:
    """Of what is open: whether it is one of those that each process has of its own."""
    proc = _stat("/proc") if os.path.ismount("/proc") else None
    return proc is not None and os.fstat(descriptor).st_dev == proc.st_dev


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


@contextmanager
def opened(path: str, flags: int = os.O_RDONLY | OURS) -> Iterator[int]:
    """Its descriptor. Raises OSError, also for what is not a regular file."""
    descriptor = os.open(path, flags)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        yield descriptor
    finally:
        os.close(descriptor)


def read_part(path: str, most: int, *, at: int = 0, flags: int = os.O_RDONLY | OURS) -> bytes:
    """At most so many of its bytes. Raises OSError as `opened`."""
    with opened(path, flags) as descriptor, open(descriptor, "rb", closefd=False) as file:
        file.seek(at)
        return file.read(most)
