"""What it costs a restarted daemon to take over the sessions that live, against plain connects to their tmux servers.

`python contrib/bench/adopt.py [--sessions N] [--rounds N] [--json]`. Everything runs in a temporary home and is ended
afterwards. The floor is a program that attaches a control client of tmux to every server at once and asks one thing of
each; it ends when it has all answers. peerd's end is when its daemon, killed with -9 before, answers its first caller,
which it does once everything is adopted. Both are processes, started in turn in the same run, and of both what the same
process takes with nothing to connect to is taken off: the daemon's with the same peers, all asleep. Milliseconds.
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
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from msgspec import convert

from peerd.edges.tmux.control import Control
from peerd.errors import PeerdError
from peerd.model.peer import Spec
from peerd.paths import Home, home
from peerd.rpc.client import call
from peerd.specwrite import write_spec

RUN_DAEMON = "import sys; from peerd.daemon.main import run; sys.exit(run())"
NOTHING = """
name = "nothing"
argv = ["/bin/sh", "-c", "printf '> '; exec sleep infinity"]
ready = '> ?(.*)'
"""
CALLERS = 16
WITHIN_S = 120.0
LOOK_EVERY_S = 0.002


class Sleepers:
    """Sessions that do nothing, each with a tmux server of its own, and the daemon that looks after them."""

    def __init__(self, root: str, count: int) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PEERD_", "XDG_"))}
        self.env = kept | {"PEERD_HOME": os.path.join(root, "p"), "HOME": root}
        self.home: Home = home(self.env)
        self.names = [f"n-{number}" for number in range(count)]
        self.daemon: subprocess.Popen[bytes] | None = None
        self.reached = 0  # servers that the floor had an answer of
        os.makedirs(self.home.runtimes)
        Path(self.home.runtimes, "nothing.toml").write_text(NOTHING)
        for name in self.names:
            write_spec(self.home.peers, convert({"name": name, "runtime": "nothing", "dir": root}, Spec))

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return call(method, params, timeout_s=WITHIN_S, socket_path=self.home.socket)

    def start(self) -> float:
        """Milliseconds until it answers."""
        began = time.perf_counter()
        self.daemon = subprocess.Popen((sys.executable, "-c", RUN_DAEMON), env=self.env, stdin=subprocess.DEVNULL)
        while not self._answers():
            if self.daemon.poll() is not None or time.perf_counter() - began > WITHIN_S:
                raise SystemExit("the daemon did not come up")
            time.sleep(LOOK_EVERY_S)
        return (time.perf_counter() - began) * 1000

    def _answers(self) -> bool:
        with contextlib.suppress(PeerdError):
            return bool(self.ask("daemon.status"))
        return False

    def kill(self) -> None:
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()

    def wake(self) -> None:
        """All of them up."""
        with ThreadPoolExecutor(CALLERS) as callers:
            list(callers.map(lambda name: self.ask("peer.wake", peer=name, timeout_s=WITHIN_S), self.names))

    def running(self) -> int:
        return sum(row["phase"] == "running" for row in self.ask("peer.list")["peers"])

    def connects(self) -> float:
        """The floor: milliseconds until every server has answered a control client."""
        began = time.perf_counter()
        floor = (sys.executable, __file__, "--connect", os.path.join(self.home.run, "tmux"))
        with subprocess.Popen(floor, env=os.environ, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            self.reached = int(running.stdout.readline())
            return (time.perf_counter() - began) * 1000

    def end(self) -> None:
        """By their own sockets; a runtime goes with its terminal."""
        self.kill()
        for socket in Path(self.home.run, "tmux").glob("*.sock"):
            subprocess.run(("tmux", "-N", "-S", str(socket), "kill-server"), capture_output=True, check=False)


async def connect(folder: str) -> None:
    """Attach to every server and ask its version; one line once all have answered, then leave."""
    if sys.version_info < (3, 12):  # as the daemon does: no thread for each child
        watcher = asyncio.PidfdChildWatcher()
        watcher.attach_loop(asyncio.get_running_loop())
        asyncio.get_event_loop_policy().set_child_watcher(watcher)
    sockets = sorted(Path(folder).glob("*.sock"))
    controls = await asyncio.gather(*(Control.attach(str(path), path.stem, deadline_s=WITHIN_S) for path in sockets))
    print(len(controls), flush=True)
    await asyncio.gather(*(control.close() for control in controls))


def measure(sessions: int, rounds: int) -> dict[str, Any]:
    """The four in turn, one warm-up each."""
    with sleepers(sessions) as asleep, sleepers(sessions) as up:
        up.start()
        up.wake()
        up.kill()
        times = [(*_round(asleep, 0), *_round(up, sessions)) for _ in range(rounds + 1)]
    return figures(sessions, times[1:])


def _round(team: Sleepers, adopts: int) -> tuple[float, float]:
    """The floor's time and peerd's."""
    floor, ours = team.connects(), team.start()
    if (team.reached, team.running()) != (adopts, adopts):
        raise SystemExit(f"{team.reached} connected, {team.running()} adopted of {adopts}")
    team.kill()
    return floor, ours


def figures(sessions: int, times: list[tuple[float, float, float, float]]) -> dict[str, Any]:
    floor = statistics.median(full - empty for empty, _, full, _ in times)
    ours = statistics.median(full - empty for _, empty, _, full in times)
    start = statistics.median(empty for _, empty, _, _ in times)
    rounded = {"start_ms": round(start), "floor_ms": round(floor), "peerd_ms": round(ours)}
    return {"sessions": sessions, **rounded, "ratio": round(ours / floor, 2), "n": len(times)}


@contextlib.contextmanager
def sleepers(count: int) -> Iterator[Sleepers]:
    root = tempfile.mkdtemp(prefix="peerd-", dir="/tmp")
    team = Sleepers(root, count)
    try:
        yield team
    finally:
        team.end()
        shutil.rmtree(root, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Adoption against plain control connects.")
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--connect", metavar="FOLDER", help="be the floor: connect to every server in FOLDER")
    args = parser.parse_args()
    if args.connect:
        asyncio.run(connect(args.connect))
        return 0
    found = measure(args.sessions, args.rounds)
    head = "| sessions adopted | floor | peerd | ratio | n | a start with none |\n|---|---|---|---|---|---|"
    costs = f"{found['floor_ms']} ms | {found['peerd_ms']} ms | {found['ratio']}"
    row = f"| {found['sessions']} | {costs} | {found['n']} | {found['start_ms']} ms |"
    print(json.dumps(found) if args.json else f"{head}\n{row}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
