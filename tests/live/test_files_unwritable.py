"""A message whose file cannot be written is not attempted: it waits, is told as what it is, and nothing is on record of
a try."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_kinds import passes
from tests.live.test_unknown_screens import SOON

pytestmark = pytest.mark.tmux


def soon(team: Team) -> Team:
    os.makedirs(team.home.config)
    Path(team.home.settings_file).write_text(SOON)
    return team


def is_told_as_it_is(team: Team, peer: str, id: str, why: str) -> None:
    """Tried several times by then: to the sender, to the operator, and once in the log."""
    sent = team.send(peer, "another", wait="submitted", timeout_s=1.5)
    told = f"the files of {id} cannot be written into its session folder ({why}); peerd keeps trying"
    (notice,) = eventually(lambda: team.call("daemon.status").get("notices") or [], within_s=10)

    assert (sent["state"], sent["hold"], sent["because"]) == ("accepted", "unwritable", told)
    assert notice == f"{peer} is idle, but {told}"
    assert team.log().count("ev=action-failed") == 1, team.log()


def goes_on(team: Team, id: str) -> dict[str, Any]:
    done = team.call("message.wait", id=id, until="ended", timeout_s=20)
    eventually(lambda: not team.call("daemon.status").get("notices"), within_s=10)
    return done


def states(team: Team, id: str) -> list[str]:
    return [step["state"] for step in team.call("message.show", id=id)["history"]]


def test_a_message_whose_file_cannot_be_written_has_no_attempt_on_record_until_it_can(team: Team):
    soon(team).start()
    team.add("sh", "shell")
    team.call("peer.wake", peer="sh")
    folder = Path(team.home.session(team.session("sh").id))
    in_its_place = folder / "in"
    in_its_place.write_text("")

    id = team.send("sh", "echo hi", wait="accepted")["id"]
    is_told_as_it_is(team, "sh", id, f"{folder}: File exists")

    assert states(team, id) == ["accepted"]
    in_its_place.unlink()
    done = goes_on(team, id)
    assert (done["task"], done["attempt"]) == ("turn_ended", 1)
    assert states(team, id)[:4] == ["accepted", "leased", "handed_over", "submitted"]


def test_a_task_whose_file_cannot_be_written_has_no_attempt_on_record_until_it_can(team: Team):
    passes(soon(team))
    team.call("peer.wake", peer="eve")
    folder = Path(team.home.session(team.session("eve").id))
    in_its_place = folder / "task.json.new"
    in_its_place.mkdir()

    id = team.send("eve", "sweep", wait="accepted")["id"]
    is_told_as_it_is(team, "eve", id, f"{folder}: Is a directory")

    assert states(team, id) == ["accepted"]
    in_its_place.rmdir()
    assert goes_on(team, id)["attempt"] == 1
