"""A child of a session whose environment does not show whose it is: its work counts, and it ends with the session."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.process import alive, identify
from peerd.model.session import Process
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_kinds import passes
from tests.live.test_parking import is_kept

pytestmark = pytest.mark.tmux

BUSY = "while [ ! -e go ]; do :; done; touch done"
RETITLED = """
import ctypes, os
fields = open("/proc/self/stat").read().rpartition(")")[2].split()
begin, end = int(fields[47]), int(fields[48])
ctypes.memset(begin, 0, end - begin)
while not os.path.exists("go"):
    pass
open("done", "w")
"""
"""As setproctitle and others do, which write a title over their environment."""

AT_WORK = [
    pytest.param(f"env -i /bin/sh -c '{BUSY}'", id="env -i"),
    pytest.param(f"set +m; setsid env -i /bin/sh -c '{BUSY}'", id="in a kernel session of its own"),
    pytest.param(f"(env -i /bin/sh -c '{BUSY}' &)", id="whose parent is dead"),
    pytest.param(f"{sys.executable} retitled.py", id="a title over its environment"),
]


@pytest.fixture
def begun(team: Team) -> Iterator[Path]:
    """Where a child is to leave its pid: what does not end is ended with the test."""
    (team.work / "retitled.py").write_text(RETITLED)
    yield team.work / "pid"
    (team.work / "go").touch()


@pytest.mark.parametrize("child", AT_WORK)
def test_a_session_is_not_parked_while_such_a_child_works(team: Team, begun: Path, child: str):
    team.start()
    team.add("sh", "shell", idle_s=0.2)
    team.send("sh", f"{child} &", wait="ended", timeout_s=20)

    is_kept(team, "sh", 'why="a child of it works"')

    begun.with_name("go").touch()
    eventually(lambda: team.show("sh")["phase"] == "asleep", within_s=10)
    assert begun.with_name("done").exists()


def test_an_ephemeral_session_is_not_ended_while_such_a_child_works(team: Team, begun: Path):
    team.start()
    team.add("sh", "shell", wake_policy="ephemeral", ephemeral_quiet_s=0.2)
    team.send("sh", f"env -i /bin/sh -c '{BUSY}' &", wait="ended", timeout_s=20)

    is_kept(team, "sh", 'why="a child of it works"')

    begun.with_name("go").touch()
    eventually(lambda: team.show("sh")["phase"] == "asleep", within_s=10)
    assert begun.with_name("done").exists()


def test_a_pass_whose_work_is_in_such_a_child_is_not_silent(team: Team, begun: Path):
    passes(team, f'env -i /bin/sh -c "{BUSY}"', ephemeral_silent_s=1.0, stop_grace_s=0.2)
    task = team.send("eve", "sweep", timeout_s=20)

    eventually(lambda: team.log().count('why="it works"') >= 3, within_s=20)  # the first is of its start

    begun.with_name("go").touch()
    over = team.call("message.wait", id=task["id"], until="ended", timeout_s=20)
    assert (over["task"], over["attempt"]) == ("done", 1)


ASLEEP = "/bin/sleep 300 >/dev/null 2>&1"
LEFT = [
    pytest.param(f"nohup env -i {ASLEEP} & echo $! > pid", id="env -i"),
    pytest.param(f"set +m; setsid env -i {ASLEEP} & echo $! > pid", id="in a kernel session of its own"),
    pytest.param(f"(nohup env -i {ASLEEP} & echo $! > pid)", id="whose parent is dead"),
]


def left_by(team: Team, command: str, pid: Path) -> Process:
    team.send("sh", command, wait="ended", timeout_s=20)
    found = identify(int(eventually(pid.read_text)))
    assert found is not None
    eventually(lambda: Path(f"/proc/{found.pid}/cmdline").read_text().split("\0") == ["/bin/sleep", "300", ""])
    return found


@pytest.mark.parametrize("command", LEFT)
def test_such_a_child_ends_with_a_stop(team: Team, begun: Path, command: str):
    team.start()
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, command, begun)

    assert team.run("stop", "sh").code == 0

    assert not alive(child)


def test_such_a_child_of_a_runtime_that_was_killed_ends(team: Team, begun: Path):
    team.start()
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, f"nohup env -i {ASLEEP} & echo $! > pid", begun)

    os.kill(team.session("sh").host.runtime.pid, signal.SIGKILL)

    eventually(lambda: not alive(child), within_s=10)


def test_what_the_last_look_had_seen_of_a_runtime_that_was_killed_ends(team: Team, begun: Path):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\nlog_verbose = true\n")
    team.start()
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, f"set +m; setsid env -i {ASLEEP} & echo $! > pid", begun)
    looks = team.log().count("ev=census")
    eventually(lambda: team.log().count("ev=census") >= looks + 2, within_s=10)

    os.kill(team.session("sh").host.runtime.pid, signal.SIGKILL)

    eventually(lambda: not alive(child), within_s=10)


def test_what_has_the_number_of_a_runtime_that_died_unseen_for_its_leader_is_left_alone(team: Team, begun: Path):
    """It may be another's by then, and what it leads with it."""
    team.start()
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, f"nohup env -i {ASLEEP} & echo $! > pid", begun)
    runtime = team.session("sh").host.runtime
    team.kill_daemon()
    os.kill(runtime.pid, signal.SIGKILL)
    eventually(lambda: not alive(runtime))
    try:
        team.start()
        assert team.run("stop", "sh").code == 0
        assert ("ev=session-ended peer=sh" in team.log(), alive(child)) == (True, True)
    finally:
        os.kill(child.pid, signal.SIGKILL)


def test_what_runs_under_another_daemon_that_was_started_there_is_left_alone(team: Team, begun: Path):
    """With an environment of its own, as peerd starts one, and as the sessions of that one have."""
    team.start()
    team.add("sh", "shell", stop_grace_s=0.2)
    marked = "PEERD_SESSION=s-other"
    child = left_by(team, f"set +m; setsid env -i {marked} {ASLEEP} & echo $! > pid", begun)
    nobodys = left_by(team, f"set +m; setsid env -i PEERD_SESSION= {ASLEEP} & echo $! > pid", begun)
    try:
        assert team.run("stop", "sh").code == 0
        assert (alive(child), alive(nobodys)) == (True, True)
    finally:
        for each in (child, nobodys):
            os.kill(each.pid, signal.SIGKILL)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")
ANOTHER_USERS = f"nohup setpriv --reuid=65534 --clear-groups {ASLEEP} & echo $! > pid"


@as_root
def test_a_child_of_another_user_ends_with_a_stop(team: Team, begun: Path):
    team.start()
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, ANOTHER_USERS, begun)

    assert team.run("stop", "sh").code == 0

    assert not alive(child)


@as_root
def test_a_stop_tells_of_a_child_that_it_may_not_end(team: Team, begun: Path):
    """A daemon that may signal its own user's processes only, as one of a user's has it with sudo."""
    team.start("setpriv", "--bounding-set=-kill", sys.executable, "-m", "peerd", "daemon", "run")
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, ANOTHER_USERS, begun)
    told = f"sh is stopped; pid {child.pid} (sleep) of it could not be ended: Operation not permitted. Look whose it is"
    try:
        stopped = (team.run("stop", "sh"), team.run("stop", "sh"))
        assert [(ran.code, told in ran.err) for ran in stopped] == [(1, True)] * 2
        assert f'action="end pid {child.pid} (sleep)" why="Operation not permitted"' in team.log()
        shown = team.show("sh")
        assert (shown["want"], shown["phase"]) == ("down", "asleep")
    finally:
        os.kill(child.pid, signal.SIGKILL)
    eventually(lambda: not alive(child))

    assert team.run("stop", "sh").code == 0


@as_root
def test_nor_does_a_removal_and_no_namesake_inherits_it(team: Team, begun: Path):
    team.start("setpriv", "--bounding-set=-kill", sys.executable, "-m", "peerd", "daemon", "run")
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, ANOTHER_USERS, begun)
    try:
        removed = team.run("rm", "sh", "--now")
        assert (removed.code, f"sh is removed; pid {child.pid} (sleep) of it could not be ended" in removed.err) == (
            1,
            True,
        )
        team.add("sh", "shell")
        assert team.run("stop", "sh").code == 0
    finally:
        os.kill(child.pid, signal.SIGKILL)


@as_root
def test_a_rename_tells_of_it_and_so_does_a_stop_under_the_new_name_alone(team: Team, begun: Path):
    team.start("setpriv", "--bounding-set=-kill", sys.executable, "-m", "peerd", "daemon", "run")
    team.add("sh", "shell", stop_grace_s=0.2)
    child = left_by(team, ANOTHER_USERS, begun)
    lives = f"; pid {child.pid} (sleep) of it could not be ended: Operation not permitted. Look whose it is"
    try:
        renamed = team.run("rename", "sh", "eve", "--now")
        assert (renamed.code, f"sh is eve now{lives}" in renamed.err) == (1, True)
        assert team.run("rename", "sh", "eve").code == 0
        team.add("sh", "shell")
        assert team.run("stop", "sh").code == 0
        stopped = team.run("stop", "eve")
        assert (stopped.code, f"eve is stopped{lives}" in stopped.err) == (1, True)
    finally:
        os.kill(child.pid, signal.SIGKILL)
    eventually(lambda: not alive(child))
    assert team.run("stop", "eve").code == 0


@as_root
@pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "the next daemon"])
def test_a_login_that_a_removed_peer_s_child_may_use_is_left_to_it(team: Team, begun: Path, killed: bool):
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\nlog_verbose = true\n")
    bounded = ("setpriv", "--bounding-set=-kill", sys.executable, "-m", "peerd", "daemon", "run")
    team.start(*bounded)
    team.add("sh", "shell", stop_grace_s=0.2)
    login = Path(team.home.login("sh"))
    login.mkdir(parents=True)
    child = left_by(team, ANOTHER_USERS if killed else ANOTHER_USERS.replace("nohup", "nohup env -i"), begun)
    try:
        told = team.run("rm", "sh", "--now").err
        assert "sh is removed, but its login could not be: " in told
        assert killed or f"pid {child.pid} (sleep) of it still runs: Operation not permitted" in told
        if killed:
            team.kill_daemon()
            team.start(*bounded)
        before = team.log().count("ev=census")
        eventually(lambda: team.log().count("ev=census") > before + 1, within_s=10)
        assert login.exists()
    finally:
        os.kill(child.pid, signal.SIGKILL)

    eventually(lambda: not login.exists(), within_s=10)
