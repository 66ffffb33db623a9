"""add, wake, stop, start, ls, show and peek: what is asked of the daemon and what a person sees."""

import os
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NotYet, PeerdError
from tests.cli.answers import row, shown, woken
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

ADDED = {"peer": "ada", "runtime": "shell", "kind": "tui", "file": "/peers/ada.toml"}
PEEKED: dict[str, Any] = {"peer": "ada", "session": "s-1", "live": True, "lines": ["$ make", "", ""], "at": "10:00"}


@pytest.mark.parametrize(
    ("kind", "says"),
    [("service", "It is started now, and again whenever it ends."), ("pass", "Each message runs it once")],
)
def test_adding_a_service_or_a_pass_says_what_that_does(daemon: Stub, peerd: Peerd, kind: str, says: str):
    daemon.answers = {"peer.add": ADDED | {"kind": kind}}

    assert says in peerd("add", "ada", "--runtime", "own").out


def test_adding_a_peer_takes_the_folder_one_is_in(
    daemon: Stub, peerd: Peerd, home: Path, monkeypatch: pytest.MonkeyPatch
):
    daemon.answers = {"peer.add": ADDED}
    monkeypatch.chdir(home)

    ran = peerd("add", "ada", "--runtime", "shell")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "added ada (shell): /peers/ada.toml\n`peerd wake ada` brings it up; so does the first message.\n"
    assert daemon.asked == [
        (
            "peer.add",
            {
                "name": "ada",
                "runtime": "shell",
                "dir": str(home),
                "bin": None,
                "env": {},
                "policy": "warm",
                "set": {},
                "worktree": False,
                "timeout_s": 120,
            },
        )
    ]


def test_every_option_of_add_reaches_the_daemon(
    daemon: Stub, peerd: Peerd, home: Path, monkeypatch: pytest.MonkeyPatch
):
    daemon.answers = {"peer.add": ADDED}
    monkeypatch.chdir(home)
    options = "--dir src --bin ./bash --env A=1 --env B=x=y --policy ephemeral --set lease_s=5 --set args=['-i']"
    more = "--worktree --timeout 5"

    assert peerd("add", "ada", "--runtime", "shell", *options.split(), *more.split()).code == 0

    assert daemon.asked[0][1] == {
        "name": "ada",
        "runtime": "shell",
        "dir": str(home / "src"),
        "bin": str(home / "bash"),
        "env": {"A": "1", "B": "x=y"},
        "policy": "ephemeral",
        "set": {"lease_s": "5", "args": "['-i']"},
        "worktree": True,
        "timeout_s": 5,
    }


def test_a_program_named_without_a_folder_is_left_to_the_path(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.add": ADDED}

    peerd("add", "ada", "--runtime", "shell", "--bin", "zsh")

    assert daemon.asked[0][1]["bin"] == "zsh"


@pytest.mark.parametrize("words", [["--env", "A"], ["--env", "=1"], ["--set", "lease_s"]], ids=" ".join)
def test_a_pair_that_is_none_is_refused_by_name(daemon: Stub, peerd: Peerd, words: list[str]):
    ran = peerd("add", "ada", "--runtime", "shell", *words)

    assert (ran.code, ran.err) == (2, f"peerd: {words[0]} {words[1]!r}: write KEY=VALUE. Nothing was done.\n")
    assert daemon.asked == []


def test_waking_tells_how_it_came_up(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.wake": woken()}

    assert peerd("wake", "ada") == (0, "shell-ada is up after 12 ms, fresh: session s-1\n", "")
    assert daemon.asked == [("peer.wake", {"peer": "ada", "mode": None, "timeout_s": 300})]


def test_waking_one_who_is_up_says_so(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.wake": woken(woke=False, mode="live")}

    assert peerd("wake", "ada").out == "shell-ada was up already: session s-1\n"


def test_waking_with_a_task_tells_its_id(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.wake": woken(message="m-1")}

    ran = peerd("wake", "ada", "--task", "make", "--resume", "--timeout", "5")

    [(method, params)] = daemon.asked
    asked = {"peer": "ada", "task": "make", "task_id": params["task_id"], "mode": "resume", "timeout_s": 5}
    assert (method, params) == ("peer.wake", asked)
    assert params["task_id"].startswith("m-")
    assert "`peerd wait m-1 --for ended`" in ran.out


def test_the_facts_of_a_wake_are_the_daemons(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.wake": woken()}

    assert peerd("wake", "ada", "--fresh", "--json").json == woken()


def test_fresh_and_resume_exclude_each_other(daemon: Stub, peerd: Peerd):
    ran = peerd("wake", "ada", "--fresh", "--resume")

    assert (ran.code, daemon.asked) == (2, [])
    assert "not allowed with argument --fresh" in ran.err


def test_a_peer_that_is_not_ready_in_time_is_exit_code_3(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.wake": NotYet("ada is not ready after 1 s; it goes on starting. `peerd show ada`")}

    assert peerd("wake", "ada", "--timeout", "1").code == 3


def test_a_peer_that_does_not_come_up_is_exit_code_1(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.wake": PeerdError("ada did not come up: exited: no such file")}

    assert peerd("wake", "ada") == (1, "", "peerd: ada did not come up: exited: no such file\n")


def test_stopping_waits_until_it_is_down(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.stop": {"peer": "ada", "want": "down", "phase": "asleep"}}

    assert peerd("stop", "ada") == (0, "ada is stopped. `peerd start ada` lets it run again.\n", "")
    assert daemon.asked == [("peer.stop", {"peer": "ada", "timeout_s": 30})]
    assert peerd("stop", "ada", "--json").json == {"peer": "ada", "want": "down", "phase": "asleep"}


def test_starting_lets_it_run_again(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.start": {"peer": "ada", "want": "on_demand", "phase": "asleep"}}

    assert peerd("start", "ada").out == (
        "ada may run again (asleep). A waiting message wakes it; so does `peerd wake ada`.\n"
    )
    assert peerd("start", "ada", "--json").json == {"peer": "ada", "want": "on_demand", "phase": "asleep"}


def test_the_list_is_a_table_without_colour_where_no_terminal_is(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.list": {"peers": [row(since=None), row(peer="b" * 32, queued=3, hold="busy", since=None)]}}

    lines = [line.rstrip() for line in peerd("ls").out.splitlines()]

    assert lines == [
        "PEER                              RUNTIME  STATE  SINCE  QUEUED  WAITS FOR",
        "ada                               shell    idle",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb  shell    idle          3       busy",
    ]


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ({"want": "down", "phase": "asleep", "activity": None}, "stopped"),
        ({"want": "down", "phase": "failed", "activity": None}, "stopped"),
        ({"want": "down", "phase": "stopping", "activity": None}, "stopping"),
        ({"phase": "failed", "activity": None}, "failed"),
        ({"phase": "backoff", "activity": None}, "backoff"),
        ({"phase": "asleep", "activity": None}, "asleep"),
        ({"phase": "starting", "activity": None}, "starting"),
        ({"phase": "running", "activity": "blocked"}, "blocked"),
        ({"phase": "running", "activity": None}, "unknown"),
    ],
    ids=str,
)
def test_a_person_sees_one_word(daemon: Stub, peerd: Peerd, state: dict[str, Any], word: str):
    daemon.answers = {"peer.list": {"peers": [row(**state, since=None)]}}

    assert peerd("ls").out.splitlines()[1].split() == ["ada", "shell", word]


def test_the_list_in_json_is_the_daemons(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.list": {"peers": [row()]}}

    assert peerd("ls", "--json").json == [row()]


@pytest.mark.parametrize(
    ("count", "line"),
    [
        (0, ""),
        (1, "peerd: 1 notice: `peerd notices` shows it.\n"),
        (2, "peerd: 2 notices: `peerd notices` shows them.\n"),
    ],
    ids=str,
)
def test_the_list_ends_with_how_many_notices_there_are_and_where(daemon: Stub, peerd: Peerd, count: int, line: str):
    for rows in ([], [row()]):
        daemon.answers = {"peer.list": {"peers": rows, "notices": count}}

        assert peerd("ls").err == line
        assert (peerd("ls", "--json").json, peerd("ls", "--json").err) == (rows, "")


def test_where_there_are_no_peers_the_list_says_how_to_make_one(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.list": {"peers": []}}

    assert peerd("ls").out == "no peers yet. `peerd add NAME --runtime shell` declares one.\n"
    assert peerd("ls", "--json").json == []


def test_showing_a_peer_explains_it(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.show": shown()}

    assert peerd("show", "ada").out == (
        "shell-ada: busy, session s-1\n"
        "  busy with m-1\n"
        "  wanted: on_demand, phase: running, in /src\n"
        "\nevidence\n  process: pid 12 runs (0 s ago)\n"
        "\nqueue\n  m-2 from bob: accepted, waits: busy, since 10:00\n"
        "\nlast end\n  killed, signal 9 at 09:00: oom suspected\n  | $ make\n  | Killed\n"
        "\nlast decisions\n  ts=1 event=session-ready peer=ada\n"
    )
    assert peerd("show", "ada", "--json").json == shown()


def test_a_peer_without_a_past_is_shown_in_a_few_lines(daemon: Stub, peerd: Peerd):
    nothing: dict[str, Any] = {"evidence": [], "queue": [], "decisions": [], "last_end": None, "session": None}
    daemon.answers = {"peer.show": shown(phase="asleep", activity=None, verdict="asleep", **nothing)}

    assert peerd("show", "ada").out == "shell-ada: asleep\n  asleep\n  wanted: on_demand, phase: asleep, in /src\n"


def test_peeking_prints_the_screen(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.peek": PEEKED}

    assert peerd("peek", "ada") == (0, "$ make\n", "")
    assert peerd("peek", "ada", "--json").json == PEEKED


def test_the_screen_of_a_dead_session_is_told_as_such(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.peek": PEEKED | {"live": False}}

    ran = peerd("peek", "ada")

    assert ran == (0, "$ make\n", "peerd: session s-1 has ended; this was its last screen, at 10:00.\n")


def test_a_peer_that_never_ran_has_no_screen(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.peek": PEEKED | {"session": None, "live": False, "lines": [], "at": None}}

    assert peerd("peek", "ada") == (0, "", "peerd: ada has had no session yet. `peerd wake ada` starts one.\n")


def test_attaching_without_a_terminal_points_to_peek(daemon: Stub, peerd: Peerd):
    ran = peerd("attach", "ada")

    assert (ran.code, daemon.asked) == (2, [])
    assert ran.err == "peerd: attach needs a terminal. `peerd peek ada` prints the screen without one.\n"


@pytest.mark.parametrize(("command", "then"), [("wait m-1", " `peerd wait m-1` then waits on."), ("peek ada", "")])
def test_without_a_daemon_a_look_at_what_only_it_knows_is_exit_code_69(
    home: Path, peerd: Peerd, command: str, then: str
):
    ran = peerd(*command.split())

    assert (ran.code, ran.out) == (69, "")
    assert ran.err == f"peerd: no daemon answers on {home}/run/peerd.sock. `peerd daemon start` starts one.{then}\n"


@pytest.mark.parametrize("command", ["add ada --runtime shell", "wake ada", "send ada x", "ask ada x", "stop ada"])
def test_inside_a_session_nothing_starts_a_daemon(
    home: Path, peerd: Peerd, monkeypatch: pytest.MonkeyPatch, command: str
):
    monkeypatch.setenv("PEERD_SESSION", "s-1")

    ran = peerd(*command.split())

    assert (ran.code, ran.out) == (75, "")
    assert "nothing inside a session starts one" in ran.err
    assert os.listdir(home) == ["run"]
