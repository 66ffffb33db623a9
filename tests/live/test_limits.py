"""A peer whose limit is used up: told as such, given nothing, and let go by itself."""

import os
import signal
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK, ended
from tests.live.test_holds import at_the_keyboard
from tests.live.test_unknown_screens import notices, queued

pytestmark = pytest.mark.tmux

SOON = {"limit_base_s": 1.0}
LATE = {"limit_base_s": 3600.0}


class Quota:
    """What the service of the actor's allows; `limited` as of its `--limit-file`."""

    def __init__(self, team: Team) -> None:
        self._file = team.root / "limit"
        self.args = ("--limit-file", str(self._file))

    def limit(self, how: str = "rate_limit") -> None:
        self._file.write_text(how)

    def lift(self) -> None:
        self._file.unlink()


def met(team: Team, how: str = "rate_limit", **fields: Any) -> Quota:
    """It has met a limit at a task, which waits now, and another behind it."""
    quota = Quota(team)
    quota.limit(how)
    team.start()
    team.add("ada", "actor", **({"args": quota.args} | LATE | fields))
    team.send("ada", "too much", id="m-much", wait="accepted")
    eventually(lambda: queued(team, "ada")["hold"] == "limited", within_s=10)
    team.send("ada", "more", id="m-more", wait="accepted")
    return quota


def handed_over(team: Team) -> list[int]:
    """The attempts of both tasks, once they have their answers."""
    over = [ended(team, id) for id in ("m-much", "m-more")]
    assert [each["task"] for each in over] == ["answered"] * 2
    return [each["attempt"] for each in over]


def test_a_peer_that_met_a_limit_is_told_as_limited_in_one_notice_and_given_nothing(team: Team):
    met(team)

    shown, row = team.show("ada"), queued(team, "ada")

    assert (row["activity"], row["hold"], row["queued"]) == ("limited", "limited", 2)
    assert shown["verdict"].startswith("limited: its last turn failed (rate limit, or quota used up)")
    (notice,) = notices(team)
    assert notice == f"ada is {shown['verdict']}"
    waits = team.call("message.show", id="m-more")
    assert (waits["state"], waits["hold"], waits["attempt"]) == ("accepted", "limited", 0)
    assert waits["because"] == notice
    assert "ada is limited: " in team.run("ls").err


@pytest.mark.parametrize("fields", [{}, QUICK], ids=["warm", "for one task"])
def test_tasks_wait_for_a_growing_while_and_are_handed_over_until_it_goes_well(team: Team, fields: dict[str, Any]):
    quota = met(team, **(SOON | fields))
    eventually(lambda: team.log().count("ev=limited") == 2, within_s=10)
    quota.lift()

    assert handed_over(team) == [3, 1]
    waits = [line.partition("wait_s=")[2] for line in team.log().splitlines() if "ev=limited" in line]
    assert [float(each) for each in waits] == pytest.approx([1.0, 2.0], abs=0.2)
    assert (notices(team), team.show("ada")["activity"] in ("idle", None)) == ([], True)


@pytest.mark.parametrize("again", [False, True], ids=["one daemon", "the next daemon"])
def test_a_session_for_one_task_that_met_a_limit_takes_no_other_where_that_is_not_wanted_any_more(
    team: Team, again: bool
):
    quota = met(team, "overloaded 3", **QUICK)
    session = team.session("ada").id
    if again:
        team.kill_daemon()
        team.start()

    team.call("message.cancel", id="m-much")
    quota.lift()

    other = team.call("message.wait", id="m-more", until="ended", timeout_s=20)
    assert (other["task"], other["session"] == session) == ("answered", False)


def test_a_limit_is_over_when_the_runtime_said_that_it_would_be(team: Team):
    quota = met(team, "overloaded 2")
    quota.lift()

    assert "its service is overloaded); that is over at " in team.show("ada")["verdict"]
    assert handed_over(team) == [2, 1]


@pytest.mark.parametrize("fields", [{}, QUICK], ids=["warm", "for one task"])
@pytest.mark.parametrize("asked", ["start", "new", "refresh"])
def test_a_limit_is_over_as_soon_as_somebody_says_so(team: Team, asked: str, fields: dict[str, Any]):
    quota = met(team, **fields)
    quota.lift()

    team.run(asked, "ada")

    assert handed_over(team) == [2, 1]
    assert notices(team) == []


def test_a_persons_turn_that_goes_well_ends_a_limit_and_one_that_does_not_begins_it(team: Team):
    quota = met(team)
    assert team.show("ada")["activity"] == "limited"
    at_the_keyboard(team, "ada", "send-keys", "try again", "Enter")
    eventually(lambda: team.log().count("ev=limited") == 2, within_s=10)
    assert queued(team, "ada")["hold"] == "limited"
    quota.lift()

    at_the_keyboard(team, "ada", "send-keys", "and again", "Enter")

    assert handed_over(team) == [2, 1]


def test_a_limit_outlives_the_daemon_and_its_session(team: Team):
    quota = met(team)
    quota.lift()

    team.kill_daemon()
    team.start()

    assert [queued(team, "ada")[each] for each in ("activity", "hold")] == ["limited", "limited"]
    assert len(notices(team)) == 1
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("ada")["phase"] == "asleep", within_s=10)
    assert queued(team, "ada")["hold"] == "limited"
    team.kill_daemon()
    team.start()
    assert [team.show("ada")["phase"], queued(team, "ada")["hold"]] == ["asleep", "limited"]
    assert team.show("ada")["verdict"].startswith("limited: ")
    team.call("peer.start", peer="ada")
    assert handed_over(team) == [2, 1]
