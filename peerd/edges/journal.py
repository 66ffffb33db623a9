"""Journals: following what the runtimes' hooks append, one inotify instance for all sessions.

Owns the reading of journals; never writes a line, only creates an absent file. One descriptor in all, none a journal:
a journal is opened for each look. Linux; on macOS kqueue EVFILT_VNODE stands for inotify, with a descriptor a file.
"""

import asyncio
import ctypes
import os
import struct
from collections.abc import Callable, Iterator

from peerd.errors import InternalError
from peerd.model.session import SessionId
from peerd.plainfile import OURS, opened

LINE_MAX_BYTES = (1 << 20) + (64 << 10)  # a message's body and what is around it
READ_BYTES = 256 << 10  # a wake-up's share, so that one journal cannot hold up the loop

IN_MODIFY, IN_ATTRIB, IN_DELETE_SELF, IN_MOVE_SELF = 0x2, 0x4, 0x400, 0x800  # inotify.h
IN_Q_OVERFLOW, IN_IGNORED, IN_DONT_FOLLOW = 0x4000, 0x8000, 0x0200_0000
WATCHED = IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_DONT_FOLLOW
REPLACED = IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED  # unlinked but held open: only IN_ATTRIB
EVENT = struct.Struct("iIII")  # wd, mask, cookie, length of a name: 0, since files are watched, not folders
EVENTS_BYTES = EVENT.size * 4096

CREATING = os.O_WRONLY | os.O_APPEND | os.O_CREAT | OURS

OnLines = Callable[[SessionId, list[str], int], None]
OnTrouble = Callable[[SessionId, str], None]


class _Journal:
    """How far one journal was read, and what stands there after its last newline."""

    def __init__(self, session: SessionId, path: str, offset: int) -> None:
        self.session = session
        self.path = path
        self.position = offset
        self.watch = -1
        self.file: tuple[int, int] | None = None  # device and inode
        self._torn = bytearray()
        self._skipped = 0  # bytes dropped of a line too long, whose newline has not come yet

    @property
    def offset(self) -> int:
        """Where the first line begins that was not delivered. Not to be asked for in the middle of a line too long."""
        return self.position - len(self._torn)

    def begin_again(self) -> None:
        self.position, self._skipped = 0, 0
        self._torn.clear()

    def feed(self, chunk: bytes) -> tuple[list[str], list[int]]:
        """The lines that the next bytes complete, and the lengths of those that were too long to keep."""
        self.position += len(chunk)
        *ends, rest = chunk.split(b"\n")
        lines: list[str] = []
        too_long: list[int] = []
        for end in ends:
            length = self._keep(end)
            if length > LINE_MAX_BYTES:
                too_long.append(length)
            else:
                lines.append(self._torn.decode("utf-8", "replace"))
            self._torn.clear()
            self._skipped = 0
        if self._keep(rest) > LINE_MAX_BYTES:
            self._skipped += len(self._torn)
            self._torn.clear()
        return lines, too_long

    def _keep(self, part: bytes) -> int:
        """The length of the line so far."""
        self._torn += part
        return self._skipped + len(self._torn)


class Journals:
    """Calls `on_lines(session, lines, offset)` with the complete lines a journal gained, in order, decoded with U+FFFD
    for what is no UTF-8. `offset` is where to watch from to get what comes after them; `lines` is empty where only the
    offset moved. `on_trouble(session, why)` tells what was not read: a line over the limit is skipped, a file cut
    short or replaced is read from its start. Both are called on the loop, also from within `watch` and `poll`.

    Lines written while nobody watched are delivered once, from the offset that is given; a torn last line waits."""

    def __init__(self, on_lines: OnLines, on_trouble: OnTrouble) -> None:
        """Raises InternalError when the kernel has no inotify instance left."""
        self._loop = asyncio.get_running_loop()
        self._on_lines = on_lines
        self._on_trouble = on_trouble
        self._journals: dict[SessionId, _Journal] = {}
        self._by_watch: dict[int, _Journal] = {}
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0:
            why = os.strerror(ctypes.get_errno())
            raise InternalError(f"inotify: {why}; raise fs.inotify.max_user_instances, or end what uses them up")
        self._loop.add_reader(self._fd, self._wake)

    def watch(self, session: SessionId, path: str, offset: int) -> None:
        """Follow from `offset`; the lines that are there already are delivered before this returns. An absent file is
        created, 0600. Watching a session anew begins anew. Raises InternalError when the file cannot be watched."""
        self.unwatch(session)
        journal = _Journal(session, path, offset)
        try:
            self._attach(journal)
        except OSError as error:
            raise InternalError(f"cannot follow {path}: {error.strerror} (see fs.inotify.max_user_watches)") from error
        self._journals[session] = journal
        self._drain(journal)

    def poll(self, session: SessionId) -> None:
        """Deliver all that is there now, before this returns. Nothing for a session that is not watched."""
        journal = self._journals.get(session)
        if journal is not None:
            self._attach_again(journal)
            self._drain(journal)

    def unwatch(self, session: SessionId) -> None:
        """Follow no more. Nothing when it was not watched."""
        journal = self._journals.pop(session, None)
        if journal is not None:
            self._detach(journal)

    def close(self) -> None:
        """Unwatch all and give the descriptor back."""
        self._journals.clear()
        self._by_watch.clear()
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _attach(self, journal: _Journal) -> None:
        """Watch the file that has the path now. A watch of another number is one of another file, even where that has
        the inode of the one before."""
        os.close(os.open(journal.path, CREATING, 0o600))
        watch = self._libc.inotify_add_watch(self._fd, os.fsencode(journal.path), ctypes.c_uint32(WATCHED))
        if watch < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        if watch == journal.watch:
            return
        if journal.watch >= 0:
            self._detach(journal)
            self._restart(journal, "was replaced")
        journal.watch = watch
        self._by_watch[watch] = journal

    def _attach_again(self, journal: _Journal) -> None:
        try:
            self._attach(journal)
        except OSError as error:
            self._on_trouble(journal.session, f"{journal.path}: {error.strerror}; not followed")

    def _detach(self, journal: _Journal) -> None:
        if self._by_watch.pop(journal.watch, None):
            self._libc.inotify_rm_watch(self._fd, journal.watch)  # fails when the kernel dropped it first: as well

    def _wake(self) -> None:
        touched: dict[_Journal, None] = {}
        for watch, mask in self._events():
            if mask & IN_Q_OVERFLOW:
                touched.update(dict.fromkeys(self._journals.values()))
            journal = self._by_watch.get(watch)
            if journal is not None:
                touched[journal] = None
                if mask & REPLACED:
                    self._attach_again(journal)
        for journal in touched:
            self._go_on(journal)

    def _events(self) -> Iterator[tuple[int, int]]:
        try:
            block = os.read(self._fd, EVENTS_BYTES)
        except BlockingIOError:
            return
        at = 0
        while at < len(block):
            watch, mask, _, name_bytes = EVENT.unpack_from(block, at)
            yield watch, mask
            at += EVENT.size + name_bytes

    def _restart(self, journal: _Journal, how: str) -> None:
        """Only where something of it was read before."""
        journal.file = None
        if journal.position:
            journal.begin_again()
            self._on_trouble(journal.session, f"{journal.path} {how}; reading it from its start")

    def _go_on(self, journal: _Journal) -> None:
        if self._watches(journal) and self._look(journal):
            self._loop.call_soon(self._go_on, journal)

    def _drain(self, journal: _Journal) -> None:
        while self._watches(journal) and self._look(journal):
            pass

    def _watches(self, journal: _Journal) -> bool:
        return self._journals.get(journal.session) is journal

    def _look(self, journal: _Journal) -> bool:
        """Deliver what stands in the next share; whether there is more."""
        try:
            chunk = self._read(journal)
        except OSError as error:
            self._on_trouble(journal.session, f"{journal.path}: {error.strerror}; not read")
            return False
        lines, too_long = journal.feed(chunk)
        for length in too_long:
            self._on_trouble(journal.session, f"{journal.path}: skipped a line of {length} bytes")
        if lines or too_long:
            self._on_lines(journal.session, lines, journal.offset)
        return len(chunk) == READ_BYTES

    def _read(self, journal: _Journal) -> bytes:
        with opened(journal.path) as fd:
            status = os.fstat(fd)
            file = (status.st_dev, status.st_ino)
            if journal.file not in (None, file):
                self._restart(journal, "was replaced")
            elif status.st_size < journal.position:
                self._restart(journal, "was cut short")
            elif journal.file is None and journal.position and os.pread(fd, 1, journal.position - 1) != b"\n":
                self._restart(journal, "is not the file that was read before")
            journal.file = file
            return os.pread(fd, READ_BYTES, journal.position)
