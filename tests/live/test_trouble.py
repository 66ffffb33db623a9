"""What once went wrong, each kept from coming back."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from peerd.edges.process import alive, identify, with_variable
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.test_payloads import submissions

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("stall_s", ["0.12", "0.3", "0.7"])
def test_a_runtime_that_stalls_over_an_enter_has_no_prompt_approved(up: Team, stall_s: str):
    """Its screen still shows the message; a second Enter would wait in its terminal for the prompt."""
    record = up.root / "record"
    up.add("ada", "actor", "--record", str(record), "--permission-on", "danger", "--stall-s", stall_s)

    sent = up.send("ada", "danger ahead")

    assert (sent["state"], sent["attempt"]) == ("submitted", 1)
    eventually(lambda: up.show("ada")["activity"] == "blocked")
    with pytest.raises(BaseException, match="not within"):
        eventually(lambda: "approved" in Path(f"{record}.jsonl").read_text(), within_s=1.0)


def test_a_broken_spec_of_a_peer_with_open_work_keeps_no_daemon_down(team: Team):
    team.start()
    team.add("ada", "actor", "--busy-s", "60")
    team.add("bob", "actor")
    team.send("ada", "work")
    team.kill_daemon()
    Path(team.home.peers, "ada.toml").write_text("name = 'ada'\nnonsense")

    team.start()

    assert team.send("bob", "hello", wait="ended")["task"] == "answered"


def test_a_working_session_whose_socket_was_deleted_is_left_alive_and_reached_again(team: Team):
    team.start()
    team.add("ada", "actor", "--busy-s", "1.5")
    sent = team.send("ada", "work")
    ada = team.session("ada")
    team.kill_daemon()
    os.unlink(ada.host.socket)

    team.start()

    assert alive(ada.host.runtime)
    over = team.call("message.wait", id=sent["id"], until="ended", timeout_s=20)
    assert (over["task"], over["attempt"]) == ("answered", 1)
    assert team.send("ada", "more", wait="ended", timeout_s=30)["session"] == ada.id


def test_a_dead_session_whose_tmux_hangs_keeps_no_daemon_down(team: Team):
    team.start()
    team.add("ada", "actor")
    team.add("bob", "actor")
    team.call("peer.wake", peer="ada")
    ada = team.session("ada")
    team.kill_daemon()
    os.kill(ada.host.server.pid, signal.SIGSTOP)
    os.kill(ada.host.runtime.pid, signal.SIGKILL)

    team.start(*IMPATIENT)

    assert team.send("bob", "hello", wait="ended")["task"] == "answered"
    assert not alive(ada.host.server)


def test_a_stop_whose_caller_hangs_up_still_ends_the_session(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=0.5)
    up.call("peer.wake", peer="ada")
    request = b'{"jsonrpc":"2.0","id":1,"method":"peer.stop","params":{"peer":"ada","timeout_s":0.1}}\n'
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(up.home.socket)
        caller.sendall(request)
        eventually(lambda: up.show("ada")["want"] == "down")

    eventually(lambda: up.show("ada")["phase"] == "asleep")


def test_a_task_answered_before_its_session_died_is_not_handed_over_again(up: Team):
    up.add("sh", "shell", accepts_from=["ada"])
    up.add("ada", "shell", backoff_base_s=0.05)
    up.send("ada", f'printf %s "$PEERD_TOKEN" > {up.work}/token', wait="ended")
    sent = up.send("ada", "sleep 60")
    token = Path(up.work, "token").read_text()
    reply = {"to": "operator", "body": "done early", "reply_to": sent["id"], "wait": "accepted"}
    call("message.send", reply, timeout_s=10, socket_path=up.home.socket, token=token)

    os.kill(up.session("ada").host.runtime.pid, signal.SIGKILL)

    assert up.send("ada", "echo next", wait="ended", timeout_s=10)["answer"] == "next"
    shown = up.call("message.show", id=sent["id"])
    assert (shown["state"], shown["task"], shown["answer"]) == ("submitted", "answered", "done early")


def test_a_message_answered_before_it_was_handed_over_is_over(team: Team):
    team.start()
    team.add("ada", "shell")
    team.send("ada", f'printf %s "$PEERD_TOKEN" > {team.work}/token', wait="ended")
    team.send("ada", "sleep 2")
    waiting = team.send("ada", "echo never run > ran", wait="accepted")
    token = Path(team.work, "token").read_text()
    reply = {"to": "operator", "body": "no need", "reply_to": waiting["id"], "wait": "accepted"}
    call("message.send", reply, timeout_s=10, socket_path=team.home.socket, token=token)

    team.kill_daemon()
    team.start()

    assert team.send("ada", "echo next", wait="ended", timeout_s=15)["answer"] == "next"
    shown = team.call("message.show", id=waiting["id"])
    assert (shown["state"], shown["task"], shown["answer"]) == ("cancelled", "answered", "no need")
    assert (shown["attempt"], shown["session"]) == (0, None)
    assert re.fullmatch(r"answered by m-\w+ before it was handed over", shown["history"][-1]["evidence"])
    assert not os.path.exists(f"{team.work}/ran")


def test_a_crash_loop_goes_on_over_a_restart_of_the_daemon_and_each_start_is_remembered(team: Team):
    team.start()
    team.add("ada", "actor", backoff_base_s=0.02)
    for loop in range(2):
        for _ in range(3):
            _die_once(team)
        team.kill_daemon()
        team.start()
        assert team.show("ada")["phase"] == "failed", f"loop {loop}"

        team.call("peer.start", peer="ada")
        team.kill_daemon()
        team.start()
    _die_once(team)

    assert team.show("ada")["phase"] in ("backoff", "asleep")


def _die_once(team: Team) -> None:
    team.call("peer.wake", peer="ada")
    deaths = team.log().count("ev=session-ended")
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.log().count("ev=session-ended") > deaths)


def test_children_of_a_session_whose_burial_was_cut_short_are_ended_by_the_next_daemon(team: Team):
    team.declare("sh", "shell", stop_grace_s=0.3)
    team.start()
    team.send("sh", "(trap '' HUP TERM; setsid sleep 300 & echo $! > left)", wait="ended")
    left = identify(int(Path(team.work, "left").read_text()))
    assert left is not None
    session = team.session("sh")
    team.kill_daemon()
    for process in (session.host.runtime, session.host.server):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)

    team.start()

    eventually(lambda: not alive(left))
    assert with_variable("PEERD_SESSION", session.id) == ()


def test_a_wake_during_a_stop_that_was_lifted_again_is_still_owed(up: Team):
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=1.0)
    up.call("peer.wake", peer="ada")
    with contextlib.suppress(Exception):
        up.call("peer.stop", peer="ada", timeout_s=0.1)
    up.call("peer.start", peer="ada")

    assert up.call("peer.wake", peer="ada", timeout_s=15)["woke"]


def test_a_task_given_with_a_wake_of_a_live_peer_does_not_wake_it(up: Team):
    up.add("ada", "actor")
    first = up.call("peer.wake", peer="ada", task="hello")
    second = up.call("peer.wake", peer="ada", task="again")

    assert (first["woke"], first["mode"]) == (True, "fresh")
    assert (second["woke"], second["mode"]) == (False, "live")
    assert up.call("message.wait", id=second["message"], until="ended")["task"] == "answered"


def test_a_turn_whose_end_was_never_told_is_over_once_its_screen_says_so(team: Team):
    """A person replaced the shell by one without our hooks, then came back."""
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\nsilent_s = 1\n")
    team.start()
    record = team.root / "record"
    team.add("ada", "actor", "--record", str(record))
    team.send("ada", "hello", wait="ended")
    eventually(lambda: "ev=turn-ended" in team.log("delivery"))  # its answer came before
    with open(os.path.join(team.home.session(team.session("ada").id), "journal"), "a") as journal:
        journal.write('{"ev":"turn_began"}\n')
    eventually(lambda: team.show("ada")["activity"] == "busy")

    assert team.send("ada", "still there?", wait="ended", timeout_s=50)["task"] == "answered"
    assert len(submissions(record)) == 2


@pytest.mark.timing
def test_the_demo_is_seen_whole_in_under_ten_seconds(team: Team):
    env = team.env | {"TMPDIR": str(team.root)}
    env.pop("PEERD_HOME")

    ran = team.run("demo", env=env, timeout_s=30)

    assert ran.code == 0, ran.err
    seconds = float(ran.out.rsplit("in ", 1)[1].split(" ")[0])
    assert seconds < 10
    assert [name for name in os.listdir(team.root) if name.startswith("peerd-demo")] == []


def test_a_tmux_server_that_hangs_costs_only_its_own_peer(up: Team):
    up.add("ada", "actor")
    up.add("bob", "actor")
    for name in ("ada", "bob"):
        up.call("peer.wake", peer=name)
    server = up.session("ada").host.server
    os.kill(server.pid, signal.SIGSTOP)
    try:
        up.send("ada", "hello", wait="accepted")
        assert up.send("bob", "hello", wait="ended", timeout_s=10)["task"] == "answered"
    finally:
        os.kill(server.pid, signal.SIGCONT)
    subprocess.run(("tmux", "-S", up.session("ada").host.socket, "list-sessions"), check=True, capture_output=True)


def test_a_daemon_whose_socket_was_deleted_is_reached_again(up: Team):
    up.add("ada", "actor")
    os.unlink(up.home.socket)

    eventually(lambda: os.path.exists(up.home.socket), within_s=8)

    assert up.send("ada", "hello", wait="ended")["task"] == "answered"


def test_a_daemon_whose_home_was_removed_ends_by_itself(up: Team):
    shutil.rmtree(up.root / "p")

    assert up.daemon is not None
    assert up.daemon.wait(timeout=10) == 0


def test_a_relative_home_is_the_one_of_the_folder_one_is_in(team: Team):
    ran = team.run("add", "sh", "--runtime", "shell", env={"PEERD_HOME": "p"}, cwd=team.root)

    assert ran.code == 0, ran.err
    assert Path(team.home.peers, "sh.toml").exists()


def test_a_peer_whose_folder_is_gone_says_so_and_recovers(up: Team):
    folder = up.root / "there"
    folder.mkdir()
    up.call("peer.add", name="sh", runtime="shell", dir=str(folder), set={"backoff_base_s": "0.05"})
    folder.rmdir()

    ran = up.run("wake", "sh", "--timeout", "10")
    assert (ran.code, "is not a folder" in ran.err) == (1, True)
    folder.mkdir()

    assert eventually(lambda: up.run("wake", "sh").code == 0)


def test_a_sender_is_told_at_once_when_its_peer_goes_down_for_good(up: Team):
    up.add("ada", "actor", "--busy-s", "60", backoff_base_s=0.02)
    up.send("ada", "work")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(up.run, "send", "ada", "later", "--timeout", "40")
        eventually(lambda: len(up.show("ada")["queue"]) == 1)
        up.call("peer.stop", peer="ada")
        ran = waiting.result(timeout=10)

    assert ran.code == 3
    assert "waits until `peerd start ada`" in ran.err


def test_a_spec_that_cannot_be_read_is_what_its_peer_answers_with(up: Team):
    Path(up.home.peers).mkdir(parents=True, exist_ok=True)
    Path(up.home.peers, "bad.toml").write_text("name = 'bad'\nnonsense")

    eventually(lambda: "bad.toml" in up.log())  # the watch has seen it

    ran = up.run("wake", "bad")

    assert (ran.code, "bad.toml" in ran.err) == (78, True)
