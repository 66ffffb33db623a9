"""A runtime that begins another conversation in the session it is in, as by `/clear`."""

from pathlib import Path

import pytest

from tests.live.conftest import Team
from tests.live.test_wake_modes import asleep, told

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("restarts", ["never", "before it began", "after that"])
@pytest.mark.parametrize(("topic", "mode"), [("tax", "fresh"), ("cats", "resume")])
def test_what_was_spoken_of_before_another_conversation_began_in_a_session_is_none_of_its_topics(
    team: Team, restarts: str, topic: str, mode: str
):
    team.start()
    team.add("ada", "actor", "--remember", idle_s=1.5)
    session = team.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)["session"]
    begins_anew(team, when=restarts == "before it began")
    with Path(team.home.sessions, session, "journal").open("a") as journal:
        journal.write('{"ev": "conversation", "id": "another"}\n')
    assert team.send("ada", "what about cats?", topic="cats", wait="ended", timeout_s=20)["session"] == session
    asleep(team)
    begins_anew(team, when=restarts == "after that")

    team.send("ada", "more of it", topic=topic, timeout_s=20)

    assert told(team)[0] == mode


def begins_anew(team: Team, *, when: bool) -> None:
    if when:
        team.kill_daemon()
        team.start()
