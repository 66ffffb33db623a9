"""The wall clock is set back by an hour while sessions run: what was silent before is not taken for alive since."""

import os
import re
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended

pytestmark = pytest.mark.tmux

SET_BACK = """
import os
from peerd.daemon import main
from peerd.edges import clock
right = clock.wall
clock.wall = lambda: right() - 3600 * os.path.exists(os.environ["PEERD_HOME"] + "/set-back")
main.run()
"""


def start(team: Team) -> None:
    Path(team.home.config).mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\nsilent_s = 1\n")
    team.start(sys.executable, "-c", SET_BACK)


def set_back(team: Team) -> None:
    Path(team.env["PEERD_HOME"], "set-back").touch()


def test_one_that_hangs_in_its_turn_is_ended(team: Team):
    start(team)
    team.add("sh", "shell", ephemeral_silent_s=1.0, **QUICK)
    hangs = team.send("sh", "sleep 1000", timeout_s=20)["id"]

    set_back(team)

    assert ended(team, hangs)["task"] == "turn_ended"


def test_one_that_draws_is_left_alone(team: Team):
    start(team)
    team.add("ada", "actor", "--busy-s", "4", ephemeral_silent_s=1.0, **QUICK)
    task = team.send("ada", "work", timeout_s=20)

    set_back(team)

    over = ended(team, task["id"])
    assert (over["task"], over["attempt"]) == ("answered", 1)
    assert 'why="it wrote to its screen"' in team.log()


def test_one_whose_turn_ended_untold_is_seen_at_its_input_line(team: Team):
    start(team)
    team.add("bob", "actor")
    team.send("bob", "hello", wait="ended", timeout_s=20)
    eventually(lambda: re.search(r"ev=turn-ended id=\S+ to=bob\b", team.log("delivery")))
    with open(os.path.join(team.home.session(team.session("bob").id), "journal"), "a") as journal:
        journal.write('{"ev":"turn_began"}\n')
    eventually(lambda: team.show("bob")["activity"] == "busy")

    set_back(team)

    assert team.send("bob", "still there?", wait="ended", timeout_s=20)["task"] == "answered"
