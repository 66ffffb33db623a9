"""A permission that stood as a daemon was killed is not the next that looks the same, whatever its clock said: by what
it had heard, and by what it had typed."""

import sqlite3
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import REFUSED, answers, asking, of, open_ones, stands
from tests.live.test_approvals_declared import asked_by_a_picker
from tests.live.test_clock_set_back import SET_BACK, set_back
from tests.live.test_holds import at_the_keyboard
from tests.live.test_prompts_closed import journal

pytestmark = pytest.mark.tmux

BLIND = SET_BACK.replace(
    "main.run()", "from peerd.daemon.approvals import watcher; watcher.SETTLED_LOOKS = 10**9; main.run()"
)
"""It hears all, types, and is killed before its looks settle what stands there."""


def blind(team: Team) -> None:
    team.kill_daemon()
    team.start(sys.executable, "-c", BLIND)


def heard(team: Team) -> bool:
    """All that ada said, and that is on record."""
    with sqlite3.connect(f"file:{team.home.store}?mode=ro", uri=True) as store:
        (read,) = store.execute("SELECT journal_read FROM session WHERE peer = 'ada'").fetchone()
    store.close()
    return int(read) == len(journal(team).encode())


def its_id_answers_nothing(team: Team, id: str) -> bool:
    """And what stands there has another."""
    refused = at_a_terminal(team, "approve", id, "--yes").code == 1
    eventually(lambda: of(team, id)["state"] == "gone")
    (later,) = eventually(lambda: [each for each in open_ones(team) if each["id"] != id])
    return refused and not later["certain"]


def test_what_a_person_asks_again_at_the_pane_is_another_one(team: Team):
    """It was heard, and not looked at."""
    team.start()
    asked = asking(team)
    blind(team)
    at_the_keyboard(team, "ada", "send-keys", "2")
    eventually(lambda: answers(team) == [REFUSED])
    at_the_keyboard(team, "ada", "send-keys", "-l", "danger")
    at_the_keyboard(team, "ada", "send-keys", "Enter")
    eventually(lambda: journal(team).count('"prompt_opened"') == 2 and heard(team))
    team.kill_daemon()
    team.start()

    assert its_id_answers_nothing(team, asked["id"])
    assert answers(team) == [REFUSED]


def test_one_asked_for_after_the_clock_was_set_back_in_its_turn_stands_under_its_id(team: Team):
    team.start(sys.executable, "-c", SET_BACK)
    team.add("ada", "actor", "--permission-on", "danger", "--stall-s", "1")
    team.send("ada", "a danger to life", id="m-1", wait="accepted")
    eventually(lambda: team.call("message.show", id="m-1")["state"] in ("leased", "handed_over"), every_s=0.002)
    set_back(team)
    asked = stands(team)
    team.kill_daemon()
    team.start(sys.executable, "-c", SET_BACK)

    assert at_a_terminal(team, "approve", asked["id"], "--yes").code == 0
    eventually(lambda: of(team, asked["id"])["state"] == "approved")


def test_one_of_an_earlier_turn_is_not_the_next_turns_though_the_clock_was_set_back_between(team: Team):
    team.start()
    asked = asking(team)
    blind(team)
    team.send("ada", "danger", id="m-2", wait="accepted")
    set_back(team)
    at_the_keyboard(team, "ada", "send-keys", "2")
    eventually(lambda: team.call("message.show", id="m-2")["state"] == "submitted")
    team.kill_daemon()
    team.start(sys.executable, "-c", SET_BACK)

    assert its_id_answers_nothing(team, asked["id"])
    assert answers(team) == [REFUSED]


def test_nor_is_it_where_no_hook_tells_of_either(team: Team):
    """What was typed, was typed at an input line."""
    kept = asked_by_a_picker(team)
    asked = stands(team)
    blind(team)
    team.send("eve", "danger once more", id="m-2", wait="accepted")
    set_back(team)
    at_the_keyboard(team, "eve", "send-keys", "Enter")
    eventually(lambda: team.call("message.show", id="m-2")["state"] in ("handed_over", "submitted"), within_s=10)
    eventually(lambda: "Run danger?" in "".join(team.call("peer.peek", peer="eve")["lines"]))
    team.kill_daemon()
    team.start(sys.executable, "-c", SET_BACK)

    assert its_id_answers_nothing(team, asked["id"])
    assert Path(kept).read_text() == "No\n"


def test_one_that_no_hook_tells_of_may_have_been_answered_and_asked_once_more_while_no_daemon_ran(team: Team):
    kept = asked_by_a_picker(team, "--again-s", "1")
    asked = stands(team)
    team.kill_daemon()
    at_the_keyboard(team, "eve", "send-keys", "Enter")
    eventually(kept.exists)
    team.start()

    assert its_id_answers_nothing(team, asked["id"])
    assert Path(kept).read_text() == "No\n"
