"""Programs run send, ls and wake often: they start light, and in a small multiple of Python's own time."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.answers import row, sent, woken
from tests.cli.stub import Stub

HEAVY = frozenset(
    {"asyncio", "libtmux", "msgspec", "platformdirs", "rich", "sqlite3", "tomlkit", "watchfiles"}
    | {"dataclasses", "hashlib", "pathlib", "selectors", "shutil", "socket", "subprocess", "threading", "typing"}
)
TIMES_PYTHON = 3.0
ROUNDS = 9
TRIES = 8
"""On a busy machine the first comparison may be unfair; a command that is too slow fails them all."""
COMMANDS = {
    "ls": ["ls", "--json"],
    "send": ["send", "ada", "hello", "--json"],
    "wake": ["wake", "ada", "--json"],
    "send amid options": ["send", "ada", "--topic", "T", "hello"],
}


@pytest.fixture(autouse=True)
def answered(daemon: Stub) -> None:
    daemon.answers = {"peer.list": {"peers": [row()]}, "message.send": sent(), "peer.wake": woken()}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)
def test_nothing_heavy_is_loaded_by(words: list[str]):
    code = f"import sys; from peerd.cli import main; main({words!r}); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)

    assert HEAVY & set(done.stdout.splitlines()[-1].split()) == set()


@pytest.mark.timing
def test_a_command_takes_at_most_three_times_as_long_as_python(home: Path):
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPYCACHEPREFIX"] = str(home / "compiled")  # as an installed peerd is
    python, listing = [sys.executable, "-c", "pass"], [sys.executable, "-m", "peerd", "ls", "--json"]
    for command in (python, listing):
        seconds(command, env)

    tries = (times_python(python, listing, env) for _ in range(TRIES))

    assert any(times <= TIMES_PYTHON for times in tries)


def times_python(python: list[str], command: list[str], env: dict[str, str]) -> float:
    """Medians of interleaved runs compared: a busy machine slows both."""
    pairs = [(seconds(python, env), seconds(command, env)) for _ in range(ROUNDS)]
    return statistics.median(each for _, each in pairs) / statistics.median(each for each, _ in pairs)


def seconds(command: list[str], env: dict[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=env, stdout=subprocess.DEVNULL, timeout=20, check=True)
    return time.perf_counter() - began
