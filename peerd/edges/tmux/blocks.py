"""What a control client says, taken apart: bytes in, whole reply blocks out. Pure; notifications are dropped.

A block is `%begin T N F`, lines, then `%end T N F` or `%error T N F` with the same three numbers; no other line ends
it, so a pane that shows such a line is not taken for one. F is 1 for what this client asked on its stdin, and 0 for the
attaching itself and for commands of hooks. Outside blocks there are notifications, which start with `%`, and
complaints: there load-buffer tells that it could not read its file (3.3a), and a client that it found no server.
"""

import msgspec

COMPLAINTS_MAX = 8  # lines
BLOCK_MAX_BYTES = 32 << 20  # a full history of 5000 lines of 220 wide cells is 5 MiB


class Block(msgspec.Struct, frozen=True):
    """One command's reply. `ours`: it answers what this client asked. `before`: complaints since the last block."""

    ours: bool
    failed: bool
    lines: tuple[bytes, ...]
    before: tuple[bytes, ...] = ()


class Garbled(Exception):
    """The stream cannot be followed any more."""


class Blocks:
    """Feed it all the client writes, in any portions."""

    def __init__(self) -> None:
        self.exit_reason: str | None = None
        self.complaints: list[bytes] = []
        self._rest = b""
        self._began: bytes | None = None
        self._lines: list[bytes] = []
        self._size_bytes = 0

    def feed(self, data: bytes) -> list[Block]:
        """The blocks these bytes complete. Raises Garbled, after which the client is of no more use."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = [block for line in lines if (block := self._line(line)) is not None]
        if self._size_bytes + len(self._rest) > BLOCK_MAX_BYTES:
            raise Garbled(f"a reply of more than {BLOCK_MAX_BYTES} bytes")
        return found

    def _line(self, line: bytes) -> Block | None:
        if self._began is None:
            self._outside(line)
            return None
        verb, _, numbers = line.partition(b" ")
        if numbers == self._began and verb in (b"%end", b"%error"):
            return self._close(failed=verb == b"%error")
        self._lines.append(line)
        self._size_bytes += len(line)
        return None

    def _outside(self, line: bytes) -> None:
        verb, _, rest = line.partition(b" ")
        if verb == b"%begin":
            self._began = rest
        elif verb == b"%exit":
            self.exit_reason = rest.decode("utf-8", "replace")
        elif verb in (b"%end", b"%error"):
            raise Garbled(f"{verb.decode()} of a reply that has ended already")
        elif not line.startswith(b"%"):
            self.complaints = [*self.complaints, line][-COMPLAINTS_MAX:]

    def _close(self, failed: bool) -> Block:
        ours = (self._began or b"").endswith(b" 1")
        block = Block(ours, failed, tuple(self._lines), tuple(self.complaints))
        self.complaints.clear()
        self._began, self._lines, self._size_bytes = None, [], 0
        return block
