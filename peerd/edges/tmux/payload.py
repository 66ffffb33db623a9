"""A text on its way into a tmux buffer: held in memory, read by the server through a path.

Owns the descriptor behind the path for as long as the server may still open it: were it closed sooner, its number
could stand for something else by then, and that would be typed. On macOS, which has no memfd and no /proc, it would be
a 0600 temporary file with a name of its own.
"""

import os
import secrets

from peerd.edges.tmux.line import command


class Payload:
    """`load` and `drop` are the commands for its buffer, whose name no other has."""

    def __init__(self, data: bytes) -> None:
        self.buffer = f"peerd-{secrets.token_hex(8)}"
        self._descriptor: int | None = os.memfd_create("peerd-paste")
        with open(self._descriptor, "wb", closefd=False) as file:
            file.write(data)
        self.load = command("load-buffer", "-b", self.buffer, f"/proc/{os.getpid()}/fd/{self._descriptor}")
        self.drop = command("delete-buffer", "-b", self.buffer)

    def empty(self) -> None:
        """From now on the server finds nothing: no buffer is made, and so nothing is pasted."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)

    def close(self) -> None:
        """For when the server will not look any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
