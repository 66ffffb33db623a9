"""A process beside the daemon that looks at what users name, in threads of its own: a thread that asks a disk which
does not answer can be neither ended nor waited for, and a process that has one neither ends nor becomes another. It has
no descriptor of the daemon's but the one it is asked by, and ends with that.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import struct
import threading
from collections.abc import Callable
from itertools import count
from typing import Any, BinaryIO, TypeVar

from peerd import aside
from peerd.aside import Out, Pulse
from peerd.errors import InternalError, NoAnswer

T = TypeVar("T")

LENGTH = struct.Struct("!I")
NAME = "peerd-scout"
DESCRIPTORS_MAX = 1 << 20


class Scout(asyncio.Protocol):
    """The daemon's end. Where that process was lost, threads of this one do its work."""

    def __init__(self) -> None:
        self._out: dict[int, Out[Any]] = {}
        self._ids, self._heard = count(), bytearray()
        self._to: asyncio.WriteTransport | None = None

    @classmethod
    async def met(cls, at: socket.socket | None) -> "Scout":
        """`at` None: there is none."""
        if at is None:
            return cls()
        _, scout = await asyncio.get_running_loop().create_unix_connection(cls, sock=at)
        return scout

    def begin(self, work: Callable[..., T], args: tuple[Any, ...], *, steady: bool) -> Out[T]:
        """See `aside.Begin`."""
        if self._to is None:
            return aside.in_thread(work, args, steady=steady)
        id = next(self._ids)
        out = self._out[id] = Out[T](lambda: self._tell(id, None))
        self._tell(id, (work, args, steady))
        return out

    def _tell(self, id: int, what: tuple[Callable[..., Any], tuple[Any, ...], bool] | None) -> None:
        if self._to is not None:
            self._to.write(_framed((id, what)))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._to = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        while len(self._heard) >= LENGTH.size:
            end = LENGTH.size + LENGTH.unpack_from(self._heard)[0]
            if len(self._heard) < end:
                return
            id, *told = pickle.loads(self._heard[LENGTH.size : end])  # noqa: S301  of our own
            del self._heard[:end]
            self._hear(id, told)

    def _hear(self, id: int, told: list[Any]) -> None:
        if not told:
            self._out[id].goes_on()
        else:
            self._out.pop(id).ends(*told)

    def connection_lost(self, exc: Exception | None) -> None:
        self._to = None
        out, self._out = self._out, {}
        for each in out.values():
            each.ends(None, NoAnswer("whoever looked at it was lost; try again."))


def begun() -> socket.socket | None:
    """For a process that has no threads yet; None where there is no room for another. Whoever is asked there is
    nobody's child, so that nobody has to wait for its end."""
    try:
        ours, its = socket.socketpair()
        child = os.fork()
    except OSError:
        return None
    if child == 0:
        try:
            if os.fork() == 0:
                _alone(its)
                _serve(its)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    its.close()
    return ours


def _alone(asked_by: socket.socket) -> None:
    """What is meant for the daemon is not for it."""
    os.setsid()
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    os.closerange(3, asked_by.fileno())
    os.closerange(asked_by.fileno() + 1, DESCRIPTORS_MAX)
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as name:
        name.write(NAME)


def _serve(asked_by: socket.socket) -> None:
    questions, telling, pulses = asked_by.makefile("rb"), threading.Lock(), dict[int, Pulse]()

    def tell(id: int, *what: object) -> None:
        with telling, contextlib.suppress(OSError):  # whoever asked is over, and this ends
            asked_by.sendall(_answer(id, what))

    while (question := _read(questions)) is not None:
        id, what = question
        if what is None:
            if id in pulses:
                pulses[id].give_up()
            continue
        work, args, steady = what
        _begin(id, work, args, pulses, tell, steady=steady)


def _begin(
    id: int,
    work: Callable[..., Any],
    args: tuple[Any, ...],
    pulses: dict[int, Pulse],
    tell: Callable[..., None],
    *,
    steady: bool,
) -> None:
    pulses[id] = Pulse(lambda: tell(id))

    def ends(outcome: object, error: BaseException | None) -> None:
        pulses.pop(id, None)
        tell(id, outcome, error)

    aside.begin(work, args, pulses[id] if steady else None, ends)


def _read(questions: BinaryIO) -> Any:
    """None at their end."""
    length = questions.read(LENGTH.size)
    if len(length) < LENGTH.size:
        return None
    asked = questions.read(LENGTH.unpack(length)[0])
    whole = len(asked) == LENGTH.unpack(length)[0]
    return pickle.loads(asked) if whole else None  # noqa: S301  as above


def _answer(id: int, what: tuple[object, ...]) -> bytes:
    try:
        return _framed((id, *what))
    except Exception as error:  # noqa: BLE001  what cannot be pickled
        return _framed((id, None, InternalError(f"{type(error).__name__}: {error}")))


def _framed(what: object) -> bytes:
    data = pickle.dumps(what)
    return LENGTH.pack(len(data)) + data
