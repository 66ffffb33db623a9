"""A real server on a real socket, in a thread of its own, with an answerer that plays the daemon."""

import asyncio
import json
import os
import select
import socket
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

import msgspec

from peerd.errors import NotPermitted, TmuxError, UnknownPeer
from peerd.model.message import Delivery
from peerd.rpc import mail
from peerd.rpc import params as p
from peerd.rpc import results as r
from peerd.rpc.caller import Caller
from peerd.rpc.connection import Limits
from peerd.rpc.protocol import PROTOCOL
from peerd.rpc.server import Server

T = TypeVar("T")

HELLO = b'{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1,"version":"0.1.0","token":null}}\n'
STATUS = r.DaemonStatus(
    pid=7, version="0.1.0", socket="/s", uptime_s=1.5, started_at="2026-11-27T00:00:00.000Z", peers=0
)
STATUS_FIELDS = msgspec.to_builtins(STATUS)
FORGED = "forged"


class Daemon:
    """Knows no peer but `bug`, a fault of its own, and `pane`, whose tmux fails. A wait lasts until `released`."""

    def __init__(self) -> None:
        self.asked: list[tuple[Caller, str]] = []
        self.waiting = 0
        self.ended = 0
        self.released = asyncio.Event()

    async def answer(self, caller: Caller, method: str, params: msgspec.Struct) -> msgspec.Struct:
        self.asked.append((caller, method))
        match params:
            case p.HelloParams(token=token):
                if token == FORGED:
                    raise NotPermitted("no session has this token")
                return r.HelloResult(protocol=PROTOCOL, version="0.1.0", pid=7, caller=token or "operator")
            case p.MessageWaitParams():
                return await self._wait()
            case p.MessageSendParams(body=body):
                return _sent(body)
            case p.PeerParams(peer="bug"):
                raise RuntimeError("a bug")
            case p.PeerParams(peer="pane"):
                raise TmuxError("list-panes", "no server")
            case p.PeerParams(peer=peer):
                raise UnknownPeer(f"no peer {peer!r}")
        return STATUS

    async def _wait(self) -> msgspec.Struct:
        self.waiting += 1
        try:
            await self.released.wait()
        finally:
            self.ended += 1
        return STATUS


def _sent(answer: str) -> mail.Sent:
    return mail.Sent(
        id="m-1",
        to="ada",
        state=Delivery.SUBMITTED,
        task=None,
        hold=None,
        attempt=1,
        session="s-1",
        woke=False,
        answer=answer,
    )


class Serving:
    """The server's thread. `bugs` is what the server reported."""

    def __init__(self, path: str, limits: Limits, own_uid: int, passed: socket.socket | None = None) -> None:
        self.path = path
        self.daemon = Daemon()
        self.bugs: list[tuple[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.in_session = False  # of whoever connects
        self.server = Server(
            path,
            self.daemon.answer,
            own_uid,
            on_bug=self._bug,
            limits=limits,
            passed=passed,
            in_session=lambda pid: self.in_session,
        )
        self.run(self.server.start())

    def _bug(self, method: str, error: Exception) -> None:
        self.bugs.append((method, str(error)))

    def release(self) -> None:
        """Ends every wait."""
        self._loop.call_soon_threadsafe(self.daemon.released.set)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.begin(work).result(10)

    def begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def end(self) -> None:
        self.run(self.server.close(0))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


class Client:
    """A program that writes what it likes."""

    def __init__(self, path: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self._lines = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def ask(self, method: str, params: dict[str, Any] | None = None, id: int = 1) -> None:
        self.send(json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": params or {}}).encode() + b"\n")

    def answer(self) -> Any:
        """The next answer; None where the server hung up."""
        line = self._lines.readline()
        return json.loads(line) if line else None

    def result(self) -> Any:
        return self.answer()["result"]

    def error(self) -> Any:
        return self.answer()["error"]

    def hung_up(self) -> bool:
        """Whether the server has ended the connection; reads nothing."""
        poll = select.poll()
        poll.register(self.socket, 0)
        return bool(poll.poll(0))

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


def own_uid() -> int:
    return os.getuid()
