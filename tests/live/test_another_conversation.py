"""A runtime that begins another conversation in the session it is in, as by `/clear`."""

from pathlib import Path

import pytest

from tests.live.conftest import Team
from tests.live.test_wake_modes import asleep, told

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("daemon", ["the same", "the next"])
@pytest.mark.parametrize(("topic", "mode"), [("tax", "fresh"), ("cats", "resume")])
def test_what_was_spoken_of_before_another_conversation_began_in_a_session_is_none_of_its_topics(
    team: Team, daemon: str, topic: str, mode: str
):
    team.start()
    team.add("ada", "actor", "--remember", idle_s=0.6)
    session = team.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)["session"]
    with Path(team.home.sessions, session, "journal").open("a") as journal:
        journal.write('{"ev": "conversation", "id": "another"}\n')
    team.send("ada", "what about cats?", topic="cats", wait="ended", timeout_s=20)
    asleep(team)
    if daemon == "the next":
        team.kill_daemon()
        team.start()

    team.send("ada", "more of it", topic=topic, timeout_s=20)

    assert told(team)[0] == mode
