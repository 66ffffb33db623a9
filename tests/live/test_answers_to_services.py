"""What a service asked can be answered, though it is handed no message: who waits for it reads it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from peerd.errors import UsageError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_kinds import serves

pytestmark = pytest.mark.tmux


def of(team: Team, name: str, method: str, **params: Any) -> dict[str, Any]:
    token = team.caller(name)["PEERD_TOKEN"]
    found: dict[str, Any] = call(method, params, timeout_s=30, socket_path=team.home.socket, token=token)
    return found


@pytest.fixture
def served(team: Team) -> Team:
    serves(team, fields="methods = ['message.send', 'message.wait']")
    team.add("bob", "actor", "--busy-s", "600")
    team.call("peer.wake", peer="bob")
    eventually(lambda: team.show("web")["phase"] == "running")
    return team


@pytest.mark.parametrize("by", ["bob", "operator"])
def test_who_was_asked_answers_and_the_command_that_waits_has_it(served: Team, by: str):
    with ThreadPoolExecutor(1) as beside:
        asks = beside.submit(
            of, served, "web", "message.send", to=by, body="which?", id="m-1", wait="ended", timeout_s=20
        )
        eventually(lambda: served.store().receipt("m-1") is not None)  # type: ignore[arg-type]
        reply = {"to": None, "reply_to": "m-1", "body": "the left one"}
        replied = of(served, by, "message.send", **reply) if by == "bob" else served.call("message.send", **reply)

        asked = asks.result(20)

    assert (asked["task"], asked["answer"]) == ("answered", "the left one")
    assert (replied["to"], replied["state"], served.show("web")["queue"]) == ("web", "submitted", [])
    shown = served.call("message.show", id=replied["id"])
    assert shown["history"][-1]["evidence"] == "web is a service: its command that waits has the answer"


def test_nothing_else_is_taken_by_it(served: Team):
    of(served, "web", "message.send", to="bob", body="which?", id="m-1", wait="accepted")
    of(served, "bob", "message.send", to=None, reply_to="m-1", body="the left one")

    for again in ({"to": None, "reply_to": "m-1"}, {"to": "web"}):
        with pytest.raises(UsageError, match="web is a service: it takes no messages"):
            of(served, "bob", "message.send", body="and this", **again)
