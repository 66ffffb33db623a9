"""A key that its runtime overlooks, and what somebody else does at the prompt then, which is not what we chose."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import Said, at_a_terminal
from tests.live.test_approvals import REFUSED, answers, asking, of
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux


def approved_while(team: Team, id: str, happens: Callable[[], object]) -> Said:
    """What the person hears whose key was overlooked before that."""
    record, before = Path(team.root, "record"), Path(team.root, "record").stat().st_size
    with ThreadPoolExecutor(1) as pool:
        said = pool.submit(at_a_terminal, team, "approve", id, "--yes")
        eventually(lambda: record.stat().st_size > before)
        happens()
        return said.result()


def test_one_that_somebody_refuses_at_the_pane_then_was_not_approved(up: Team):
    id = asking(up, "--overlooks", "1")["id"]

    said = approved_while(up, id, lambda: at_the_keyboard(up, "ada", "send-keys", "2"))

    assert answers(up) == [REFUSED]
    assert said.code == 1
    eventually(lambda: of(up, id)["state"] == "unknown")
    assert "'Yes' was chosen; then the prompt was gone, and its hook told that it was refused" in said.out
    assert "state=approved" not in up.log()


def test_nor_was_one_whose_turn_is_broken_off(up: Team):
    id = asking(up, "--overlooks", "1")["id"]

    said = approved_while(up, id, lambda: up.run("interrupt", "ada"))

    assert answers(up) == [REFUSED]
    assert said.code == 1
    eventually(lambda: of(up, id)["state"] == "unknown")


@pytest.mark.parametrize("daemon", ["runs", "was killed"])
def test_where_the_session_ends_then_whose_answer_it_may_have_been_is_told(team: Team, daemon: str):
    team.start()
    id = asking(team, "--overlooks", "1")["id"]
    at_a_terminal(team, "approve", id, "--yes")
    assert of(team, id)["by"].startswith("operator on pts/")

    if daemon == "was killed":
        team.kill_daemon()
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    if daemon == "was killed":
        team.start()

    eventually(lambda: of(team, id)["state"] == "gone")
    over = of(team, id)
    assert over["evidence"] == (
        f"its session ended; it may have been approved by {over['by']} before that: the key had no effect at first"
    )
    (line,) = (line for line in team.log().splitlines() if "approval-gone" in line)
    assert f'by="{over["by"]}"' in line
