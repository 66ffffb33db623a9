"""What was heard of a permission is put together with the prompt that is seen only where no other can be meant."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from peerd.adapter import Option, Prompt
from peerd.daemon.approvals.api import asked_for
from peerd.daemon.approvals.requests import HEARD_MAX, Asks, Found
from peerd.model.approval import Approval, ApprovalId
from peerd.model.fact import Fact, PromptClosed, PromptOpened, Submitted, TurnBegan, TurnClosed, TurnEnded
from peerd.model.message import MessageId
from peerd.model.peer import PeerName
from peerd.model.session import SessionId

CHOICES = (Option("Yes", "1", "approve"), Option("No", "2", "deny"))
LS, RM = {"command": "ls"}, {"command": "rm"}
HIDDEN = {"command": "ls", "dangerouslyDisableSandbox": True}
"""Looks as LS does: no screen shows the rest."""
OVER: tuple[Fact, ...] = (Submitted(MessageId("m-1")), TurnEnded(), TurnClosed(None))


def shown(command: str = "ls") -> Prompt:
    return Prompt(f"Run {command}?", CHOICES, 0, command, tool="Bash")


def request(input: dict[str, Any], tool: str = "Bash") -> PromptOpened:
    return PromptOpened("", tool, json.dumps(input))


def opened(asks: Asks, prompt: Prompt) -> Approval:
    """As it is put on record."""
    found = asks.found(prompt)
    approval = Approval(
        id=ApprovalId("a-1"),
        peer=PeerName("ada"),
        session=SessionId("s-1"),
        runtime="claude",
        tool=found.request.tool if found.request else None,
        input=found.request.input if found.request else None,
        certain=found.certain,
        question=prompt.text,
        choices=("Yes", "No"),
        opened_at=1.0,
        heard_to=0,
        alike=found.alike,
    )
    asks.opened(approval, known=found.known, now=100.0, shown=prompt)
    return approval


def asked(*facts: Fact) -> Asks:
    asks = Asks()
    for fact in facts:
        asks.hear(fact)
    return asks


def heard(asks: Asks) -> list[Any]:
    return [json.loads(each.request.input or "null") for each in asks.heard]


def test_the_only_one_that_was_heard_and_is_shown_is_certain():
    found = asked(request(LS)).found(shown())

    assert (found.request, found.certain) == (request(LS), True)


def test_what_another_tool_asks_or_with_other_arguments_is_not_certain():
    assert not asked(request(LS, "Other")).found(shown()).certain
    assert not asked(request(RM)).found(shown()).certain
    assert not asked(PromptOpened("", "Bash", '{"command": "ls"', cut=True)).found(shown()).certain


def test_of_two_that_look_the_same_nobody_knows_which_is_seen():
    found = asked(request(LS), request(HIDDEN)).found(shown())

    assert (found.request, found.certain) == (None, False)


def test_of_two_that_differ_the_one_that_is_seen_is_told_and_is_not_certain():
    found = asked(request(LS), request(RM)).found(shown())

    assert (found.request, found.certain) == (request(LS), False)


@pytest.mark.parametrize("answered", [TurnBegan(), PromptClosed()], ids=lambda fact: type(fact).__name__)
def test_one_that_may_have_been_answered_before_it_was_seen_is_not_certain(answered: Fact):
    assert not asked(request(LS), answered).found(shown()).certain


def test_the_next_one_is_certain_once_the_first_was_seen_to_be_over():
    asks = asked(request(LS))
    asks.closed(opened(asks, shown()))
    asks.hear(TurnBegan())
    asks.hear(request(RM))

    found = asks.found(shown("rm"))

    assert (found.request, found.certain) == (request(RM), True)


@pytest.mark.parametrize("over", OVER, ids=lambda fact: type(fact).__name__)
def test_after_a_prompt_of_which_nothing_was_heard_nothing_is_certain_until_the_turn_is_over(over: Fact):
    """What is heard late would else be put to the next one that looks like it."""
    asks = Asks()
    asks.closed(opened(asks, shown()))
    asks.hear(request(LS))

    assert not asks.found(shown()).certain
    asks.hear(over)
    asks.hear(request(HIDDEN))
    assert asks.found(shown()) == (request(HIDDEN), True, True, 1)


def test_what_is_heard_alone_and_is_not_what_is_shown_is_not_the_shown_ones_where_that_came_out_uneven():
    asks = Asks()
    asks.closed(opened(asks, shown()))
    asks.hear(request(RM))

    assert asks.found(shown()).request is None


def test_the_end_of_one_that_is_told_and_not_seen_leaves_nothing_certain():
    asks = asked(request(LS))
    asks.closed(opened(asks, shown()), seen=False)

    assert asks.found(shown()) == (request(LS), True, False, 1)
    asks.hear(request(LS))
    assert not asks.found(shown()).certain


def test_what_is_asked_for_and_no_prompt_comes_of_is_in_doubt():
    asks = asked(request(LS))
    asks.none_seen()
    assert not asks.found(shown()).certain

    answered = asked(request(LS), TurnBegan())
    answered.none_seen()
    answered.hear(request(RM))
    assert answered.found(shown("rm")).certain, "whoever else answers does so without a prompt"


def test_too_many_to_be_remembered_leave_none_certain():
    asks = asked(request(LS))
    first = opened(asks, shown())
    for _ in range(HEARD_MAX):
        asks.hear(request(RM))
    asks.closed(first)

    assert asks.uneven


def test_an_end_of_the_turn_leaves_the_one_that_stands_its_request():
    asks = asked(request(LS), request(RM))
    first = opened(asks, shown())
    asks.hear(TurnEnded())

    assert heard(asks) == [LS]
    asks.closed(first)
    assert (asks.heard, asks.uneven) == ((), False)


PATCH = PromptOpened("", "apply_patch", '{"patch": "+hello"}')


def test_what_is_heard_alone_of_the_shown_tool_is_known_to_be_the_shown_ones():
    edits = Prompt("Edit these files?", CHOICES, 0, tool="apply_patch")
    asks = asked(PATCH)
    found = asks.found(edits)
    asks.closed(opened(asks, edits))

    assert (found.request, found.certain, asks.heard, asks.uneven) == (PATCH, False, (), False)


def test_what_is_heard_alone_of_another_tool_is_not_what_the_screen_names_and_nothing_is_certain_after_that():
    asks = asked(PATCH)
    found = asks.found(shown())
    asks.closed(opened(asks, shown()))

    assert (found, heard(asks), asks.uneven) == (Found(), [json.loads(PATCH.input or "")], True)


EDIT = Prompt("Edit file\na.py\n-one\n+two", CHOICES, 0, tool="Edit")
PLAINLY_ANOTHER = {
    "another command": (shown("rm -rf build"), request({"command": "ls -la docs", "description": "to look"})),
    "a command of which a word is seen": (shown("make test"), request({"command": "make"})),
    "a command that goes on": (shown("ls"), request({"command": "ls -la docs"})),
    "another file": (EDIT, request({"file_path": "/p/b.py", "old_string": "x", "new_string": "y"}, "Edit")),
}


@pytest.mark.parametrize("plainly", PLAINLY_ANOTHER)
def test_a_person_is_told_no_other_request_than_the_screen_shows_and_its_own_once_that_is_heard(plainly: str):
    """A late hook leaves the other's alone for a while."""
    prompt, other = PLAINLY_ANOTHER[plainly]
    asks = asked(other)
    stands = opened(asks, prompt)
    assert (stands.tool, stands.input, stands.alike) == (None, None, 0)

    own = request({"command": prompt.command}) if prompt.command else request({"file_path": "/p/a.py"}, "Edit")
    asks.hear(own)
    late = asks.told_late(stands, prompt)
    assert late is not None
    assert late.request == own


SEEN_IN_PART = {
    "its first line": (shown("make test"), request({"command": "make test\nmake docs"})),
    "its last line, wrapped": (shown("echo one \n two"), request({"command": "make test\necho one two"})),
    "a file, and not what is done to it": (EDIT, request({"file_path": "/p/a.py", "old_string": "x"}, "Edit")),
}


@pytest.mark.parametrize("part", SEEN_IN_PART)
def test_what_is_heard_alone_and_seen_in_part_is_told(part: str):
    prompt, own = SEEN_IN_PART[part]

    assert asked(own).found(prompt).request == own


def test_an_end_of_the_turn_leaves_the_one_that_stands_one_request_of_two():
    asks = asked(request(LS))
    opened(asks, shown())
    asks.hear(request(LS))
    asks.hear(TurnEnded())

    assert heard(asks) == [LS]


def test_of_two_that_ask_for_the_same_either_is_told():
    found = asked(request(LS), request(LS)).found(shown())

    assert (found.request, found.certain) == (request(LS), False)


def test_what_is_asked_for_is_told_on_one_line_whatever_the_tool_is_called():
    named = replace(opened(Asks(), shown()), tool="Read\n\x1b[8m")

    assert [asked_for(each) for each in (named, replace(named, tool=None))] == ["Read\\x0a\\x1b[8m", "a permission"]
