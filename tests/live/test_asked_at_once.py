"""A message that opened a prompt at once was taken, where that is to be seen: it is not typed again, its peer is
blocked, and a deadline ends it."""

from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import CHAT, declare
from tests.live.test_holds import at_the_keyboard
from tests.live.test_seen_after_all import SHORT_LEASES, _die_after, _screen

pytestmark = pytest.mark.tmux

ASKS = f"{CHAT}control = {{ interrupt = ['C-c'] }}\n[[dialogs]]\nseen = '^May I run this'\nprompt = true\n"
SHOWS_NO_WORK = ASKS.replace("busy = '^thinking'", "")


@pytest.mark.parametrize(
    ("runtime", "shows"),
    [(ASKS, "--echoes"), (ASKS, "--tells"), (SHOWS_NO_WORK, "--anyhow")],
    ids=["otherwise than its input line", "with more below it", "and shows no work"],
)
def test_what_opened_a_prompt_was_taken_where_the_runtime_shows_it(team: Team, runtime: str, shows: str):
    _up(team, shows, runtime=runtime)

    sent = team.send("eve", "danger", id="m-1", wait="submitted", timeout_s=10)

    assert (sent["state"], sent["attempt"]) == ("submitted", 1)
    assert eventually(lambda: team.show("eve")["activity"] == "blocked")


def test_its_turn_goes_on_when_a_person_has_answered(team: Team):
    _up(team, "--echoes")
    team.send("eve", "danger", id="m-1", wait="submitted", timeout_s=10)
    eventually(lambda: team.show("eve")["activity"] == "blocked")

    at_the_keyboard(team, "eve", "send-keys", "Enter")

    assert team.call("message.wait", id="m-1", until="ended", timeout_s=20)["task"] == "turn_ended"
    assert _screen(team).count("peerd message m-1 ") == 1


def test_a_deadline_ends_it_and_the_next_task_is_done(team: Team):
    _up(team, "--echoes", wake_policy="ephemeral", ephemeral_quiet_s=0.1)
    team.send("eve", "danger", id="m-1", wait="accepted", deadline_s=1.0)

    told = team.send("eve", "hello", id="m-2", wait="ended", timeout_s=20)

    assert team.call("message.show", id="m-1")["task"] == "dead"
    assert told["task"] == "turn_ended"


def test_it_is_known_to_be_taken_also_by_the_next_daemon(team: Team):
    _up(team, "--echoes")
    _die_after(team, "press", body="danger")
    eventually(lambda: "May I run this" in _screen(team))

    team.start()

    assert eventually(lambda: team.call("message.show", id="m-1")["state"] == "submitted")
    assert eventually(lambda: team.show("eve")["activity"] == "blocked")


def test_it_is_seen_also_once_its_lease_is_over(team: Team):
    _up(team, "--echoes", "--slow", daemon=SHORT_LEASES, lease_s=0.5)

    team.send("eve", "danger", id="m-1", wait="accepted")

    eventually(lambda: "May I run this" in _screen(team), within_s=10)
    assert eventually(lambda: team.call("message.show", id="m-1")["state"] == "submitted", within_s=10)
    assert eventually(lambda: team.show("eve")["activity"] == "blocked")


def test_what_may_stand_in_the_input_line_still_is_not_believed_until_the_prompt_is_gone(team: Team):
    _up(team)
    team.send("eve", "danger", id="m-1", wait="accepted")
    eventually(lambda: "May I run this" in _screen(team))

    sent = team.call("message.wait", id="m-1", until="submitted", timeout_s=1.0)
    at_the_keyboard(team, "eve", "send-keys", "Enter")

    assert sent["state"] == "handed_over"
    assert team.call("message.wait", id="m-1", until="ended", timeout_s=40)["task"] == "turn_ended"
    assert _screen(team).count("peerd message m-1 ") == 1


def _up(team: Team, *args: str, runtime: str = ASKS, daemon: tuple[str, ...] = (), **fields: Any) -> None:
    declare(team, runtime, "chat")
    team.start(*daemon)
    team.add("eve", "chat", *args, **fields)
    team.call("peer.wake", peer="eve", timeout_s=10)
