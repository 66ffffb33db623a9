"""Which of what was asked for may be what stands on the screen, where none of it is seen whole. Pure."""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from peerd.adapter import Prompt, text_of
from peerd.model.approval import Approval
from peerd.model.fact import PromptOpened

Asked = PromptOpened | Approval


class Fit(NamedTuple):
    """How what was asked for fits. `names`: whether the screen names its tool, None where it names none; `lines`: those
    of its arguments that stand there; `text`: all of them, None where they are not known."""

    names: bool | None
    lines: Sequence[str]
    text: str | None

    def is_not_it(self, other: "Fit") -> bool:
        """Whether this cannot stand there where the other may: the screen names the other's tool, or shows lines of it
        alone. A line may be a part of one that is wrapped."""
        if self.names != other.names:
            return other.names is True
        if self.text is None or self.lines:
            return False
        return not all(line in self.text for line in other.lines)


def fit(prompt: Prompt, asked: Asked) -> Fit:
    input = arguments(asked.input)
    names = None if prompt.tool is None else asked.tool is None or prompt.is_of(asked.tool)
    return Fit(names, (), None) if input is None else Fit(names, prompt.lines_of(input), text_of(input))


def arguments(input: str | None) -> Mapping[str, object] | None:
    """None of those that were cut, or are none."""
    try:
        found = None if input is None else json.loads(input)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
