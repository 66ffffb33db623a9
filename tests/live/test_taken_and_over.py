"""A message that is taken, and whose turn is over, while its Enter is still doubted: it was taken all the same."""

import sys

import pytest

from tests.live.conftest import RUN_DAEMON, Team

pytestmark = pytest.mark.tmux

SHORT = f"import peerd.daemon.submit as s; s.SUBMIT_WITHIN_S = 1.5; {RUN_DAEMON}"


def test_it_is_not_called_unconfirmed(team: Team):
    team.start(sys.executable, "-c", SHORT)
    team.add("ada", "actor", "--stall-s", "0.5")  # longer than an Enter is believed in
    team.add("eve", "actor", "--busy-s", "3")

    sent = team.send("ada", "hello", id="m-1", wait="ended", timeout_s=20)
    team.send("eve", "hello", wait="ended", timeout_s=20)  # longer than the doubt lasts

    assert (sent["state"], sent["task"], sent["attempt"]) == ("submitted", "answered", 1)
    assert "ev=unconfirmed" not in team.log("delivery")
