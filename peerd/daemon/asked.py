"""What is known of the permissions that a session asks for."""

import asyncio

from peerd.adapter import Prompt, squeezed
from peerd.model.approval import Approval
from peerd.model.fact import PromptOpened


class Asks:
    """`heard`: by its hooks, and not answered as far as is known. `settled` counts how often it was told that something
    was answered, or a turn was over; `since` is what it was when `open` was. Whoever presses a key has the `lock`."""

    def __init__(self) -> None:
        self.heard: tuple[PromptOpened, ...] = ()
        self.settled = self.since = 0
        self.open: Approval | None = None
        self.watching: asyncio.Task[None] | None = None
        self.lock = asyncio.Lock()

    def closed(self, approval: Approval) -> None:
        """It is over, and what was heard of it with it."""
        at = next((n for n, each in enumerate(self.heard) if _of(each, approval)), None)
        if at is not None and approval.tool is not None:
            self.heard = (*self.heard[:at], *self.heard[at + 1 :])
        self.open = None

    def followed(self, approval: Approval) -> bool:
        """Whether another one that looks the same is asked by now: since it was opened something was told to be
        answered, and the same was asked once more."""
        same = sum(_of(each, approval) for each in self.heard)
        return self.settled > self.since and same > 1


def _of(request: PromptOpened, approval: Approval) -> bool:
    return (request.tool, request.input) == (approval.tool, approval.input)


def same(approval: Approval, prompt: Prompt) -> bool:
    """Whether this is what stands on the screen. What shows no choices is told by how it begins: the rest moves."""
    if not prompt.options and not approval.choices:
        return True
    return squeezed("".join((approval.question, *approval.choices))) == prompt.same
