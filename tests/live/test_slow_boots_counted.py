"""Boots that run into their deadline, and first messages that hang, are a crash loop however long they take."""

from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_boots import MOON
from tests.live.test_declared_runtimes import declare

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(60)]

SHORT: dict[str, Any] = {"crash_window_s": 0.4, "backoff_base_s": 0.05, "probe_base_s": 30.0, "stop_grace_s": 0.1}
"""The window is over before any boot is."""


def moon(team: Team) -> None:
    """A peer that is never ready."""
    declare(team, MOON, "moon")
    team.start()
    team.add("eve", "moon", boot_deadline_s=0.5, **SHORT)


def down(team: Team) -> str:
    """How it is told, once it is left down."""
    eventually(lambda: team.show("eve")["phase"] == "failed", within_s=20)
    notices: list[str] = team.call("daemon.status")["notices"]
    (told,) = [each for each in notices if each.startswith("eve is failed")]
    return told


def test_boots_that_all_run_into_their_deadline_leave_a_peer_down_with_a_notice(team: Team):
    moon(team)

    team.send("eve", "work", wait="accepted")

    assert down(team).startswith("eve is failed: 3 deaths in 0.4 s, boots not counted; it is tried once more in ")
    assert team.log().count("ev=session-ended peer=eve") == 3


@pytest.mark.parametrize("told_by", ["the next daemon", "a command without one"])
def test_they_are_counted_by_who_has_them_from_the_record_alone(team: Team, told_by: str):
    moon(team)
    team.send("eve", "work", wait="accepted")
    eventually(lambda: team.log().count("ev=session-ended peer=eve") == 2, within_s=20)
    eventually(lambda: team.show("eve")["session"])

    team.kill_daemon()
    team.start()
    assert team.log().count("ev=session-ended peer=eve") == 2

    assert down(team).startswith("eve is failed: 3 deaths")
    assert team.log().count("ev=session-ended peer=eve") == 3
    if told_by != "the next daemon":
        team.kill_daemon()
        (row,) = team.run("ls", "--json").json
        assert row["phase"] == "failed"


def test_one_that_hangs_over_its_first_message_is_a_failed_boot_for_the_next_daemon_too(up: Team):
    slow = {"ephemeral_silent_s": 2.0, **SHORT}
    up.add("eve", "shell", initial_prompt="sleep 50", wake_policy="ephemeral", **slow)
    up.send("eve", "true", wait="accepted")
    eventually(lambda: up.show("eve")["activity"] == "busy")

    up.kill_daemon()
    up.start()

    assert up.show("eve")["activity"] == "busy"
    end = eventually(lambda: up.show("eve")["last_end"], within_s=20)
    assert (end["cause"], end["why"]) == ("boot-failed", "silent for 2 s over its first message")


def test_sessions_for_one_task_that_hang_over_their_first_message_leave_their_peer_down_and_so_do_the_tries(up: Team):
    slow = {"ephemeral_silent_s": 0.5, **SHORT, "probe_base_s": 0.2}
    up.add("eve", "shell", initial_prompt="sleep 50", wake_policy="ephemeral", **slow)

    waits = up.send("eve", "true", wait="accepted")["id"]

    eventually(lambda: up.log().count("silent for 0.5 s over its first message") == 4, within_s=30)
    assert up.log().count("ev=crash-loop peer=eve") >= 2
    assert "ev=recovered" not in up.log()
    assert up.call("message.show", id=waits)["attempt"] == 0
