"""How a log lies on disk: NAME.log is written to, NAME.log.1 is the file before it, NAME.log.2 the one before that.

The first line of each file carries its number (`seq`), one more than that of the file before it. Files only ever move
to higher suffixes, so who looks from the lowest on may see one twice, but misses none that is kept.
"""

import os
import stat

from peerd.model.event import LogName
from peerd.model.logfmt import parse

HEAD_BYTES = 256  # holds the first line of a file


def path_of(folder: str, log: LogName) -> str:
    return os.path.join(folder, f"{log}.log")


def suffixes(path: str) -> list[int]:
    """Of the rotated files there are, newest first. Raises OSError when the folder cannot be read."""
    folder, name = os.path.split(path)
    ends = (entry[len(name) + 1 :] for entry in os.listdir(folder) if entry.startswith(f"{name}."))
    return sorted(int(end) for end in ends if end.isascii() and end.isdecimal())


def leads_to(path: str, fd: int) -> bool:
    """Whether the path names the very file that is open."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(fd))
    except FileNotFoundError:
        return False


def size_of(fd: int) -> int:
    """Raises OSError for what is no regular file: a pipe in a log's place would block, or swallow all."""
    status = os.fstat(fd)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "is not a file")
    return status.st_size


def seq_of(fd: int) -> int:
    """The number of an open file; 0 when its first line does not tell."""
    line, newline, _ = os.pread(fd, HEAD_BYTES, 0).partition(b"\n")
    try:
        return int(parse(line.decode()).get("seq", 0)) if newline else 0
    except ValueError:
        return 0
