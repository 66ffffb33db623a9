"""The door: who comes to a listening socket is let in, a few at a time, so that those within are not held up by those
without. Who has hung up by then and asked nothing is not let in at all.

Owns the listening socket. Where the process has no descriptor left, that is told, and it is tried again.
"""

import asyncio
import fcntl
import select
import socket
import termios
from collections.abc import Callable

BACKLOG = 1024
AT_ONCE = 64
AGAIN_S = 0.5
TELL_EVERY_S = 60.0


class Door:
    """`came` is handed the socket of each client. `trouble` is told why nobody can be let in, once a minute while that
    lasts."""

    def __init__(
        self, sock: socket.socket, came: Callable[[socket.socket], None], trouble: Callable[[OSError], None]
    ) -> None:
        self._sock, self._came, self._trouble = sock, came, trouble
        self._loop = asyncio.get_running_loop()
        self._again: asyncio.TimerHandle | None = None
        self._tell_from = 0.0
        sock.setblocking(False)
        sock.listen(BACKLOG)
        self._open()

    @property
    def fd(self) -> int:
        return self._sock.fileno()

    def close(self) -> None:
        """Who waits without stays there, for whoever listens on another descriptor of it."""
        self._loop.remove_reader(self._sock)
        if self._again is not None:
            self._again.cancel()
        self._sock.close()

    def _open(self) -> None:
        self._again = None
        self._loop.add_reader(self._sock, self._let_in)

    def _let_in(self) -> None:
        for _ in range(AT_ONCE):
            try:
                client, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                return self._rest(error)
            if asks_nothing_more(client.fileno()):
                client.close()
            else:
                self._came(client)

    def _rest(self, error: OSError) -> None:
        """It would be told again at once, and for as long as the descriptors are used up."""
        self._loop.remove_reader(self._sock)
        self._again = self._loop.call_later(AGAIN_S, self._open)
        if self._loop.time() >= self._tell_from:
            self._tell_from = self._loop.time() + TELL_EVERY_S
            self._trouble(error)


def gone(fd: int) -> bool:
    """Whether the client closed altogether; after a half-close it still reads."""
    poll = select.poll()
    poll.register(fd, 0)  # POLLHUP is always told
    return bool(poll.poll(0))


def asks_nothing_more(fd: int) -> bool:
    """Whether it is gone, and nothing that it said is unread."""
    return gone(fd) and not int.from_bytes(fcntl.ioctl(fd, termios.FIONREAD, bytes(4)), "little")
