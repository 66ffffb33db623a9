"""What stands on a screen after a turn and is no empty input line: told truly, never typed at, and never ended."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.hands import PROGRAM
from tests.live.test_declared_runtimes import declare
from tests.live.test_ephemeral import QUICK, ended
from tests.live.test_holds import at_the_keyboard

pytestmark = pytest.mark.tmux

QUESTION = "Press any key to go on"
ASKS = f"""{PROGRAM}
    if "asks" in text:
        input("{QUESTION}\\n")
"""
SOON = "census_s = 1\nsilent_s = 1\n"


@pytest.fixture
def asker(team: Team) -> Team:
    """Its runtime tells of its turns, and asks something after the one that it was told to."""
    program = Path(team.root, "asks")
    program.write_text(ASKS)
    argv = f'["{sys.executable}", "{program}"]'
    declare(team, f"name = 'asks'\nargv = {argv}\nready = '> ?(.*)'\nconfirm = 'journal'\none_line = true\n", "asks")
    Path(team.home.settings_file).write_text(SOON)
    team.start()
    return team


def notices(team: Team) -> list[str]:
    told: list[str] = team.call("daemon.status").get("notices", [])
    return told


def is_told(team: Team, name: str, *words: str) -> None:
    (notice,) = eventually(lambda: notices(team), within_s=15)
    assert notice.startswith(f"{name} is "), notice
    assert [word for word in (*words, f"`peerd attach {name}`") if word not in notice] == []


def queued(team: Team, name: str) -> dict[str, Any]:
    row: dict[str, Any] = next(each for each in team.run("ls", "--json").json if each["peer"] == name)
    return row


def test_a_message_waits_for_a_screen_that_nobody_knows_and_that_is_told_until_it_is_known_again(asker: Team):
    asker.add("eve", "asks")
    before = asker.send("eve", "asks", wait="ended", timeout_s=20)

    waiting = asker.send("eve", "hello", timeout_s=1.0)

    assert (waiting["state"], waiting["hold"], asker.show("eve")["activity"]) == (
        "accepted",
        "unknown-screen",
        "unknown",
    )
    is_told(asker, "eve", "eve is unknown: ", QUESTION)
    assert (asker.show("eve")["session"], QUESTION in str(asker.show("eve")["evidence"])) == (before["session"], True)
    at_the_keyboard(asker, "eve", "send-keys", "Enter")
    over = ended(asker, waiting["id"])
    assert (over["attempt"], over["session"]) == (1, before["session"])
    assert (notices(asker), asker.show("eve")["verdict"]) == ([], "idle")


def test_the_notice_of_a_screen_goes_as_it_is_known_again_though_nothing_waits_any_more(asker: Team):
    asker.add("eve", "asks")
    asker.send("eve", "asks", wait="ended", timeout_s=20)
    waiting = asker.send("eve", "hello", timeout_s=1.0)
    is_told(asker, "eve", QUESTION)
    asker.run("queue", "cancel", waiting["id"])
    is_told(asker, "eve", QUESTION)

    at_the_keyboard(asker, "eve", "send-keys", "Enter")

    eventually(lambda: not notices(asker), within_s=10)
    assert asker.show("eve")["activity"] == "idle"


def test_a_turn_that_stands_still_at_what_nobody_knows_is_told_for_what_it_may_be(asker: Team):
    asker.add("eve", "asks", ephemeral_silent_s=2)
    go = asker.root / "go"
    waits = f"run: echo {QUESTION}; until [ -e {go} ]; do sleep 0.1; done"
    first = asker.send("eve", waits, id="m-first", timeout_s=20)
    after = asker.send("eve", "hello", wait="accepted")["id"]

    is_told(asker, "eve", "eve is busy with m-first, as far as is known: ", QUESTION)

    assert [queued(asker, "eve")[each] for each in ("activity", "hold")] == ["busy", "busy"]
    go.touch()
    over = [ended(asker, id) for id in ("m-first", after)]
    assert [(each["attempt"], each["session"]) for each in over] == [(1, first["session"])] * 2
    assert notices(asker) == []


def test_a_session_whose_task_is_over_and_whose_screen_nobody_knows_is_told_and_kept(asker: Team):
    asker.add("eve", "asks", **QUICK)
    first = asker.send("eve", "asks", wait="ended", timeout_s=20)
    after = asker.send("eve", "hello", wait="accepted")["id"]

    is_told(asker, "eve", "eve is unknown: ", QUESTION)

    assert [queued(asker, "eve")[each] for each in ("activity", "hold")] == ["unknown", "unknown-screen"]
    assert asker.show("eve")["session"] == first["session"]
    at_the_keyboard(asker, "eve", "send-keys", "Enter")
    assert ended(asker, after)["session"] != first["session"]
    assert notices(asker) == []


def test_a_draft_left_in_a_session_whose_task_is_over_is_told_as_a_draft_and_kept(team: Team):
    os.makedirs(team.home.config)
    Path(team.home.settings_file).write_text(SOON)
    team.start()
    team.add("ada", "actor", **(QUICK | {"ephemeral_quiet_s": 2.0}))
    first = team.send("ada", "hello", wait="ended", timeout_s=20)
    at_the_keyboard(team, "ada", "send-keys", "-l", "hmm let me")
    after = team.send("ada", "more", wait="accepted")["id"]

    is_told(team, "ada", "a text that nobody has entered")

    assert queued(team, "ada")["hold"] == "draft"
    assert team.show("ada")["session"] == first["session"]
    assert "hmm let me" in "\n".join(team.call("peer.peek", peer="ada")["lines"])
    at_the_keyboard(team, "ada", "send-keys", "C-u")
    assert ended(team, after)["session"] != first["session"]


@pytest.mark.parametrize("kept", [{}, QUICK], ids=["warm", "for one task"])
def test_a_shell_whose_prompt_is_not_seen_any_more_is_told_and_not_ended(team: Team, kept: dict[str, Any]):
    os.makedirs(os.path.dirname(team.home.settings_file))
    Path(team.home.settings_file).write_text(SOON)
    team.start()
    team.add("sh", "shell", **kept)
    before = team.send("sh", "exec 2>/dev/null; echo quiet now", wait="ended", timeout_s=20)

    waiting = team.send("sh", "true", timeout_s=1.0)

    assert (waiting["state"], waiting["hold"]) == ("accepted", "busy")
    is_told(team, "sh", "sh is idle by its own word, but no input line is seen")
    assert team.show("sh")["session"] == before["session"]
