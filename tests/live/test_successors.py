"""A session that is to be followed by a fresh one ends only where that could start; who asks is told at once."""

import shutil
import time
from pathlib import Path

import pytest

from peerd.edges.process import alive
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

AT_ONCE_S = 15.0  # of 300; measured 1 s
BROKEN = "#!/bin/sh\necho no license\nsleep {}\nexit 3\n"


def program(team: Team, text: str) -> Path:
    made = team.root / "program"
    made.write_text(text)
    made.chmod(0o755)
    return made


def shell_with(team: Team) -> Path:
    """sh runs in a folder, by a program, of a runtime that can each be taken away."""
    bash = shutil.which("bash")
    made = program(team, f'#!/bin/sh\nexec {bash} "$@"\n')
    team.add("sh", "shell", bin=str(made))
    team.send("sh", "echo hi", wait="ended", timeout_s=20)
    return made


@pytest.mark.parametrize("asked", [["new", "sh"], ["new", "sh", "--now"], ["refresh", "sh"]], ids=" ".join)
@pytest.mark.parametrize(("gone", "told"), [("work", "is not a folder; create it"), ("program", "no such program")])
def test_a_session_whose_successor_could_not_start_is_left_alone(up: Team, asked: list[str], gone: str, told: str):
    shell_with(up)
    before = up.session("sh")
    (up.root / gone).rename(up.root / "elsewhere")

    ran = up.run(*asked)

    assert (ran.code, told in ran.err, ran.err.endswith("Nothing was done.\n")) == (78, True, True)
    assert (up.session("sh").id, alive(before.host.runtime), up.show("sh")["phase"]) == (before.id, True, "running")
    (up.root / "elsewhere").rename(up.root / gone)
    assert up.run("new", "sh", "--timeout", "20").code == 0


def test_a_session_whose_runtime_is_not_known_any_more_is_left_alone(team: Team):
    runtimes = Path(team.home.runtimes)
    runtimes.mkdir(parents=True)
    (runtimes / "cat.toml").write_text("name = 'cat'\nargv = ['cat']\n[ready]\nwhen = 'seen'\n")
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    before = team.session("ada").id
    team.kill_daemon()
    file = Path(team.home.peers, "ada.toml")
    file.write_text(file.read_text().replace("actor", "parrot"))
    team.start()

    ran = team.run("new", "ada", "--now")

    assert (ran.code, "no adapter for runtime 'parrot'" in ran.err) == (78, True)
    assert team.session("ada").id == before


def test_a_session_that_wants_to_begin_afresh_is_told_that_it_could_not_and_goes_on(up: Team):
    shell_with(up)
    before = up.session("sh").id
    up.work.rename(up.root / "elsewhere")

    answer = up.send("sh", "peerd self-fresh; echo $?", wait="ended", timeout_s=20)["answer"]

    assert ("is not a folder; create it" in answer, answer.endswith("78")) == (True, True)
    assert up.send("sh", "echo on", wait="ended", timeout_s=20)["session"] == before


def test_a_session_that_was_to_be_replaced_is_kept_while_its_successor_could_not_start(up: Team):
    shell_with(up)
    before = up.session("sh").id
    up.send("sh", "sleep 2")
    up.call("peer.refresh", peer="sh")
    up.work.rename(up.root / "elsewhere")

    told = 'why="the next one could not start: '
    eventually(lambda: told in up.log(), within_s=15)
    for _ in range(2):  # each is followed by a look
        assert up.send("sh", "echo on", wait="ended", timeout_s=20)["session"] == before
    assert up.log().count(told) == 1
    (up.root / "elsewhere").rename(up.work)

    eventually(lambda: up.show("sh")["phase"] == "asleep", within_s=15)
    assert up.show("sh")["last_end"]["cause"] == "replaced"


@pytest.mark.parametrize("after_s", [0, 0.3], ids=["at once", "a moment later"])
@pytest.mark.parametrize("lives", [True, False], ids=["in place of a session", "of a sleeping peer"])
def test_a_new_session_that_does_not_come_up_is_told_at_once_with_what_it_said(up: Team, lives: bool, after_s: float):
    made = shell_with(up)
    if not lives:
        up.call("peer.stop", peer="sh")
        up.call("peer.start", peer="sh")
    made.write_text(BROKEN.format(after_s))
    began = time.monotonic()

    ran = up.run("new", "sh", "--now")

    assert (ran.code, time.monotonic() - began < AT_ONCE_S) == (1, True)
    assert ran.err.startswith("peerd: sh did not come up: ")
    assert "no license" in ran.err


def test_a_new_session_of_a_sleeping_peer_that_cannot_be_begun_is_told_at_once(up: Team):
    up.add("sh", "shell")
    Path(up.home.sessions).rmdir()
    Path(up.home.sessions).write_text("in its place")
    began = time.monotonic()

    ran = up.run("new", "sh")

    assert (ran.code, time.monotonic() - began < AT_ONCE_S, "sh did not come up: " in ran.err) == (1, True, True)


def test_who_asks_for_a_new_session_of_a_failed_peer_is_told_what_it_died_of(up: Team):
    up.add("ada", "shell", bin=str(program(up, BROKEN.format(0.3))), backoff_base_s=0.02, crash_max=1)
    assert up.run("wake", "ada").code == 1
    up.kill_daemon()
    up.start()

    for asked in ("new", "wake"):
        ran = up.run(asked, "ada")
        assert (ran.code, "ada is down after 1 death, the last: exited with code 3: no license" in ran.err) == (1, True)


def booting(team: Team) -> str:
    """ada, who takes long to start, in her first boot."""
    team.add("ada", "actor", "--boot-s", "60")
    team.popen("wake", "ada", "--timeout", "1")
    return str(eventually(lambda: team.show("ada")["session"]))


def test_who_asks_for_a_new_session_during_a_boot_gets_one_by_the_spec_of_now(up: Team):
    before = booting(up)
    up.run("edit", "ada", "--set", 'args=["--busy-s", "0"]')

    ran = up.run("new", "ada", "--json", "--timeout", "20")

    assert (ran.code, ran.json["session"] != before, up.session("ada").spec.args) == (0, True, ("--busy-s", "0"))


def test_a_refresh_during_a_boot_takes_an_edit_up(up: Team):
    before = booting(up)
    up.run("edit", "ada", "--set", "args=[]")

    said = up.run("refresh", "ada").out

    assert said == "ada: its session ends now; the next one starts fresh.\n"
    eventually(lambda: (up.show("ada")["phase"], up.show("ada")["session"] != before) == ("running", True), within_s=15)
    assert up.log().count("ev=session-started") == 2
