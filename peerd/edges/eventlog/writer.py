"""Writing the event logs. A disk that fails costs lines, which are counted and owned up to, never the daemon.

Files 0600, folder 0700, both made again when somebody took them away. One line is one write(2).
"""

import contextlib
import enum
import os
from collections.abc import Callable

from peerd.counted import counted
from peerd.edges.eventlog import files
from peerd.model.event import COMMON, EVENTS, LOGS, EventKind
from peerd.model.logfmt import render

MAX_BYTES = 5 << 20
KEEP = 5
VALUE_MAX_CHARS = 2_000  # one value cannot fill a file; one that was cut ends in an ellipsis
TORN = b'"=\n'  # ends a line of which the disk took a part, so that no reader takes it for a whole one

Value = str | int | float | enum.Enum | None
Stamp = Callable[[], str]

WRITING = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class EventLog:
    """Both logs. `write` raises ValueError for an event or a field the table does not have, and nothing else ever.
    What could not be written is counted; the next line that can be comes after an `ev=log-gap lost=N`."""

    def __init__(
        self, folder: str, max_bytes: int = MAX_BYTES, keep: int = KEEP, *, stamp: Stamp, verbose: bool = False
    ) -> None:
        """Touches nothing yet. `keep` counts files a log, the current one included; `stamp` gives the present moment
        as RFC 3339."""
        self._stamp = stamp
        self._verbose = verbose
        self._files = {log: _File(files.path_of(folder, log), max_bytes, keep, stamp) for log in LOGS}

    def write(self, ev: str, /, **fields: Value) -> None:
        """Write one line. A field whose name is a Python keyword may be given with an underscore behind it (`from_`);
        one whose value is None is left out. They come in the table's order."""
        kind = EVENTS.get(ev)
        if kind is None or kind.log == "both":
            raise ValueError(f"no event to be written: {ev}")
        told = _told(ev, kind, fields)
        if self._verbose or not kind.verbose:
            self._files[kind.log].append([("ts", self._stamp()), ("ev", ev), *told])

    @property
    def trouble(self) -> str | None:
        """What fails, and how many lines it cost that no log owns up to yet; None while all is well."""
        return next(
            (f"{file.trouble}; {counted(file.lost, 'line')} lost" for file in self._files.values() if file.lost), None
        )

    def close(self) -> None:
        """Close the files. A later write opens them again."""
        for file in self._files.values():
            file.close()


def _told(ev: str, kind: EventKind, fields: dict[str, Value]) -> list[tuple[str, str]]:
    given = {name.removesuffix("_"): value for name, value in fields.items()}
    known = COMMON + kind.fields
    unknown = given.keys() - set(known)
    if unknown:
        raise ValueError(f"{ev} has no field {', '.join(sorted(unknown))}")
    return [(name, _text(given[name])) for name in known if given.get(name) is not None]


def _text(value: Value) -> str:
    match value:
        case enum.Enum():
            text = str(value.value)
        case bool():
            text = "true" if value else "false"
        case float():
            text = f"{value:.3f}".rstrip("0").rstrip(".")
        case _:
            text = str(value)
    return text if len(text) <= VALUE_MAX_CHARS else text[: VALUE_MAX_CHARS - 1] + "…"


def _encoded(*pairs: tuple[str, str]) -> bytes:
    return render(pairs).encode() + b"\n"


class _File:
    """The file one log is written to."""

    def __init__(self, path: str, max_bytes: int, keep: int, stamp: Stamp) -> None:
        self.lost = 0
        self.trouble = ""
        self._path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._stamp = stamp
        self._fd = -1
        self._seq = 0
        self._torn = False

    def append(self, pairs: list[tuple[str, str]]) -> None:
        """Write a line, or count it as lost."""
        line = _encoded(*pairs)
        try:
            block = self._owed(self._ready(len(line))) + line
            self._write(block)
        except OSError as error:
            self.lost += 1
            self.trouble = f"{self._path}: {error.strerror}"
        else:
            self.lost = 0

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _write(self, block: bytes) -> None:
        written = os.write(self._fd, block)
        self._torn = written < len(block)
        if self._torn:
            raise OSError(0, "the disk took a part of a line only")

    def _owed(self, size: int) -> bytes:
        """What must come before the next line: the first line of a file, the end of a torn one, a gap."""
        head = self._own("log-opened", "seq", self._seq) if size == 0 else b""
        torn = TORN if self._torn and size else b""
        gap = self._own("log-gap", "lost", self.lost) if self.lost else b""
        return head + torn + gap

    def _own(self, ev: str, field: str, value: int) -> bytes:
        return _encoded(("ts", self._stamp()), ("ev", ev), (field, str(value)))

    def _ready(self, length: int) -> int:
        """Have the file open that has the path now, with room for so many bytes; returns its size."""
        if self._fd >= 0 and not files.leads_to(self._path, self._fd):
            self.close()
        if self._fd < 0:
            self._open()
        size = files.size_of(self._fd)
        if size == 0 or size + length <= self._max_bytes:
            return size
        self._rotate()
        self._open()
        return 0

    def _open(self) -> None:
        os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
        fd = os.open(self._path, WRITING, 0o600)
        try:
            size = files.size_of(fd)
            os.fchmod(fd, 0o600)
            self._seq = files.seq_of(fd) or max(self._seq, self._seq_before()) + 1
            self._torn = size > 0 and os.pread(fd, 1, size - 1) != b"\n"
        except OSError:
            os.close(fd)
            raise
        self._fd = fd

    def _seq_before(self) -> int:
        """The number of the newest rotated file; 0 when there is none, or it does not tell."""
        for suffix in files.suffixes(self._path)[:1]:
            with contextlib.suppress(OSError), open(f"{self._path}.{suffix}", "rb") as file:
                return files.seq_of(file.fileno())
        return 0

    def _rotate(self) -> None:
        """Every file's suffix grows by one, the highest first; those beyond what is kept go."""
        for suffix in reversed(files.suffixes(self._path)):
            if suffix + 1 < self._keep:
                os.replace(f"{self._path}.{suffix}", f"{self._path}.{suffix + 1}")
            else:
                os.unlink(f"{self._path}.{suffix}")
        if self._keep > 1:
            os.replace(self._path, f"{self._path}.1")
        else:
            os.unlink(self._path)
        self.close()
