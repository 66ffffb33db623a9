"""The command as a whole: help, versions, words nobody knows, interrupts, bugs, and readers that go away."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from peerd.cli import COMMANDS
from peerd.cli.dial import ANSWER_S, LOST_MAX, ask
from peerd.errors import DaemonLost, DaemonStopping
from peerd.model.message import Delivery
from tests.cli.answers import row, sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub
from tests.eventually import eventually

DISPATCHED = [name for name in COMMANDS if name not in ("tail", "demo")]


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]], ids=" ".join)
def test_help_lists_every_command_with_what_it_does(peerd: Peerd, words: list[str]):
    ran = peerd(*words)

    listed = [line.split()[0] for line in ran.out.splitlines() if line.startswith("  ")]
    assert (ran.code, listed) == (0, list(COMMANDS))


def test_no_command_at_all_is_a_usage_error_with_the_same_list(peerd: Peerd):
    ran = peerd()

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == peerd("--help").out


@pytest.mark.parametrize("word", ["--version", "-V"])
def test_the_version_is_told(peerd: Peerd, word: str):
    assert peerd(word) == (0, "peerd 0.1.0\n", "")


@pytest.mark.parametrize(
    ("word", "near"), [("sned", " Did you mean `peerd send`?"), ("frobnicate", ""), ("--frob", "")]
)
def test_an_unknown_command_suggests_the_nearest(peerd: Peerd, word: str, near: str):
    assert peerd(word) == (2, "", f"peerd: no command {word!r}.{near} `peerd --help` lists them.\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(peerd: Peerd, name: str):
    ran = peerd(name, "--help")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"usage: peerd {name}")


@pytest.mark.parametrize("name", DISPATCHED)
def test_an_option_nobody_knows_is_a_usage_error_with_what_to_do(peerd: Peerd, name: str):
    ran = peerd(name, "--frob")

    assert (ran.code, ran.out) == (2, "")
    assert f"`peerd {name} --help` tells more." in ran.err


def test_an_abbreviated_option_is_unknown(peerd: Peerd):
    assert "unrecognized arguments: --jso" in peerd("ls", "--jso").err


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "604801"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(peerd: Peerd, text: str):
    ran = peerd("send", "ada", "x", f"--timeout={text}")

    assert ran.code == 2
    assert f"argument --timeout: {text!r}: give seconds, from 0 to 604800 (a week)" in ran.err


def test_a_usage_error_is_an_object_with_json(peerd: Peerd):
    ran = peerd("ls", "--json", "--frob")

    error = json.loads(ran.err)["error"]
    assert (ran.code, error["kind"], error["exit"]) == (2, "usage", 2)


def test_states_are_those_of_the_model():
    from peerd.cli.messages import STATES

    assert list(STATES) == [state.value for state in Delivery]


def test_a_bug_is_exit_code_70_with_its_trace(daemon: Stub, peerd: Peerd):
    daemon.answers = {"message.send": {"of": "another shape"}}

    ran = peerd("send", "ada", "x")

    assert (ran.code, ran.out) == (70, "")
    assert ran.err.startswith("peerd: a bug in peerd; please report it with what follows.\nTraceback")
    assert ran.err.splitlines()[-1].startswith("KeyError: ")


def test_an_interrupt_is_exit_code_130_and_quiet(daemon: Stub):
    never = threading.Event()
    daemon.answers = {"message.wait": never}
    child = subprocess.Popen([sys.executable, "-m", "peerd", "wait", "m-1"], stderr=subprocess.PIPE)
    eventually(lambda: daemon.asked)

    child.send_signal(signal.SIGINT)

    assert (child.communicate(timeout=10)[1], child.returncode) == (b"", 130)
    never.set()


@pytest.mark.parametrize("rows", [1, 2000])
def test_a_reader_that_goes_away_ends_the_command_quietly(daemon: Stub, rows: int):
    daemon.answers = {"peer.list": {"peers": [row()] * rows}}
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "peerd", "ls", "--json"],
        env=buffered,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=10,
        check=False,
    )
    os.close(writing)

    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("words", ["no-such-command", "messages --json --since yesterday"])
def test_the_exit_code_tells_where_stderr_takes_nothing(home: Path, words: str):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([sys.executable, "-m", "peerd", *words.split()], stderr=full, timeout=10, check=False)

    assert done.returncode == 2


def test_an_answer_that_the_locale_cannot_spell_is_spelled_out(daemon: Stub):
    daemon.answers = {"message.send": sent(answer="caf\u00e9 \u2603", answer_from="reply")}

    done = subprocess.run(
        [sys.executable, "-m", "peerd", "ask", "ada", "x"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        timeout=10,
        check=True,
    )

    assert done.stdout == b"caf\\xe9 \\u2603\n"


def test_a_terminal_is_shown_no_control_characters_and_a_program_is(daemon: Stub):
    daemon.answers = {"message.send": sent(answer="red \x1b[31m\x07 \u202eder", answer_from="reply")}
    command = [sys.executable, "-m", "peerd", "ask", "ada", "x"]
    master, slave = pty.openpty()

    subprocess.run(command, stdout=slave, env=os.environ | {"PYTHONUTF8": "1"}, timeout=10, check=True)
    piped = subprocess.run(command, stdout=subprocess.PIPE, timeout=10, check=True)

    assert os.read(master, 100).decode() == "red \ufffd[31m\ufffd \ufffdder\r\n"
    assert piped.stdout.decode() == "red \x1b[31m\x07 \u202eder\n"
    os.close(slave)
    os.close(master)


def test_a_daemon_that_is_stopping_took_nothing_so_the_next_one_is_asked(daemon: Stub):
    daemon.first = [DaemonStopping("the daemon is stopping"), DaemonStopping("that one too")]
    daemon.answers = {"peer.refresh": {"peer": "ada"}}

    assert ask("peer.refresh", {"peer": "ada"}) == {"peer": "ada"}


def test_a_look_at_a_daemon_that_went_away_is_repeated(daemon: Stub):
    daemon.first = [None]
    daemon.answers = {"daemon.status": {"pid": 7}}

    assert ask("daemon.status", {}) == {"pid": 7}


@pytest.mark.parametrize("method", ["message.wait", "message.send"])
def test_a_wait_goes_on_with_the_next_daemon_for_what_is_left_of_it(daemon: Stub, method: str):
    daemon.first = [None]
    daemon.answers = {method: sent()}

    assert ask(method, {"id": "m-1", "timeout_s": 30.0}, wait_s=30.0) == sent()

    assert [(asked, params["id"]) for asked, params in daemon.asked] == [(method, "m-1")] * 2
    assert 0.0 < daemon.asked[1][1]["timeout_s"] < 30.0


def test_keys_are_asked_for_once_of_a_daemon_that_went_away(daemon: Stub):
    daemon.first = [None]
    daemon.answers = {"peer.control": {}}

    with pytest.raises(DaemonLost, match=r"`peerd peek ada` shows it. Repeating it would press them twice\."):
        ask("peer.control", {"peer": "ada", "what": "interrupt"})

    assert len(daemon.asked) == 1


@pytest.mark.parametrize(
    ("method", "params", "look"),
    [
        ("peer.refresh", {"peer": "ada"}, "show ada"),
        ("peer.new", {"peer": "ada"}, "show ada"),
        ("peer.rename", {"peer": "ada", "name": "bob"}, "show ada"),
        ("peer.add", {"name": "ada"}, "show ada"),
        ("message.requeue", {"id": "m-1"}, "message m-1"),
        ("team.up", {}, "ls"),
    ],
)
def test_what_may_have_been_done_is_said_with_what_tells(daemon: Stub, method: str, params: dict[str, str], look: str):
    daemon.answers = {method: DaemonLost("the daemon is stopping; what it accepted is kept.")}

    with pytest.raises(DaemonLost, match=f"It may have been done: `peerd {look}` tells. Look before you repeat it."):
        ask(method, params)


@pytest.mark.parametrize(
    "method",
    [
        *("peer.stop", "peer.start", "queue.pause", "queue.resume"),
        *("peer.refresh", "peer.rename", "peer.remove", "team.up", "self.fresh"),
    ],
)
def test_what_is_the_same_the_second_time_is_asked_of_the_next_daemon(daemon: Stub, method: str):
    daemon.first = [None]
    daemon.answers = {method: {"peer": "ada"}}

    assert ask(method, {"peer": "ada"}) == {"peer": "ada"}


OFTEN = 2 * LOST_MAX


@pytest.mark.parametrize("said", [DaemonLost("the daemon is stopping"), DaemonStopping("nothing was done")])
@pytest.mark.parametrize("method", ["message.wait", "message.send"])
def test_a_wait_goes_on_over_as_many_restarts_as_there_are(daemon: Stub, method: str, said: DaemonLost):
    daemon.first = [said] * OFTEN
    daemon.answers = {method: sent()}

    assert ask(method, {"id": "m-1", "timeout_s": 30.0}, wait_s=30.0) == sent()


def test_daemons_that_die_under_a_wait_are_not_asked_for_ever(daemon: Stub):
    daemon.first = [None] * OFTEN
    daemon.answers = {"message.wait": sent()}

    with pytest.raises(DaemonLost):
        ask("message.wait", {"id": "m-1", "timeout_s": 30.0}, wait_s=30.0)

    assert len(daemon.asked) == LOST_MAX


def test_restarts_are_not_waited_for_beyond_the_wait(daemon: Stub):
    daemon.answers = {"message.wait": DaemonLost("the daemon is stopping")}

    with pytest.raises(DaemonLost):
        ask("message.wait", {"id": "m-1", "timeout_s": 0.5}, wait_s=0.5)

    assert LOST_MAX < len(daemon.asked) < 3 * LOST_MAX


def test_daemons_that_go_on_stopping_are_not_asked_for_ever(daemon: Stub):
    daemon.answers = {"daemon.status": DaemonStopping("the daemon is stopping")}

    with pytest.raises(DaemonStopping):
        ask("daemon.status", {})

    assert len(daemon.asked) == LOST_MAX


def test_the_daemon_is_given_the_wait_and_some_time_to_answer(daemon: Stub):
    never = threading.Event()
    daemon.answers = {"message.wait": never}

    with pytest.raises(DaemonLost, match=r"silent for 0\.1 s"):
        ask("message.wait", {"id": "m-1"}, wait_s=0.1 - ANSWER_S)
    never.set()
