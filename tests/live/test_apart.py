"""What goes wrong with one peer costs no other; what is not ours is left alone; what cannot be read is told."""

import os
import re
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from peerd.edges.process import alive
from peerd.edges.tmux.server import write_conf
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import CALL_S, IMPATIENT

pytestmark = pytest.mark.tmux

FAULTY = """
from peerd.daemon import loop, main
right = loop.decide
def decide(peer, event, now):
    if peer.spec.name == "ada":
        raise ValueError("a bug of ours over ada")
    return right(peer, event, now)
loop.decide = decide
main.run()
"""
UNSEEN = """
from peerd.daemon import main
from peerd.edges.journal import Journals
def poll(self, session):
    raise ValueError("a bug of ours over a journal")
Journals.poll = poll
main.run()
"""


def test_a_fault_of_ours_over_one_peer_costs_no_other_its_supervision(team: Team):
    team.declare("ada", "actor")
    team.declare("bob", "actor", idle_s=0.3)
    team.start(sys.executable, "-c", FAULTY)

    for name in ("ada", "bob"):
        file = Path(team.home.peers, f"{name}.toml")
        file.write_text(f'{file.read_text()}description = "changed"\n')
    eventually(lambda: team.show("bob")["spec"].get("description") == "changed")

    assert team.send("bob", "hello", wait="ended", timeout_s=20)["task"] == "answered"
    eventually(lambda: team.show("bob")["phase"] == "asleep", within_s=10)
    assert 'ev=action-failed action="settle ada" why="ValueError: a bug of ours over ada"' in team.log()


def test_a_fault_where_nobody_waits_for_the_outcome_is_told(team: Team):
    late = "from peerd.daemon import adopt, main\n"
    late += "adopt.settle = lambda daemon, _: __import__('asyncio').get_running_loop().call_soon(lambda: 1 / 0)\n"

    team.start(sys.executable, "-c", f"{late}main.run()")

    eventually(lambda: "ZeroDivisionError" in team.log())
    assert team.answers()


def test_a_pane_log_that_is_none_any_more_keeps_nobody_from_being_looked_at(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\nsilent_s = 1\n")
    team.start()
    for name in ("ada", "bob"):
        team.add(name, "actor")
        team.send(name, "hello", wait="ended", timeout_s=20)
        eventually(lambda: re.search(rf"ev=turn-ended id=\S+ to={name}\b", team.log("delivery")))  # noqa: B023
    log = Path(team.home.session(team.session("ada").id), "pane.log")
    log.unlink()
    log.mkdir()
    with open(os.path.join(team.home.session(team.session("bob").id), "journal"), "a") as journal:
        journal.write('{"ev":"turn_began"}\n')  # its end is told by nobody: only the census sees it
    eventually(lambda: team.show("bob")["activity"] == "busy")

    assert team.send("bob", "still there?", wait="ended", timeout_s=30)["task"] == "answered"
    assert team.send("ada", "and you?", wait="ended", timeout_s=30)["task"] == "answered"


def test_a_message_to_a_peer_whose_tmux_stands_still_waits_and_is_given_once_it_moves(team: Team):
    team.start(*IMPATIENT)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    server = team.session("ada").host.server.pid
    os.kill(server, signal.SIGSTOP)
    try:
        waiting = team.send("ada", "hello", timeout_s=CALL_S + 0.5)
    finally:
        os.kill(server, signal.SIGCONT)

    assert (waiting["waiting"], waiting["state"]) == (True, "accepted")
    over = team.call("message.wait", id=waiting["id"], until="ended", timeout_s=30)
    assert (over["task"], over["attempt"]) == ("answered", 1)


@pytest.mark.parametrize("daemon", ["ran", "did not run"])
def test_the_last_lines_of_a_session_whose_tmux_server_was_killed_are_from_its_log(team: Team, daemon: str):
    team.start()
    team.add("sh", "shell")
    team.send("sh", "printf '\\033[1mthe last thing\\033[0m it said\\n'", wait="ended", timeout_s=20)
    host, log = team.session("sh").host, Path(team.home.session(team.session("sh").id), "pane.log")
    if daemon == "did not run":
        team.kill_daemon()
    eventually(lambda: "\033[1mthe last thing\033[0m it said" in log.read_text())  # what tmux has not written is lost

    os.kill(host.server.pid, signal.SIGKILL)

    if daemon == "did not run":
        eventually(lambda: not alive(host.server))
        team.start()
    end = eventually(lambda: team.show("sh")["last_end"])
    assert end["cause"] == "server-died"
    assert "the last thing it said" in end["last_lines"]
    assert end["why"].endswith("the last lines are from its log")


def a_stranger(team: Team) -> str:
    """A tmux server like ours, of a session that is not on record; returns its socket."""
    folder = Path(team.home.run, "tmux")
    for each in (folder.parent, folder):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket, conf = str(folder / "shell-eve.sock"), write_conf(str(team.root), "s-unknown")
    command = ("tmux", "-S", socket, "-f", conf, "new-session", "-d", "-s", "shell-eve", "sleep 1000")
    assert os.spawnvpe(os.P_WAIT, "tmux", command, team.env) == 0
    return socket


def test_one_session_that_cannot_be_looked_at_does_not_end_the_census(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start(sys.executable, "-c", UNSEEN)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    eventually(lambda: 'action="look at ada" why="ValueError: a bug of ours over a journal"' in team.log())

    socket = a_stranger(team)

    eventually(lambda: f"ev=stray-session socket={socket}" in team.log())


def test_a_tmux_server_that_no_record_knows_is_told_of_and_left_alone(team: Team):
    socket = a_stranger(team)

    team.start()

    assert f"ev=stray-session socket={socket}" in team.log()
    team.add("eve", "shell")
    assert "a session that is not on record sits on" in team.run("wake", "eve", "--timeout", "10").err
    assert os.spawnvpe(os.P_WAIT, "tmux", ("tmux", "-S", socket, "has-session", "-t", "=shell-eve"), team.env) == 0


def test_one_that_exits_as_it_is_asked_keeps_nobody_from_starting(team: Team):
    ending = team.root / "bin" / "tmux"
    ending.parent.mkdir()
    script = 'case "$*" in *show-options*) %s -N -S "$3" kill-server ;; esac; exec %s "$@"'
    ending.write_text(f"#!/bin/sh\n{script % ((shutil.which('tmux'),) * 2)}\n")
    ending.chmod(0o700)
    team.start()
    team.add("eve", "shell")
    team.kill_daemon()
    team.env["PATH"] = f"{ending.parent}:{team.env['PATH']}"
    team.start()
    a_stranger(team)

    assert team.run("wake", "eve", "--timeout", "10").code == 0

    assert "ev=boot-failed" not in team.log()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE message SET state = 'strewn' WHERE id = 'm-0'",
        "UPDATE message SET attempt = 'often' WHERE id = 'm-0'",
        "UPDATE step SET at = 'noon' WHERE message = 1",
        "DELETE FROM body WHERE message = 1",
    ],
    ids=["state", "attempt", "history", "text"],
)
def test_a_message_that_makes_no_sense_any_more_is_told_and_costs_no_other(team: Team, damage: str):
    team.start()
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    for n in range(2):
        team.send("ada", f"task {n}", id=f"m-{n}", wait="accepted")
    team.kill_daemon()
    with closing(sqlite3.connect(team.home.store)) as store:
        store.execute(damage)
        store.commit()

    team.start()
    team.call("queue.resume", peer="ada")

    (notice,) = team.call("daemon.status")["notices"]
    assert notice.startswith("message m-0 has an invalid record and is not delivered: ")
    assert "ev=senseless id=m-0" in team.log("delivery")
    assert team.call("message.wait", id="m-1", until="ended", timeout_s=20)["task"] == "answered"
    assert team.run("message", "m-0").code != 0
