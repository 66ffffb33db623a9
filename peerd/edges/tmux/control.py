"""One lasting control client of one tmux server: commands go in as lines, replies come back in order.

Owns its own tmux client process and nothing else. Attaches with no-output and ignore-size: a control client that gets
%output and stops reading freezes the pane, one that counts changes its size. Never signals a client but its own, and
that only when it does not leave by itself. One that is killed while it introduces itself ends the server, and the
session with it (pull request 5004 of tmux; measured 5 of 1600 with 3.3a): until it is attached it is asked to leave by
SIGTERM, upon which it first says all it has to say (none of 4600).
"""

import asyncio
import contextlib
import signal
from collections import deque
from collections.abc import Callable, Iterable
from typing import cast

from peerd.edges.tmux.blocks import Block, Blocks, Garbled
from peerd.edges.tmux.line import command, sequence
from peerd.edges.tmux.program import NO_ANSWER, program
from peerd.errors import TmuxError

CLIENT = "PEERD_CLIENT"
"""What a client is of, in its environment: one that outlives its daemon is known by it."""

ATTACH_S = 5.0  # measured 3 ms
CALL_S = 5.0  # measured 0.1 ms, 0.2 s behind a hundred deaths at once
CLOSE_S = 1.0  # measured 2 ms
INTRODUCED_S = 0.5  # measured 3 ms; never by one whose server hangs
LEAVES_S = 0.2  # one whose server hangs does not
LAST_WORDS_S = 0.05
WAITING_MAX = 1_000  # calls; a server that answers none of so many hangs

Reply = tuple[str, ...]
"""The lines one command printed."""


def nothing() -> None:
    """What most calls need when they are settled."""


class Call:
    """What is still owed to somebody, who may have stopped waiting. `settled` is called once the server can do
    nothing of it any more; never, where that is not known."""

    def __init__(self, commands: tuple[str, ...], replies: int, settled: Callable[[], None]) -> None:
        self.commands = commands
        self.replies = replies
        self.settled = settled
        self.got: list[Reply] = []
        self.complaints: list[bytes] = []
        self.answer: asyncio.Future[tuple[Reply, ...]] = asyncio.get_running_loop().create_future()

    @property
    def op(self) -> str:
        """The command whose reply is due."""
        return self.commands[min(len(self.got), len(self.commands) - 1)].partition(" ")[0]

    def take(self, block: Block) -> bool:
        """Whether that was the last block of this call. An error is, since it ends the command line."""
        self.complaints += block.before
        if block.failed:
            self.fail("; ".join(_text((*self.complaints, *block.lines))) or "refused without a word")
            return True
        self.got.append(_text(block.lines))
        if len(self.got) < self.replies:
            return False
        if not self.answer.done():
            self.answer.set_result(tuple(self.got))
        return True

    def fail(self, why: str) -> None:
        if not self.answer.done():
            self.answer.set_exception(TmuxError(self.op, why))
            self.answer.exception()  # seen, also where nobody waits for it any more


class Wire(asyncio.SubprocessProtocol):
    """The client process as asyncio reports it; gives every block to the call that has waited longest."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.attached = Call(("attach-session",), 1, nothing)
        self.calls: deque[Call] = deque((self.attached,))
        self.lost: asyncio.Future[str] = loop.create_future()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.introduced = asyncio.Event()  # the server has said something
        self.abandoned = False
        self.hangs: str | None = None
        self.on_hang: Callable[[], None] = nothing
        self._unsettled: list[Call] = []
        self._blocks = Blocks()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self.hang(None)
        try:
            for block in self._blocks.feed(data):
                self._take(block)
        except Garbled as error:
            self.lose(str(error))

    def hang(self, why: str | None) -> None:
        """An answer is overdue, or, None, the server says something."""
        self.hangs, before = why, self.hangs
        if (why is None) is not (before is None):
            self.on_hang()

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """The server holds the other end too: unless we closed ours, it has let go of all we asked."""
        if fd != 1:
            return
        self.lose("; ".join(_text(self._blocks.complaints)) or self._blocks.exit_reason or "the connection ended")
        while self._unsettled and not self.abandoned:
            self._unsettled.pop().settled()

    def process_exited(self) -> None:
        """What it wrote last may still be on its way; a server that hangs holds the pipe open, so do not wait long."""
        if not self.exited.done():
            self.exited.set_result(None)
        asyncio.get_running_loop().call_later(LAST_WORDS_S, self.lose, "the client's process ended")

    def lose(self, why: str) -> None:
        """No more answers: all that wait are told at once. The first reason stays."""
        if not self.lost.done():
            self.lost.set_result(why)
        while self.calls:
            self._unsettled.append(self.calls.popleft())
            self._unsettled[-1].fail(self.lost.result())

    def _take(self, block: Block) -> None:
        self.introduced.set()
        attaching = bool(self.calls) and self.calls[0] is self.attached
        if self.calls and (block.ours or attaching) and self.calls[0].take(block):
            self.calls.popleft().settled()


class Control:
    """A control client. `tmux_version` is the server's, which may be older than the installed program's."""

    def __init__(self, socket: str, transport: asyncio.SubprocessTransport, wire: Wire) -> None:
        self.socket = socket
        self.tmux_version = ""
        self._transport = transport
        self._wire = wire

    @classmethod
    async def attach(
        cls, socket: str, session: str, *, by: str | None = None, deadline_s: float = ATTACH_S
    ) -> "Control":
        """Attach to exactly this session, `by` this tmux (None: the one on our PATH). Raises TmuxError when no server
        listens, it has no such session, or it does not answer in time; never starts a server. The client's environment
        is CLIENT alone."""
        launching = asyncio.create_task(cls._launch(by or program(), socket, session))
        attached = False
        try:
            async with asyncio.timeout(deadline_s):
                control = await asyncio.shield(launching)
                await control._wire.attached.answer
                ((control.tmux_version,),) = await control.ask(command("display-message", "-p", "#{version}"))
                attached = True
        except TimeoutError:
            raise TmuxError("attach-session", f"{NO_ANSWER} from {socket} within {deadline_s:g} s") from None
        finally:
            if not attached:
                await _give_up(launching)
        return control

    @classmethod
    async def _launch(cls, tmux: str, socket: str, session: str) -> "Control":
        words = ("-u", "-N", "-C", "-S", socket, "attach-session", "-t", f"={session}", "-f", "no-output,ignore-size")
        try:
            transport, wire = await asyncio.get_running_loop().subprocess_exec(
                Wire,
                tmux,
                *words,
                stderr=asyncio.subprocess.STDOUT,
                env={CLIENT: socket},
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            raise TmuxError("attach-session", f"cannot be run: {error}") from error
        return cls(socket, transport, wire)

    @property
    def pid(self) -> int:
        """The client process's, our own child."""
        return self._transport.get_pid()

    @property
    def lost(self) -> str | None:
        """Why there are no more answers; None while there are. A lost client still wants `close`."""
        return self._wire.lost.result() if self._wire.lost.done() else None

    @property
    def hangs(self) -> str | None:
        """That an answer is overdue; None once the server says anything, and for a client that is lost."""
        return None if self.lost is not None else self._wire.hangs

    def tell_hang(self, to: Callable[[], None]) -> None:
        """Called whenever it begins or ends."""
        self._wire.on_hang = to

    async def gone(self) -> str:
        """Wait until the client is lost, by whatever cause, and say why."""
        return await asyncio.shield(self._wire.lost)

    async def ask(
        self,
        *commands: str,
        replies: int | None = None,
        settled: Callable[[], None] = nothing,
        deadline_s: float = CALL_S,
    ) -> tuple[Reply, ...]:
        """Do these commands in order and return what each printed. Calls made at the same time are pipelined and
        answered in the order they were made. `replies` counts the blocks where it is not one a command: `if-shell`
        gives its own and those of what it runs, must come last, and its branches must give equally many.

        Raises TmuxError at the first command that fails, with the rest undone; at once when the client is lost; and
        after `deadline_s` seconds. After a deadline the client stays in step (a late answer is read and dropped), but
        whether the server did it, or will yet, is not known. Commands that block the server's queue for this client
        (run-shell and if-shell without -F, wait-for) hold up every later call. `settled` is called, later perhaps,
        once it is certain that the server will do no more of this; if that is never certain, never."""
        call = Call(commands, replies or len(commands), settled)
        self._send(call, sequence(*commands))
        try:
            async with asyncio.timeout(deadline_s):
                return await call.answer
        except TimeoutError:
            why = f"{NO_ANSWER} within {deadline_s:g} s"
            self._wire.hang(why)
            raise TmuxError(call.op, f"{why}; whether it was done is not known") from None

    async def close(self, *, deadline_s: float = CLOSE_S) -> None:
        """Leave by end of input, which no other client or pane notices. What still waits for an answer may get none.
        A client that has not ended after `deadline_s` seconds (its server hangs) is killed. May be called again."""
        stdin = cast("asyncio.WriteTransport | None", self._transport.get_pipe_transport(0))
        if stdin is not None:
            stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                await asyncio.shield(self._wire.exited)
        await self._abandon()

    def _send(self, call: Call, line: str) -> None:
        why = self._unfit()
        if why is not None:
            call.settled()
            raise TmuxError(call.op, why)
        self._wire.calls.append(call)
        stdin = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))
        stdin.write(f"{line}\n".encode())

    def _unfit(self) -> str | None:
        """Why nothing can be sent."""
        if self.lost is not None:
            return f"no connection to {self.socket}: {self.lost}"
        if len(self._wire.calls) >= WAITING_MAX:
            return f"{WAITING_MAX} calls wait already; the server on {self.socket} hangs"
        return None

    async def _abandon(self) -> None:
        """The last resort for the process, and the only way for what asyncio keeps of it."""
        await self._introduced()
        self._wire.lose("closed")
        await self._signalled(signal.SIGTERM, LEAVES_S if self._wire.introduced.is_set() else CLOSE_S)
        await self._signalled(signal.SIGKILL, None)
        self._wire.abandoned = True
        self._transport.close()

    async def _introduced(self) -> None:
        """Or ended, or for a while: tmux 3.3a can die of a client that leaves while it introduces itself, however."""
        told = asyncio.ensure_future(self._wire.introduced.wait())
        await asyncio.wait((told, self._wire.exited), timeout=INTRODUCED_S, return_when=asyncio.FIRST_COMPLETED)
        told.cancel()

    async def _signalled(self, number: signal.Signals, within_s: float | None) -> None:
        """Until it has ended, or `within_s` seconds. Nothing where it has ended already."""
        if self._wire.exited.done():
            return
        with contextlib.suppress(ProcessLookupError):
            self._transport.send_signal(number)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await asyncio.shield(self._wire.exited)


async def _give_up(launching: asyncio.Task[Control]) -> None:
    """Goes on to its end also where its own caller is cancelled."""
    await asyncio.shield(asyncio.create_task(_abandoned(launching), name="give up an attach"))


async def _abandoned(launching: asyncio.Task[Control]) -> None:
    with contextlib.suppress(TmuxError):
        await (await launching)._abandon()


def _text(lines: Iterable[bytes]) -> Reply:
    return tuple(line.decode("utf-8", "replace") for line in lines)
