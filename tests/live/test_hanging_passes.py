"""A pass that hangs holds up its queue no longer than any other; one that works, or prints, is left alone."""

from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import ended
from tests.live.test_kinds import passes

pytestmark = pytest.mark.tmux

SILENT: dict[str, Any] = {"ephemeral_silent_s": 1.0, "stop_grace_s": 0.2}


def test_a_pass_that_hangs_is_killed_tried_again_and_given_up_and_the_next_one_runs(team: Team):
    passes(team, 'case "$(cat "$PEERD_TASK")" in *hang*) exec sleep 1000 ;; esac', **SILENT)
    hangs = team.send("eve", "hang", wait="accepted")["id"]
    after = team.send("eve", "sweep", wait="accepted")["id"]

    over = ended(team, hangs)

    assert (over["task"], over["attempt"]) == ("dead", 2)
    assert ended(team, after)["task"] == "done"
    assert "cause=killed" in team.log()
    assert 'why="silent for 1 s in the middle of a turn"' in team.log()
    assert "crash-loop" not in team.log()


@pytest.mark.parametrize(
    ("script", "sign"),
    [
        ("until [ -e go ]; do :; done", "it works"),
        ("until [ -e go ]; do sleep 0.7; done", "it works"),
        ("mkfifo never; until [ -e go ]; do read -t 0.4 x <>never; echo more; done", "it wrote to its screen"),
    ],
    ids=["of its own", "by a child", "in what it prints"],
)
def test_a_pass_that_shows_life_is_left_alone(team: Team, script: str, sign: str):
    passes(team, f"exec bash -c '{script}'" if "read" in script else script, **SILENT)
    task = team.send("eve", "sweep", timeout_s=20)

    eventually(lambda: f'why="{sign}"' in team.log(), within_s=20)

    (team.work / "go").touch()
    over = ended(team, task["id"])
    assert (over["task"], over["attempt"]) == ("done", 1)
