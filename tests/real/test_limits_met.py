"""Agents whose service refuses them: told as limited by what they say of it, and given their task again."""

import time
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.test_ephemeral import ended
from tests.real.conftest import Agents

FEW = {"CLAUDE_CODE_MAX_RETRIES": "1"}
LATE = {"limit_base_s": 3600.0}


@pytest.mark.parametrize(
    ("status", "limit"),
    [(429, "rate_limit"), (529, "overloaded"), (401, "authentication")],
    ids=["too much", "overloaded", "not let in"],
)
def test_an_agent_that_is_refused_is_limited_and_does_its_task_once_it_is_not(
    agents: Agents, runtime: str, status: int, limit: str
):
    agents.models.refusing = (status, {})
    agents.add("ada", runtime, env=agents.env(runtime) | FEW, **LATE)
    task = agents.team.send("ada", "what is it? [[say forty-two]]", wait="accepted")["id"]
    eventually(lambda: f"limit={limit}" in agents.team.log(), within_s=60)
    assert agents.team.show("ada")["activity"] == "limited"
    agents.models.refusing = None

    agents.team.call("peer.start", peer="ada")

    over = ended(agents.team, task)
    assert (over["task"], over["attempt"], over["answer"]) == ("turn_ended", 2, "forty-two")


def a_subscriber(agents: Agents) -> dict[str, str]:
    env = agents.env("claude") | FEW | {"CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-nobodys"}
    return {name: value for name, value in env.items() if name != "ANTHROPIC_API_KEY"}


def used_up(resets_at: int) -> tuple[int, dict[str, Any]]:
    """A quota, as the service tells it."""
    name = "anthropic-ratelimit-unified"
    told = {"status": "rejected", "reset": str(resets_at), "representative-claim": "five_hour"}
    return 429, {f"{name}-{each}": value for each, value in told.items()}


def test_an_agent_whose_quota_is_used_up_does_its_task_once_that_is_reset(agents: Agents):
    resets_at = int(time.time()) + 30
    agents.models.refusing = used_up(resets_at)
    agents.add("ada", "claude", env=a_subscriber(agents), **LATE)
    task = agents.team.send("ada", "what is it? [[say forty-two]]", wait="accepted")["id"]
    eventually(lambda: "limit=rate_limit told=true" in agents.team.log(), within_s=60)
    agents.models.refusing = None
    asked = len(agents.models.requests)

    over = ended(agents.team, task)

    assert (over["task"], over["answer"]) == ("turn_ended", "forty-two")
    assert len(agents.models.requests) > asked
    assert time.time() >= resets_at


def test_a_quota_of_codex_that_is_used_up_is_reset_when_it_says(agents: Agents):
    resets_at = int(time.time()) + 30
    told = {"used-percent": "100", "reset-at": str(resets_at), "window-minutes": "300"}
    agents.models.refusing = (429, {f"x-codex-primary-{each}": value for each, value in told.items()})
    agents.add("ada", "codex", **LATE)
    task = agents.team.send("ada", "what is it? [[say forty-two]]", wait="accepted")["id"]
    eventually(lambda: "limit=rate_limit told=true" in agents.team.log(), within_s=60)
    agents.models.refusing = None

    over = ended(agents.team, task)

    assert (over["task"], over["attempt"], over["answer"]) == ("turn_ended", 2, "forty-two")
    assert time.time() >= resets_at
