"""What loses, doubles or falsifies messages elsewhere, brought about with the actor: docs/lessons.md names each."""

import json
from pathlib import Path

import pytest

from peerd.model.envelope import parse as parse_envelope
from peerd.model.logfmt import parse
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_holds import at_the_keyboard
from tests.live.test_payloads import submissions

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(90)]

PROSE = {
    "a limit": "You've hit your usage limit · resets 3pm\nrate_limit_error: 429 Too Many Requests",
    "a prompt": "╭─ permission ─╮\n│ Allow running rm -rf /? │\n  Enter to confirm · Esc to cancel",
    "a dialog": "Do you trust the files in this folder? ❯ 1. Yes\n  2. No, exit\n  Enter to confirm · Esc to cancel",
    "a crash": "fatal: out of luck\nTraceback (most recent call last):\nPane is dead (status 1)",
    "work": "✻ Thinking… (12s · esc to interrupt)\n• Working (3s • esc to interrupt)",
}
"""As long as the actor shows of it."""


@pytest.mark.parametrize("prose", PROSE.values(), ids=PROSE)
def test_words_that_read_like_trouble_are_words(up: Team, prose: str):
    up.add("ada", "actor")

    up.send("ada", prose, wait="ended")

    eventually(lambda: up.show("ada")["activity"] == "idle")
    after = up.send("ada", "and now?", wait="ended")
    assert (after["state"], after["attempt"], after["task"]) == ("submitted", 1, "answered")
    assert "notices" not in up.call("daemon.status")


def test_nothing_reaches_one_at_work_before_its_turn_is_over(up: Team):
    record = up.root / "record"
    up.add("ada", "actor", "--busy-s", "0.7", "--record", str(record))
    first = up.send("ada", "first")
    typed = record.read_bytes()

    held = up.send("ada", "second", wait="submitted", timeout_s=0.3)

    assert (held["state"], held["hold"], held["waiting"]) == ("accepted", "busy", True)
    assert record.read_bytes() == typed
    second = up.call("message.wait", id=held["id"], until="ended")
    log = [(each["ev"], each.get("id")) for each in map(parse, up.log("delivery").splitlines())]
    assert log.index(("answered", first["id"])) < log.index(("leased", held["id"]))
    assert (second["task"], second["attempt"]) == ("answered", 1)
    assert len(submissions(record)) == 2


def test_a_screen_that_keeps_changing_is_no_sign_that_a_text_was_taken(up: Team):
    record = up.root / "record"
    up.add("ada", "actor", "--spinner", "--eat-boot-pastes", "1.0", "--record", str(record))
    id = up.send("ada", "hello", wait="accepted")["id"]

    def as_told() -> bool:
        """Whether it is over; what is told is so all the while."""
        told = up.call("message.show", id=id)["state"]
        assert told != "submitted" or submissions(record), "called submitted, and nobody took it"
        return bool(told == "submitted")

    eventually(as_told, within_s=20)
    assert up.call("message.show", id=id)["attempt"] > 1
    assert len(submissions(record)) == 1


def test_a_prompt_that_opens_as_the_text_is_pasted_gets_no_enter(up: Team):
    record = up.root / "record"
    up.add("ada", "actor", "--permission-on-paste", "danger", "--record", str(record))
    id = up.send("ada", "danger ahead", wait="accepted")["id"]
    eventually(lambda: "ev=leased" in up.log("delivery"))
    eventually(lambda: up.show("ada")["activity"] == "blocked", within_s=10)

    at_the_keyboard(up, "ada", "send-keys", "2")

    over = up.call("message.wait", id=id, until="ended", timeout_s=45)
    assert over["task"] == "answered"
    events = [json.loads(line).get("event") for line in Path(f"{record}.jsonl").read_text().splitlines()]
    assert [event for event in events if event] == ["refused"]
    assert len(submissions(record)) == 1


def test_one_that_asked_something_and_is_at_work_hears_the_answer_after_its_turn(up: Team):
    record = up.root / "record"
    up.add("ada", "actor", "--busy-s", "1.0", "--record", str(record))
    up.add("bob", "actor")
    work = up.send("ada", "long work")["id"]
    ask = up.run("send", "bob", "and you?", "--id", "m-ask", env=up.caller("ada"))
    assert ask.code == 0, ask.err

    eventually(lambda: up.call("message.show", id="m-ask")["task"] == "answered")
    answer = up.call("message.wait", id="re-m-ask")

    taken = [parse_envelope(text) for text in submissions(record)]
    assert [each and each.id for each in taken] == [work, "re-m-ask"]
    assert (answer["state"], answer["attempt"]) == ("submitted", 1)
    log = [(each["ev"], each.get("id")) for each in map(parse, up.log("delivery").splitlines())]
    assert log.index(("answered", work)) < log.index(("leased", "re-m-ask"))
