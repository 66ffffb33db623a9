"""Keys that a person has pressed at a real agent: a turn broken off, a conversation shortened."""

from tests.eventually import eventually
from tests.real.conftest import Agents


def test_an_agents_turn_is_broken_off_and_what_waits_goes_on(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    first = agents.team.send("ada", "talk [[say a b c d e f]] [[slow 60]]", timeout_s=60)
    second = agents.team.send("ada", "then this [[say done]]", wait="accepted")
    eventually(lambda: agents.asked("talk"), within_s=30)

    ran = agents.team.run("interrupt", "ada", timeout_s=60)

    assert (ran.code, ran.err) == (0, "")
    over = agents.team.call("message.wait", id=first["id"], until="ended", timeout_s=30)
    assert (over["task"], over["exit_status"]) == ("turn_ended", 130)
    told = agents.team.call("message.wait", id=second["id"], until="ended", timeout_s=60)
    assert told["answer"] == "done"


def test_an_agent_shortens_its_conversation_and_goes_on(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    agents.team.send("ada", "remember heliotrope", wait="ended", timeout_s=60)

    ran = agents.team.run("compact", "ada", timeout_s=120)

    assert (ran.code, ran.out, ran.err) == (
        0,
        "ada was told to shorten its conversation, and is at its input line again.\n",
        "",
    )
    assert agents.team.send("ada", "and now? [[say yes]]", wait="ended", timeout_s=60)["answer"] == "yes"
