"""`peerd tail`: real log files, a real process that follows them."""

import argparse
import itertools
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.cli import tail
from peerd.edges.eventlog import EventLog
from peerd.rfc3339 import stamp
from tests.eventually import eventually

PROGRAM = """
import argparse, sys
from peerd.cli import tail
parser = argparse.ArgumentParser()
tail.arguments(parser)
sys.exit(tail.run(parser.parse_args()))
"""
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("PEERD_SOCKET", "NO_COLOR", "FORCE_COLOR", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PEERD_HOME", str(tmp_path))
    monkeypatch.setenv("TERM", "xterm-256color")
    return tmp_path


def log_in(home: Path, max_bytes: int = 5 << 20, keep: int = 5) -> EventLog:
    """One whose clock goes on by a second a line."""
    seconds = itertools.count()
    return EventLog(str(home / "log"), max_bytes, keep, stamp=lambda: stamp(next(seconds)), verbose=True)


def held(log: EventLog, *ids: object) -> None:
    for id in ids:
        log.write("held", id=str(id), to="ada", hold="busy")


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    tail.arguments(parser)
    return parser.parse_args(argv)


def shown(capsys: pytest.CaptureFixture[str], *argv: str) -> list[str]:
    """What one look shows."""
    assert tail.run(parsed(*argv, "--no-follow")) == 0
    return capsys.readouterr().out.splitlines()


def ids(lines: list[str]) -> list[str]:
    return [match[1] for line in lines if (match := re.search(r" id=(\S+)", line))]


def numbered(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last + 1)]


class Follower:
    """`peerd tail` in a process of its own. It reads on from where the logs were when it said that no daemon runs."""

    def __init__(self, folder: Path, *argv: str) -> None:
        self.out, self.err = folder / "out", folder / "err"
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([sys.executable, "-c", PROGRAM, *argv], stdout=out, stderr=err)

    def lines(self) -> list[str]:
        return self.out.read_text().splitlines()

    def sees(self, id: object) -> bool:
        return f" id={id} " in self.out.read_text()


@pytest.fixture
def follower(home: Path) -> Iterator[Follower]:
    follower = Follower(home)
    yield follower
    follower.process.kill()
    follower.process.wait()


def test_the_last_lines_of_both_logs_are_shown_in_the_order_of_time(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = log_in(home)
    for n in range(3):
        log.write("want", peer="ada", want="up", by=str(n))
        held(log, n)

    seen = shown(capsys, "-n", "5")

    assert [line.split()[1] for line in seen] == ["ev=held", "ev=want", "ev=held", "ev=want", "ev=held"]
    assert [line[:27] for line in seen] == sorted(line[:27] for line in seen)
    assert len(shown(capsys)) == 8
    assert shown(capsys, "-n", "0") == []


def test_the_last_lines_are_found_across_rotations(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held(log_in(home, max_bytes=400, keep=20), *range(50))

    assert ids(shown(capsys, "-n", "40"))[-30:] == numbered(20, 49)


def test_one_log_or_one_peer_can_be_asked_for(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = log_in(home)
    log.write("want", peer="ada", want="up", by="operator")
    log.write("want", peer="bob", want="up", by="ada")
    log.write("phase", peer="bob", from_="asleep", to="ada", on="nothing")
    log.write("accepted", id="1", from_="ada", to="eve")
    log.write("accepted", id="2", from_="bob", to="ada")
    log.write("accepted", id="3", from_="bob", to="eve", topic="to=ada")

    def told(*argv: str) -> list[str]:
        return [line[28:] for line in shown(capsys, *argv) if "log-opened" not in line]

    assert told("--log", "lifecycle") == [
        "ev=want peer=ada want=up by=operator",
        "ev=want peer=bob want=up by=ada",
        "ev=phase peer=bob from=asleep to=ada on=nothing",
    ]
    assert ids(told("--log", "delivery")) == ["1", "2", "3"]
    assert told("--peer", "ada") == [
        "ev=want peer=ada want=up by=operator",
        "ev=accepted id=1 from=ada to=eve",
        "ev=accepted id=2 from=bob to=ada",
    ]
    assert told("--peer", "bob", "-n", "1") == ['ev=accepted id=3 from=bob to=eve topic="to=ada"']


def test_json_is_one_object_a_line_and_brings_every_value_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    why = 'said "no"\nand\x1b[2Jwent\udcff'
    log_in(home).write("boot-failed", peer="ada", why=why)

    assert [json.loads(line) for line in shown(capsys, "--json")] == [
        {"log": "lifecycle", "ts": "1970-01-01T00:00:01.000Z", "ev": "log-opened", "seq": "1"},
        {"log": "lifecycle", "ts": "1970-01-01T00:00:00.000Z", "ev": "boot-failed", "peer": "ada", "why": why},
    ]


def test_a_damaged_line_is_shown_and_cannot_play_with_the_terminal(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "log").mkdir()
    (home / "log" / "lifecycle.log").write_bytes(b"\x1b[2Jevil \xff\n")

    assert shown(capsys) == [r'damaged="\u001b[2Jevil \ufffd"']
    assert shown(capsys, "--json") == [r'{"log": "lifecycle", "damaged": "\u001b[2Jevil \ufffd"}']


@pytest.mark.parametrize("argv", [["-n", "-1"], ["-n", "few"], ["--log", "pane"], ["--peer", ""]])
def test_what_cannot_be_asked_for_is_a_usage_error(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parsed(*argv)
    assert ended.value.code == 2


def test_it_says_when_no_daemon_runs_and_nothing_when_one_does(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said() -> str:
        assert tail.run(parsed("--no-follow")) == 0
        return capsys.readouterr().err

    assert said() == f"peerd: no daemon runs; there is no log yet in {home / 'log'}\n"
    log_in(home).write("daemon-stopped")
    assert said() == "peerd: no daemon runs; these are the logs as they stand\n"
    (home / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(str(home / "run" / "peerd.sock"))
        daemon.listen()
        assert said() == ""


def test_importing_the_command_loads_nothing_heavy() -> None:
    heavy = "'msgspec', 'rich', 'watchfiles', 'asyncio', 'socket', 'threading', 'ctypes'"
    program = f"import sys, peerd.cli.tail; print(set(sys.modules) & {{{heavy}}})"

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"set()\n"


def test_a_follower_sees_ten_thousand_lines_through_rotation_once_each_and_in_order(
    home: Path, follower: Follower
) -> None:
    eventually(lambda: "waiting for more" in follower.err.read_text())
    held(log_in(home, max_bytes=50_000, keep=100), *range(10_000))

    eventually(lambda: follower.sees(9_999), within_s=10.0)
    assert ids(follower.lines()) == numbered(0, 9_999)
    assert len(os.listdir(home / "log")) > 10


def test_a_follower_that_was_asleep_says_which_files_it_missed_and_goes_on(home: Path, follower: Follower) -> None:
    log = log_in(home, max_bytes=1_000, keep=3)
    held(log, 0)
    eventually(lambda: follower.sees(0))
    follower.process.send_signal(signal.SIGSTOP)
    held(log, *range(1, 200))
    follower.process.send_signal(signal.SIGCONT)
    eventually(lambda: follower.sees(199))

    opened = [int(line.rpartition("=")[2]) for line in follower.lines() if "log-opened" in line]
    missed = opened[1] - 2
    assert f"{missed} files of delivery.log" in follower.err.read_text()


def test_a_follower_shows_both_logs_in_the_order_of_time_and_only_what_was_asked_for(home: Path) -> None:
    follower = Follower(home, "--peer", "ada", "--json", "-n", "0")
    try:
        eventually(lambda: "waiting for more" in follower.err.read_text())
        follower.process.send_signal(signal.SIGSTOP)
        log = log_in(home)
        for ev in ("want", "held", "want", "held"):
            log.write("want", peer="bob", want="up", by="operator")
            held(log, 1) if ev == "held" else log.write("want", peer="ada", want="up", by="operator")
        follower.process.send_signal(signal.SIGCONT)
        eventually(lambda: len(follower.lines()) == 4)
    finally:
        follower.process.kill()
        follower.process.wait()

    assert [json.loads(line)["ev"] for line in follower.lines()] == ["want", "held", "want", "held"]


def test_ctrl_c_ends_following_without_a_word(home: Path, follower: Follower) -> None:
    held(log_in(home), 1)
    eventually(lambda: follower.sees(1))
    said = follower.err.read_text()

    follower.process.send_signal(signal.SIGINT)

    assert follower.process.wait(5) == 0
    assert follower.err.read_text() == said


def test_following_ends_when_nobody_reads_on_though_nothing_new_comes(home: Path) -> None:
    held(log_in(home), *range(30))
    follower = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    assert follower.stdout.readline().startswith("ts=")
    follower.stdout.close()

    assert follower.wait(5) == 0
    assert follower.stderr is not None
    assert "Traceback" not in follower.stderr.read()
    follower.stderr.close()


def on_a_terminal(*argv: str) -> str:
    """What a person's terminal is sent by one look."""
    master, slave = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", PROGRAM, *argv, "--no-follow"], stdout=slave, check=True, timeout=30)
        return os.read(master, 65_536).decode()
    finally:
        os.close(slave)
        os.close(master)


def test_a_person_sees_colours_and_the_very_same_line(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log_in(home).write("crash-loop", peer="ada", deaths=3, window_s=300.0)
    line = (home / "log" / "lifecycle.log").read_text().splitlines()[1]

    seen = on_a_terminal("-n", "1")

    assert "\x1b[1;31m" in seen
    assert ESCAPES.sub("", seen) == f"{line}\r\n"


def test_a_long_line_stays_one_line_and_brackets_are_no_markup(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log_in(home).write("boot-failed", peer="ada", why="[red]:smile: " + "x" * 400)
    line = (home / "log" / "lifecycle.log").read_text().splitlines()[1]

    assert ESCAPES.sub("", on_a_terminal("-n", "1")) == f"{line}\r\n"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_who_wants_no_colours_gets_none(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    held(log_in(home), 1)

    seen = on_a_terminal("-n", "2")
    assert ids(seen.splitlines()) == ["1"]
    assert "\x1b" not in seen
