"""Peers that all send to each other while parts of the team are killed; each actor writes down itself what it took.

A message is sent with the token of the session it is said to come from; whoever gets it answers it, so that there are
two messages for each that is sent here. One thread sends for one peer after the other: what a peer sends another is
sent in one order.
"""

import math
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

from peerd.edges import process
from peerd.errors import PeerdError
from peerd.model.session import Session
from peerd.rpc.client import Connection
from peerd.store.read import Reader
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_payloads import AWKWARD

RUN = (sys.executable, "-m", "peerd", "daemon", "run")
TIRELESS: dict[str, Any] = {
    "pair_rate": 1_000_000,
    "crash_max": 1_000_000,  # what dies here dies of us
    "backoff_base_s": 0.01,
    "backoff_cap_s": 0.05,
    "stop_grace_s": 0.2,
    "task_attempts": 20,  # a task is to come to its end however often its session is killed
}
HABITS = ((), ("--busy-s", "0.05"), (), ("--busy-s", "0.1"), ("--swallow-first-enter",))
"""Of one peer after the other: a kill is to meet them at work, too, and with a message in the input line."""
VICTIMS = ("runtime",) * 5 + ("server",) * 3 + ("daemon", "restart", "all")
AGAIN_S = 0.05
SILENT_S = 60.0
"""Nothing more was over for so long: it stands still, and that is a fault."""
QUIET_S = 3.0
"""An actor pauses for up to 2 s before it tries again to send an answer."""


class Plan(NamedTuple):
    """`ahead` messages may be under way at a time, of `messages` with their answers."""

    messages: int
    peers: int
    kills: int
    seed: int
    senders: int = 6
    ahead: int = 60

    @property
    def names(self) -> list[str]:
        return [f"p-{number:02}" for number in range(self.peers)]

    @property
    def asked(self) -> int:
        return self.messages // 2


class Asked(NamedTuple):
    """What was sent; it is on record, or the sender would still be at it."""

    id: str
    sender: str
    target: str
    body: str


class Crowd:
    """`asked` is what was accepted, `killed` how often what was killed."""

    def __init__(self, team: Team, plan: Plan) -> None:
        self.team, self.plan = team, plan
        self.threads = min(plan.senders, plan.peers)
        self.asked: list[Asked] = []
        self.killed: dict[str, int] = dict.fromkeys(VICTIMS, 0)
        self.put_off = 0
        self._tokens: dict[str, str] = {}
        self._under_way = 0
        self._over = threading.Event()

    def record(self, name: str) -> Path:
        """What this peer's actor wrote down."""
        return self.team.root / "took" / name

    def live(self, strew: bool = True) -> None:
        """Declares the peers, sends all, kills meanwhile, and returns when nothing is open any more."""
        self._begin()
        with ThreadPoolExecutor(self.threads + 1) as pool:
            try:
                counting = pool.submit(self._count)
                sending = [pool.submit(self._send_for, nth) for nth in range(self.threads)]
                if strew:
                    self._strew(lambda: all(each.done() for each in sending))
                for each in sending:
                    each.result()
                self._until_quiet()
            finally:
                self._over.set()
            counting.result()

    def _begin(self) -> None:
        (self.team.root / "took").mkdir()
        for name, habit in zip(self.plan.names, cycle(HABITS), strict=False):
            self.team.declare(name, "actor", *habit, "--record", str(self.record(name)), **TIRELESS)
        self.team.start(*RUN)

    def _count(self) -> None:
        """Keeps an eye on how much is under way."""
        while not self._over.wait(AGAIN_S):
            with suppress(PeerdError), reading(self.team) as reader:
                self._under_way = sum(reader.queue_depths().values())

    def _send_for(self, nth: int) -> None:
        chance = random.Random(f"{self.plan.seed}-{nth}")
        own = self.plan.names[nth :: self.threads]
        for number in range(nth, self.plan.asked, self.threads):
            sender = chance.choice(own)
            target = chance.choice([name for name in self.plan.names if name != sender])
            body = f"{number} from {sender} to {target}\n{chance.choice(AWKWARD)}"
            self._send(Asked(f"c-{number:06}", sender, target, body))

    def _send(self, message: Asked) -> None:
        """Again until it is accepted; under its id it is one message. Whose session was killed meanwhile has another
        token; where the daemon was, there is none to ask."""
        eventually(
            lambda: self._under_way <= self.plan.ahead and self._accepted(message), within_s=SILENT_S, every_s=AGAIN_S
        )
        self.asked.append(message)

    def _accepted(self, message: Asked) -> bool:
        asked = {"to": message.target, "body": message.body, "id": message.id, "wait": "accepted"}
        try:
            self._as(message.sender, "message.send", asked)
        except (PeerdError, OSError, StopIteration):
            self._tokens.pop(message.sender, None)
            self.put_off += 1
            return False
        return True

    def _as(self, name: str, method: str, params: dict[str, Any]) -> None:
        token = self._tokens.get(name) or self._token(name)
        with Connection(self.team.home.socket, token) as connection:
            connection.call(method, params, timeout_s=10)
        self._tokens[name] = token

    def _token(self, name: str) -> str:
        self.team.call("peer.wake", peer=name, timeout_s=10.0)
        return self.team.caller(name)["PEERD_TOKEN"]

    def _strew(self, done: Callable[[], bool]) -> None:
        chance = random.Random(self.plan.seed)
        for nth in range(1, self.plan.kills + 1):
            due = nth * self.plan.asked // (self.plan.kills + 1)
            eventually(partial(self._is_due, due, done), within_s=math.inf, every_s=chance.uniform(0.001, 0.02))
            self._kill(chance.choice(VICTIMS), chance)

    def _is_due(self, accepted: int, done: Callable[[], bool]) -> bool:
        return len(self.asked) >= accepted or done()

    def _kill(self, victim: str, chance: random.Random) -> None:
        self.killed[victim] += 1
        match victim:
            case "runtime" | "server":
                self._strike(victim, chance)
            case "daemon":
                self.team.kill_daemon()
                self.team.start(*RUN)
            case "restart":
                ran = self.team.run("daemon", "restart", env={})
                assert ran.code == 0, ran.err
            case _:  # while nobody looks
                self.team.kill_daemon()
                for _ in range(3):
                    self._strike(chance.choice(("runtime", "server")), chance)
                self.team.start(*RUN)

    def _strike(self, victim: str, chance: random.Random) -> None:
        hosts = [each.host for each in self._sessions() if each.host is not None]
        if hosts:
            host = chance.choice(hosts)
            process.tell(host.runtime if victim == "runtime" else host.server, signal.SIGKILL)

    def _sessions(self) -> list[Session]:
        with reading(self.team) as reader:
            return reader.live_sessions()

    def _until_quiet(self) -> None:
        """Nothing is open, and all is answered; of a session that was killed no answer may come any more."""
        before, since = self._stands(), time.monotonic()

        def quiet() -> bool:
            nonlocal before, since
            if (now := self._stands()) != before:
                before, since = now, time.monotonic()
            stood_s = time.monotonic() - since
            assert stood_s < SILENT_S, f"{now[0]} messages are open, {now[1]} failed, and all stands still"
            return not now[0] and (stood_s > QUIET_S or self._all_answered())

        eventually(quiet, within_s=math.inf, every_s=4 * AGAIN_S)

    def _all_answered(self) -> bool:
        with reading(self.team) as reader:
            answered = {each.message.reply_to for each in reader.receipts(limit=1 << 30).receipts}
        return all(each.id in answered for each in self.asked)

    def _stands(self) -> tuple[int, int]:
        """How many are open, and how many came to nothing."""
        with reading(self.team) as reader:
            return sum(reader.unfinished_counts().values()), sum(reader.dead_counts().values())


@contextmanager
def reading(team: Team) -> Iterator[Reader]:
    reader = team.store()
    try:
        yield reader
    finally:
        reader.close()
