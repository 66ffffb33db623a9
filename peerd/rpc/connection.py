"""One client of the daemon's socket, from its first byte to its last.

Owns that client's stream, its calls under way and its refusal, if it earned one. Whatever the client does wrong (never
reads, never ends a line, sends rubbish, goes away) ends here and costs no other client anything. Decides nothing about
peers: `answer` does.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import msgspec

from peerd import __version__
from peerd.errors import PeerdError, VersionSkew
from peerd.rpc import protocol
from peerd.rpc.caller import Caller
from peerd.rpc.door import gone
from peerd.rpc.framing import (
    Fault,
    Frames,
    Request,
    RequestId,
    decode_params,
    decode_request,
    encode_fault,
    encode_result,
    fault_of,
)
from peerd.rpc.params import HelloParams
from peerd.rpc.table import METHODS

Answer = Callable[[Caller, str, msgspec.Struct], Awaitable[msgspec.Struct]]

READ_BYTES = 1 << 16
GONE_CHECK_S = 1.0
"""How often a client with all its calls under way is looked at: nothing is read of it then, so no end is seen."""


class Limits(msgspec.Struct, frozen=True):
    """What one client, and all together, may take up."""

    connections: int = 512
    reserved: int = 32  # of those, for callers outside of every session
    silent_s: float = 5.0  # who says nothing for so long, and is owed nothing, gives way where there is no place
    calls: int = 64  # of one connection at once; more wait unread
    frame_bytes: int = protocol.FRAME_MAX_BYTES
    unread_bytes: int = 32 << 20  # answers a client has not read; past it the connection is dropped
    unread_s: float = 30.0  # how long an answer may lie unread


class Desk(msgspec.Struct, frozen=True):
    """What all connections share: who answers, who is told of a bug, the limits, and who is told, in the task of a call
    that is over, whether its answer was written."""

    answer: Answer
    on_bug: Callable[[str, Exception], None]
    limits: Limits
    over: Callable[[bool], None] = lambda written: None


class Connection:
    """A client's calls are answered side by side, in whatever order they are done; hello alone is answered in turn."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, caller: Caller, desk: Desk) -> None:
        self._reader = reader
        self._writer = writer
        self._fd: int = writer.get_extra_info("socket").fileno()
        self._caller = caller
        self._desk = desk
        self._frames = Frames(desk.limits.frame_bytes)
        self._slots = asyncio.Semaphore(desk.limits.calls)
        self._begun = False
        self._refusal: PeerdError | None = None
        self._now = asyncio.get_running_loop().time
        self._last_busy = self._now()
        self.calls: dict[asyncio.Task[None], Request] = {}

    async def serve(self) -> None:
        """Returns when the client is gone. Its calls are then cancelled, which ends their waiting and nothing else:
        what `answer` must see through it does in a task of the daemon's own. After a half-close they are finished."""
        with contextlib.suppress(ConnectionError):
            await self._read()
            while self.calls and not self._gone():
                await asyncio.wait(self.calls, timeout=GONE_CHECK_S)
        for call in self.calls:
            call.cancel()
        await self._hang_up()

    @property
    def silent_s(self) -> float:
        """For how long it has said nothing and was owed nothing."""
        return 0.0 if self.calls else self._now() - self._last_busy

    @property
    def over(self) -> bool:
        return self._writer.is_closing()

    def refuse(self, why: PeerdError) -> None:
        """From now on new calls get this error; those under way go on."""
        self._refusal = why

    def stop(self, why: PeerdError) -> None:
        """Ends the calls under way with this error, and the connection once that is read."""
        for call, request in self.calls.items():
            call.cancel()
            if request.id is not msgspec.UNSET and not self._writer.is_closing():
                self._writer.write(encode_fault(request.id, fault_of(why)))
        self._writer.close()

    def abort(self) -> None:
        """Closes at once, unread answers or not."""
        self._writer.transport.abort()

    async def _read(self) -> None:
        while data := await self._reader.read(READ_BYTES):
            self._last_busy = self._now()
            for frame in self._frames.feed(data):
                await self._take(frame)

    async def _take(self, frame: bytes | Fault) -> None:
        if isinstance(frame, Fault):
            return await self._send(encode_fault(None, frame))
        try:
            request = decode_request(frame)
        except Fault as fault:
            return await self._send(encode_fault(fault.id, fault))
        first, self._begun = not self._begun, True
        if request.method == "hello":
            return await self._reply(request, self._hello(request, first))
        await self._slot()
        call = asyncio.create_task(self._call(request))
        self.calls[call] = request
        call.add_done_callback(self._ended)

    def _ended(self, call: asyncio.Task[None]) -> None:
        del self.calls[call]
        self._last_busy = self._now()
        self._slots.release()

    async def _slot(self) -> None:
        """Waits until a call more may be taken. Raises ConnectionError when the client goes meanwhile."""
        while True:
            try:
                async with asyncio.timeout(GONE_CHECK_S):
                    await self._slots.acquire()
                    return
            except TimeoutError:
                if self._gone():
                    raise ConnectionResetError("gone while its calls were under way") from None

    async def _call(self, request: Request) -> None:
        with contextlib.suppress(ConnectionError):
            await self._reply(request, self._answer(request))

    async def _reply(self, request: Request, answering: Awaitable[msgspec.Struct]) -> None:
        written = False
        try:
            await self._answered(request, answering)
            written = True
        finally:
            self._desk.over(written)

    async def _answered(self, request: Request, answering: Awaitable[msgspec.Struct]) -> None:
        """Awaits the answer and sends it, or the fault it ends in."""
        id: RequestId = None if request.id is msgspec.UNSET else request.id
        try:
            line = encode_result(id, await answering)
        except Fault as fault:
            line = encode_fault(id, fault)
        except PeerdError as error:
            line = encode_fault(id, fault_of(error))
        except Exception as bug:  # noqa: BLE001  a bug in one answer must not end the daemon
            self._desk.on_bug(request.method, bug)
            line = encode_fault(id, Fault(protocol.INTERNAL_ERROR, "internal error, logged"))
        if request.id is not msgspec.UNSET:
            await self._send(line)

    async def _hello(self, request: Request, first: bool) -> msgspec.Struct:
        """Takes the caller's word on who it is. Where that is refused, so is everything the connection asks after."""
        if not first:
            raise Fault(protocol.INVALID_REQUEST, "hello comes first, and once")
        hello = decode_params(request, HelloParams)
        self._caller = msgspec.structs.replace(self._caller, token=hello.token, version=hello.version)
        try:
            refuse_skew(hello)
            return await self._desk.answer(self._caller, "hello", hello)
        except PeerdError as error:
            self._refusal = self._refusal or error
            raise

    async def _answer(self, request: Request) -> msgspec.Struct:
        method = METHODS.get(request.method)
        if method is None:
            raise Fault(protocol.METHOD_NOT_FOUND, f"no method {request.method!r} in peerd {__version__}")
        skew_proof = isinstance(self._refusal, VersionSkew) and request.method in protocol.SKEW_PROOF
        if self._refusal is not None and not skew_proof:
            raise self._refusal.with_traceback(None)
        kind, _result = method
        return await self._desk.answer(self._caller, request.method, decode_params(request, kind))

    async def _send(self, line: bytes) -> None:
        """Raises ConnectionError once the client is gone, or has left too much unread, or for too long."""
        transport, limits = self._writer.transport, self._desk.limits
        if transport.get_write_buffer_size() + len(line) > limits.unread_bytes:
            transport.abort()
            raise ConnectionAbortedError("it reads none of its answers")
        self._writer.write(line)
        try:
            async with asyncio.timeout(limits.unread_s):
                await self._writer.drain()
        except TimeoutError:
            transport.abort()
            raise ConnectionAbortedError("its answers lay unread for too long") from None

    def _gone(self) -> bool:
        return self._writer.is_closing() or gone(self._fd)

    async def _hang_up(self) -> None:
        self._writer.close()
        try:
            async with asyncio.timeout(self._desk.limits.unread_s):
                await self._writer.wait_closed()
        except TimeoutError:
            self.abort()
        except ConnectionError:
            pass


def refuse_skew(hello: HelloParams) -> None:
    """Raises VersionSkew, which says who is behind and what to do, for a caller of another protocol."""
    if hello.protocol == protocol.PROTOCOL:
        return
    behind = "daemon" if hello.protocol > protocol.PROTOCOL else "caller"
    raise VersionSkew(
        f"the daemon (peerd {__version__}) speaks protocol {protocol.PROTOCOL}, its caller (peerd {hello.version}) "
        f"protocol {hello.protocol}: the {behind} is older. `peerd daemon restart` starts the daemon in the version of "
        "the command line it is typed with; sessions live on."
    )
