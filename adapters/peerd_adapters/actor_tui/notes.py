"""What the actor writes down: its journal, and where it was told to, a record of all it got."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from typing import NamedTuple

from peerd.model.envelope import Envelope

APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT
LAST_WORDS_MAX_CHARS = 4096


class Limit(NamedTuple):
    kind: str
    resets_s: float | None


def limit_in(path: str | None) -> Limit | None:
    """What the file names; None where there is none."""
    if path is None:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            kind, _, resets_s = file.read().strip().partition(" ")
    except OSError:
        return None
    return Limit(kind, float(resets_s) if resets_s else None)


class Journal:
    """One JSON object a line, each one write(2) at the end of the file; nowhere without a path. `untold`: a file that
    has it in place of the journal, while that file is there."""

    def __init__(self, path: str | None, untold: str | None = None) -> None:
        self._file = os.open(path, APPEND | os.O_CLOEXEC, 0o600) if path else None
        self._untold = untold

    def ready(self) -> None:
        self._write({"ev": "ready"})

    def conversation(self, id: str) -> None:
        self._write({"ev": "conversation", "id": id})

    def submitted(self, read: Envelope | None, turn: str | None = None) -> None:
        named = {} if turn is None else {"turn": turn}
        self._write({"ev": "submitted", "message": read and read.id, "attempt": read and read.attempt, **named})

    def turn_began(self) -> None:
        self._write({"ev": "turn_began"})

    def turn_ended(self, read: Envelope | None, last: str, turn: str | None = None, *, failed: bool = False) -> None:
        more: dict[str, object] = {} if turn is None else {"turn": turn}
        more |= {"status": 1} if failed else {}
        self._write({"ev": "turn_ended", "message": read and read.id, "last": last[:LAST_WORDS_MAX_CHARS], **more})

    def limited(self, read: Envelope | None, limit: Limit) -> None:
        """The turn ended by that."""
        resets = {} if limit.resets_s is None else {"resets_at": time.time() + limit.resets_s}
        self._write({"ev": "turn_ended", "message": read and read.id, "status": 1, "limit": limit.kind, **resets})

    def prompt_opened(self, what: str, command: str | None = None) -> None:
        asks: dict[str, object] = {} if command is None else {"tool": "run", "input": {"command": command}}
        self._write({"ev": "prompt_opened", "what": what, **asks})

    def prompt_closed(self, approved: bool) -> None:
        self._write({"ev": "prompt_closed", "approved": approved})

    def _write(self, line: dict[str, object]) -> None:
        said = json.dumps(line).encode() + b"\n"
        if self._untold is not None and os.path.exists(self._untold):
            with open(self._untold, "ab") as untold:
                untold.write(said)
        elif self._file is not None:
            os.write(self._file, said)


class Memory:
    """A conversation's lines, in a file that its id names; forgotten at the end without one. Raises FileNotFoundError
    where the one to resume is not there."""

    def __init__(self, path: str | None, resume: bool) -> None:
        self.id = os.path.basename(path) if path else None
        self._path = path
        self.lines: list[str] = []
        if path and resume:
            with open(path, encoding="utf-8") as file:
                self.lines = file.read().splitlines()

    def said(self, lines: list[str]) -> None:
        if self._path is not None:
            with open(os.open(self._path, APPEND | os.O_CLOEXEC, 0o600), "a", encoding="utf-8") as file:
                file.write("".join(f"{line}\n" for line in lines))


class Record:
    """FILE: every byte. FILE.jsonl: a line for each text taken and each permission answered. FILE.d/N: the Nth text,
    its exact bytes; N goes on where an earlier run stopped."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._bytes = os.open(path, APPEND | os.O_CLOEXEC, 0o600) if path else None
        self._count = _texts_in(f"{path}.d") if path else 0

    def got(self, data: bytes) -> None:
        if self._bytes is not None:
            os.write(self._bytes, data)

    def took(self, text: str, read: Envelope | None) -> None:
        if self._path is None:
            return
        import hashlib  # the slow start of OpenSSL

        self._count += 1
        data = text.encode("utf-8", "surrogatepass")
        with open(f"{self._path}.d/{self._count}", "wb") as file:
            file.write(data)
        told: dict[str, object] = {"n": self._count, "id": read and read.id, "attempt": read and read.attempt}
        self._line(told | {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)})

    def answered(self, approved: bool, what: str, key: str) -> None:
        """A permission prompt was closed, and by which key."""
        self._line({"event": "approved" if approved else "refused", "what": what, "key": key})

    def _line(self, line: dict[str, object]) -> None:
        if self._path is not None:
            with open(f"{self._path}.jsonl", "ab", buffering=0) as file:
                file.write(json.dumps(line).encode() + b"\n")


def _texts_in(folder: str) -> int:
    with suppress(FileExistsError):
        os.makedirs(folder, 0o700)
    return len(os.listdir(folder))
