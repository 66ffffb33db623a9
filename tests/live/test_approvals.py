"""What a runtime asks for is approved by nobody but who says so, at a terminal of their own, of that very prompt."""

import json
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NotPermitted, PeerdError
from tests.eventually import eventually
from tests.live import calling
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux


def asking(team: Team, *flags: str, on: str = "danger") -> dict[str, Any]:
    """An actor in a turn that asks for a permission."""
    record = str(team.root / "record")
    team.add("ada", "actor", "--permission-on", on, "--record", record, *flags)
    team.send("ada", f"a {on} to life", id="m-1", timeout_s=20)
    return stands(team)


def stands(team: Team) -> dict[str, Any]:
    """The one that is asked for now."""
    found = eventually(lambda: open_ones(team))
    assert len(found) == 1
    return found[0]


def open_ones(team: Team) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = team.call("approval.list")["approvals"]
    return found


def of(team: Team, id: str) -> dict[str, Any]:
    listed = team.call("approval.list", all=True)["approvals"]
    return next(each for each in listed if each["id"] == id)


def answers(team: Team) -> list[tuple[str, str]]:
    """What the actor was answered, and by which key."""
    path = Path(team.root, "record.jsonl")
    lines = map(json.loads, path.read_text().splitlines()) if path.exists() else ()
    return [(line["event"], line["what"]) for line in lines if "event" in line]


APPROVED, REFUSED = ("approved", "Allow running danger?"), ("refused", "Allow running danger?")


def test_a_prompt_that_stands_is_on_record_in_full_and_approved_by_a_person_once(up: Team):
    asked = asking(up)

    assert (asked["peer"], asked["tool"], asked["input"]) == ("ada", "run", {"command": "danger"})
    assert asked["question"] == "Allow running danger?"
    assert asked["choices"] == ["Yes", "No"]
    assert up.show("ada")["verdict"].startswith("blocked: it asks for run; ")
    assert [each["kind"] for each in up.call("notice.list")["notices"]] == ["approval"]
    done = at_a_terminal(up, "approve", asked["id"], typed="y\n")

    assert done.code == 0, done.out
    assert "unread" not in at_a_terminal(up, "ls").out
    assert "command: danger" in done.out
    assert "unread" not in done.out
    assert f"{asked['id']} of ada: approved." in done.out
    assert answers(up) == [APPROVED]
    assert up.call("message.wait", id="m-1", until="ended", timeout_s=10)["task"] == "answered"
    over = of(up, asked["id"])
    assert (over["state"], over["answer"]) == ("approved", "approve")
    assert over["by"].startswith("operator on pts/")
    assert open_ones(up) == []
    log = up.log()
    assert f"ev=approval-opened peer=ada session={asked['session']} id={asked['id']} tool=run" in log
    assert "state=approved by=" in log
    assert "danger" not in log


def test_it_is_not_approved_without_a_yes(up: Team):
    asked = asking(up)

    for typed in ("\n", "n\n", "\x04"):
        done = at_a_terminal(up, "approve", asked["id"], typed=typed)
        assert done.code == 1
        assert "not approved" in done.out

    assert answers(up) == []
    assert stands(up)["id"] == asked["id"]


def test_a_yes_that_was_typed_before_it_was_shown_approves_nothing(up: Team):
    asked = asking(up)

    done = at_a_terminal(up, "approve", asked["id"], ahead="y\n", typed="\n")

    assert (done.code, "what you typed before the question was ignored" in done.out) == (1, True)
    assert answers(up) == []
    assert at_a_terminal(up, "approve", asked["id"], ahead="n\n", typed="y\n").code == 0
    assert answers(up) == [APPROVED]


def test_it_is_denied_and_the_peer_is_told_why(up: Team):
    asked = asking(up)

    done = at_a_terminal(up, "deny", asked["id"], "--tell", "use something harmless")

    assert done.code == 0, done.out
    assert answers(up) == [REFUSED]
    assert of(up, asked["id"])["state"] == "denied"
    bodies = [each["from"] for each in up.call("message.list", peer="ada")["messages"]]
    assert bodies.count("operator") == 3 - 1, "the task, and what it was told"


def test_nobody_without_a_terminal_approves(up: Team):
    asked = asking(up)

    with pytest.raises(NotPermitted, match="at a terminal"):
        up.call("approval.answer", id=asked["id"], answer="approve")
    ran = up.run("approve", asked["id"], "--yes")

    assert (ran.code, answers(up)) == (1, [])
    assert "its stdin is not a terminal" in ran.err


def test_no_session_approves_whatever_terminal_it_has(up: Team):
    asked = asking(up)
    up.add("bob", "shell")
    up.call("peer.wake", peer="bob", timeout_s=20)

    with pytest.raises(PeerdError, match="outside every session; this is bob's session"):
        calling.at_a_terminal(up, "approval.answer", env=up.caller("bob"), id=asked["id"], answer="approve")
    inside = up.send("bob", f"env -u PEERD_TOKEN {calling.program(up, asked['id'])}", wait="ended", timeout_s=20)

    assert "outside every session; this is bob's session" in str(inside["answer"])
    assert answers(up) == []


def test_who_leaves_its_session_and_cleans_its_environment_is_known_by_the_terminal_of_its_pane(up: Team):
    asked = asking(up)
    up.add("bob", "shell")
    up.call("peer.wake", peer="bob", timeout_s=20)
    out = up.root / "out"
    up.send("bob", f"(env -i HOME=/ {calling.program(up, asked['id'])} >{out} 2>&1 &)", wait="ended", timeout_s=20)

    eventually(lambda: out.exists() and "refused" in out.read_text(), within_s=10)
    assert "bob's session" in out.read_text()
    assert answers(up) == []


def test_a_prompt_that_was_answered_at_the_pane_is_gone_and_its_id_answers_nothing_else(up: Team):
    asked = asking(up, "--permission-then", "worse")

    at_the_keyboard(up, "ada", "send-keys", "1")
    eventually(lambda: of(up, asked["id"])["state"] == "gone")
    later = stands(up)
    done = at_a_terminal(up, "approve", asked["id"], "--yes")

    assert later["input"] == {"command": "worse"}
    assert done.code == 1
    assert "it is already closed; no key was pressed" in done.out
    assert answers(up) == [APPROVED]


def test_an_answer_to_what_another_has_taken_the_place_of_presses_nothing_and_names_that(up: Team):
    asked = asking(up, "--permission-then", "worse")

    at_the_keyboard(up, "ada", "send-keys", "1")
    with pytest.raises(PeerdError) as refused:
        calling.at_a_terminal(up, "approval.answer", id=asked["id"], answer="approve")

    assert "No key was pressed. ada asks for run now: a-" in str(refused.value)
    assert answers(up) == [APPROVED]


def test_an_answer_to_what_is_known_to_be_over_names_what_is_asked_instead(up: Team):
    asked = asking(up, "--permission-then", "worse")

    at_the_keyboard(up, "ada", "send-keys", "1")
    eventually(lambda: of(up, asked["id"])["state"] == "gone")
    later = stands(up)
    with pytest.raises(PeerdError) as refused:
        calling.at_a_terminal(up, "approval.answer", id=asked["id"], answer="approve")

    assert str(refused.value) == (
        f"{asked['id']} is over: gone. No key was pressed. ada asks for run now: {later['id']}."
    )


def test_the_first_answer_is_not_the_seconds_though_both_ask_the_same(up: Team):
    """The same command twice, one after the other."""
    asked = asking(up, "--permission-then", "danger!")
    done = at_a_terminal(up, "approve", asked["id"], "--yes")
    later = stands(up)

    assert done.code == 0, done.out
    assert later["id"] != asked["id"]
    assert answers(up) == [APPROVED]
    assert at_a_terminal(up, "deny", later["id"]).code == 0
    assert answers(up) == [APPROVED, ("refused", "Allow running danger!?")]


def test_no_key_is_pressed_behind_one_that_is_not_read_yet(up: Team):
    """It would be for whatever comes after that."""
    asked = asking(up, "--permission-then", "worse", "--stall-s", "2.5")
    for key in ("Enter", "x"):
        at_the_keyboard(up, "ada", "send-keys", key)
    with pytest.raises(PeerdError) as refused:
        calling.at_a_terminal(up, "approval.answer", id=asked["id"], answer="approve")

    assert "ada has not read yet what was typed there before; try again. No key was pressed." in str(refused.value)
    eventually(lambda: of(up, asked["id"])["state"] == "gone")
    assert stands(up)["input"] == {"command": "worse"}
    assert answers(up) == [APPROVED]


def test_a_key_without_effect_is_said_and_stays_said_of_what_was_answered_then(up: Team):
    asked = asking(up, "--overlooks", "1")
    first = at_a_terminal(up, "approve", asked["id"], "--yes")

    assert first.code == 1
    eventually(lambda: of(up, asked["id"])["state"] == "open")
    assert f"the key for 'Yes' had no effect in 5 s: {asked['id']} is still open." in first.out
    at_the_keyboard(up, "ada", "send-keys", "2")
    eventually(lambda: of(up, asked["id"])["state"] == "gone")
    evidence = of(up, asked["id"])["evidence"]
    assert evidence.startswith("it was approved by operator on pts/")
    assert evidence.endswith(", or answered at the pane: the key had no effect at first")
    assert answers(up) == [REFUSED]


def test_who_waits_for_what_it_does_is_told_that_it_asks(up: Team):
    asking(up)
    asks = "ada asks for run in the middle of it, which a person has to answer: `peerd approvals` shows it"

    waited = up.run("wait", "m-1", "--for", "ended", "--timeout", "0.1")

    waits_on = "`peerd wait m-1 --for ended` waits on."
    assert (waited.code, waited.err.splitlines()[0]) == (
        3,
        f"peerd: m-1 was delivered: do not send it again. {waits_on} {asks}.",
    )
    assert asks in up.run("message", "m-1").out


def test_one_whose_session_ends_is_gone(up: Team):
    asked = asking(up)

    up.call("peer.stop", peer="ada")

    assert of(up, asked["id"])["state"] == "gone"
    assert of(up, asked["id"])["evidence"] == "its session ended"


def test_a_dialog_before_it_starts_is_none(up: Team):
    up.add("ada", "actor", "--dialog", "Do you trust it?")
    up.send("ada", "hello", wait="accepted")
    eventually(lambda: up.show("ada")["activity"] == "blocked")

    assert open_ones(up) == []


def test_it_is_listed_without_a_daemon_too(team: Team):
    team.start()
    asked = asking(team)
    team.kill_daemon()
    team.daemon = None

    ran = team.run("approvals")

    assert ran.code == 0
    assert asked["id"] in ran.out
    assert "command: danger" in ran.out
