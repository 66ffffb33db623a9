"""Logs: whatever its values hold, an event is one clean line that comes back; whatever is in a file, it can be read."""

import argparse
import contextlib
import io
import os
import shutil
import tempfile
from itertools import islice
from random import Random

from peerd.cli import tail
from peerd.edges.eventlog import EventLog, Gap, Reader, parse
from peerd.edges.eventlog.writer import VALUE_MAX_CHARS
from peerd.model.event import COMMON, EVENTS
from peerd.model.logfmt import render
from tests.fuzz.texts import mutated, text, word

WRITTEN = sorted(name for name, kind in EVENTS.items() if kind.log != "both")
STAMP = "2026-01-02T03:04:05.678Z"
MAX_BYTES = 20_000
FILES_EVERY = 50
"""Of so many inputs one is a file: that takes as long as all the others."""


class Logs:
    """An input is one event that is written and read back, and one line that nobody wrote."""

    name = "logfmt"

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="peerd-", dir="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
        self._log = EventLog(self._folder, MAX_BYTES, 3, stamp=lambda: STAMP)
        self._readers = [Reader(self._folder, "lifecycle"), Reader(self._folder, "delivery")]
        self._inputs = 0

    def one(self, chance: Random) -> tuple[int, list[str]]:
        self._inputs += 1
        faults = [*_rendered(chance), *_strange(chance), *self._written(chance)]
        return 1, [*faults, *_file(chance)] if self._inputs % FILES_EVERY == 0 else faults

    def close(self) -> list[str]:
        for reader in self._readers:
            reader.close()
        self._log.close()
        shutil.rmtree(self._folder)
        return []

    def _written(self, chance: Random) -> list[str]:
        """By the daemon, into files that are rotated, read by who follows them."""
        ev = chance.choice(WRITTEN)
        names = sorted({*COMMON, *EVENTS[ev].fields})
        told = {name: _value(chance) for name in names if chance.random() < 0.7}
        self._log.write(ev, **told)
        found = [line for reader in self._readers for line in reader.fresh()]
        lines = [line for line in found if isinstance(line, str) and " ev=log-opened " not in line]
        if EVENTS[ev].verbose:
            return [] if lines == [] else [f"{ev} is written though nobody asked for it"]
        if len(lines) != 1 or any(isinstance(line, Gap) for line in found):
            return [f"{ev} with {told} became {found}"]
        cut = {name: _as_kept(value) for name, value in told.items()}
        return [] if parse(lines[0]) == {"ts": STAMP, "ev": ev} | cut else [f"{told} came back as {lines[0]!r}"]


def _value(chance: Random) -> str:
    return text(chance, 200) if chance.random() < 0.02 else text(chance)


def _as_kept(value: str) -> str:
    return value if len(value) <= VALUE_MAX_CHARS else value[: VALUE_MAX_CHARS - 1] + "…"


def _rendered(chance: Random) -> list[str]:
    fields = {f"k{nth}": text(chance) for nth in range(chance.randint(1, 5))}
    line = render(fields.items())
    clean = line.isprintable() and line.encode().decode().splitlines() == [line]
    return [] if clean and parse(line) == fields else [f"{fields} became {line!r}"]


def _strange(chance: Random) -> list[str]:
    """A line that is half one of ours: read, or refused; and what is read can be shown."""
    line = mutated(chance, render({"ts": STAMP, "ev": "held", "to": "ada", "why": text(chance)}.items()))
    try:
        fields = parse(line)
    except ValueError:
        return []
    shown = "".join(piece for piece, _ in tail._styled(line, fields))
    return [] if line.isprintable() and fields and shown in line else [f"{line!r} was read as {fields}"]


def _file(chance: Random) -> list[str]:
    """Bytes of anybody's in a log's place, as `peerd tail` shows them: one line for each that it shows."""
    folder = tempfile.mkdtemp(prefix="peerd-", dir="/dev/shm" if os.path.isdir("/dev/shm") else "/tmp")
    try:
        for name in chance.sample(("delivery.log", "delivery.log.1", "lifecycle.log", "delivery.log.x"), 2):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(_bytes(chance))
        return _shown(chance, folder)
    finally:
        shutil.rmtree(folder)


def _bytes(chance: Random) -> bytes:
    count = chance.randint(0, 9)
    lines = [render({"ts": STAMP, "ev": word(chance), "why": text(chance)}.items()) for _ in range(count)]
    whole = chance.choice(("\n", "\r\n", "\n\n", "\0", "\u2028")).join(lines).encode("utf-8", "surrogatepass")
    junk = chance.randbytes(chance.choice((0, 3, 300, 70_000)))
    return whole + chance.choice((b"", b"\n")) + junk + chance.choice((b"", b"\n", b"\xff\n"))


def _shown(chance: Random, folder: str) -> list[str]:
    as_json, out = chance.random() < 0.5, io.StringIO()
    args = argparse.Namespace(json=as_json, peer=chance.choice((None, "ada")), lines=1000)
    with contextlib.ExitStack() as held, contextlib.redirect_stdout(out):
        readers = [held.enter_context(Reader(folder, log)) for log in tail.LOGS]
        show = tail._shower(args.json)
        found = list(islice(tail._concerning(args.peer, tail._before(readers)), args.lines))
        found += tail._concerning(args.peer, tail._fresh(readers))
        for line, fields in found:
            show(line, fields)
    shown = out.getvalue()
    lines = [] if shown == "" else shown.removesuffix("\n").split("\n")
    strange = [line for line in lines if not line.isprintable()]
    faults = [] if len(lines) == len(found) else [f"{len(found)} lines were shown as {len(lines)}: {shown[:500]!r}"]
    return [*faults, *(f"shown as {line!r}" for line in strange)]
