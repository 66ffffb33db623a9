"""The socket: a real server on a real unix socket, and clients that say anything. Each is answered or hung up on within
a bound, a good client is served all the while, and nobody is taken for another.

Who asks is told by the daemon's own code, from tokens and from the processes' environment; who the answers are for is
written down beside. In a process that belongs to a session nobody may be anyone else.
"""

import asyncio
import json
import logging
import os
import resource
import shutil
import socket
import tempfile
import threading
import time
from collections import Counter, deque
from random import Random
from typing import Any, NamedTuple, cast

import msgspec

from peerd.daemon.context import Daemon
from peerd.daemon.identity import asker, token_hash
from peerd.errors import UnknownPeer
from peerd.model.peer import OPERATOR, PeerName
from peerd.model.session import Session, SessionId
from peerd.rpc import params as p
from peerd.rpc.caller import Caller
from peerd.rpc.connection import Limits
from peerd.rpc.results import HelloResult
from peerd.rpc.server import Server
from peerd.rpc.table import METHODS
from tests.fuzz.frames import Frame, encoded, frame, torn
from tests.rpc.serving import STATUS

TOKENS = {"ada": "a1b2c3d4" * 5, "bob": "b2c3d4e5" * 5, "eve": "e5f6a7b8" * 5}
LIMITS = Limits(frame_bytes=1 << 15, calls=8, unread_bytes=1 << 18, unread_s=1.0)
ANSWERED_WITHIN_S = 5.0
GROWS_MAX_BYTES = 128 << 20
ERRORS = frozenset({-32700, -32600, -32601, -32602, -32000})
CALLS = tuple(sorted(METHODS.keys() - {"hello"})) + ("message.send",) * 20 + ("group.send",) * 5
FRAMES_MAX = 24
SESSION_OF = {f"s-{name}": name for name in TOKENS}


class Answerer:
    """Plays the daemon: `asked` is who was answered, as the daemon's own code tells it."""

    def __init__(self) -> None:
        self.asked: deque[tuple[str, str]] = deque()
        self.store = self
        self.reader = self

    def session_by_token(self, hashed: str) -> Session | None:
        return next((_session(name) for name, token in TOKENS.items() if token_hash(token) == hashed), None)

    def session(self, id: SessionId) -> Session | None:
        return _session(SESSION_OF[id]) if id in SESSION_OF else None

    async def answer(self, caller: Caller, method: str, params: msgspec.Struct) -> msgspec.Struct:
        who = asker(cast(Daemon, self), caller)
        if isinstance(params, p.HelloParams):
            return HelloResult(protocol=1, version="0", pid=1, caller=who.identity)
        self.asked.append((who.name, method))
        if isinstance(params, p.PeerParams):
            raise UnknownPeer(f"no peer {params.peer!r}")
        await asyncio.sleep(0)
        return STATUS


def _session(name: str) -> Session:
    return Session(
        id=SessionId(f"s-{name}"),
        peer=PeerName(name),
        runtime="actor",
        mode="fresh",
        cause="x",
        boot_id="x",
        token_hash=token_hash(TOKENS[name]),
        started_at=0.0,
    )


class Script(NamedTuple):
    """What one client says. `known` is who it may be taken for, and nobody else."""

    frames: list[Frame]
    known: frozenset[str]


class Sockets:
    """An input is one line that a client says; a client says up to two dozen, and a hello before."""

    name = "socket"

    def __init__(self) -> None:
        logging.getLogger("asyncio").setLevel(logging.ERROR)  # of each client that is gone it says so
        self._folder = tempfile.mkdtemp(prefix="peerd-", dir="/tmp")
        self._path = os.path.join(self._folder, "s")
        self._around = SESSION_OF.get(os.environ.get("PEERD_SESSION", ""))
        self._answerer, self._bugs = Answerer(), list[str]()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._server = Server(
            self._path,
            self._answerer.answer,
            os.getuid(),
            on_bug=self._bug,
            limits=LIMITS,
        )
        asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result(5)
        self._good = self._connected()
        self._lately = list[frozenset[str]]()  # of clients whose calls may be under way still
        self._clients, self._size = 0, 0

    def one(self, chance: Random) -> tuple[int, list[str]]:
        script = self._script(chance)
        faults, is_over = self._play(chance, script)
        self._lately = [*self._lately, script.known]
        known = frozenset[str]().union(*self._lately)
        while self._answerer.asked:
            name, method = self._answerer.asked.popleft()
            if name not in known:
                faults.append(f"{method} is taken for {name}'s; it was asked by one of {sorted(known)}")
        self._lately = [] if is_over else self._lately
        faults += self._bugs
        self._bugs.clear()
        self._clients += 1
        return len(script.frames), faults + (self._is_served() if self._clients % 20 == 0 else [])

    def close(self) -> list[str]:
        self._good.close()
        asyncio.run_coroutine_threadsafe(self._server.close(0), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        shutil.rmtree(self._folder)
        grown = _size_bytes() - (self._size or _size_bytes())
        return [f"grew by {grown >> 20} MiB"] if grown > GROWS_MAX_BYTES else []

    def _bug(self, method: str, error: Exception) -> None:
        self._bugs.append(f"a bug in {method}: {error!r}")

    def _connected(self) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(ANSWERED_WITHIN_S)
        sock.connect(self._path)
        return sock

    def _script(self, chance: Random) -> Script:
        """With its hello first, last, or none: who says nothing of itself is the operator, or of the session around."""
        hello, known = self._hello(chance)
        mark, nobody = f"client {self._clients}", frozenset({self._around or OPERATOR})
        frames = [frame(chance, 10 + n, CALLS, mark) for n in range(chance.randint(1, FRAMES_MAX))]
        if chance.random() < 0.03:
            frames.insert(chance.randrange(len(frames)), Frame(b"x" * chance.randint(1 << 14, 1 << 17)))
        if chance.random() < 0.1:
            return Script([*frames, hello], nobody)
        return Script([hello, *frames], known) if chance.random() < 0.9 else Script(frames, nobody)

    def _hello(self, chance: Random) -> tuple[Frame, frozenset[str]]:
        """With a token that is somebody's, nearly so, or none; and who that may be, to all that is asked after it."""
        name, kind = chance.choice(list(TOKENS)), chance.random()
        token: Any = TOKENS[name]
        if kind > 0.6:
            near = (
                token[:-1],
                token + "0",
                token.upper(),
                token + "\0",
                " " + token,
                token[::-1],
                "",
                None,
                7,
                [token],
            )
            token = chance.choice(near)
        params = {"protocol": chance.choice((1, 1, 1, 1, 0, 2)), "version": "0", "token": token}
        whole = encoded(chance, {"jsonrpc": "2.0", "id": 1, "method": "hello", "params": params})
        known = self._known(token)
        if kind > 0.9:
            return Frame(torn(chance, whole)), known | {name, self._around or OPERATOR}
        return Frame(whole), known

    def _known(self, token: object) -> frozenset[str]:
        """A token that is nobody's, or another's than the session's around, gets nothing done; what is none at all says
        nothing."""
        if not isinstance(token, str) or not token:
            return frozenset({self._around or OPERATOR})
        owner = next((name for name, each in TOKENS.items() if each == token), None)
        return frozenset() if owner is None or self._around not in (None, owner) else frozenset({owner})

    def _play(self, chance: Random, script: Script) -> tuple[list[str], bool]:
        """In one piece, in pieces, byte by byte; ended by half, or altogether. Whether all its calls are over then."""
        data = b"".join(each.data + b"\n" for each in script.frames)
        if chance.random() < 0.1:
            data = data[: chance.randint(0, len(data))]
        sock, began = self._connected(), time.perf_counter()
        try:
            for piece in _pieces(chance, data):
                sock.sendall(piece)
            if chance.random() < 0.1:
                return [], False  # gone without a word
            sock.shutdown(socket.SHUT_WR)
            answers = _all(sock)
        except TimeoutError:
            return [f"neither answered nor hung up on in {time.perf_counter() - began:.1f} s: {data[:300]!r}"], False
        except (BrokenPipeError, ConnectionResetError):
            return [], False
        finally:
            sock.close()
        return _checked(script, data, answers), True

    def _is_served(self) -> list[str]:
        """One that behaves, and was there from the start."""
        self._size = self._size or (_size_bytes() if self._clients > 500 else 0)
        try:
            self._good.sendall(b'{"jsonrpc":"2.0","id":1,"method":"daemon.status"}\n')
            told = json.loads(_line(self._good))
        except (OSError, ValueError) as error:
            return [f"a good client is not served: {error!r}"]
        self._answerer.asked.clear()
        return [] if "result" in told or self._around else [f"a good client is told {told}"]


def _pieces(chance: Random, data: bytes) -> list[bytes]:
    match chance.randrange(4):
        case 0:
            return [data[at : at + 1] for at in range(min(60, len(data)))] + [data[60:]]
        case 1:
            cuts = sorted(chance.randint(0, len(data)) for _ in range(chance.randint(1, 9)))
            return [data[at:to] for at, to in zip([0, *cuts], [*cuts, len(data)], strict=True)]
        case _:
            return [data]


def _all(sock: socket.socket) -> list[bytes]:
    found = bytearray()
    while part := sock.recv(1 << 16):
        found += part
    return bytes(found).split(b"\n")[:-1]


def _line(sock: socket.socket) -> bytes:
    found = b""
    while not found.endswith(b"\n"):
        if not (part := sock.recv(1 << 16)):
            raise ConnectionResetError("hung up")
        found += part
    return found


def _checked(script: Script, data: bytes, answers: list[bytes]) -> list[str]:
    """Each answer is one, none is told of a fault of ours, and what is sure to be answered was, once."""
    faults, ids = [], []
    for line in answers:
        told = json.loads(line)
        ids.append(told.get("id"))
        if set(told) not in ({"jsonrpc", "id", "result"}, {"jsonrpc", "id", "error"}):
            faults.append(f"no answer: {line[:300]!r}")
        elif "error" in told and told["error"]["code"] not in ERRORS:
            faults.append(f"answered {told['error']} to {data[:600]!r}")
    endless = len(data.rpartition(b"\n")[2]) > LIMITS.frame_bytes  # is told of before it ends
    if len(answers) > data.count(b"\n") + endless:
        faults.append(f"{len(answers)} answers to {data.count(10)} lines")
    lines = [line for line in data.split(b"\n")[:-1] if len(line) <= LIMITS.frame_bytes]
    surely, perhaps = Counter(map(_id, lines)), Counter(map(_id_of_nearly, lines))  # a torn one may have another's
    for each in script.frames:
        if each.id is not None and not surely[each.id] <= ids.count(each.id) <= perhaps[each.id]:
            faults.append(f"{ids.count(each.id)} answers to {surely[each.id]} like {each.data[:300]!r}")
    return faults


def _id(line: bytes) -> object:
    """Of what is JSON."""
    try:
        found = msgspec.json.decode(line)
    except (ValueError, RecursionError):
        return None
    return found.get("id") if isinstance(found, dict) and type(found.get("id")) is int else None


def _id_of_nearly(line: bytes) -> object:
    """Of what would be JSON but for a character that is none, a NaN, or the like."""
    try:
        found = json.loads(line.decode("utf-8", "replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    return found.get("id") if isinstance(found, dict) and type(found.get("id")) is int else None


def _size_bytes() -> int:
    """Of this process, as it is now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()
