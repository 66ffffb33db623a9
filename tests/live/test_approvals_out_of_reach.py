"""A permission, and a tmux that stands still: what is answered meanwhile is not pressed, and that is what is said; an
Enter that it comes to late is none. And a session that is in nobody's hands for a while."""

import os
import signal
import sys
from pathlib import Path

import pytest

from peerd.edges import clock
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import APPROVED, answers, asking, of, stands
from tests.live.test_unadopted import look_around_often

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("words", [("approve", "--yes"), ("deny",)], ids=lambda words: words[0])
def test_an_answer_to_one_whose_tmux_hangs_says_that_nothing_was_pressed(team: Team, words: tuple[str, ...]):
    team.start(*IMPATIENT)
    id, server = asking(team)["id"], team.session("ada").host.server
    command, *flags = words
    os.kill(server.pid, signal.SIGSTOP)
    try:
        said = at_a_terminal(team, command, id, *flags)
        again = at_a_terminal(team, command, id, *flags)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    for each in (said, again):
        assert each.code == 1
        assert "ada is alive, but its tmux server cannot be reached" in each.out
        assert "No key was pressed." in each.out
        assert "whether it was done is not known" not in each.out
    assert of(team, id)["state"] == "open"
    assert stands(team)["id"] == id
    eventually(lambda: at_a_terminal(team, "approve", id, "--yes").code == 0, within_s=15)
    assert answers(team) == [APPROVED]


STALLS_AT_ENTER = """
import os, signal
from peerd.daemon import main
from peerd.edges.tmux.pane import Pane
right = Pane.press
async def press(self, key, **more):
    file = os.environ["PEERD_HOME"] + "/stalls"
    if key == "Enter" and os.path.exists(file):
        os.kill(int(open(file).read()), signal.SIGSTOP)
        os.remove(file)
    await right(self, key, **more)
Pane.press = press
main.run()
"""


@pytest.mark.parametrize("seconds", [3, 7], ids=["before it is given up", "after it was given up"])
def test_an_enter_that_tmux_comes_to_late_approves_nothing_that_opened_meanwhile(team: Team, seconds: int):
    record = str(team.root / "record")
    team.start(sys.executable, "-c", STALLS_AT_ENTER)
    team.add("ada", "actor", "--permission-after-s", "1", "--record", record)
    team.call("peer.wake", peer="ada", timeout_s=20)
    pid, stalls = team.session("ada").host.server.pid, Path(team.env["PEERD_HOME"], "stalls")
    stalls.write_text(str(pid))
    team.send("ada", "hello", id="m-1", wait="accepted")
    eventually(lambda: not stalls.exists())
    begun = clock.second()
    eventually(lambda: clock.second() > begun + seconds, within_s=10)

    os.kill(pid, signal.SIGCONT)

    asked = eventually(lambda: stands(team), within_s=15)
    assert answers(team) == []
    assert at_a_terminal(team, "approve", asked["id"], "--yes").code == 0
    assert answers(team) == [("approved", "Allow running a background task?")]


@pytest.fixture
def left_alone(team: Team) -> tuple[str, Path]:
    """What a session asks for that lives and cannot be adopted, and the file that is in the way."""
    look_around_often(team)
    team.start()
    id, session = asking(team)["id"], team.session("ada")
    team.kill_daemon()
    in_the_way = Path(team.home.session(session.id), "tmp")
    in_the_way.rmdir()
    in_the_way.write_text("")
    team.start()
    return id, in_the_way


def test_what_a_session_asks_that_cannot_be_adopted_yet_stands_until_it_is_and_is_answered_then(
    team: Team, left_alone: tuple[str, Path]
):
    id, in_the_way = left_alone
    refused = at_a_terminal(team, "approve", id, "--yes")
    assert (refused.code, stands(team)["id"]) == (1, id)
    assert "its session may live, and is not in the daemon's hands" in refused.out

    in_the_way.unlink()

    eventually(lambda: team.show("ada")["phase"] == "running", within_s=15)
    assert at_a_terminal(team, "approve", id, "--yes").code == 0
    assert answers(team) == [APPROVED]


def test_what_a_session_asked_that_was_stopped_though_it_could_not_be_adopted_is_gone(
    team: Team, left_alone: tuple[str, Path]
):
    id, _ = left_alone

    team.call("peer.stop", peer="ada", timeout_s=20)

    assert (of(team, id)["state"], of(team, id)["evidence"]) == ("gone", "its session ended")


def test_what_a_session_asked_that_ended_before_it_could_be_adopted_is_gone(team: Team, left_alone: tuple[str, Path]):
    id, in_the_way = left_alone
    in_the_way.unlink()
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)

    eventually(lambda: of(team, id)["state"] == "gone", within_s=15)
    assert of(team, id)["evidence"] == "its session ended"
