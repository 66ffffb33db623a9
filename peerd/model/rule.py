"""A rule of the configuration that answers what runtimes ask for."""

import re
from collections.abc import Callable
from typing import Literal

import msgspec

Whole = Callable[[str, str], bool]
"""Whether a pattern matches the whole of a text."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`peer`, `runtime` and `tool` may have the wild cards `*` and `?`. `input`: patterns by the name of a field, each
    for the whole of it; or one for all of the arguments as JSON. `on_expiry` is for `answer = "ask"`."""

    tool: str
    answer: Literal["approve", "deny", "ask"]
    peer: str = "*"
    runtime: str = "*"
    input: str | dict[str, str] = {}
    name: str = ""
    on_expiry: Literal["escalate", "deny"] = "escalate"


def check_rule(rule: Rule) -> str | None:
    """What is wrong with it; None as a rule."""
    if not rule.tool:
        return 'tool is empty: name one, or "*" for all.'
    if rule.on_expiry == "deny" and rule.answer != "ask":
        return 'on_expiry = "deny" is for answer = "ask".'
    patterns = {"input": rule.input} if isinstance(rule.input, str) else rule.input
    for field, pattern in patterns.items():
        why = _no_pattern(pattern)
        if why is not None:
            return f"{field}: {pattern!r} is not a pattern: {why}."
    return None


def compiled(pattern: str) -> re.Pattern[str]:
    """A dot is any character."""
    return re.compile(pattern, re.DOTALL)


def _no_pattern(pattern: str) -> str | None:
    """Where warnings are errors, one that a later Python may read otherwise is none either."""
    try:
        compiled(pattern)
    except (re.error, Warning, ValueError, RecursionError, OverflowError) as error:
        return str(error)
    return None
