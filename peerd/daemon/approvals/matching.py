"""Whether what stands on the screen is what was asked for: what a hook told of, or what is on record. Pure.

A hook tells of a tool and its arguments, the screen shows what fits on it. So a request may be shown whole (`shows`),
or only fit what is seen of it (`fit`); and what is on record may stand there still (`same`), or a part of it, where its
terminal is too small, as that of whoever attached may be, or it is only just drawn (`is_end`, `is_more`).
"""

import json
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from peerd.adapter import Prompt, text_of
from peerd.model.approval import Approval
from peerd.model.fact import PromptOpened
from peerd.model.landing import squeezed
from peerd.model.screen import Screen

Asked = PromptOpened | Approval
COMMAND, FILE = "command", "file_path"


class Fit(NamedTuple):
    """How what was asked for fits. `names`: whether the screen names its tool, None where that cannot be told; `lines`:
    those of its arguments that stand there; `text`: all of them, None where they are not known."""

    names: bool | None
    lines: Sequence[str]
    text: str | None

    def is_not_it(self, other: "Fit") -> bool:
        """Whether this cannot stand there where the other may: the screen names the other's tool, or plainly not this
        one's, or shows lines of the other alone. A line may be a part of one that is wrapped."""
        if self.names != other.names:
            return other.names is True or self.names is False
        if self.text is None or self.lines:
            return False
        return not all(line in self.text for line in other.lines)


def fit(prompt: Prompt, asked: Asked) -> Fit:
    input = arguments(asked.input)
    names = None if prompt.tool is None else asked.tool is None or prompt.names(asked.tool)
    return Fit(names, (), None) if input is None else Fit(names, prompt.lines_of(input), text_of(input))


def is_another(prompt: Prompt, asked: Asked) -> bool:
    """Whether the screen plainly shows another: another tool, a command line without any line of this command, or
    another file for the tool that it names."""
    if fit(prompt, asked).names is False:
        return True
    input = arguments(asked.input) or {}
    command, file = input.get(COMMAND), input.get(FILE)
    if prompt.command is not None and isinstance(command, str):
        return not _has_a_line(prompt.command, command)
    return prompt.tool is not None and isinstance(file, str) and not _names(prompt, file)


def _names(prompt: Prompt, file: str) -> bool:
    return squeezed(file.rpartition("/")[2]) in squeezed(prompt.text)


def _has_a_line(shown: str, command: str) -> bool:
    """Whether a line of it stands there whole, in one row or wrapped to several."""
    rows = [squeezed(row) for row in shown.splitlines()]
    text, ends = "".join(rows), {0, *accumulate(map(len, rows))}
    lines = (line for each in command.splitlines() if (line := squeezed(each)) and line in text)
    return any(text.startswith(line, at) and at + len(line) in ends for line in lines for at in ends)


def arguments(input: str | None) -> Mapping[str, object] | None:
    """None of those that were cut, or are none."""
    try:
        found = None if input is None else json.loads(input)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def same_request(one: Asked, other: Asked) -> bool:
    return (one.tool, one.input) == (other.tool, other.input)


def shows_request(prompt: Prompt, request: PromptOpened) -> bool:
    return shows(prompt, request.tool, request.input)


def shows(prompt: Prompt, tool: str | None, input: str | None) -> bool:
    """Arguments as JSON; of those that were cut none."""
    found = arguments(input)
    return tool is not None and found is not None and prompt.shows(tool, found)


def same(approval: Approval, prompt: Prompt) -> bool:
    """Whether this is what stands on the screen. What shows no choices is told by how it begins: the rest moves."""
    if not prompt.options and not approval.choices:
        return True
    return squeezed("".join((approval.question, *approval.choices))) == prompt.same


def still_stands(approval: Approval, prompt: Prompt, screen: Screen) -> bool:
    """Whether this is what stands there, or a part of it for want of rows: its end, what comes before having gone off
    the top, or its beginning, as Codex leaves out the last choices."""
    end = _from_the_top(prompt, screen) and is_end(approval, prompt)
    return same(approval, prompt) or end or is_beginning(approval, prompt)


def is_end(approval: Approval, prompt: Prompt) -> bool:
    """Whether it is all that is seen, with every choice, of what was asked for."""
    labels = "".join(option.label for option in prompt.options)
    every = bool(prompt.options) and squeezed(labels) == squeezed("".join(approval.choices))
    return every and squeezed(approval.question).endswith(squeezed(prompt.text))


def is_beginning(approval: Approval, prompt: Prompt) -> bool:
    """Whether of the question is seen all that has room, and of its choices the first two at least, the last of them
    perhaps in part."""
    question, seen = squeezed(approval.question), squeezed(prompt.text.removesuffix(prompt.more))
    labels = squeezed("".join(option.label for option in prompt.options))
    begins = len(prompt.options) > 1 and squeezed("".join(approval.choices)).startswith(labels)
    return begins and (question.startswith(seen) if prompt.more else question == seen)


def is_more(approval: Approval, prompt: Prompt) -> bool:
    """Whether that was a part of this: its end, or what was drawn of it first. What is the same is no more of it."""
    before = squeezed("".join((approval.question, *approval.choices)))
    return (
        before != "" and not same(approval, prompt) and (prompt.same.startswith(before) or prompt.same.endswith(before))
    )


def _from_the_top(prompt: Prompt, screen: Screen) -> bool:
    """Its first row may be a blank one, which is none of the rows."""
    first = next((line for line in screen.lines if line.strip()), "")
    return bool(prompt.rows) and first.rstrip() == prompt.rows[0].rstrip()
