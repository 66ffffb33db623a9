"""Who asks from an environment that names another socket for the same home: cron, su, or by a link to the home."""

import copy
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.live.conftest import Team
from tests.live.test_copied_homes import at
from tests.live.test_homes_and_callers import deep

pytestmark = pytest.mark.tmux

__all__ = ["deep"]


@pytest.fixture
def by_link(deep: Team) -> Team:
    """Who calls by a short name the home of a daemon that runs, and has a long one."""
    deep.start()
    link = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"), "p")
    link.symlink_to(deep.env["PEERD_HOME"])
    deep.folders.append(link.parent)
    return at(deep, link)


@pytest.fixture
def elsewhere(team: Team) -> Team:
    """Who has another XDG_RUNTIME_DIR than a daemon that runs, and no PEERD_HOME."""
    del team.env["PEERD_HOME"]
    for name in ("rt", "rt2"):
        (team.root / name).mkdir(mode=0o700)
    for name in ("CONFIG", "STATE"):
        team.env[f"XDG_{name}_HOME"] = str(team.root / "user" / name.lower())
    team.env["XDG_RUNTIME_DIR"] = str(team.root / "rt")
    there = copy.copy(team)
    there.env = team.env | {"XDG_RUNTIME_DIR": str(team.root / "rt2")}
    started = team.run("daemon", "start")
    assert started.code == 0, started.err
    return there


@pytest.fixture(params=["elsewhere", "by_link"])
def caller(request: pytest.FixtureRequest) -> Team:
    found: Team = request.getfixturevalue(request.param)
    return found


def pid(team: Team) -> int:
    return int(team.run("daemon", "status", "--json").json["pid"])


def test_one_that_names_another_socket_finds_the_daemon(caller: Team):
    added = caller.run("add", "sh", "--runtime", "shell", "--dir", str(caller.work))
    asked, started = caller.run("ask", "sh", "echo here"), caller.run("daemon", "start")

    assert [ran.code for ran in (added, asked, started)] == [0, 0, 0], (added.err, asked.err, started.err)
    assert asked.out == "here\n"
    assert ["no daemon" in caller.run(*words).err for words in (["ls"], ["tail", "--no-follow"])] == [False, False]


def test_it_restarts_and_stops_that_daemon(caller: Team):
    before = caller.run("daemon", "status", "--json").json

    restarted = caller.run("daemon", "restart")
    after = caller.run("daemon", "status", "--json").json
    stopped = caller.run("daemon", "stop")

    assert (restarted.code, after["socket"], after["pid"]) == (0, before["socket"], before["pid"]), restarted.err
    assert after["started_at"] != before["started_at"]
    assert (stopped.code, f"pid {before['pid']}" in stopped.out) == (0, True), stopped.err
    assert caller.run("daemon", "status").code == 69


def test_a_daemon_whose_runtime_folder_is_gone_is_named_and_can_be_stopped(elsewhere: Team):
    owner, rt = pid(elsewhere), elsewhere.root / "rt"
    rt.rename(elsewhere.root / "gone")
    rt.write_text("")

    refused = elsewhere.run("daemon", "start")
    stopped = elsewhere.run("daemon", "stop")

    assert (refused.code, f"a daemon (pid {owner}) owns " in refused.err) == (69, True)
    assert f"listens on {rt}/peerd/peerd.sock: use that one, or end it with `peerd daemon stop`" in refused.err
    assert (stopped.code, f"pid {owner}" in stopped.out) == (0, True), stopped.err
    assert elsewhere.run("daemon", "start").code == 0


def test_a_copy_of_a_home_does_not_lead_to_the_originals_daemon(up: Team):
    subprocess.run(("cp", "-a", up.env["PEERD_HOME"], str(up.root / "copy")), check=True)
    other = at(up, up.root / "copy")

    asked, stopped = other.run("daemon", "status"), other.run("daemon", "stop")

    assert (asked.code, stopped.code, up.answers()) == (69, 69, True)


def test_a_lock_that_names_the_socket_of_another_homes_daemon_leads_nowhere(up: Team, deep: Team):
    deep.start()
    up.kill_daemon()
    lock = Path(up.home.lock)
    lock.write_bytes(lock.read_bytes().replace(os.fsencode(up.home.socket), os.fsencode(deep.home.socket)))

    assert up.run("daemon", "status", env={}).code == 69
    shutil.rmtree(Path(up.home.socket).parent)
    assert (up.run("daemon", "stop", env={}).code, deep.answers()) == (69, True)
