"""Claude Code and Codex, for real: woken, told something, and believed."""

from tests.real.conftest import Agents


def test_an_agent_is_woken_asked_and_answers_with_the_last_words_of_its_turn(agents: Agents, runtime: str):
    agents.add("ada", runtime)

    woken = agents.team.call("peer.wake", peer="ada", timeout_s=60)
    told = agents.team.run("ask", "ada", "what is it? [[say forty-two]]", timeout_s=60)

    assert woken["identity"] == f"{runtime}-ada"
    assert (told.code, told.out) == (0, "forty-two\n")
    assert told.err == "peerd: no reply came; these are the last words of ada's turn.\n"
    assert len(agents.asked("what is it?")) == 1
