"""Who answers which permission that a runtime asks for: rules of the configuration, the first that matches. Pure.

A rule goes by what the runtime itself said, never by the words on a screen. One that approves is strict, for a line of
a shell may hold more than its beginning tells: it must match a command whole, and never matches one that joins
commands, substitutes or redirects, or holds a control character.
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from peerd.model.approval import Approval
from peerd.model.rule import Rule, Whole

COMMAND = "command"
HARMLESS_BESIDE_IT = ("description", "timeout")
JOINS = frozenset(";&|<>`$(){}\\\n\r")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Ruled(NamedTuple):
    """The rule that counts, and how it is called."""

    rule: Rule
    called: str


def ruled(rules: tuple[Rule, ...], asked: Approval, is_whole: Whole) -> Ruled | None:
    """None where nothing is known for certain of what is asked, no rule matches, or `is_whole` raises TimeoutError, for
    one takes too long to tell: then a person is asked."""
    input = _arguments(asked)
    if input is None:
        return None
    try:
        for nth, rule in enumerate(rules, 1):
            if _matches(rule, asked, input, is_whole):
                return _called(rule, nth)
    except TimeoutError:
        return None
    return None


def _called(rule: Rule, nth: int) -> Ruled:
    return Ruled(rule, f"rule {nth}{f' ({rule.name})' if rule.name else ''}")


def _arguments(asked: Approval) -> dict[str, Any] | None:
    if asked.tool is None or asked.input is None or asked.cut or not asked.certain:
        return None
    try:
        input = json.loads(asked.input)
    except (ValueError, RecursionError):
        return None
    return input if isinstance(input, dict) else None


def _matches(rule: Rule, asked: Approval, input: dict[str, Any], is_whole: Whole) -> bool:
    names = ((rule.peer, asked.peer), (rule.runtime, asked.runtime), (rule.tool, asked.tool or ""))
    if not all(fnmatchcase(name, pattern) for pattern, name in names):
        return False
    if rule.answer == "approve" and not _may_be_approved(rule, input):
        return False
    if isinstance(rule.input, str):
        return not rule.input or is_whole(rule.input, asked.input or "")
    return all(_field_matches(rule, input.get(field), pattern, is_whole) for field, pattern in rule.input.items())


def _field_matches(rule: Rule, value: object, pattern: str, is_whole: Whole) -> bool:
    if not isinstance(value, str) or (rule.answer == "approve" and CONTROL.search(value)):
        return False
    return is_whole(pattern, value)


def _may_be_approved(rule: Rule, input: dict[str, Any]) -> bool:
    """Of a command only where the rule says which one, and whatever else could change what it does."""
    command = input.get(COMMAND)
    if command is None:
        return True
    named = rule.input if isinstance(rule.input, dict) else {}
    if not isinstance(command, str) or COMMAND not in named or JOINS.intersection(command):
        return False
    return all(field in named or field in (COMMAND, *HARMLESS_BESIDE_IT) for field in input)
