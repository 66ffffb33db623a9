"""Rules that answer what runtimes ask for: nothing is approved that a rule does not say whole."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from peerd.core.policy import ruled
from peerd.edges.matching import is_whole
from peerd.model.approval import Approval, ApprovalId
from peerd.model.peer import PeerName
from peerd.model.rule import Rule, check_rule
from peerd.model.session import SessionId

GIT = Rule(tool="Bash", input={"command": r"git (status|diff)( .*)?"}, answer="approve")


def asked(input: Any, tool: str | None = "Bash", **fields: Any) -> Approval:
    return Approval(
        id=ApprovalId("a-1"),
        peer=PeerName("ada"),
        session=SessionId("s-1"),
        runtime="claude",
        tool=tool,
        input=json.dumps(input),
        question="?",
        choices=("Yes", "No"),
        opened_at=1.0,
        **{"certain": True, **fields},
    )


def answer(input: Any, *rules: Rule, **fields: Any) -> str:
    found = ruled(rules or (GIT,), asked(input, **fields), is_whole)
    return found.rule.answer if found else "ask"


def test_a_command_is_approved_that_a_rule_matches_whole():
    assert answer({"command": "git status"}) == "approve"
    assert answer({"command": "git diff --stat main", "description": "look\nat it", "timeout": 5}) == "approve"


@pytest.mark.parametrize(
    "command",
    [
        "git status; rm -rf /",
        "git status && rm -rf /",
        "git diff | sh",
        "git diff > /etc/passwd",
        "git diff $(rm -rf /)",
        "git diff `rm x`",
        "git diff ${IFS}",
        "git status\nrm -rf /",
        "git status\n",
        "git status\rrm",
        "git diff \x1b[2K",
        "git diff \u2028rm",
        "git diff & rm",
        "git diff \x9b2K",
        "git diff \u2029rm",
        "git diff <(rm x)",
        "git diff a\\\nb",
        " git status",
        "sudo git status",
        "git statusx",
        "",
    ],
)
def test_what_hides_more_than_the_rule_says_is_asked(command: str):
    assert answer({"command": command}) == "ask"


@pytest.mark.parametrize(
    "input",
    [
        {"command": "git status", "dangerouslyDisableSandbox": True},
        {"command": "git status", "run_in_background": True},
        {"command": ["git", "status"]},
        {"command": None},
        {"command": 5},
        {"cmd": "git status"},
        {},
        [],
        "git status",
    ],
    ids=str,
)
def test_what_is_more_or_other_than_that_command_is_asked(input: Any):
    assert answer(input) == "ask"


def test_a_command_is_never_approved_by_a_rule_that_does_not_name_it():
    for loose in (Rule(tool="*", answer="approve"), Rule(tool="Bash", input=".*", answer="approve")):
        assert answer({"command": "ls"}, loose) == "ask"
    assert answer({"text": "hi"}, Rule(tool="mcp__tiny__*", answer="approve"), tool="mcp__tiny__echo") == "approve"


@pytest.mark.parametrize(
    "fields", [{"certain": False}, {"cut": True}, {"tool": None}], ids=["not certain", "cut", "no tool"]
)
def test_what_is_not_known_for_certain_is_asked(fields: dict[str, Any]):
    assert answer({"command": "git status"}, **fields) == "ask"


def test_the_first_rule_that_matches_counts_and_names_itself():
    rules = (
        Rule(tool="Bash", input={"command": "git diff .*secret.*"}, answer="deny", name="secrets"),
        Rule(tool="Bash", peer="b*", answer="deny"),
        GIT,
    )

    assert answer({"command": "git diff a secret b"}, *rules) == "deny"
    assert answer({"command": "git diff a"}, *rules) == "approve"
    found = ruled(rules, asked({"command": "git status"}), is_whole)
    assert found is not None
    assert found.called == "rule 3"
    denied = ruled(rules, asked({"command": "git diff a secret"}), is_whole)
    assert denied is not None
    assert denied.called == "rule 1 (secrets)"


def test_a_rule_that_denies_needs_no_strictness():
    assert answer({"command": "rm x\nrm y"}, Rule(tool="Bash", answer="deny")) == "deny"
    assert answer({"command": "a; rm x"}, Rule(tool="Bash", input=".*rm.*", answer="deny")) == "deny"


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        (Rule(tool="", answer="ask"), "tool is empty"),
        (Rule(tool="x", input={"command": "("}, answer="ask"), "not a pattern"),
        (Rule(tool="x", input="[", answer="ask"), "not a pattern"),
        (Rule(tool="x", answer="approve", on_expiry="deny"), "on_expiry"),
    ],
)
def test_what_is_wrong_with_a_rule_is_told(rule: Rule, says: str):
    assert says in (check_rule(rule) or "")


@pytest.mark.parametrize("char", [*";&|<>`$(){}\\"], ids=repr)
def test_what_joins_commands_or_may_is_asked_wherever_it_stands(char: str):
    assert answer({"command": f"git diff a{char}b"}) == "ask"


@pytest.mark.parametrize(
    "other",
    [{"tool": "Write"}, {"runtime": "codex"}, {"peer": "bob"}],
    ids=str,
)
def test_a_rule_is_for_whom_and_what_it_names(other: dict[str, Any]):
    rule = Rule(**{"tool": "Bash", "runtime": "claude", "peer": "ada", **other}, answer="deny")

    assert answer({"command": "ls"}, replace(rule, tool="Bash", runtime="claude", peer="ada")) == "deny"
    assert answer({"command": "ls"}, rule) == "ask"


def test_what_no_hook_told_is_asked_whatever_a_rule_says():
    deny = Rule(tool="*", answer="deny")

    assert answer({"command": "ls"}, deny, tool=None) == "ask"
    assert ruled((deny,), replace(asked({}), input=None), is_whole) is None


def test_a_pattern_for_all_arguments_is_for_the_whole_of_them():
    rule = Rule(tool="*", input='\\{"text": "hi.*', answer="approve")

    assert answer({"text": "hi there"}, rule) == "approve"
    assert answer({"text": "hi there"}, replace(rule, input='\\{"text": "hi')) == "ask"
    broken = replace(asked({}), input='{"text": "hi",\n "more": 1}')
    assert ruled((rule,), broken, is_whole) is not None, "a dot is any character"


def test_a_field_that_is_denied_may_hold_anything():
    rule = Rule(tool="Bash", input={"command": ".*rm.*"}, answer="deny")

    assert [answer({"command": each}, rule) for each in ("a\x1brm", "a\nrm\nb")] == ["deny", "deny"]


@pytest.mark.timeout(10)
@pytest.mark.parametrize("first", ["approve", "deny"])
def test_a_pattern_that_takes_for_ever_has_a_person_asked_whatever_the_next_one_says(first: Any):
    slow = Rule(tool="*", input={"command": "(a|a)+c"}, answer=first)

    assert answer({"command": "a" * 60 + "b"}, slow, replace(GIT, input={"command": ".*"})) == "ask"
    assert answer({"command": "aac"}, slow) == first


@given(st.text(), st.text())
def test_nothing_after_a_command_makes_it_another(before: str, after: str):
    """Whatever is put around what the rule says, what is approved is one plain command of that kind."""
    command = f"{before}git status{after}"

    if answer({"command": command}) == "approve":
        assert command.startswith("git status")
        assert not set(command) & set(";&|<>`$(){}\\\n\r\x00\x1b")
