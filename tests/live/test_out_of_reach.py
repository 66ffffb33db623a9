"""A tmux server that hangs: told as soon as something is asked of it in vain, and no longer than it lasts."""

import os
import signal
import subprocess
from collections.abc import Iterator

import pytest

from peerd.errors import NotYet, PeerdError
from peerd.model.session import Process
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT

pytestmark = pytest.mark.tmux

NOTICED_WITHIN_S = 10.0  # a call is given 1; the census, the net under it, comes after 60


@pytest.fixture
def up(team: Team) -> Team:
    team.start(*IMPATIENT)
    return team


@pytest.fixture
def hung(up: Team) -> Iterator[Process]:
    """ada's tmux server, stopped."""
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    server: Process = up.session("ada").host.server
    os.kill(server.pid, signal.SIGSTOP)
    yield server
    os.kill(server.pid, signal.SIGCONT)


def notices(team: Team) -> list[str]:
    found: list[str] = team.call("daemon.status").get("notices", [])
    return found


@pytest.mark.parametrize("asked", [["send", "ada", "hello"], ["show", "ada"], ["peek", "ada"]], ids=" ".join)
def test_what_is_asked_of_it_in_vain_has_it_told_at_once_until_it_answers_again(
    up: Team, hung: Process, asked: list[str]
):
    asking = up.popen(*asked)

    (notice,) = eventually(lambda: notices(up), within_s=NOTICED_WITHIN_S)
    assert notice.startswith("ada is alive, but its tmux server cannot be reached (no answer within 1 s)")
    assert [row["activity"] for row in up.call("peer.list")["peers"]] == ["unknown"]
    assert up.log().count("ev=out-of-reach peer=ada") == 1

    os.kill(hung.pid, signal.SIGCONT)
    eventually(lambda: notices(up) == [])
    assert up.log().count("ev=within-reach peer=ada") == 1
    asking.wait(30)


def test_who_waits_for_it_is_told_what_it_waits_for(up: Team, hung: Process):
    sent = up.run("send", "ada", "hello", "--wait", "ended", "--timeout", "4")

    assert sent.code == 3
    assert "is accepted and will be delivered" in sent.err
    assert "ada is alive, but its tmux server cannot be reached (no answer within 1 s)" in sent.err
    assert sent.out.endswith(": accepted, waits: tmux\n")
    assert [row["hold"] for row in up.call("queue.list", peer="ada")["waiting"]] == ["tmux"]
    assert [each["hold"] for each in up.show("ada")["queue"]] == ["tmux"]


def test_all_that_tell_what_a_message_waits_for_name_its_tmux(up: Team, hung: Process):
    up.send("ada", "hello", id="m-1", timeout_s=0.1)
    eventually(lambda: notices(up), within_s=NOTICED_WITHIN_S)

    message, queue, lists = up.run("message", "m-1").out, up.run("queue", "ls", "ada").out, up.run("messages").out

    assert "accepted, task open, waits: tmux\n" in message
    assert "waits: ada is alive, but its tmux server cannot be reached" in message
    assert "`peerd new ada --now`" in message
    for listed in (queue, lists, up.run("queue", "ls").out):
        assert ("tmux" in listed, "busy" in listed) == (True, False)
    os.kill(hung.pid, signal.SIGCONT)
    eventually(lambda: "waits: tmux" not in up.run("message", "m-1").out)


def test_who_looks_at_it_or_wakes_it_is_told_too(up: Team, hung: Process):
    up.run("send", "ada", "hello", "--timeout", "4")

    listed, woken = up.run("ls"), up.run("wake", "ada")

    assert listed.out.splitlines()[1].split()[-2:] == ["1", "tmux"]
    assert woken.out.startswith("actor-ada was up already")
    assert [ran.err.startswith("peerd: ada is alive, but its tmux server") for ran in (listed, woken)] == [True, True]


def test_one_that_starts_out_of_reach_is_said_to_be_so_also_by_the_next_daemon(up: Team):
    up.add("ada", "actor", "--boot-s", "60")
    waking = up.popen("wake", "ada")
    eventually(lambda: up.show("ada")["session"])
    server = up.session("ada").host.server
    os.kill(server.pid, signal.SIGSTOP)
    try:
        up.kill_daemon()
        up.start(*IMPATIENT)

        with pytest.raises(NotYet, match="^ada is alive, but its tmux server cannot be reached"):
            up.call("peer.wake", peer="ada", timeout_s=20)
        (row,) = up.call("peer.list")["peers"]
        assert (row["phase"], row["activity"]) == ("starting", "unknown")
        assert "blocked" not in up.log()
    finally:
        os.kill(server.pid, signal.SIGCONT)
        waking.kill()
        waking.wait()


def test_one_that_got_ready_while_a_look_at_its_boot_got_no_answer_takes_messages(up: Team):
    up.add("ada", "actor", "--boot-s", "0.5")
    waking = up.popen("wake", "ada")
    eventually(lambda: "ev=session-started" in up.log())
    server = up.session("ada").host.server
    os.kill(server.pid, signal.SIGSTOP)
    eventually(lambda: "ev=session-ready" in up.log())
    eventually(lambda: "ev=out-of-reach" in up.log(), within_s=NOTICED_WITHIN_S)
    os.kill(server.pid, signal.SIGCONT)
    waking.wait(20)

    up.send("ada", "hello", id="m-1", wait="accepted")
    assert up.call("message.wait", id="m-1", until="ended", timeout_s=10)["task"] == "answered"


@pytest.mark.parametrize("asked", [["rm", "ada"], ["interrupt", "ada"], ["new", "ada", "--timeout", "1"]], ids=" ".join)
def test_what_would_be_waited_for_in_vain_is_refused_with_that_and_the_way_out(up: Team, asked: list[str]):
    up.add("ada", "actor", "--busy-s", "60")
    up.send("ada", "work", timeout_s=20)
    server = up.session("ada").host.server
    os.kill(server.pid, signal.SIGSTOP)
    try:
        ran = up.run(*asked)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    assert "is alive, but its tmux server cannot be reached" in ran.err
    assert f"`peerd {'rm' if asked[0] == 'rm' else 'new'} ada --now`" in ran.err
    assert "in hand" not in ran.err


@pytest.mark.parametrize("asked", ["peek", "attach"])
def test_a_person_is_told_why_there_is_nothing_to_see(up: Team, hung: Process, asked: str):
    with pytest.raises(PeerdError, match="ada is alive, but its tmux server cannot be reached"):
        up.call(f"peer.{asked}", peer="ada")


def test_of_what_is_sent_to_it_under_one_key_the_latest_waits_and_is_delivered(up: Team, hung: Process):
    ids = [f"state-{n}" for n in range(3)]
    for id in ids:
        up.send("ada", id, id=id, key="state", wait="accepted")
    eventually(lambda: up.call("message.show", id=ids[0])["state"] == "cancelled", within_s=NOTICED_WITHIN_S)
    os.kill(hung.pid, signal.SIGCONT)

    assert up.call("message.wait", id=ids[2], until="ended", timeout_s=20)["task"] == "answered"
    assert [up.call("message.show", id=id)["state"] for id in ids] == ["cancelled", "cancelled", "submitted"]


def _on_screen(team: Team) -> str:
    (says,) = (each["says"] for each in team.show("ada")["evidence"] if each["source"] == "screen")
    return str(says)


def test_a_screen_that_cannot_be_read_now_is_said_to_be_so_and_why_and_nothing_of_what_was_asked(
    up: Team, hung: Process
):
    for _ in range(2):
        assert _on_screen(up) == "cannot be read now: its tmux server cannot be reached (no answer within 1 s)"

    os.kill(hung.pid, signal.SIGCONT)
    assert eventually(lambda: _on_screen(up) == "idle, input line ''")


def test_so_is_one_whose_pane_somebody_closed(up: Team):
    up.add("ada", "actor", "--ignore-hup")
    up.call("peer.wake", peer="ada")
    asked = ("tmux", "-N", "-S", up.session("ada").host.socket)
    subprocess.run((*asked, "new-window", "-d", "sleep 60"), check=True)
    subprocess.run((*asked, "kill-pane", "-t", "%0"), check=True)

    ran = up.run("peek", "ada")

    assert ran == (1, "", "peerd: the screen of ada cannot be read now: can't find pane: %0.\n")
    assert _on_screen(up) == "cannot be read now: can't find pane: %0"
