"""Permission prompts, as screens show them: the question, the choices under it, and which of them says what.

A choice is told by its label, never by its number: numbers differ from tool to tool. One that says more than yes, or
no, means nothing here: "Yes, and don't ask again" is nobody's to choose for somebody. Pure.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from peerd.adapter import Option, Prompt
from peerd.model.screen import Screen

Means = Literal["approve", "deny"]
Tools = Mapping[str, str]
"""By patterns of what a question begins with, what hooks call the tool that it is about; `\\1` is a group's."""
NUMBERED = re.compile(r"(?P<number>[1-9])\. (?P<label>\S.*)")
DESCRIBED = re.compile(r" {2,}")
FRAME = re.compile(r"[─╌━│╭╮╰╯]+")

NO_ROOM = re.compile(r"\[… \d+ lines?\] .*\Z")
"""Under a question that is not whole. Captured of Codex 0.169.0 at 80x24."""


class DeclaredPrompt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`seen`: the row that the question begins in; the last such row counts. `hint`: what may stand under the choices.
    `digits`: a number chooses at once; without it the cursor is moved there, and Enter pressed. `goes_on`: its turn
    does, after a no. `tools`: by patterns of what a question begins with, what the journal calls the tool that it is
    about."""

    seen: str
    approve: str
    deny: str
    hint: str = "(?i).*(?:esc|enter|return) .*"
    digits: bool = False
    goes_on: bool = False
    tools: dict[str, str] = {}


class Labels(NamedTuple):
    """Patterns of the labels that mean so, each for the whole of one, as a terminal wraps it."""

    approve: str
    deny: str


def read_prompt(
    rows: Sequence[str], cursor: str, labels: Labels, hint: re.Pattern[str], command: str | None = None
) -> Prompt | None:
    """The rows from the question's first on. The choices are the last that are numbered from 1 on, or the last ones
    around the cursor's. None where there are no two, a number is missing, or more than a hint of keys stands under
    them: what looks like choices is part of the question then."""
    begins, ends, found = _choices(rows, cursor, hint)
    numbers = [choice.number for choice in found]
    if len(found) < 2 or (any(numbers) and numbers != [str(n) for n in range(1, len(found) + 1)]):
        return None
    if any(FRAME.sub("", row).strip() and not hint.fullmatch(row) for row in rows[ends:]):
        return None
    marked = [at for at, choice in enumerate(found) if choice.marked]
    text = "\n".join(filter(None, (FRAME.sub(" ", row).strip() for row in rows[:begins])))
    options = tuple(Option(choice.label, choice.number, _means(choice.label, labels)) for choice in found)
    at = marked[0] if len(marked) == 1 else None
    more = NO_ROOM.search(text)
    drawn = tuple(row for row in rows[:ends] if row.strip())
    return Prompt(text, options, at, command, drawn, more=more[0] if more else "")


def named(found: Prompt | None, tools: Tools) -> Prompt | None:
    """With the tool that its text tells, from its beginning on."""
    if found is None:
        return None
    said = ((re.match(pattern, found.text), name) for pattern, name in tools.items())
    return replace(found, tool=next((match.expand(name) for match, name in said if match), None))


def declared_prompt(told: DeclaredPrompt, cursor: str, screen: Screen) -> Prompt | None:
    """As a declaration says."""
    lines = [line.rstrip() for line in screen.lines]
    begins = max((at for at, line in enumerate(lines) if re.search(told.seen, line)), default=None)
    if begins is None:
        return None
    found = read_prompt(lines[begins:], cursor, Labels(told.approve, told.deny), re.compile(told.hint))
    found = named(found, {pattern: tool.replace("\\", r"\\") for pattern, tool in told.tools.items()})
    if found is None or told.digits:
        return found
    return replace(found, options=tuple(replace(option, key=None) for option in found.options))


class _Choice(NamedTuple):
    label: str
    number: str | None
    marked: bool


def _choices(rows: Sequence[str], cursor: str, hint: re.Pattern[str]) -> tuple[int, int, list[_Choice]]:
    """The row they begin in, the one after the last, and what they are: numbered ones first; else those beside the
    cursor's."""
    parsed = [_choice(row, cursor) for row in rows]
    ones = [at for at, choice in enumerate(parsed) if choice is not None and choice.number == "1"]
    marks = [at for at, choice in enumerate(parsed) if choice is not None and choice.marked]
    if not ones and not marks:
        return len(rows), len(rows), []
    begins = ones[-1] if ones else marks[-1]
    while not ones and begins > 0 and (above := parsed[begins - 1]) is not None and not _ends_question(above):
        begins -= 1
    ends = begins
    while ends < len(parsed) and (choice := parsed[ends]) is not None:
        if choice.number is None and hint.fullmatch(rows[ends]):
            break
        ends += 1
    return begins, ends, _joined([choice for choice in parsed[begins:ends] if choice is not None])


def _ends_question(choice: _Choice) -> bool:
    return choice.label.endswith("?")


def _joined(choices: Sequence[_Choice]) -> list[_Choice]:
    """A row without a number goes on with the one above it, where that has one."""
    found: list[_Choice] = []
    for choice in choices:
        if found and found[0].number is not None and choice.number is None:
            found[-1] = found[-1]._replace(label=f"{found[-1].label} {choice.label}")
        else:
            found.append(choice)
    return found


def _choice(row: str, cursor: str) -> _Choice | None:
    bare = row.strip("│ ")
    mark = re.match(rf"(?:{cursor})\s+", bare)
    marked = mark is not None
    bare = bare[mark.end() :] if mark else bare
    if not bare or FRAME.fullmatch(bare):
        return None
    numbered = NUMBERED.fullmatch(bare)
    label, number = (numbered["label"], numbered["number"]) if numbered else (bare, None)
    return _Choice(DESCRIBED.split(label)[0], number, marked)


def _means(label: str, labels: Labels) -> Means | None:
    said: Mapping[Means, str] = {"approve": labels.approve, "deny": labels.deny}
    return next((means for means, pattern in said.items() if re.fullmatch(pattern, label)), None)


def between(rows: Sequence[str], rule: re.Pattern[str]) -> str | None:
    """What stands between the last two rows of this kind, a bar before its lines taken off."""
    rules = [at for at, row in enumerate(rows) if rule.fullmatch(row)]
    if len(rules) < 2:
        return None
    return "\n".join(row.strip().removeprefix("│").strip() for row in rows[rules[-2] + 1 : rules[-1]])
