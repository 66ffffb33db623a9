"""The lists of a spec that speak of others: peers by name, @groups, everybody."""

from collections.abc import Iterable

from peerd.model.peer import ALL, EVERYBODY, GROUP_MARK, NOT_OPERATOR, PEER_NAME, RULES, Spec

IN_A_NAME = "a-z, 0-9 and -, a letter first, at most 32 characters"


def wrong_names(spec: Spec) -> str | None:
    """The first entry of such a list that can be nobody, and what to write instead."""
    for group in spec.groups:
        if group == ALL:
            return f"groups: {ALL!r} is taken: every agent is in it. Choose another name."
        if not PEER_NAME.fullmatch(group):
            return f"groups: {group!r}: a group's name, here without the {GROUP_MARK}, is {IN_A_NAME}."
    return next((wrong for rule in RULES for wrong in _wrong(rule, getattr(spec, rule) or ())), None)


def _wrong(rule: str, entries: Iterable[str]) -> Iterable[str]:
    for each in entries:
        excepted = each == NOT_OPERATOR and rule == "may_send_to"
        if each != EVERYBODY and not excepted and not PEER_NAME.fullmatch(each.removeprefix(GROUP_MARK)):
            yield f'{rule}: {each!r} is nobody: write a peer\'s name, a group as "@name", or "*" for everybody.'
