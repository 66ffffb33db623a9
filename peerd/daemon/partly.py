"""A prompt of which only a part is seen: its terminal is too small for it, as that of whoever attached may be, or it is
only just drawn."""

from peerd.adapter import Prompt
from peerd.daemon.asked import same
from peerd.model.approval import Approval
from peerd.model.landing import squeezed
from peerd.model.screen import Screen


def stands(approval: Approval, prompt: Prompt, screen: Screen) -> bool:
    """Whether this is what stands there, or the end of it, what comes before having gone off the top."""
    return same(approval, prompt) or (_from_the_top(prompt, screen) and is_end(approval, prompt))


def is_end(approval: Approval, prompt: Prompt) -> bool:
    """Whether it is all that is seen, with every choice, of what was asked for."""
    labels = "".join(option.label for option in prompt.options)
    alike = bool(prompt.options) and squeezed(labels) == squeezed("".join(approval.choices))
    return alike and squeezed(approval.question).endswith(squeezed(prompt.text))


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
