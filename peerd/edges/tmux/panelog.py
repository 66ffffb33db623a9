"""A session's pane log: what its pane wrote, as raw bytes, appended by a writer that lives as long as the pane.

Owns the file's creation and its cap. Never renames it: the writer keeps its descriptor.

The last thing a runtime wrote may be missing here and on the screen: tmux closes the terminal when it hears of the end,
and where the kernel has not handed the output over by then, nobody reads it (tmux 3.3a, programs that end within a
millisecond of writing: none of 600 on an idle machine, 5 of 600 on two cores with ten processes at work).
"""

import os
import re

from peerd.edges.tmux.line import shell_path
from peerd.plainfile import OURS, opened

TAIL_BYTES = 64 << 10
SHARE_BYTES = 64 << 10
LINE_MAX_CHARS = 500
ELSEWHERE = re.compile(r"\x1b\[[0-9;]*[ABEFHJdf]")
"""The cursor goes to another line, or the screen is cleared: what follows does not stand beside what came before."""
ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[PX^_\]].*?(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]?", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def create(path: str) -> None:
    """An empty log, 0600, before anything is written to it; an existing one is kept."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | OURS, 0o600))


def writer(path: str) -> str:
    """The `pipe-pane` command of a log. `>>` makes every write an append, wherever a truncation left the end."""
    return f"exec cat >> {shell_path(path)}"


def truncate_log(path: str, cap_bytes: int) -> bool:
    """Cut a log over `cap_bytes` down to its last half, from a line's beginning on where there is one; returns whether
    it was. In place, while the pane may be writing: what is written during the few microseconds between the last copy
    and the cut is lost, and after a crash in the middle the tail may be in the file twice."""
    with opened(path, os.O_RDWR | OURS) as log:
        before = os.fstat(log)
        size = before.st_size
        if size <= cap_bytes:
            return False
        kept = _tail(log, size, cap_bytes // 2)
        at = _put(log, kept, 0)
        while added := os.pread(log, 1 << 20, size):
            size += len(added)
            at = _put(log, added, at)
        os.ftruncate(log, at)
        if size == before.st_size:
            os.utime(log, ns=(before.st_atime_ns, before.st_mtime_ns))
    return True


def last_lines(path: str, lines: int) -> tuple[str, ...]:
    """The last lines of what was written that are not blank, without control sequences; () where there is no log. Of a
    program that draws its screen they are pieces of it."""
    try:
        with opened(path) as log:
            begin = max(0, os.fstat(log).st_size - TAIL_BYTES)
            text = os.pread(log, TAIL_BYTES, begin).decode("utf-8", "replace")
    except OSError:
        return ()
    return _plain(text)[-lines:]


def lines_after(path: str, at: int) -> tuple[tuple[str, ...], int]:
    """A share of the lines that a log gained since this offset, as `last_lines`, and the offset after them. A log that
    was cut is read from its start; of one that cannot be read nothing is known."""
    try:
        with opened(path) as log:
            begin = at if at <= os.fstat(log).st_size else 0
            share = os.pread(log, SHARE_BYTES, begin)
    except OSError:
        return (), at
    whole = share if len(share) == SHARE_BYTES and b"\n" not in share else share[: share.rfind(b"\n") + 1]
    return _plain(whole.decode("utf-8", "replace")), begin + len(whole)


def _plain(text: str) -> tuple[str, ...]:
    plain = ESCAPE.sub("", ELSEWHERE.sub("\n", text.replace("\r\n", "\n")))
    written = (CONTROL.sub("", line.rstrip("\r").rpartition("\r")[2]).rstrip() for line in plain.split("\n"))
    return tuple(line[:LINE_MAX_CHARS] for line in written if line)


def _tail(descriptor: int, size: int, wanted_bytes: int) -> bytes:
    tail = os.pread(descriptor, wanted_bytes, size - wanted_bytes)
    return tail[tail.find(b"\n") + 1 :]


def _put(descriptor: int, data: bytes, at: int) -> int:
    """Write at a place, whole; returns where it ended."""
    while data:
        written = os.pwrite(descriptor, data, at)
        data, at = data[written:], at + written
    return at
