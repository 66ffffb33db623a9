"""A permission prompt is a person's to answer: what is sent meanwhile waits, and no Enter of ours approves a tool."""

import random
import time
from pathlib import Path

from tests.eventually import eventually
from tests.live.test_holds import at_the_keyboard
from tests.real.conftest import Agents

TRIES = 50


def test_fifty_messages_around_a_permission_prompt_approve_nothing(agents: Agents, runtime: str):
    """Before every second one the prompt is open already; around the others it opens while they are on their way, in a
    turn that a person at the keyboard has just begun."""
    made = Path(agents.team.root, "made")
    agents.add("ada", runtime)
    agents.team.call("peer.wake", peer="ada", timeout_s=60)
    chance = random.Random(runtime)

    for nth in range(TRIES):
        opens = nth % 2 == 1
        _ask_for_a_tool(agents, nth, made, by_hand=opens)
        moment = time.monotonic() + chance.uniform(0.0, 0.3)
        eventually(lambda: time.monotonic() > moment if opens else _prompted(agents), within_s=20)  # noqa: B023
        sent = agents.team.send("ada", f"while it asks [[say ok {nth}]]", id=f"m-w{nth}", wait="accepted")
        eventually(lambda: _prompted(agents), within_s=20)
        state = agents.team.call("message.show", id=sent["id"])["state"]
        assert state == "accepted" or (opens and state != "submitted"), nth
        _refuse(agents)
        over = agents.team.call("message.wait", id=sent["id"], until="ended", timeout_s=100)
        assert (over["state"], over["answer"]) == ("submitted", f"ok {nth}"), nth
        assert len(agents.asked(f"m-w{nth} ")) == 1, "one message is one request"

    assert not made.exists()


def _ask_for_a_tool(agents: Agents, nth: int, made: Path, *, by_hand: bool) -> None:
    body = f"make it {nth} [[run touch {made}]]"
    if by_hand:
        agents.enters("ada", body)
    else:
        agents.team.send("ada", body, id=f"m-a{nth}", timeout_s=60)


def _refuse(agents: Agents) -> None:
    """As a person does: once, and again where it is seen to have had no effect."""
    for _ in range(3):
        at_the_keyboard(agents.team, "ada", "send-keys", "Escape")
        moment = time.monotonic() + 2.0
        eventually(lambda: not _prompted(agents) or time.monotonic() > moment)  # noqa: B023
        if not _prompted(agents):
            return


def _prompted(agents: Agents) -> bool:
    screen = agents.screen("ada")
    return "Do you want to proceed?" in screen or "Would you like to run" in screen
