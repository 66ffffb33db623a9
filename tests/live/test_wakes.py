"""Waking, as its caller sees it: what is refused, what fails, and what becomes of a task that came with it."""

import os
import signal
import subprocess

import pytest

from peerd.errors import NotYet, PeerdError
from peerd.specfile import read_spec
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("mode", ["fresh", "resume"])
def test_a_wake_that_is_refused_takes_no_task(up: Team, mode: str):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")

    with pytest.raises(PeerdError):
        up.call("peer.wake", peer="ada", mode=mode, task="do this", task_id="m-task")

    assert up.call("message.list")["messages"] == []


def test_a_wake_that_takes_too_long_names_its_task(up: Team):
    up.add("ada", "actor", "--dialog", "Trust this folder?")

    with pytest.raises(NotYet, match="`peerd wait m-task`"):
        up.call("peer.wake", peer="ada", task="do this", task_id="m-task", timeout_s=0.3)

    assert [each["id"] for each in up.call("message.list")["messages"]] == ["m-task"]


def test_a_boot_that_fails_again_when_the_last_death_is_forgotten_is_told_at_once(up: Team):
    up.add("ada", "shell", bin="/bin/false", crash_window_s=0.05, backoff_base_s=0.2)

    for _ in range(2):
        with pytest.raises(PeerdError, match="did not come up"):
            up.call("peer.wake", peer="ada", timeout_s=20)


def test_what_a_full_folder_keeps_from_being_typed_waits_and_costs_no_attempt(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    folder = up.home.session(up.session("sh").id)
    with open(os.path.join(folder, "in"), "w"):
        sent = up.send("sh", "echo hello", wait="accepted")
    eventually(lambda: up.call("message.show", id=sent["id"])["hold"] == "unwritable")

    os.unlink(os.path.join(folder, "in"))
    over = up.call("message.wait", id=sent["id"], until="ended", timeout_s=20)

    assert (over["answer"], over["attempt"]) == ("hello", 1)


def test_the_last_lines_are_read_though_the_control_client_is_gone(up: Team):
    up.add("sh", "shell")
    up.send("sh", "echo last words", wait="ended")
    host = up.session("sh").host
    subprocess.run(("tmux", "-S", host.socket, "detach-client", "-s", "=shell-sh"), check=True, timeout=10)

    os.kill(host.runtime.pid, signal.SIGKILL)
    end = eventually(lambda: up.show("sh")["last_end"])

    assert "last words" in end["last_lines"]


def test_peers_at_work_whose_tmux_hangs_delay_no_daemon(team: Team):
    team.start()
    hung = ["ada", "bob", "eve"]
    for name in hung:
        team.add(name, "actor", "--busy-s", "30")
        team.send(name, "work")
    servers = [team.session(name).host.server.pid for name in hung]
    team.kill_daemon()
    for pid in servers:
        os.kill(pid, signal.SIGSTOP)
    try:
        team.start(*IMPATIENT)
        team.add("sh", "shell")
        assert team.send("sh", "echo hi", wait="ended", timeout_s=10)["answer"] == "hi"
    finally:
        for pid in servers:
            os.kill(pid, signal.SIGCONT)


def test_a_session_whose_spec_names_another_runtime_by_now_is_still_told_as_what_it_is(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    file = os.path.join(team.home.peers, "ada.toml")
    team.kill_daemon()
    with open(file) as spec:
        text = spec.read().replace('"actor"', '"shell"')
    with open(file, "w") as spec:
        spec.write(text)
    assert read_spec(file).spec.runtime == "shell"
    team.start()

    assert team.call("peer.attach", peer="ada")["session"] == "actor-ada"
    woken = team.call("peer.wake", peer="ada")
    assert (woken["identity"], woken["runtime"]) == ("actor-ada", "actor")
