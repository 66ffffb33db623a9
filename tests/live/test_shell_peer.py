"""A real bash as a peer: what is sent to it is run, and its own hooks say so."""

import os
import signal
import time

import pytest

from peerd.edges.process import alive, identify
from peerd.errors import NotPermitted, PeerdError
from peerd.model.peer import PeerName
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def test_a_command_is_run_and_its_exit_status_told(up: Team):
    up.add("sh", "shell")

    done = up.send("sh", "echo hello; (exit 3)", wait="ended")

    assert (done["state"], done["task"], done["exit_status"]) == ("submitted", "turn_ended", 3)
    assert (done["answer"], done["answer_from"]) == ("hello", "turn")


def test_a_shell_keeps_its_folder_and_variables_between_messages(up: Team):
    up.add("sh", "shell")
    up.send("sh", "cd / && kept='a b'", wait="ended")

    done = up.send("sh", 'echo "$PWD $kept"', wait="ended")

    assert done["answer"] == "/ a b"


def test_a_shell_takes_nothing_from_a_peer_unless_its_spec_says_so(up: Team):
    up.add("sh", "shell")
    up.add("other", "shell", accepts_from=["sh"])
    token = f"{up.env['HOME']}/token"
    up.send("other", f'printf %s "$PEERD_TOKEN" > {token}', wait="ended")

    with open(token) as file, pytest.raises(NotPermitted, match="takes messages only from operator"):
        from peerd.rpc.client import call

        call("message.send", {"to": "sh", "body": "id"}, timeout_s=10, socket_path=up.home.socket, token=file.read())


def test_a_message_to_a_sleeping_peer_wakes_it(up: Team):
    up.add("sh", "shell")

    sent = up.send("sh", "true")

    assert (sent["state"], sent["woke"], sent["attempt"]) == ("submitted", True, 1)


def test_waking_a_live_peer_says_so(up: Team):
    up.add("sh", "shell")
    first = up.call("peer.wake", peer="sh")
    second = up.call("peer.wake", peer="sh")

    assert (first["woke"], first["mode"]) == (True, "fresh")
    assert (second["woke"], second["mode"], second["session"]) == (False, "live", first["session"])


def test_a_stopped_peer_leaves_nothing_running_and_refuses_messages(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    session = up.session("sh")

    up.call("peer.stop", peer="sh")

    assert not alive(session.host.runtime)
    assert not alive(session.host.server)
    with pytest.raises(PeerdError, match="stopped"):
        up.send("sh", "true")
    queued = up.send("sh", "true", queue=True, wait="accepted")
    assert queued["state"] == "accepted"
    up.call("peer.start", peer="sh")
    assert up.call("message.wait", id=queued["id"], until="ended")["task"] == "turn_ended"


@pytest.mark.timing
def test_the_death_of_a_runtime_is_noticed_at_once_with_signal_and_last_lines(up: Team):
    up.add("sh", "shell")
    up.send("sh", "echo the last thing it said", wait="ended")
    pid = up.session("sh").host.runtime.pid

    killed_at = time.time()
    os.kill(pid, signal.SIGKILL)
    end = eventually(lambda: up.show("sh")["last_end"])

    assert (end["cause"], end["signal"], end["code"]) == ("killed", 9, None)
    assert "the last thing it said" in end["last_lines"]
    ended = up.store().last_ended(PeerName("sh"))
    assert ended is not None
    assert ended.ended_at is not None
    assert ended.ended_at - killed_at < 0.1


def test_an_exit_inside_a_message_ends_its_turn_and_the_session(up: Team):
    up.add("sh", "shell")

    done = up.send("sh", "exit 7", wait="ended")
    end = eventually(lambda: up.show("sh")["last_end"])

    assert (done["task"], done["exit_status"]) == ("turn_ended", 7)
    assert (end["cause"], end["code"]) == ("exited", 7)


def test_a_command_killed_in_the_middle_is_not_run_twice(up: Team):
    up.add("sh", "shell")
    ran = f"{up.work}/ran"
    sent = up.send("sh", f"echo x >> {ran}; sleep 60")
    eventually(lambda: os.path.exists(ran))

    os.kill(up.session("sh").host.runtime.pid, signal.SIGKILL)
    over = up.call("message.wait", id=sent["id"], until="ended", timeout_s=10)

    assert (over["state"], over["task"]) == ("submitted", "dead")
    with open(ran) as file:
        assert file.read() == "x\n"


def test_children_that_a_session_left_behind_are_ended(up: Team):
    up.add("sh", "shell")
    up.send("sh", "(trap '' HUP TERM; setsid sleep 300 & echo $! > left)", wait="ended")
    with open(f"{up.work}/left") as file:
        left = identify(int(file.read()))
    assert left is not None

    up.call("peer.stop", peer="sh")

    assert not alive(left)


def test_three_deaths_leave_a_peer_down_until_start(up: Team):
    up.add("sh", "shell", backoff_base_s=0.05)
    for deaths in range(1, 4):
        up.call("peer.wake", peer="sh")
        os.kill(up.session("sh").host.runtime.pid, signal.SIGKILL)
        eventually(lambda: up.log().count("ev=session-ended") == deaths)  # noqa: B023

    assert up.show("sh")["phase"] == "failed"
    with pytest.raises(PeerdError, match="down after 3 deaths"):
        up.send("sh", "true")
    assert up.call("peer.start", peer="sh")["phase"] == "asleep"
    assert up.call("peer.wake", peer="sh")["woke"]


def test_a_runtime_that_is_not_there_fails_its_boot_with_the_reason(up: Team):
    up.add("sh", "shell", bin="/bin/false")

    with pytest.raises(PeerdError, match="did not come up"):
        up.call("peer.wake", peer="sh")
