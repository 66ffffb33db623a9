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
from peerd.model.rule import Rule

MATCHED_WITHIN_S = 0.05
"""Nothing else happens meanwhile. A pattern of a few words is matched in less than a millisecond."""

COMMAND = "command"
HARMLESS_BESIDE_IT = ("description", "timeout")
JOINS = frozenset(";&|<>`$(){}\\\n\r")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Ruled(NamedTuple):
    """The rule that counts, and how it is called."""

    rule: Rule
    called: str


def ruled(rules: tuple[Rule, ...], asked: Approval) -> Ruled | None:
    """None where nothing is known for certain of what is asked, no rule matches, or one takes too long to tell: then a
    person is asked."""
    input = _arguments(asked)
    if input is None:
        return None
    try:
        return next((_called(rule, nth) for nth, rule in enumerate(rules, 1) if _matches(rule, asked, input)), None)
    except TimeoutError:
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


def _matches(rule: Rule, asked: Approval, input: dict[str, Any]) -> bool:
    names = ((rule.peer, asked.peer), (rule.runtime, asked.runtime), (rule.tool, asked.tool or ""))
    if not all(fnmatchcase(name, pattern) for pattern, name in names):
        return False
    if rule.answer == "approve" and not _may_be_approved(rule, input):
        return False
    if isinstance(rule.input, str):
        return not rule.input or _is_whole(rule.input, asked.input or "")
    return all(_field_matches(rule, input.get(field), pattern) for field, pattern in rule.input.items())


def _field_matches(rule: Rule, value: object, pattern: str) -> bool:
    if not isinstance(value, str) or (rule.answer == "approve" and CONTROL.search(value)):
        return False
    return _is_whole(pattern, value)


def _is_whole(pattern: str, text: str) -> bool:
    """Raises TimeoutError where that is not told in time: what a runtime asks for can be made to take for ever."""
    import regex

    return regex.fullmatch(pattern, text, regex.DOTALL, timeout=MATCHED_WITHIN_S) is not None


def _may_be_approved(rule: Rule, input: dict[str, Any]) -> bool:
    """Of a command only where the rule says which one, and whatever else could change what it does."""
    command = input.get(COMMAND)
    if command is None:
        return True
    named = rule.input if isinstance(rule.input, dict) else {}
    if not isinstance(command, str) or COMMAND not in named or JOINS.intersection(command):
        return False
    return all(field in named or field in (COMMAND, *HARMLESS_BESIDE_IT) for field in input)
