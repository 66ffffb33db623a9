"""Reading one event log, oldest to newest, through any number of rotations. Needs no daemon, changes nothing."""

import os
from collections.abc import Iterator
from typing import NamedTuple, Self

from peerd.edges.eventlog import files
from peerd.errors import ConfigError
from peerd.model.event import LogName

BLOCK_BYTES = 64 << 10
READING = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC


class Gap(NamedTuple):
    """So many files were rotated away before they could be read."""

    files: int


class _Open(NamedTuple):
    """One file of a log, held open: it can be read to its end wherever it is moved, even when it is removed."""

    fd: int
    suffix: int  # as it was found; 0 for the file that is written to
    device: int
    inode: int
    seq: int

    def same(self, other: "_Open | None") -> bool:
        return other is not None and (self.device, self.inode) == (other.device, other.inode)


def _opened(path: str, suffix: int) -> _Open | None:
    """None when there is no such file."""
    name = f"{path}.{suffix}" if suffix else path
    try:
        fd = os.open(name, READING)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror}; make it readable, or remove it") from error
    try:
        files.size_of(fd)
        status = os.fstat(fd)
        return _Open(fd, suffix, status.st_dev, status.st_ino, files.seq_of(fd))
    except OSError as error:
        os.close(fd)
        raise ConfigError(f"{name}: {error.strerror}; remove it") from error


def _all(path: str, until: _Open | None) -> list[_Open]:
    """The files there are, newest first, as far as `until`, which is left out."""
    try:
        highest = max(files.suffixes(path), default=0)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ConfigError(f"{os.path.dirname(path)}: {error.strerror}; make it readable") from error
    found: list[_Open] = []
    for suffix in range(highest + 2):  # one may be moved on while we look
        file = _opened(path, suffix)
        if file is None:
            continue
        if file.same(until):
            os.close(file.fd)
            break
        if any(file.same(other) for other in found):
            os.close(file.fd)
        else:
            found.append(file)
    return found


class Reader:
    """Reads from where the log ended when it was made: `before` goes back from there, `fresh` goes on from there.
    Raises ConfigError for what is there and cannot be read; what is not there yet is waited for."""

    def __init__(self, folder: str, log: LogName) -> None:
        self.log = log
        self._path = files.path_of(folder, log)
        self._torn = b""
        self._older = _all(self._path, None)
        self._now: _Open | None = self._older.pop(0) if self._older else None
        self._position = _last_newline(self._now.fd) if self._now else 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for file in (*self._older, *([self._now] if self._now else [])):
            os.close(file.fd)
        self._older, self._now = [], None

    def before(self) -> Iterator[str]:
        """The lines there were when it was made, newest first, of all files kept; none once `fresh` was asked for."""
        if self._now:
            yield from _backwards(self._now.fd, self._position)
        for file in self._older:
            yield from _backwards(file.fd, _last_newline(file.fd))

    def fresh(self) -> Iterator[str | Gap]:
        """The complete lines since the last time, oldest first; a Gap where some are certainly gone."""
        while self._older:
            os.close(self._older.pop().fd)
        if self._now:
            yield from self._rest()
            if files.leads_to(self._path, self._now.fd):
                return
        newer = self._newer()
        try:
            while newer:
                yield from self._rest()  # what was written between our look and the rotation
                file = newer.pop()
                missing = file.seq - self._now.seq - 1 if self._now and self._now.seq else 0
                if missing > 0:
                    yield Gap(missing)
                self._turn_to(file)
            yield from self._rest()
        finally:
            for file in newer:
                os.close(file.fd)

    def _newer(self) -> list[_Open]:
        """Files begun after the one being read, newest first. A rotated one that was read has a number no higher."""
        found = _all(self._path, self._now)
        seq = self._now.seq if self._now else -1
        read = [file for file in found if file.suffix > 0 and file.seq <= seq]
        for file in read:
            os.close(file.fd)
        return [file for file in found if file not in read]

    def _turn_to(self, file: _Open) -> None:
        if self._now:
            os.close(self._now.fd)
        self._now, self._position, self._torn = file, 0, b""

    def _rest(self) -> Iterator[str]:
        """To the end of the file as it is now."""
        while self._now:
            if files.size_of(self._now.fd) < self._position:
                self._position, self._torn = 0, b""
            block = os.pread(self._now.fd, BLOCK_BYTES, self._position)
            self._position += len(block)
            *lines, self._torn = (self._torn + block).split(b"\n")
            yield from (line.decode("utf-8", "replace") for line in lines)
            if not block:
                return


def _last_newline(fd: int) -> int:
    """Where the last complete line ends."""
    end = os.fstat(fd).st_size
    while end > 0:
        start = max(0, end - BLOCK_BYTES)
        at = os.pread(fd, end - start, start).rfind(b"\n")
        if at >= 0:
            return start + at + 1
        end = start
    return 0


def _backwards(fd: int, end: int) -> Iterator[str]:
    """The lines of a file whose last newline stands before `end`, last first."""
    if end == 0:
        return
    end -= 1
    rest = b""
    while end > 0:
        start = max(0, end - BLOCK_BYTES)
        rest, *lines = (os.pread(fd, end - start, start) + rest).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in reversed(lines))
        end = start
    yield rest.decode("utf-8", "replace")
