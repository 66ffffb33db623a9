"""A shell's prompt that a job in the background printed over is drawn anew: nothing waits for one that is there."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_ephemeral import QUICK
from tests.live.test_holds import at_the_keyboard, attached

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(60)]

LATE = "(sleep 0.3; echo late line) & disown; echo started"


def printed_over(team: Team) -> None:
    """sh, whose prompt is no more where its cursor stands."""
    assert team.send("sh", LATE, wait="ended", timeout_s=20)["answer"] == "started"
    eventually(lambda: any("❯ late line" in each for each in lines(team)), within_s=10)


def test_what_waits_for_it_is_given_to_it(up: Team):
    up.add("sh", "shell")
    printed_over(up)

    told = up.send("sh", "echo after", wait="ended", timeout_s=20)

    assert up.call("message.show", id=told["id"])["answer"] == "after"


def test_nor_is_what_it_printed_without_a_line_of_its_own_a_draft(up: Team):
    up.add("sh", "shell")
    late = "(sleep 0.3; printf late) & disown; echo started"
    assert up.send("sh", late, wait="ended", timeout_s=20)["answer"] == "started"
    eventually(lambda: any("❯ late" in each for each in lines(up)), within_s=10)

    told = up.send("sh", "echo after", wait="ended", timeout_s=20)

    assert up.call("message.show", id=told["id"])["answer"] == "after"


def test_it_is_parked(up: Team):
    up.add("sh", "shell", idle_s=0.5)
    printed_over(up)

    eventually(lambda: up.show("sh")["phase"] == "asleep", within_s=20)


def test_one_for_each_task_goes_on_with_the_next(up: Team):
    up.add("sh", "shell", **QUICK)

    ids = [up.send("sh", LATE, wait="accepted")["id"] for _ in range(2)]

    over = [up.call("message.wait", id=id, until="ended", timeout_s=30) for id in ids]
    assert [each["task"] for each in over] == ["turn_ended"] * 2


def test_a_draft_that_was_printed_over_is_seen_again_and_left_to_who_wrote_it(up: Team):
    up.add("sh", "shell")
    assert up.send("sh", "(sleep 1; echo late line) & disown; echo started", wait="ended")["answer"] == "started"
    at_the_keyboard(up, "sh", "send-keys", "-l", "half a thought")
    eventually(lambda: any("half a thoughtlate line" in each for each in lines(up)), within_s=10)

    held = up.send("sh", "echo after", timeout_s=2.0)

    assert held["hold"] == "draft"
    assert [each for each in lines(up) if each][-1].endswith("❯ half a thought")
    at_the_keyboard(up, "sh", "send-keys", "C-u")
    assert up.call("message.wait", id=held["id"], until="ended", timeout_s=20)["answer"] == "after"


def test_nothing_is_drawn_while_a_person_is_at_it(up: Team):
    up.add("sh", "shell")
    printed_over(up)
    with attached(up.session("sh").host.socket):
        eventually(lambda: "1 attached" in str(up.show("sh")["evidence"]))
        assert up.send("sh", "echo after", timeout_s=1.0)["hold"] == "busy"


def lines(team: Team) -> list[str]:
    found: list[str] = team.call("peer.peek", peer="sh")["lines"]
    return found
