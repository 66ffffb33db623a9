"""An agent whose turns fail one after the other looks idle, and fails all it is sent: a person is told."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_unknown_screens import notices

pytestmark = pytest.mark.tmux

TOLD = "ada: each of its last 3 turns failed"


def works(team: Team, *bodies: str) -> None:
    for body in bodies:
        team.send("ada", body, wait="ended", timeout_s=20)
        eventually(lambda: team.show("ada")["activity"] == "idle")


def test_an_agent_whose_last_three_turns_failed_is_a_notice_until_one_goes_well(up: Team):
    up.add("ada", "actor", "--fail-on", "too long")
    works(up, *3 * ["too long"])

    (notice,) = eventually(lambda: notices(up), within_s=15)
    works(up, "short")

    assert notice.startswith(TOLD)
    assert "`peerd compact ada` shortens its conversation, `peerd new ada` begins another" in notice
    eventually(lambda: not notices(up), within_s=15)


def test_a_fresh_session_has_failed_nothing(up: Team):
    up.add("ada", "actor", "--fail-on", "too long")
    works(up, *3 * ["too long"])
    eventually(lambda: [each for each in notices(up) if each.startswith(TOLD)], within_s=15)

    up.run("new", "ada")

    eventually(lambda: not notices(up), within_s=15)


def test_turns_that_failed_before_one_that_went_well_do_not_count(up: Team):
    up.add("ada", "actor", "--fail-on", "too long")
    works(up, "too long", "too long", "short", "too long", "too long")

    assert notices(up) == []


def test_a_shell_whose_commands_fail_is_no_agent_that_does(up: Team):
    up.add("sh", "shell")
    for _ in range(3):
        assert up.send("sh", "false", wait="ended", timeout_s=20)["exit_status"] == 1

    assert notices(up) == []


def fails_asleep(team: Team, times: int) -> None:
    for _ in range(times):
        team.send("ada", "too long", topic="tax", wait="ended", timeout_s=20)
        eventually(lambda: team.show("ada")["phase"] == "asleep", within_s=15)


def test_an_agent_that_is_parked_between_its_turns_and_goes_on_with_its_conversation_is_a_notice_too(up: Team):
    up.add("ada", "actor", "--remember", "--fail-on", "too long", idle_s=0.2)
    fails_asleep(up, 3)

    (notice,) = eventually(lambda: notices(up), within_s=15)
    assert notice.startswith(TOLD)

    up.run("stop", "ada")
    eventually(lambda: not notices(up), within_s=15)


def test_what_its_conversation_before_failed_does_not_count(up: Team):
    up.add("ada", "actor", "--remember", "--fail-on", "too long", idle_s=0.2)
    fails_asleep(up, 2)

    up.run("new", "ada")
    fails_asleep(up, 2)

    assert notices(up) == []
