"""What peerd costs on top of tmux: wake and delivery against the raw floor, in turn, in the same run.

`python contrib/bench/run.py [--rounds N] [--json]`. Everything runs in a temporary home and is ended afterwards. The
floor does with the same runtime what the least careful program would: start it, or paste and press Enter, without a
look. Both end when the runtime's journal has the line. Times are milliseconds, seen by the caller.
"""

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from peerd.adapter import Place
from peerd.daemon.place import write_private
from peerd.edges import clock
from peerd.edges.tmux import server
from peerd.edges.tmux.control import Control
from peerd.edges.tmux.pane import Pane
from peerd.model.peer import PeerName, Spec
from peerd.paths import daemon_socket
from peerd.rpc.client import call
from peerd.rpc.start import ensure_daemon
from peerd_adapters.actor import Actor
from peerd_adapters.shell import Shell

BODY = "x" * 1023
LINE_WITHIN_S = 20.0
Step = Callable[[], Awaitable[None]]


class Raw:
    """A runtime in tmux with nobody looking after it."""

    def __init__(self, root: str, adapter: Any, name: str) -> None:
        self.folder = os.path.join(root, f"raw-{name}")
        os.makedirs(self.folder)
        self.journal = os.path.join(self.folder, "journal")
        self.socket = os.path.join(self.folder, "s")
        self.spec = Spec(name=PeerName(name), runtime=adapter.name, dir=root)
        self.launch = adapter.launch(self.spec, Place(self.folder, self.journal, self.folder, self.folder), None)
        self.lines = 0

    async def start(self) -> None:
        """Until its journal says ready."""
        write_private(self.journal, "")
        for name, text in self.launch.files.items():
            write_private(os.path.join(self.folder, name), text)
        env = {"PATH": os.environ["PATH"], "HOME": self.folder, "LANG": "C.UTF-8", "PEERD_JOURNAL": self.journal}
        env |= {"PEERD_PEER": self.spec.name, "PEERD_IDENTITY": self.spec.identity, **self.launch.env}
        conf = server.write_conf(self.folder, "bench")
        argv = self.launch.argv
        self.started = await server.start(self.socket, conf, "bench", argv, cwd=self.folder, env=env)
        await self.line('"ready"')

    async def attach(self) -> None:
        self.control = await Control.attach(self.socket, "bench")
        self.pane = Pane(self.control, self.started.pane, clock.second)

    async def line(self, mark: str) -> None:
        """Until the journal has one more line with this mark."""
        before, give_up = self.lines, time.monotonic() + LINE_WITHIN_S
        while (found := self._count(mark)) <= before:
            if time.monotonic() > give_up:
                raise SystemExit(f"{self.journal}: no {mark} within {LINE_WITHIN_S:g} s")
            await asyncio.sleep(0.0002)
        self.lines = found if mark != '"ready"' else 0

    def _count(self, mark: str) -> int:
        with open(self.journal) as file:
            return file.read().count(mark)

    async def deliver(self) -> None:
        """Paste and Enter in a row, over a control client that is attached already: the least there is."""
        await self.pane.paste(BODY)
        await self.pane.press("Enter")
        await self.line('"submitted"')

    async def end(self) -> None:
        await server.kill(self.socket)


class Managed:
    """The same runtime as a peer."""

    def __init__(self, env: dict[str, str], root: str) -> None:
        self.env, self.root = env, root

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return call(method, params, timeout_s=60, socket_path=daemon_socket(self.env))


async def paired(rounds: int, floor: Step, ours: Step, floor_after: Step, ours_after: Step) -> dict[str, Any]:
    """The two in turn, one warm-up each."""
    times: tuple[list[float], list[float]] = ([], [])
    for n in range(rounds + 1):
        for step, after, kept in ((floor, floor_after, times[0]), (ours, ours_after, times[1])):
            began = time.perf_counter()
            await step()
            if n:
                kept.append((time.perf_counter() - began) * 1000)
            await after()
    return {"floor": summary(times[0]), "peerd": summary(times[1]), "ratio": ratio(*times)}


def summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    p99 = ordered[min(len(ordered) - 1, round(0.99 * len(ordered)))]
    return {"median_ms": round(statistics.median(times), 2), "p99_ms": round(p99, 2), "n": len(times)}


def ratio(floor: list[float], ours: list[float]) -> float:
    return round(statistics.median(ours) / statistics.median(floor), 2)


async def wake(rounds: int, managed: Managed, root: str) -> dict[str, Any]:
    raw = Raw(root, Shell(), "sh")
    managed.ask("peer.add", name="sh", runtime="shell", dir=root)

    async def ours() -> None:
        await asyncio.to_thread(managed.ask, "peer.wake", peer="sh")

    async def ours_after() -> None:
        await asyncio.to_thread(managed.ask, "peer.stop", peer="sh")
        await asyncio.to_thread(managed.ask, "peer.start", peer="sh")

    return await paired(rounds, raw.start, ours, raw.end, ours_after)


async def delivery(rounds: int, managed: Managed, root: str) -> dict[str, Any]:
    raw = Raw(root, Actor(), "ada")
    managed.ask("peer.add", name="bob", runtime="actor", dir=root)
    managed.ask("peer.wake", peer="bob")
    await raw.start()
    await raw.attach()
    ids = iter(range(10**6))

    async def ours() -> None:
        await asyncio.to_thread(managed.ask, "message.send", to="bob", body=BODY, id=f"bench-{next(ids)}")

    try:
        return await paired(rounds, raw.deliver, ours, _settle, _settle)
    finally:
        await raw.control.close()
        await raw.end()


async def _settle() -> None:
    """The actor's turn is over before the next round, for both alike."""
    await asyncio.sleep(0.05)


def command_line(rounds: int, env: dict[str, str]) -> dict[str, Any]:
    times: tuple[list[float], list[float]] = ([], [])
    floor, ours = (sys.executable, "-c", "pass"), (sys.executable, "-m", "peerd", "ls", "--json")
    for n in range(rounds + 1):
        for command, kept in ((floor, times[0]), (ours, times[1])):
            began = time.perf_counter()
            subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
            if n:
                kept.append((time.perf_counter() - began) * 1000)
    return {"floor": summary(times[0]), "peerd": summary(times[1]), "ratio": ratio(*times)}


@contextlib.contextmanager
def team() -> Iterator[tuple[Managed, dict[str, str], str]]:
    root = tempfile.mkdtemp(prefix="peerd-bench-", dir="/tmp")
    env = {key: value for key, value in os.environ.items() if not key.startswith("PEERD_")}
    env |= {"PEERD_HOME": os.path.join(root, "p"), "HOME": root}  # no ~/.bashrc, for the floor and for peerd alike
    ensure_daemon(env)
    managed = Managed(env, root)
    try:
        yield managed, env, root
    finally:
        for row in managed.ask("peer.list")["peers"]:
            managed.ask("peer.stop", peer=row["peer"])
        managed.ask("daemon.stop")
        shutil.rmtree(root, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with team() as (managed, env, root):
        found = {
            "wake a bash": asyncio.run(wake(args.rounds, managed, root)),
            "deliver 1 KiB to an idle actor": asyncio.run(delivery(args.rounds, managed, root)),
            "peerd ls --json against python -c pass": command_line(args.rounds, env),
        }
    print(json.dumps(found, indent=1) if args.json else table(found))
    return 0


def table(found: dict[str, Any]) -> str:
    lines = ["| what | floor median (p99) | peerd median (p99) | ratio | n |", "|---|---|---|---|---|"]
    for what, of in found.items():
        floor, ours = of["floor"], of["peerd"]
        cells = [f"{each['median_ms']} ms ({each['p99_ms']})" for each in (floor, ours)]
        lines.append(f"| {what} | {cells[0]} | {cells[1]} | {of['ratio']} | {ours['n']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
