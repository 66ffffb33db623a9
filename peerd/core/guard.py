"""Guards that somebody has switched off, each a notice for as long as it is off. Pure.

That is a choice, and holds nothing up; but who made it, or somebody else, is to know that it is still so.
"""

from collections.abc import Iterator, Mapping

from peerd.core.policy import COMMAND
from peerd.model.notice import Notice, Severity
from peerd.model.peer import PeerName, Spec
from peerd.model.rule import Rule, Whole

OF_PAIRS = {
    "pair_repeats": "the same message again and again",
    "pair_acks": "messages that say nothing but thanks",
    "pair_overruns": "more than the budget, window after window",
}
"""Figures of a sender that 0 turns off, and for what two are paused otherwise."""

COMMANDS = ("make", "rm -rf /tmp/x", "git push --force origin", "curl -o y https://example.org/?q=1#z")
REQUESTS = ("{}", '{"file_path": "/etc/hosts", "content": "x y"}', '{"url": "https://example.org/?q=1"}')
"""A pattern that matches all of these is meant for anything."""


def of_settings(figures: Mapping[str, float], rules: tuple[Rule, ...], file: str, is_whole: Whole) -> list[Notice]:
    """`figures`: of every peer whose spec does not say otherwise. `file`: where both are from. `is_whole`: no for a
    pattern that takes too long, which answers nothing."""
    back = f"leave it out under [peers] in {file}, then `peerd daemon restart`"
    whose = "every peer whose spec says nothing else"
    off = (_off(each, each, whose, back) for each in OF_PAIRS if figures.get(each) == 0)
    return [*off, *_of_rules(rules, file, is_whole)]


def of_peer(spec: Spec, figures: Mapping[str, float], bypasses: bool, runs_so: bool | None) -> list[Notice]:
    """`bypasses`: that is its spec's `permissions`, and its runtime would ask otherwise. `runs_so`: its session was
    begun like that, whatever the spec says by now; None where there is none."""
    name = spec.name
    found = [
        _off(f"{name} {each}", each, f"what {name} sends", f"`peerd edit {name} --unset {each}`")
        for each in OF_PAIRS
        if getattr(spec, each) == 0 and figures.get(each) != 0
    ]
    return [*found, _of_permissions(name, bypasses, runs_so)] if bypasses or runs_so else found


def _of_permissions(name: PeerName, bypasses: bool, runs_so: bool | None) -> Notice:
    ask, afresh = f"`peerd edit {name} --unset permissions`", f"`peerd refresh {name}` begins a session that asks"
    if not bypasses:
        text, back = f"the session of {name} was begun so that it asks for no permission", afresh
    elif runs_so is False:
        text, back = f'{name} has permissions = "bypass": its next session asks for no permission', ask
    else:
        text = f'{name} has permissions = "bypass": it asks for no permission'
        back = f"{ask}, then {afresh}" if runs_so else ask
    return _notice(f"{name} permissions", text, back)


def _of_rules(rules: tuple[Rule, ...], file: str, is_whole: Whole) -> Iterator[Notice]:
    for nth, rule in enumerate(rules, 1):
        what = _approved_by(rule, is_whole)
        if what is not None:
            called = f"rule {nth}{f' ({rule.name})' if rule.name else ''}"
            before = ", unless a rule before it matches" if nth > 1 else ""
            back = f"have it say which in {file}, or take it out, then `peerd daemon restart`"
            yield _notice(f"approve {called}", f"{called} approves {what}{_of_whom(rule)}{before}", back)
        if rule.answer != "approve" and not rule.input and {rule.tool, rule.peer, rule.runtime} == {"*"}:
            return


def _approved_by(rule: Rule, is_whole: Whole) -> str | None:
    """None for a rule that says what it approves."""
    if rule.answer != "approve":
        return None
    if isinstance(rule.input, dict) and [*rule.input] == [COMMAND]:
        return "every command that joins no other" if _is_for_all(rule.input[COMMAND], COMMANDS, is_whole) else None
    of_all = not rule.input or (isinstance(rule.input, str) and _is_for_all(rule.input, REQUESTS, is_whole))
    return "whatever a tool asks for, but for commands" if of_all and rule.tool == "*" else None


def _is_for_all(pattern: str, examples: tuple[str, ...], is_whole: Whole) -> bool:
    return all(is_whole(pattern, each) for each in examples)


def _of_whom(rule: Rule) -> str:
    told = (("tool", rule.tool), ("peer", rule.peer), ("runtime", rule.runtime))
    some = " and ".join(f"{field} {pattern}" for field, pattern in told if pattern != "*")
    return f", of {some}" if some else ""


def _off(about: str, figure: str, whose: str, back: str) -> Notice:
    return _notice(about, f"{figure} is 0 for {whose}: two are not paused for {OF_PAIRS[figure]}", back)


def _notice(about: str, text: str, remedy: str) -> Notice:
    return Notice(kind="guard", about=about, text=text, remedy=remedy, severity=Severity.NOTE)
