"""What is sent to an agent is what its model gets: whole, once, in a turn of its own, and no answer to a prompt."""

from pathlib import Path

from peerd.model.envelope import header
from peerd.model.message import MessageId
from tests.live.test_holds import at_the_keyboard
from tests.real.conftest import Agents
from tests.real.payloads import BY_FILE, PAYLOADS, arrives, at_model

HEADER = "peerd message m-1 from operator (person) attempt 1 hops 0:"


def test_every_payload_reaches_the_model_as_documented(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    wrong: dict[str, str | None] = {}

    for name, body in PAYLOADS.items():
        sent = agents.team.send("ada", body, id=f"m-{name}", wait="ended", timeout_s=60)
        assert (sent["state"], sent["attempt"], sent["task"]) == ("submitted", 1, "turn_ended"), name
        wrong[name] = _not_as_documented(agents, runtime, name, body)

    assert {name: got for name, got in wrong.items() if got is not None} == {}
    assert [each.name for each in agents.team.work.iterdir()] == []


def _not_as_documented(agents: Agents, runtime: str, name: str, body: str) -> str | None:
    """What the model got instead, if anything; one message is one request."""
    receipt = agents.team.store().receipt(MessageId(f"m-{name}"))
    assert receipt is not None
    first = header(receipt.message, 1)
    requests = agents.asked(f"{first}")
    assert len(requests) == 1, f"{name}: {len(requests)} requests"
    text = next(text for text in requests[0].users_texts if text.startswith(f"peerd message m-{name} "))
    got = at_model(runtime, first, text)
    if (runtime, name) in BY_FILE:
        got = Path(got.rpartition(" from the file ")[2]).read_text()
    return None if got == arrives(runtime, body) else f"{got[:80]!r}"


def test_a_message_waits_while_an_answer_streams_and_neither_is_cut_off_nor_merged(agents: Agents, runtime: str):
    agents.add("ada", runtime)
    first = agents.team.send("ada", "take your time [[slow 3]] [[say the long answer]]", id="m-first")

    second = agents.team.send("ada", "and then? [[say the short one]]", id="m-second", timeout_s=0.5)
    assert (second["state"], second["hold"]) == ("accepted", "busy")
    ended = [agents.team.call("message.wait", id=each["id"], until="ended", timeout_s=60) for each in (first, second)]

    assert [each["answer"] for each in ended] == ["the long answer", "the short one"]
    one, two = agents.models.requests
    assert one.read.is_set()
    assert two.at > one.at + 2.5
    assert "m-second" not in "\n".join(one.users_texts)


def test_a_paste_that_the_runtime_lost_the_end_of_is_taken_back_and_the_message_is_typed_anew(
    agents: Agents, runtime: str
):
    agents.add("ada", runtime)
    agents.team.call("peer.wake", peer="ada", timeout_s=30)
    at_the_keyboard(agents.team, "ada", "set-buffer", "-b", "part", f"{HEADER}\nand do it")
    at_the_keyboard(agents.team, "ada", "paste-buffer", "-p", "-r", "-b", "part")
    agents.sees("ada", "and do it")

    sent = agents.team.send("ada", "and do it well [[say done]]", id="m-1", wait="ended", timeout_s=60)

    assert (sent["state"], sent["attempt"], sent["answer"]) == ("submitted", 1, "done")
    (asked,) = agents.models.requests
    assert [text.count("and do it") for text in asked.users_texts if "m-1" in text] == [1]
