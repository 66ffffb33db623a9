"""`PEERD_REAL_CLIS=FOLDER python contrib/bench/agents.py [--rounds N] [--json]`: how long a wake of Claude Code and of
Codex takes, against the same program started by hand in tmux with the same configuration and no hooks, in turn, in
one run.

Both end when the input line is on the screen, which is looked at every 5 ms; `ready` is when `peerd wake` returns.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from peerd.adapter import Adapter
from peerd.model.screen import Screen
from peerd_adapters.claude import Claude
from peerd_adapters.codex import Codex
from tests.live.conftest import Team, a_team
from tests.models.server import Models, models
from tests.real.conftest import Agents, cli

LOOK_EVERY_S = 0.005
WITHIN_S = 30.0


def on_screen(adapter: Adapter, socket: str, began: float) -> float:
    """Milliseconds until the input line is there."""
    while time.perf_counter() - began < WITHIN_S:
        look = ("display-message", "-p", "#{cursor_x} #{cursor_y}", ";", "capture-pane", "-p")
        done = subprocess.run(("tmux", "-S", socket, *look), capture_output=True, text=True, check=False)
        cursor, _, shown = done.stdout.partition("\n")
        if done.returncode == 0 and cursor:
            x, y = map(int, cursor.split())
            if adapter.read(Screen(tuple(shown.split("\n")[:50]), x, y)).composer is not None:
                return (time.perf_counter() - began) * 1000
        time.sleep(LOOK_EVERY_S)
    raise TimeoutError(f"no input line of {adapter.name} after {WITHIN_S:g} s")


def bare(agents: Agents, adapter: Adapter, folder: str) -> float:
    """The program alone, with the configuration that the peer has."""
    socket = os.path.join(folder, "s")
    own = os.path.join(agents.team.home.state, "logins", "ada", adapter.name)
    kept = {"CLAUDE_CONFIG_DIR": own, "CODEX_HOME": own, "HOME": folder, "PATH": os.environ["PATH"], "TMPDIR": folder}
    env = kept | agents.env(adapter.name) | {"LANG": "C.UTF-8", "TERM": "xterm-256color"}
    options = {"claude": ("--permission-mode", "manual"), "codex": ("--no-daemon",)}[adapter.name]
    start = ("new-session", "-d", "-x220", "-y50", "-c", str(agents.team.work), cli(adapter.name), *options)
    began = time.perf_counter()
    subprocess.run(("tmux", "-S", socket, "-f", "/dev/null", *start), env=env, check=True)
    try:
        return on_screen(adapter, socket, began)
    finally:
        subprocess.run(("tmux", "-S", socket, "kill-server"), capture_output=True, check=False)


def by_peerd(team: Team, adapter: Adapter) -> tuple[float, float]:
    """Until it is said to be ready, and until the input line is there."""
    began = time.perf_counter()
    team.call("peer.wake", peer="ada", timeout_s=60)
    ready = (time.perf_counter() - began) * 1000
    line = on_screen(adapter, team.home.tmux_socket(f"{adapter.name}-ada"), began)
    team.call("peer.stop", peer="ada")
    team.call("peer.start", peer="ada")
    return ready, line


def measure(adapter: Adapter, serving: Models, rounds: int) -> dict[str, object]:
    with a_team() as team, tempfile.TemporaryDirectory(prefix="peerd-", dir="/tmp") as folder:
        team.start()
        agents = Agents(team, serving)
        trusted = {"trust_folder": True} if adapter.name == "codex" else {}
        agents.add("ada", adapter.name, **trusted)
        by_peerd(team, adapter)  # warm: the first start writes its configuration
        pairs = [(bare(agents, adapter, folder), *by_peerd(team, adapter)) for _ in range(rounds)]
    floor, ready, line = (statistics.median(each) for each in zip(*pairs, strict=True))
    figures = {"floor_ms": floor, "ready_ms": ready, "line_ms": line, "ratio": line / floor}
    return {"runtime": adapter.name, "rounds": rounds, **{name: round(value, 2) for name, value in figures.items()}}


def main() -> int:
    parser = argparse.ArgumentParser(description="A wake of the real agent CLIs against their own start.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with models() as serving:
        found = [measure(adapter, serving, args.rounds) for adapter in (Claude(), Codex())]
    if args.json:
        print(json.dumps(found))
        return 0
    print("| what | floor | ready | input line | ratio | n |\n|---|---|---|---|---|---|")
    for row in found:
        figures = f"{row['floor_ms']} ms | {row['ready_ms']} ms | {row['line_ms']} ms | {row['ratio']}"
        print(f"| wake {row['runtime']} | {figures} | {row['rounds']} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
