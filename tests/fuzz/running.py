"""Many inputs of one target, in a process of its own: how many, how fast, the slowest, and what went wrong with which.

The Nth input of a seed is the same on every machine, whatever ran before it: it is drawn from the target's name, the
seed and N. So what went wrong is run again by itself.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import FrameType
from typing import NamedTuple, Protocol

from tests.fuzz.daemons import Daemons
from tests.fuzz.envelopes import Envelopes
from tests.fuzz.logs import Logs
from tests.fuzz.sockets import Sockets

ROOT = Path(__file__).parents[2]
HANGS_S = 20.0
FAULTS_MAX = 10
WORKER = "import sys; from tests.fuzz.running import worker; sys.exit(worker(*sys.argv[1:]))"


class Target(Protocol):
    """What is fuzzed. `one` runs what chance draws, and tells how many inputs that were and what is wrong."""

    def one(self, chance: Random) -> tuple[int, list[str]]: ...

    def close(self) -> list[str]: ...


TARGETS: dict[str, Callable[[], Target]] = {
    "socket": Sockets,
    "envelope": Envelopes,
    "logfmt": Logs,
    "daemon": Daemons,
}


class Outcome(NamedTuple):
    """`faults` begin with the number of what they are about, and `slowest` is that of the slowest."""

    inputs: int
    seconds: float
    worst_s: float
    slowest: int
    faults: list[str]


class Begun(NamedTuple):
    process: "subprocess.Popen[str]"
    says: str

    def outcome(self) -> Outcome:
        """A process that dies is a fault."""
        out, err = self.process.communicate()
        if self.process.returncode != 0:
            return Outcome(0, 0.0, 0.0, 0, [f"{self.says} died with {self.process.returncode}: {err[-2000:]}"])
        return Outcome(**json.loads(out.splitlines()[-1]))


def begin(target: str, seed: int, inputs: int, first: int = 0, step: int = 1, session: str | None = None) -> Begun:
    """Inputs number `first`, `first + step`, and so on. `session`: as one of its processes."""
    words = (target, str(seed), str(inputs), str(first), str(step))
    env = {name: value for name, value in os.environ.items() if not name.startswith("PEERD_")}
    env |= {"PEERD_SESSION": session} if session else {}
    env["PYTHONPATH"] = f"{ROOT}{os.pathsep}{ROOT / 'adapters'}"
    command = (sys.executable, "-c", WORKER, *words)
    pipe = subprocess.PIPE
    return Begun(subprocess.Popen(command, env=env, cwd=ROOT, stdout=pipe, stderr=pipe, text=True), " ".join(words))


def worker(target: str, seed: str, inputs: str, first: str, step: str) -> int:
    signal.signal(signal.SIGALRM, _hangs)
    print(json.dumps(run(target, int(seed), int(inputs), int(first), int(step))._asdict()), flush=True)
    return 0


def run(target: str, seed: int, inputs: int, first: int, step: int) -> Outcome:
    """Here. What hangs is cut off where the signal's handler raises."""
    fuzzed, began = TARGETS[target](), time.perf_counter()
    done, number, worst_s, slowest, faults = 0, first, 0.0, first, list[str]()
    while done < inputs and len(faults) < FAULTS_MAX:
        at = time.perf_counter()
        count, wrong = _one(fuzzed, Random(f"{target}-{seed}-{number}"))
        took_s = time.perf_counter() - at
        worst_s, slowest = max((worst_s, slowest), (took_s, number))
        faults += [f"{number}: {each[:2000]}" for each in wrong]
        done, number = done + count, number + step
    seconds = time.perf_counter() - began
    faults += [f"in the end: {each}" for each in fuzzed.close()]
    return Outcome(done, seconds, worst_s, slowest, faults)


def _one(fuzzed: Target, chance: Random) -> tuple[int, list[str]]:
    signal.setitimer(signal.ITIMER_REAL, HANGS_S)
    try:
        return fuzzed.one(chance)
    except Exception:  # noqa: BLE001  whatever it is, it should not have been
        return 1, [traceback.format_exc()]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _hangs(number: int, frame: FrameType | None) -> None:
    raise TimeoutError(f"nothing came of it in {HANGS_S:g} s")
