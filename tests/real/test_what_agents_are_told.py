"""What a session of a real agent is told reaches its model: the system prompt beside its own, and the first message."""

import json
from pathlib import Path

from peerd.model.message import first_id
from tests.models.server import Request
from tests.real.conftest import CODEX_CONFIG, Agents

DOCTRINE = "Say heliotrope, never purple."
LATER = "Say mauve from now on."
USERS_OWN = "The user's own instructions."


def told(request: Request) -> list[str]:
    """What the model was told that is not the user's own words: Claude's system prompt, Codex's developer messages."""
    body = request.body
    if "system" in body:
        return [block["text"] for block in body["system"]]
    messages = [item for item in body["input"] if item.get("role") == "developer"]
    return [part["text"] for item in messages for part in item["content"]] + [body.get("instructions") or ""]


def said_in(request: Request, text: str) -> int:
    return "\n".join(told(request)).count(text)


def doctrine(agents: Agents, text: str) -> None:
    Path(agents.team.home.doctrine).write_text(text)


def asks(agents: Agents, text: str) -> Request:
    """The request that this message made."""
    agents.team.send("ada", text, wait="ended", timeout_s=60)
    (request,) = agents.asked(text)
    found: Request = request
    return found


def comes_again(agents: Agents) -> None:
    agents.team.call("peer.stop", peer="ada")
    agents.team.call("peer.start", peer="ada")
    agents.team.call("peer.wake", peer="ada", mode="resume", timeout_s=60)


def test_an_agents_model_is_told_of_its_place_beside_the_agents_own_instructions(agents: Agents, runtime: str):
    doctrine(agents, DOCTRINE)
    agents.add("ada", runtime)
    agents.team.add("bob", "actor", description="Answers everything.")

    request = asks(agents, "hello")

    for text in (f'identity: "{runtime}-ada"', DOCTRINE, '- bob (actor): "Answers everything."'):
        assert said_in(request, text) == 1, text
    agents.add("cat", runtime, prompt=False)
    agents.team.send("cat", "good morning", wait="ended", timeout_s=60)
    (untold,) = agents.asked("good morning")
    assert len("".join(told(request))) > len("".join(told(untold))) > 1000
    argv = Path(f"/proc/{agents.team.session('ada').host.runtime.pid}/cmdline").read_bytes()
    assert DOCTRINE.encode() not in argv, "readable to every user of the machine"


def test_one_that_goes_on_is_told_too_codex_anew_claude_as_it_was(agents: Agents, runtime: str):
    """Claude keeps the system prompt of a conversation until it is compacted."""
    doctrine(agents, DOCTRINE)
    agents.add("ada", runtime)
    asks(agents, "hello")
    doctrine(agents, LATER)

    comes_again(agents)
    request = asks(agents, "and now?")

    assert said_in(request, DOCTRINE) == 1
    assert said_in(request, LATER) == (1 if runtime == "codex" else 0)
    session = agents.team.session("ada")
    assert LATER in Path(agents.team.home.session(session.id), "prompt.md").read_text()


def test_after_a_compaction_it_is_told_as_its_session_was_started_with(agents: Agents, runtime: str):
    doctrine(agents, DOCTRINE)
    agents.add("ada", runtime)
    asks(agents, "hello")
    doctrine(agents, LATER)
    comes_again(agents)
    asks(agents, "and now?")

    agents.enters("ada", "/compact")
    agents.sees("ada", "ompacted", within_s=30)
    request = asks(agents, "and after that?")

    assert (said_in(request, DOCTRINE), said_in(request, LATER)) == (0, 1)


def test_a_long_doctrine_arrives_whole(agents: Agents, runtime: str):
    lines = [f"rule {n}: {'x' * 60}" for n in range(800)]
    doctrine(agents, "\n".join(lines))
    agents.add("ada", runtime)

    request = asks(agents, "hello")

    assert said_in(request, "\n".join(lines)) == 1


def test_a_peer_that_is_to_be_told_nothing_is_told_nothing(agents: Agents, runtime: str):
    doctrine(agents, DOCTRINE)
    agents.add("ada", runtime, prompt=False)

    request = asks(agents, "hello")

    assert (said_in(request, DOCTRINE), said_in(request, "Your place in a team")) == (0, 0)


def test_codex_keeps_the_users_own_instructions(agents: Agents):
    doctrine(agents, DOCTRINE)
    agents.add("ada", "codex")
    config = Path(agents.team.home.state, "logins", "ada", "codex", "config.toml")
    own = f"developer_instructions = {json.dumps(USERS_OWN)}\n"
    config.write_text(own + CODEX_CONFIG.format(url=agents.models.url))

    request = asks(agents, "hello")

    assert (said_in(request, USERS_OWN), said_in(request, DOCTRINE)) == (1, 1)


def test_the_first_message_comes_first_in_a_fresh_session_and_not_in_one_that_goes_on(agents: Agents, runtime: str):
    agents.add("ada", runtime, initial_prompt="read the notes [[say they are read]]")

    fresh = asks(agents, "what do they say?")
    session = agents.team.session("ada").id
    comes_again(agents)
    resumed = asks(agents, "and again?")

    (first,) = agents.asked("read the notes")
    assert first_id(session) in first.users_texts[-1]
    requests = agents.models.requests
    assert requests.index(first) < requests.index(fresh)
    assert sum(text.count("read the notes") for text in resumed.users_texts) == 1
