"""Many wakes at once, by how many may start at a time: how long all take, how long one boot takes, and how long a
message to a peer that is awake takes meanwhile.

`python contrib/bench/storm.py [--peers N] [--at-once N ...] [--json]`. Everything runs in temporary homes and is ended
afterwards. The runtime is the actor, a small Python program; 0 is what peerd chooses itself. Times are milliseconds.
"""

import argparse
import json
import re
import statistics
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.live.conftest import Team, a_team

READY = re.compile(r"ev=session-ready peer=p-\d+ session=\S+ elapsed_ms=(\d+)")


def storm(team: Team, peers: int, at_once: int) -> dict[str, Any]:
    names = [f"p-{number}" for number in range(peers)]
    for name in (*names, "awake"):
        team.declare(name, "actor")
    Path(team.home.settings_file).write_text(f"starts_at_once = {at_once}\n")
    team.start()
    team.call("peer.wake", peer="awake")
    began = time.perf_counter()
    with ThreadPoolExecutor(peers) as callers:
        waking = [callers.submit(team.call, "peer.wake", peer=name) for name in names]
        delivered = deliveries(team, waking)
    boots = [int(found) for found in READY.findall(team.log())]
    figures = {"all": (time.perf_counter() - began) * 1000, "boot": statistics.median(boots)}
    return {"at_once": at_once, **figures, "delivery": statistics.median(delivered), "n": len(delivered)}


def deliveries(team: Team, waking: list[Future[dict[str, Any]]]) -> list[float]:
    """One message after the other, until all are awake."""
    took = []
    while not all(each.done() for each in waking):
        began = time.perf_counter()
        team.send("awake", "hello")
        took.append((time.perf_counter() - began) * 1000)
    for each in waking:
        each.result()
    return took


def main() -> int:
    parser = argparse.ArgumentParser(description="Many wakes at once.")
    parser.add_argument("--peers", type=int, default=50)
    parser.add_argument("--at-once", type=int, nargs="+", default=[1, 2, 4, 8, 50])
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = []
    for at_once in args.at_once:
        with a_team() as team:
            found.append(storm(team, args.peers, at_once))
    print(json.dumps(found) if args.json else table(found))
    return 0


def table(found: list[dict[str, Any]]) -> str:
    lines = ["| starts at once | all ready | one boot | a delivery meanwhile | n |", "|---|---|---|---|---|"]
    for row in found:
        cells = " | ".join(f"{row[name]:.0f} ms" for name in ("all", "boot", "delivery"))
        lines.append(f"| {row['at_once']} | {cells} | {row['n']} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
