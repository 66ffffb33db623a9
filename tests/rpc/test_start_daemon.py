"""Bringing a daemon up. What is started here is a stand-in by the name of `peerd`, as a real process."""

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peerd import errors
from peerd.rpc import start

STAND_IN = """
import json, os, select, socket, sys
print("started")
home = os.environ["PEERD_HOME"]
with open(home + "/starts", "a") as file:
    file.write(json.dumps({"pid": os.getpid(), "sid": os.getsid(0), "cwd": os.getcwd(), "argv": sys.argv[1:],
        "of_the_caller": [name for name in os.environ if name in ("TMUX", "TMUX_PANE", "NOTIFY_SOCKET")],
        "session": os.environ.get("PEERD_SESSION"), "stdin": os.readlink("/proc/self/fd/0"),
        "kept": os.environ.get("KEPT")}) + "\\n")
"""
LISTEN = """
sock = socket.socket(socket.AF_UNIX)
sock.bind(home + "/s")
sock.listen()
while True:
    sock.accept()
"""
LOSE_TO_ANOTHER = f"""
told, tell = os.pipe()
if os.fork() == 0:
    with open(home + "/starts", "a") as file:
        file.write(json.dumps(dict(pid=os.getpid())) + "\\n")
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(home + "/s")
    sock.listen()
    came = []
    while True:
        came.append(sock.accept())
        os.write(tell, b".")
os.read(told, 1)
again, _, _ = select.select([told], [], [], 0.3)
open(home + "/lost", "w").write("looked for again" if again else "looked for once")
sys.exit({start.LOCK_TAKEN})
"""
"""Another listens; the one that was started loses to it, but not for thirty looks after the first that found it."""


@pytest.fixture
def env(folder: Path) -> Iterator[dict[str, str]]:
    yield {"PEERD_HOME": str(folder), "PEERD_SOCKET": str(folder / "s"), "PYTHONPATH": str(folder / "python")}
    for begun in starts(folder):
        stop(begun["pid"])


def stop(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def stand_in(folder: Path, then: str) -> None:
    package = folder / "python" / "peerd"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(STAND_IN + then)


def starts(folder: Path) -> list[dict[str, Any]]:
    path = folder / "starts"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_a_daemon_is_started_and_waited_for(folder: Path, env: dict[str, str]):
    stand_in(folder, LISTEN)

    start.ensure_daemon(env)

    (begun,) = starts(folder)
    assert start.listener(env["PEERD_SOCKET"]) == begun["pid"]


def test_a_daemon_that_listens_is_left_alone(folder: Path, env: dict[str, str]):
    stand_in(folder, LISTEN)
    start.ensure_daemon(env)

    start.ensure_daemon(env)

    assert len(starts(folder)) == 1


def test_of_many_that_start_one_at_once_one_does_and_all_are_served(folder: Path, env: dict[str, str]):
    stand_in(folder, LISTEN)

    with ThreadPoolExecutor(12) as callers:
        for called in [callers.submit(start.ensure_daemon, env) for _ in range(12)]:
            called.result()

    assert len(starts(folder)) == 1


def test_another_that_hangs_as_it_starts_one_is_not_waited_for_without_end(folder: Path, env: dict[str, str]):
    stand_in(folder, LISTEN)
    (folder / "log").mkdir()

    with (folder / "log" / "daemon.out").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        start.ensure_daemon(env, within_s=1.0)

    assert len(starts(folder)) == 1


def test_a_started_daemon_is_on_its_own(folder: Path, env: dict[str, str]):
    stand_in(folder, LISTEN)

    start.ensure_daemon(env | {"TMUX": "/tmp/x,1,0", "TMUX_PANE": "%1", "NOTIFY_SOCKET": "/n", "KEPT": "yes"})

    (begun,) = starts(folder)
    assert begun == {
        "pid": begun["pid"],
        "sid": begun["pid"],
        "cwd": "/",
        "argv": ["daemon", "run"],
        "of_the_caller": [],
        "session": "",
        "stdin": "/dev/null",
        "kept": "yes",
    }
    output = folder / "log" / "daemon.out"
    assert (output.read_text(), output.stat().st_mode & 0o777) == ("", 0o600)


def test_inside_a_session_none_is_started(folder: Path, env: dict[str, str]):
    stand_in(folder, LISTEN)

    with pytest.raises(errors.TryAgain, match="nothing inside a session starts one"):
        start.ensure_daemon(env | {"PEERD_SESSION": "s-1"})

    assert starts(folder) == []


def test_the_last_words_of_a_daemon_that_ends_at_once_are_quoted(folder: Path, env: dict[str, str]):
    stand_in(folder, "print('bad'); sys.exit(70)")
    (folder / "log").mkdir()
    (folder / "log" / "daemon.out").write_text("of yesterday\n")

    with pytest.raises(errors.DaemonNotRunning) as caught:
        start.ensure_daemon(env)

    text = str(caught.value)
    assert text.startswith("the daemon ended at once, with exit code 70. Nothing was done.")
    assert text.endswith("daemon.out ends with:\n  started\n  bad")


def test_a_configuration_that_the_daemon_refuses_is_said_as_such(folder: Path, env: dict[str, str]):
    stand_in(folder, "print('peerd.toml: line 3'); sys.exit(78)")

    with pytest.raises(errors.ConfigError, match="the daemon did not start"):
        start.ensure_daemon(env)


def test_a_daemon_that_never_listens_is_given_up(folder: Path, env: dict[str, str]):
    stand_in(folder, "sys.stdout.flush(); import signal; signal.pause()")

    with pytest.raises(errors.DaemonNotRunning, match=r"does not answer on .*/s after 0\.3 s"):
        start.ensure_daemon(env, within_s=0.3)


def test_a_start_that_finds_the_lock_taken_waits_for_the_other(folder: Path, env: dict[str, str]):
    stand_in(folder, f"if len(open(home + '/starts').readlines()) < 3: sys.exit({start.LOCK_TAKEN})\n" + LISTEN)

    start.ensure_daemon(env)

    assert len(starts(folder)) == 3


def test_a_start_that_loses_is_over_before_the_command_goes_on(folder: Path, env: dict[str, str]):
    stand_in(folder, LOSE_TO_ANOTHER)

    start.ensure_daemon(env)

    assert (folder / "lost").exists()
    assert start.listener(env["PEERD_SOCKET"]) == starts(folder)[1]["pid"]


def test_who_waits_for_a_daemon_to_begin_takes_one_place_in_its_line_however_long(folder: Path, env: dict[str, str]):
    stand_in(folder, LOSE_TO_ANOTHER)

    start.ensure_daemon(env)

    assert (folder / "lost").read_text() == "looked for once"


def test_output_grown_too_long_is_begun_anew(folder: Path, env: dict[str, str]):
    stand_in(folder, "print('new'); sys.exit(70)")
    (folder / "log").mkdir()
    output = folder / "log" / "daemon.out"
    output.write_bytes(b"x" * (start.OUTPUT_MAX_BYTES + 1))

    with pytest.raises(errors.DaemonNotRunning):
        start.ensure_daemon(env)

    assert output.read_text() == "started\nnew\n"


def test_a_process_is_gone_once_it_has_ended():
    child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)
    assert not start.gone(child.pid, 0)

    child.kill()

    assert start.gone(child.pid, 5)
    child.communicate()
    assert start.gone(child.pid, 0)
