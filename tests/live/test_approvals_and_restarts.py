"""A permission prompt that stands over a restart of the daemon, or is answered meanwhile."""

import os
import signal
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import APPROVED, REFUSED, answers, asking, of, open_ones, stands
from tests.live.test_holds import at_the_keyboard
from tests.live.test_prompts_closed import journal

pytestmark = pytest.mark.tmux


def test_a_prompt_outlives_the_daemon_under_its_id(team: Team):
    team.start()
    asked = asking(team)
    team.kill_daemon()
    team.start()

    assert stands(team)["id"] == asked["id"]
    assert at_a_terminal(team, "approve", asked["id"], "--yes").code == 0
    assert answers(team) == [APPROVED]


def test_who_answers_one_while_no_daemon_runs_starts_it(team: Team):
    team.start()
    asked = asking(team)
    team.kill_daemon()
    team.daemon = None

    done = at_a_terminal(team, "approve", asked["id"], "--yes")

    assert (done.code, answers(team)) == (0, [APPROVED])


def test_one_answered_while_no_daemon_ran_is_gone(team: Team):
    team.start()
    asked = asking(team)
    team.kill_daemon()
    at_the_keyboard(team, "ada", "send-keys", "2")
    eventually(lambda: answers(team) == [REFUSED])
    team.start()

    eventually(lambda: of(team, asked["id"])["state"] == "gone")


def test_the_same_that_was_asked_anew_while_no_daemon_ran_is_another_one(team: Team):
    team.start()
    asked = asking(team)
    team.kill_daemon()
    at_the_keyboard(team, "ada", "send-keys", "2")
    eventually(lambda: answers(team) == [REFUSED])
    at_the_keyboard(team, "ada", "send-keys", "-l", "danger")
    at_the_keyboard(team, "ada", "send-keys", "Enter")
    eventually(lambda: journal(team).count('"prompt_opened"') == 2)
    team.start()

    (later,) = eventually(lambda: [each for each in open_ones(team) if each["id"] != asked["id"]])
    done = at_a_terminal(team, "approve", asked["id"], "--yes")

    assert (of(team, asked["id"])["state"], later["input"]) == ("gone", {"command": "danger"})
    assert (done.code, answers(team)) == (1, [REFUSED])


def test_one_asked_for_while_no_daemon_ran_outlives_the_next_daemon_too(team: Team):
    """What that heard as it came is not said anew."""
    team.start()
    team.add("ada", "actor", "--permission-on", "danger", "--record", str(team.root / "record"))
    team.call("peer.wake", peer="ada", timeout_s=20)
    team.kill_daemon()
    at_the_keyboard(team, "ada", "send-keys", "-l", "danger")
    at_the_keyboard(team, "ada", "send-keys", "Enter")
    eventually(lambda: '"prompt_opened"' in journal(team))
    team.start()
    asked = stands(team)
    team.kill_daemon()
    team.start()

    assert at_a_terminal(team, "approve", asked["id"], "--yes").code == 0
    assert answers(team) == [APPROVED]


def killed_while_it_answers(team: Team, point: str) -> dict[str, Any]:
    team.start()
    asked = asking(team)
    team.kill_daemon()
    team.start_dying(point)
    assert stands(team)["id"] == asked["id"]
    at_a_terminal(team, "approve", asked["id"], "--yes")
    eventually(lambda: team.died)
    return asked


def test_a_daemon_that_is_killed_between_key_and_record_says_whose_answer_it_may_have_been(team: Team):
    asked = killed_while_it_answers(team, "press")
    eventually(lambda: answers(team) == [APPROVED])
    team.start()

    eventually(lambda: of(team, asked["id"])["state"] == "gone")
    evidence = of(team, asked["id"])["evidence"]
    assert evidence.startswith("it may have been approved by operator on pts/")
    assert "or answered at the pane" in evidence
    assert answers(team) == [APPROVED]


def test_one_that_is_killed_before_the_key_has_answered_nothing_and_what_stands_has_an_id_of_its_own(team: Team):
    """Whether the key was pressed, and the same asked anew, the next daemon cannot know."""
    asked = killed_while_it_answers(team, "SetApproval")
    team.start()
    assert at_a_terminal(team, "approve", asked["id"], "--yes").code == 1

    (stands,) = eventually(lambda: [each for each in open_ones(team) if each["id"] != asked["id"]])
    assert (stands["by"], stands["tool"], stands["input"]) == (None, asked["tool"], asked["input"])
    assert of(team, asked["id"])["evidence"].startswith("it may have been approved by operator on pts/")
    assert answers(team) == []
    assert at_a_terminal(team, "deny", asked["id"]).code == 1
    assert at_a_terminal(team, "deny", stands["id"]).code == 0
    assert answers(team) == [REFUSED]


def test_one_that_stood_before_the_turn_that_is_open_now_is_another_though_it_looks_the_same(team: Team):
    """It was answered at the pane, and the daemon killed before its look: what it had heard of that is past."""
    team.start()
    asked = asking(team)
    team.send("ada", "danger", id="m-2", wait="accepted")
    at_the_keyboard(team, "ada", "send-keys", "2")
    eventually(lambda: team.call("message.show", id="m-2")["state"] == "submitted", every_s=0.002)
    team.kill_daemon()
    eventually(lambda: journal(team).count('"prompt_opened"') == 2)
    team.start()

    (later,) = eventually(lambda: [each for each in open_ones(team) if each["id"] != asked["id"]])
    assert of(team, asked["id"])["state"] == "gone"
    assert at_a_terminal(team, "approve", asked["id"], "--yes").code == 1
    assert at_a_terminal(team, "approve", later["id"], "--yes").code == 0
    assert answers(team) == [REFUSED, APPROVED]


def told_in_the_log(team: Team, asked: dict[str, Any]) -> list[str]:
    """What it tells of this one, from its answer on."""
    lines = [line for line in team.log().splitlines() if f" id={asked['id']}" in line]
    return [line.partition(" ev=")[2] for line in lines if "ev=approval-opened" not in line]


def test_who_answered_is_in_the_log_also_where_daemon_and_session_both_ended_over_it(team: Team):
    asked = killed_while_it_answers(team, "press")
    eventually(lambda: answers(team) == [APPROVED])
    of_it = f"peer=ada session={asked['session']} id={asked['id']} tool=run"
    (begun,) = told_in_the_log(team, asked)
    assert begun.startswith(f'approval-answering {of_it} answer=approve by="operator on pts/')
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    team.start()

    eventually(lambda: of(team, asked["id"])["state"] == "unknown")
    _, ended = told_in_the_log(team, asked)
    assert ended.startswith(f'approval-answered {of_it} state=unknown by="operator on pts/')


def test_one_that_ended_with_its_session_while_no_daemon_ran_is_told_to_be_gone_in_the_log(team: Team):
    team.start()
    asked = asking(team)
    team.kill_daemon()
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    team.start()

    eventually(lambda: of(team, asked["id"])["state"] == "gone")
    (ended,) = told_in_the_log(team, asked)
    assert ended.startswith("approval-gone ")
    assert ended.endswith('why="its session ended"')
