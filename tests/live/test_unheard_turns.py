"""Of two messages that a session took and told nothing of in time, each has the end and the words of its own turn."""

import json

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_unheard import Untold

pytestmark = pytest.mark.tmux


def test_a_message_that_its_record_told_of_is_not_ended_by_the_late_end_of_the_turn_before(team: Team):
    ada = Untold(team, "--takes-in", "--busy-s", "3")
    ada.takes()
    eventually(lambda: team.show("ada")["activity"] == "idle", within_s=15)
    began = next(line for line in ada.file.read_text().splitlines() if "submitted" in line)
    ada.tell(began + "\n")  # so that she is heard
    team.send("ada", "more", id="m-2", wait="accepted")
    eventually(lambda: ada.shown("m-2")["state"] == "submitted", within_s=15)

    ada.tell(json.dumps({"ev": "turn_ended", "turn": json.loads(began)["turn"], "last": "of the first"}) + "\n")
    eventually(lambda: "ev=other-turn-ended id=m-2" in team.log("delivery"))
    eventually(lambda: ada.file.read_text().count("turn_ended") == 2, within_s=15)
    ada.is_heard_late()

    done = team.call("message.wait", id="m-2", until="ended", timeout_s=20)
    assert (done["task"], done["attempt"]) == ("answered", 1)
    assert "of the first" not in team.run("message", "m-2").out
