"""What people and machines do to a home, and what a bug of ours costs."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.edges.process import alive
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare

pytestmark = pytest.mark.tmux


def test_a_bug_in_one_answer_is_told_at_once_and_costs_nothing_else(team: Team):
    broken = "from peerd.daemon import main; from peerd.daemon import inspect; inspect.peek = None; main.run()"
    team.start(sys.executable, "-c", broken)
    team.add("sh", "shell")

    ran = team.run("peek", "sh", timeout_s=5)

    assert (ran.code, "Traceback" not in ran.err) == (70, True)
    assert "ev=action-failed" in team.log()
    assert team.run("ask", "sh", "echo hi").out == "hi\n"


@pytest.mark.parametrize("kind", ["pipe", "folder", "endless"])
def test_a_spec_that_is_no_file_costs_no_daemon(up: Team, kind: str):
    path = os.path.join(up.home.peers, "x.toml")
    {"pipe": os.mkfifo, "folder": os.mkdir, "endless": lambda at: os.symlink("/dev/zero", at)}[kind](path)

    eventually(lambda: any("x.toml" in each for each in up.call("daemon.status").get("notices", ())))

    assert up.run("show", "x").code == 78


def test_settings_that_are_no_file_are_said_at_once(team: Team):
    os.makedirs(team.home.config)
    os.mkfifo(team.home.settings_file)

    ran = team.run("daemon", "start", timeout_s=15)

    assert (ran.code, "not a regular file" in ran.err) == (78, True)


def test_a_folder_of_peerd_that_is_a_file_is_said_at_once(team: Team):
    os.makedirs(os.path.dirname(team.home.config))
    Path(team.home.config).write_text("in the way")

    assert team.run("add", "ada", "--runtime", "actor", timeout_s=8).code == 78


@pytest.mark.parametrize("damage", ["broken", "removed"])
def test_a_session_whose_spec_is_lost_is_still_seen_and_stopped(team: Team, damage: str):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    before = team.session("ada")
    team.kill_daemon()
    file = Path(team.home.peers, "ada.toml")
    file.write_text("[[[") if damage == "broken" else file.unlink()
    team.start()

    assert team.session("ada").id == before.id
    assert "ada.toml" in next(each["says"] for each in team.show("ada")["evidence"] if each["source"] == "spec")
    assert team.run("stop", "ada").code == 0
    assert not alive(before.host.runtime)


IMPATIENT = """
import sys
from peerd import cli
from peerd.cli import dial
from peerd.rpc import start
dial.ANSWER_S = start.END_S = 1.0
sys.exit(cli.main(sys.argv[1:]))
"""


def impatiently(team: Team, *words: str) -> "subprocess.CompletedProcess[str]":
    command = (sys.executable, "-c", IMPATIENT, *words)
    return subprocess.run(command, env=team.env, capture_output=True, text=True, timeout=40)


def test_a_look_while_the_daemon_hangs_is_one_into_the_store(up: Team):
    up.add("ada", "actor")
    id = up.send("ada", "hello", wait="ended")["id"]
    assert up.daemon is not None
    up.daemon.send_signal(signal.SIGSTOP)

    looks = [impatiently(up, *words) for words in (["ls"], ["show", "ada"], ["message", id])]

    assert [ran.returncode for ran in looks] == [0, 0, 0]
    assert [("ada" in ran.stdout, "the daemon does not answer: as of the store." in ran.stderr) for ran in looks] == [
        (True, True)
    ] * 3
    assert "the daemon is there and does not answer; `peerd daemon restart`" in looks[1].stdout
    assert "no daemon" not in looks[1].stdout


@pytest.mark.parametrize("asked", ["restart", "stop"])
def test_a_daemon_that_hangs_is_got_out_of_the_way(up: Team, asked: str):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    assert up.daemon is not None
    up.daemon.send_signal(signal.SIGSTOP)

    ran = impatiently(up, "daemon", asked)

    told = "the daemon does not answer: it is ended by a signal. Accepted messages are kept, and sessions live on."
    assert (ran.returncode, ran.stderr) == (0, f"peerd: {told}\n")
    assert up.daemon.wait(timeout=5) != 0
    if asked == "stop":
        up.start()
    assert up.send("ada", "still there?", wait="ended")["task"] == "answered"


def test_refusals_are_no_bugs(up: Team):
    up.add("ada", "actor")
    up.call("peer.stop", peer="ada")

    assert up.run("send", "ada", "hello").code == 1

    assert "ev=refused" in up.log()
    assert "ev=action-failed" not in up.log()
    assert "Traceback" not in (up.root / "daemon.out").read_text()


def without_its_folder(team: Team) -> Any:
    """web's session, a service, adopted by a daemon after somebody deleted the session's folder."""
    declare(team, "name = 'pull'\nkind = 'service'\nargv = ['sleep', '1000']\n", "pull")
    team.start()
    team.add("web", "pull")
    eventually(lambda: team.show("web")["phase"] == "running")
    session = team.session("web")
    team.kill_daemon()
    shutil.rmtree(team.home.session(session.id))
    return session


def test_a_service_whose_folder_was_deleted_is_adopted_and_stopped_at_once(team: Team):
    session = without_its_folder(team)

    team.start()
    team.call("peer.stop", peer="web", timeout_s=5)

    assert (team.show("web")["last_end"]["cause"], alive(session.host.runtime)) == ("stopped", False)
    assert "Traceback" not in (team.root / "daemon.out").read_text()


def test_a_session_whose_folder_cannot_be_made_anew_is_stopped_at_once_all_the_same(team: Team):
    session = without_its_folder(team)
    Path(team.home.session(session.id)).write_text("in its place")

    team.start()
    team.call("peer.stop", peer="web", timeout_s=5)

    assert (team.show("web")["last_end"]["cause"], alive(session.host.runtime)) == ("stopped", False)
