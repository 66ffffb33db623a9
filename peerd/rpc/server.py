"""The daemon's half of the socket: who may connect, how many, and how it ends.

Owns the listening socket and the set of connections. Never reads a store, a clock or a peer; `answer` does the work.
"""

import asyncio
import os
import socket
from collections.abc import Callable

from peerd.errors import DaemonLost, DaemonStopping, NoPlace, NotPermitted, PeerdError
from peerd.rpc.caller import Caller, admit, credentials
from peerd.rpc.connection import Answer, Connection, Desk, Limits
from peerd.rpc.door import Door
from peerd.rpc.framing import encode_fault, fault_of
from peerd.rpc.listen import bound_socket, file_id, remove_socket

LAST_WORDS_S = 1.0
"""How long, at the end, a client may take to read that the daemon stops."""


class Server:
    """A JSON-RPC server on a unix socket, for one user.

    `answer` is awaited for each call, calls of one connection side by side. What it raises of peerd's own is told to
    the caller with its kind and exit code; anything else is told as an internal error and handed to `on_bug`.
    A call is cancelled when its client goes away or the grace of `close` is over: so whatever must happen once begun,
    `answer` leaves to a task of the daemon's own and only waits for it.
    A socket that was `passed` is served as it is. Its file is removed in the end only where that `file_is_ours`,
    and not a service manager's. `in_session` tells of a process whether it belongs to a session;
    `over` is told of a call, in its own task, whether its answer was written.
    """

    def __init__(
        self,
        socket_path: str,
        answer: Answer,
        own_uid: int,
        *,
        on_bug: Callable[[str, Exception], None],
        limits: Limits = Limits(),  # noqa: B008  frozen
        passed: socket.socket | None = None,
        file_is_ours: bool = True,
        in_session: Callable[[int], bool] = lambda pid: False,
        over: Callable[[bool], None] = lambda written: None,
    ) -> None:
        self._path = socket_path
        self._passed = passed
        self._file_is_ours = file_is_ours
        self._own_uid = own_uid
        self._in_session = in_session
        self._desk = Desk(answer, on_bug, limits, over)
        self._connections: dict[asyncio.Task[None], Connection] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # also of those that are not yet, or not to be, among them
        self._door: Door | None = None
        self._file: tuple[int, int] | None = None
        self._stopping: DaemonStopping | None = None

    async def start(self) -> None:
        """Listens once this returns. Only for a caller that holds the daemon's lock. Raises ConfigError."""
        sock = self._passed or self._bound()
        if self._file_is_ours:
            self._file = file_id(self._path)
        self._door = self._opened(sock)

    async def listen_again(self) -> bool:
        """Make the socket file anew where it was deleted; those connected stay. True when it had to be. A path that is
        somebody else's now is left alone. Raises ConfigError."""
        if self._door is None or file_id(self._path) is not None:
            return False
        deaf, self._door = self._door, self._opened(self._bound())
        deaf.close()
        return True

    def _opened(self, sock: socket.socket) -> Door:
        return Door(sock, self._came, lambda error: self._desk.on_bug("accept", error))

    def _bound(self) -> socket.socket:
        sock = bound_socket(self._path, self._own_uid)
        self._file = file_id(self._path)
        return sock

    @property
    def owns_file(self) -> bool:
        return self._file is not None

    def pass_on(self) -> int:
        """A descriptor of the listening socket: after `close` connections wait in it for who serves it next. The file
        stays."""
        assert self._door is not None
        self._file = None
        return os.dup(self._door.fd)

    async def close(self, grace_s: float) -> None:
        """Takes no more connections or calls, gives those under way `grace_s` to end, and ends the rest with an error
        that says so. Removes the socket file if it is still ours."""
        if self._door is None:
            return
        self._door.close()
        self._door = None
        if self._file is not None:
            remove_socket(self._path, self._file)
        self._stopping = DaemonStopping("the daemon is stopping; nothing was done. Ask again once it runs.")
        for connection in self._connections.values():
            connection.refuse(self._stopping)
        await _settled([call for connection in self._connections.values() for call in connection.calls], grace_s)
        stopping = DaemonLost(
            "the daemon is stopping; what it accepted is kept. `peerd daemon start` starts the next one."
        )
        for connection in self._connections.values():
            connection.stop(stopping)
        await _settled(list(self._tasks), LAST_WORDS_S)
        for connection in self._connections.values():
            connection.abort()
        await _settled(list(self._tasks), LAST_WORDS_S)

    def _came(self, client: socket.socket) -> None:
        task = asyncio.create_task(self._connected(client))
        self._tasks.add(task)
        task.add_done_callback(self._left)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, Exception):
            self._desk.on_bug("connection", error)

    async def _connected(self, client: socket.socket) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=client)
        caller = credentials(writer.get_extra_info("socket"))
        refusal = self._refusal(caller)
        if refusal is not None:
            writer.write(encode_fault(None, fault_of(refusal)))
            writer.close()
            return
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = Connection(reader, writer, caller, self._desk)
        try:
            await self._connections[task].serve()
        finally:
            del self._connections[task]

    def _refusal(self, caller: Caller) -> PeerdError | None:
        if not admit(caller.uid, self._own_uid):
            return NotPermitted(f"this daemon serves uid {self._own_uid} only, and you are uid {caller.uid}")
        if self._stopping is not None:
            return self._stopping
        return self._no_place(caller)

    def _no_place(self, caller: Caller) -> PeerdError | None:
        """Why there is none; None where there is, or the one that was silent for longest gave way."""
        limits = self._desk.limits
        if len(self._connections) < limits.connections - limits.reserved:
            return None
        held = [each for each in self._connections.values() if not each.over]
        left = limits.connections - len(held)
        if left > limits.reserved or (left > 0 and not self._in_session(caller.pid)):
            return None
        silent = max(held, key=lambda each: each.silent_s, default=None)
        if silent is not None and silent.silent_s >= limits.silent_s:
            silent.abort()
            return None
        return NoPlace(_told_full(limits, left))


def _told_full(limits: Limits, left: int) -> str:
    kept = f", but for {left} that are kept for callers outside of every session" if left > 0 else ""
    return (
        f"the daemon has {limits.connections} connections open, the most it takes{kept}; nothing was done. Try again: "
        f"one that is silent for {limits.silent_s:g} s is closed. `ss -xp` shows who holds them, and "
        f"`kill {os.getpid()}` ends the daemon; sessions live on."
    )


async def _settled(tasks: list[asyncio.Task[None]], within_s: float) -> None:
    if tasks:
        await asyncio.wait(tasks, timeout=within_s)
