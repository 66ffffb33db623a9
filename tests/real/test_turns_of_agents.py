"""What real agents make of a message that is entered while they work: of theirs, or of its own after it."""

import os
import signal

import pytest

from tests.eventually import eventually
from tests.live.test_holds import at_the_keyboard
from tests.live.test_shared_turns import ended, shown, steps
from tests.real.conftest import Agents

LATE = "peerd message m-late from operator (person) attempt 1 hops 0:\nand this [[say two]]"
STREAMS, RUNS = "[[slow 4]] [[say one]]", "[[do sleep 4]] [[say one]]"


def at_work(agents: Agents, runtime: str, work: str) -> None:
    """On m-work. m-late was typed before, into a session that died of it, and waits again."""
    team = agents.team
    agents.add("ada", runtime, backoff_base_s=2.0)
    team.send("ada", "[[hang]]", id="m-late", timeout_s=30)
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.show("ada")["phase"] == "backoff", within_s=15)
    team.call("queue.pause", peer="ada")
    team.call("message.cancel", id="m-late")
    team.send("ada", f"work {work}", id="m-work", wait="accepted")
    team.call("message.requeue", id="m-late")
    team.call("queue.resume", peer="ada")
    eventually(lambda: shown(team, "m-work")["state"] == "submitted", within_s=30)


@pytest.mark.parametrize(
    ("runtime", "work", "answers"),
    [
        ("claude", STREAMS, ("one", "two")),
        ("claude", RUNS, ("two", "two")),
        ("codex", RUNS, ("two", "two")),
    ],
    ids=["claude, as it streams", "claude, as it runs a tool", "codex"],
)
def test_words_are_told_of_the_turn_that_they_end(agents: Agents, runtime: str, work: str, answers: tuple[str, str]):
    at_work(agents, runtime, work)
    at_the_keyboard(agents.team, "ada", "set-buffer", "-b", "late", LATE)
    at_the_keyboard(agents.team, "ada", "paste-buffer", "-p", "-r", "-b", "late")
    agents.sees("ada", "[[say two]]")
    at_the_keyboard(agents.team, "ada", "send-keys", "Enter")
    eventually(lambda: shown(agents.team, "m-late")["state"] == "submitted", within_s=20)

    both = [ended(agents.team, id) for id in ("m-work", "m-late")]

    assert tuple(each["answer"] for each in both) == answers
    assert ["in one turn" in steps(agents.team, id) for id in ("m-work", "m-late")] == [answers[0] == answers[1]] * 2
