"""A prompt that was answered: what goes on after it is told by the runtime, or seen, and never guessed."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux


def activity(team: Team) -> str:
    return str(team.show("ada")["activity"])


def asked_in_a_turn_of_a_persons(team: Team) -> None:
    team.add("ada", "actor", "--permission-on", "danger", "--busy-s", "4")
    team.call("peer.wake", peer="ada", timeout_s=20)
    at_the_keyboard(team, "ada", "send-keys", "-l", "danger")
    at_the_keyboard(team, "ada", "send-keys", "Enter")
    eventually(lambda: activity(team) == "blocked")


def answered(team: Team) -> None:
    at_the_keyboard(team, "ada", "send-keys", "Enter")
    eventually(lambda: activity(team) != "blocked")


def test_a_peer_in_a_persons_turn_is_not_idle_because_a_prompt_in_it_was_answered(up: Team):
    asked_in_a_turn_of_a_persons(up)

    answered(up)

    eventually(lambda: activity(up) in ("busy", "idle"))
    assert activity(up) == "busy"
    eventually(lambda: activity(up) == "idle", within_s=10)


def test_nor_is_it_for_a_daemon_that_comes_back_to_it(team: Team):
    team.start()
    asked_in_a_turn_of_a_persons(team)
    team.kill_daemon()
    at_the_keyboard(team, "ada", "send-keys", "Enter")
    eventually(lambda: "prompt_closed" in journal(team))
    team.start()

    eventually(lambda: activity(team) in ("busy", "idle"))
    assert activity(team) == "busy"
    eventually(lambda: activity(team) == "idle", within_s=10)


def journal(team: Team) -> str:
    with open(f"{team.home.session(team.session('ada').id)}/journal") as file:
        return file.read()


def test_a_peer_whose_prompt_belonged_to_no_turn_takes_its_next_message_soon(up: Team):
    up.add("ada", "actor", "--permission-after-s", "0.5")
    up.call("peer.wake", peer="ada", timeout_s=20)
    eventually(lambda: activity(up) == "blocked")

    answered(up)

    assert up.send("ada", "hello", wait="ended", timeout_s=10)["task"] == "answered"


def test_a_task_that_awaits_an_answer_is_no_open_turn_because_a_prompt_stands_as_the_daemon_comes_back(team: Team):
    team.start()
    team.add("ada", "actor", "--baton", "2", "--to", "bob", "--permission-after-s", "1.5", **QUICK)
    team.add("bob", "actor", "--busy-s", "4")
    task = team.send("ada", "baton 1", timeout_s=20)
    eventually(lambda: "to=bob" in team.log("delivery"))
    eventually(lambda: activity(team) == "blocked", within_s=10)
    team.kill_daemon()
    team.start()

    answered(team)

    over = ended(team, task["id"], timeout_s=15)
    assert (over["task"], over["attempt"], over["session"]) == ("turn_ended", 1, task["session"])
