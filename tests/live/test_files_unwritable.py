"""A message whose file cannot be written is not attempted: it waits, and nothing is on record of a try."""

from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_kinds import passes

pytestmark = pytest.mark.tmux


def unwritten(team: Team, action: str) -> bool:
    """It was tried again and again."""
    return team.log().count(f'action="{action}"') >= 3


def states(team: Team, id: str) -> list[str]:
    return [step["state"] for step in team.call("message.show", id=id)["history"]]


def test_a_message_whose_file_cannot_be_written_has_no_attempt_on_record_until_it_can(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    in_its_place = Path(up.home.session(up.session("sh").id), "in")
    in_its_place.write_text("")

    id = up.send("sh", "echo hi", wait="accepted")["id"]
    eventually(lambda: unwritten(up, "prepare to type"), within_s=10)

    assert states(up, id) == ["accepted"]
    in_its_place.unlink()
    done = up.call("message.wait", id=id, until="ended", timeout_s=20)
    assert (done["task"], done["attempt"]) == ("turn_ended", 1)
    assert states(up, id)[:4] == ["accepted", "leased", "handed_over", "submitted"]


def test_a_task_whose_file_cannot_be_written_has_no_attempt_on_record_until_it_can(team: Team):
    passes(team)
    team.call("peer.wake", peer="eve")
    in_its_place = Path(team.home.session(team.session("eve").id), "task.json.new")
    in_its_place.mkdir()

    id = team.send("eve", "sweep", wait="accepted")["id"]
    eventually(lambda: unwritten(team, "hand over a task"), within_s=10)

    assert states(team, id) == ["accepted"]
    in_its_place.rmdir()
    assert team.call("message.wait", id=id, until="ended", timeout_s=20)["attempt"] == 1
