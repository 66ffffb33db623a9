"""The end of a turn that is told late, or of a person's, is no end of the one that is open."""

from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK

pytestmark = pytest.mark.tmux

STRAYS = (
    '{"ev":"turn_ended","message":"m-old","last":"late words"}\n',
    '{"ev":"turn_ended","message":12}\n',
    '{"ev":"turn_ended","last":"a person\'s"}\n',
)


@pytest.mark.parametrize("daemon", ["the same", "the next"])
def test_the_end_of_another_turn_ends_no_task_that_is_in_hand(team: Team, daemon: str):
    team.start()
    team.add("sh", "shell", **QUICK)
    body = "until [ -e go ]; do sleep 0.05; done; echo went"
    session = team.send("sh", body, id="m-new", timeout_s=20)["session"]

    with Path(team.home.session(session), "journal").open("a") as journal:
        journal.writelines(STRAYS)
    eventually(lambda: team.log("delivery").count("ev=other-turn-ended id=m-new") == 2)
    if daemon == "the next":
        team.kill_daemon()
        team.start()

    assert (team.show("sh")["activity"], team.call("message.show", id="m-new")["task"]) == ("busy", "open")
    Path(team.work, "go").touch()
    over = team.call("message.wait", id="m-new", until="ended", timeout_s=20)
    assert (over["task"], over["answer"], over["attempt"]) == ("turn_ended", "went", 1)
