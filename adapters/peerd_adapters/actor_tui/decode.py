"""Terminal input, bytes to events. Holds what a read cut in two; touches no terminal."""

import codecs
import re
from typing import NamedTuple

PASTE_BEGINS = b"\x1b[200~"
PASTE_ENDS = b"\x1b[201~"
PASTE_MAX_BYTES = 16 << 20
"""A paste that goes on beyond this is taken to be over: sixteen times the longest message."""

TOKEN = re.compile(rb"[^\x00-\x1f\x7f]+|\x1b\[[0-?]*[ -/]*[@-~]|\x1bO[@-~]|\x1b[^\x1b\[O]|[^\x1b]")
UNFINISHED = re.compile(rb"\x1b(?:O|\[[0-?]{0,32}[ -/]{0,8})?")

NAMES = {
    b"\r": "enter",
    b"\x03": "interrupt",
    b"\x04": "end",
    b"\x15": "clear",
    b"\x08": "backspace",
    b"\x7f": "backspace",
    b"\x1b": "escape",
    b"\x1b[A": "up",
    b"\x1b[B": "down",
    b"\x1bOA": "up",
    b"\x1bOB": "down",
}
TYPED = (b"\t", b"\n")


class Typed(NamedTuple):
    text: str


class Pasted(NamedTuple):
    """What stood between the markers, as it came."""

    data: bytes


class Key(NamedTuple):
    name: str


Event = Typed | Pasted | Key


class Decoder:
    """Keys without a meaning here give no event."""

    def __init__(self) -> None:
        self._held = b""
        self._paste: bytearray | None = None
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    @property
    def receiving(self) -> bool:
        """A paste has begun and not ended."""
        return self._paste is not None

    @property
    def unfinished(self) -> bool:
        """Something waits for more input: after a silence, `flush` says what it is without."""
        return self.receiving or bool(self._held)

    def feed(self, data: bytes) -> list[Event]:
        data, self._held = self._held + data, b""
        events: list[Event] = []
        while data:
            data = self._in_keys(data, events) if self._paste is None else self._in_paste(self._paste, data, events)
        return events

    def flush(self) -> list[Event]:
        """No more is coming: an escape is the key, and a paste that was never ended is what came of it."""
        paste, held = self._paste, self._held
        self._paste, self._held = None, b""
        if paste is not None:
            return [Pasted(bytes(paste))]
        return [Key("escape")] if held == b"\x1b" else []

    def _in_paste(self, paste: bytearray, data: bytes, events: list[Event]) -> bytes:
        start = max(0, len(paste) - len(PASTE_ENDS) + 1)
        paste += data
        end = paste.find(PASTE_ENDS, start)
        if end < 0 and len(paste) < PASTE_MAX_BYTES:
            return b""
        end = end if end >= 0 else len(paste)
        events.append(Pasted(bytes(paste[:end])))
        self._paste = None
        return bytes(paste[end + len(PASTE_ENDS) :])

    def _in_keys(self, data: bytes, events: list[Event]) -> bytes:
        if UNFINISHED.fullmatch(data):
            self._held = data
            return b""
        token = TOKEN.match(data)
        found = token[0] if token else data[:1]
        if found == PASTE_BEGINS:
            self._paste = bytearray()
        else:
            events += self._key(found)
        return data[len(found) :]

    def _key(self, token: bytes) -> list[Event]:
        if (token[0] >= 0x20 and token != b"\x7f") or token in TYPED:
            text = self._utf8.decode(token)
            return [Typed(text)] if text else []
        cut_off = self._utf8.decode(b"", final=True)
        typed: list[Event] = [Typed(cut_off)] if cut_off else []
        return [*typed, Key(NAMES[token])] if token in NAMES else typed
