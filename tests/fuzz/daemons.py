"""A whole daemon, with real peers in tmux, to which clients say anything. It goes on, tells nobody of a fault of its
own, writes no broken line, and keeps no message under another sender than the one who sent it.

Who asks with a token has all methods; who is taken for the operator, or may be, has none that would end the team.
"""

import json
import resource
import socket
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

from peerd.model.logfmt import parse
from peerd.model.peer import PeerName
from tests.eventually import eventually
from tests.fuzz.frames import Frame, frame
from tests.fuzz.sockets import ERRORS
from tests.live.conftest import a_team

GENTLE = (
    *(
        "daemon.status",
        "peer.list",
        "peer.show",
        "peer.peek",
        "peer.spec",
        "queue.list",
        "message.show",
        "message.list",
    ),
    *("message.wait", "message.cancel", "message.requeue", "queue.pause", "queue.resume"),
    *("message.send",) * 12,
    *("group.send",) * 4,
)
OPERATORS_OWN = (
    *("daemon.stop", "daemon.restart", "peer.add", "peer.edit", "peer.remove", "peer.rename", "team.up", "peer.stop"),
    *("peer.start", "peer.new", "peer.refresh", "peer.control", "queue.purge", "queue.pause", "peer.spec"),
)
ANSWERED_WITHIN_S = 10.0
TORN_ANSWERED_WITHIN_S = 0.2
"""What was torn may wait for as long as it says."""
GROWS_MAX_BYTES = 200 << 20
SERVED_EVERY = 20
SENDERS = ("ada", "bob", "operator")
ACCEPTED_OF = 200
"""Of so many inputs one message of each sender is accepted at least, or the check of who sent it would say little."""


class Daemons:
    """An input is one line that a client says."""

    name = "daemon"

    def __init__(self) -> None:
        self._held = ExitStack()
        self._team = self._held.enter_context(a_team())
        self._team.start()
        for name in ("ada", "bob", "sink"):
            self._team.add(name, "actor", pair_rate=1_000_000, queue_max=1_000_000, groups=["reviewers"])
        self._team.call("peer.stop", peer="sink")
        self._team.send("ada", "hello")
        self._team.send("bob", "hello")
        self._tokens = {name: self._team.caller(name)["PEERD_TOKEN"] for name in ("ada", "bob")}
        self._pid = self._team.call("daemon.status")["pid"]
        self._size = _size_bytes(self._pid)
        self._clients = self._inputs = 0

    def one(self, chance: Random) -> tuple[int, list[str]]:
        name = chance.choice(SENDERS)
        whole = chance.random() < 0.5
        frames = [self._frame(chance, 10 + n, name, whole) for n in range(chance.randint(1, 16))]
        self._clients += 1
        self._inputs += len(frames)
        faults = self._said(name, frames, whole)
        return len(frames), faults + ([] if self._clients % SERVED_EVERY else self._is_served())

    def close(self) -> list[str]:
        with self._held:
            faults = [*self._is_served(), *self._on_record(), *self._logged()]
            grown = _size_bytes(self._pid) - self._size
            return faults + ([f"the daemon grew by {grown >> 20} MiB"] if grown > GROWS_MAX_BYTES else [])

    def _frame(self, chance: Random, id: int, name: str, whole: bool) -> Frame:
        methods = GENTLE if name == "operator" or chance.random() < 0.8 else OPERATORS_OWN
        while True:
            made = frame(chance, id, methods, f"as {name}")
            if b'"hello"' not in made.data and (made.id is not None or not whole):
                return made

    def _said(self, name: str, frames: list[Frame], whole: bool) -> list[str]:
        token = self._tokens.get(name)
        params = {"protocol": 1, "version": "0", "token": token}
        hello = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "hello", "params": params}).encode()
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(ANSWERED_WITHIN_S if whole else TORN_ANSWERED_WITHIN_S)
            sock.connect(self._team.home.socket)
            sock.sendall(b"".join(each + b"\n" for each in (hello, *(each.data for each in frames))))
            sock.shutdown(socket.SHUT_WR)
            answers, over = _answers(sock)
        faults = [f"no end within {ANSWERED_WITHIN_S} s of {frames}"] if whole and not over else []
        for told in answers:
            if "error" in told and told["error"]["code"] not in ERRORS:
                faults.append(f"{told['error']} to one of {[each.data for each in frames]}")
            faults += _overreached(name, told, frames)
        return faults

    def _is_served(self) -> list[str]:
        try:
            return [] if eventually(self._team.answers) else ["no answer"]
        except BaseException as error:  # noqa: BLE001  pytest's own failure among them
            return [f"the daemon answers no more: {error}"]

    def _on_record(self) -> list[str]:
        """A message whose text says who sent it is on record as that one's."""
        reader = self._team.store()
        try:
            ids = [each.message.id for each in reader.receipts(limit=1 << 30).receipts]
            found = [each.message for id in ids if (each := reader.receipt(id)) is not None]
        finally:
            reader.close()
        words = ((each, each.body.split(" ")) for each in found if each.body.startswith("as "))
        marked = [(each, words[1]) for each, words in words if words[1] in SENDERS]  # others were torn on the way
        strange = [each for each, said in marked if said != each.sender]
        faults = [f"kept as {each.sender}'s: {each.body[:200]!r}" for each in strange]
        sent = Counter(each.sender for each, _ in marked)
        least = self._inputs // ACCEPTED_OF
        few = [
            f"of {name} only {sent[PeerName(name)]} were accepted" for name in SENDERS if sent[PeerName(name)] < least
        ]
        return faults + few

    def _logged(self) -> list[str]:
        faults = []
        for path in Path(self._team.home.logs).iterdir():
            for line in path.read_bytes().decode().split("\n")[:-1]:
                try:
                    ev = parse(line)["ev"]
                except (ValueError, KeyError):
                    faults.append(f"a broken line in {path.name}: {line[:300]!r}")
                else:
                    faults += [line] if ev == "action-failed" else []
        said = (self._team.root / "daemon.out").read_text()
        return faults + ([said[-2000:]] if said else [])


def _answers(sock: socket.socket) -> tuple[list[dict[str, Any]], bool]:
    """What came before the end, or before time ran out, and which of them it was."""
    found, over = bytearray(), False
    try:
        while part := sock.recv(1 << 16):
            found += part
        over = True
    except (TimeoutError, ConnectionResetError):
        pass
    return [json.loads(line) for line in bytes(found).split(b"\n")[:-1]], over


def _overreached(name: str, told: dict[str, Any], frames: list[Frame]) -> list[str]:
    """Whether a session was let do what is the operator's own."""
    if name == "operator" or "result" not in told:
        return []
    asked = next((each.data for each in frames if each.id is not None and each.id == told["id"]), b"{}")
    method = json.loads(asked.decode("utf-8", "replace")).get("method")
    return [f"{name} was let do {asked[:300]!r}"] if method in OPERATORS_OWN else []


def _size_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
