"""Messages among peers while runtimes, tmux servers and the daemon are killed at random: none is lost, none is called
submitted that was not taken, the order of each two is kept, and what is taken twice says so.

`python contrib/chaos.py [--messages N] [--peers N] [--kills N] [--seed S] [--keep] [--json]`. Exits 1 where a promise
was not kept. Everything runs in a temporary home and is ended afterwards; the runtime is the actor, and each writes
down itself what it took.
"""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.live.conftest import a_team
from tests.live.crowd import Crowd, Plan
from tests.live.judged import Verdict, judge

SHOWN = 20


def main() -> int:
    args = _arguments()
    kills = args.messages // 25 if args.kills is None else args.kills
    plan = Plan(args.messages, args.peers, kills, args.seed)
    with a_team() as team:
        crowd, began = Crowd(team, plan), time.monotonic()
        try:
            crowd.live()
            verdict = judge(crowd)
        finally:
            if args.keep:
                shutil.copytree(team.root, args.keep, ignore=_sockets, symlinks=True)
    figures = _figures(crowd, verdict, time.monotonic() - began)
    print(json.dumps(figures) if args.json else "\n".join(f"{key}: {value}" for key, value in figures.items()))
    print(*verdict.faults[:SHOWN], sep="\n")
    return 1 if verdict.faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Messages among peers, and random kills.")
    parser.add_argument("--messages", type=int, default=1000, help="in all, about half of them answers (1000)")
    parser.add_argument("--peers", type=int, default=20)
    parser.add_argument("--kills", type=int, help="one for each 25 messages")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", metavar="DIR", help="copy the home there, with its logs, before it is removed")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _sockets(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if Path(folder, name).is_socket()}


def _figures(crowd: Crowd, verdict: Verdict, took_s: float) -> dict[str, Any]:
    return {
        "messages": verdict.messages,
        "accepted from outside their sender": len(crowd.asked),
        "states": verdict.states,
        "tasks": verdict.tasks,
        "why dead": verdict.why_dead,
        "taken": verdict.takings,
        "of those again, as a later attempt": verdict.again,
        "killed": crowd.killed,
        "put off and sent again": crowd.put_off,
        "seed": crowd.plan.seed,
        "seconds": round(took_s, 1),
        "messages a second": round(verdict.messages / took_s, 1),
        "faults": len(verdict.faults),
    }


if __name__ == "__main__":
    sys.exit(main())
