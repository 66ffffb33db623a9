"""Who waits for a task while its peer goes down, for a crash loop or a stop, is told what became of it."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_repeated import begun, over

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("crash_max", [1, 3])
def test_a_task_at_which_its_peer_dies_again_and_again_came_to_nothing(up: Team, crash_max: int):
    up.add("ada", "actor", "--crash-on", "BOOM", crash_max=crash_max, task_attempts=crash_max, backoff_base_s=0.1)

    ran = up.run("ask", "ada", "BOOM", "--timeout", "20")

    assert (ran.code, "failed" in ran.err) == (1, True), ran.err


@pytest.mark.parametrize("times", range(3))
def test_a_command_that_a_stop_ends_came_to_nothing(up: Team, times: int):
    up.add("sh", "shell")
    asked = begun(up, "ask", "sh", "sleep 50", "--timeout", "20")
    eventually(lambda: up.show("sh")["activity"] == "busy", within_s=10)

    up.call("peer.stop", peer="sh")

    ran = over(asked)
    assert (ran.code, "failed" in ran.err) == (1, True), ran.err


def test_a_task_that_waits_again_after_a_stop_waits_for_a_start(up: Team):
    up.add("ada", "actor", "--busy-s", "50")
    asked = begun(up, "ask", "ada", "hello", "--timeout", "20")
    eventually(lambda: up.show("ada")["activity"] == "busy", within_s=10)

    up.call("peer.stop", peer="ada")

    ran = over(asked)
    assert (ran.code, "`peerd start ada`" in ran.err, "at work" in ran.err) == (3, True, False), ran.err
