"""What stands at a prompt's place after a key: the same, the same drawn anew, or the next one. Pure."""

from collections.abc import Iterable
from typing import NamedTuple

from peerd.adapter import Prompt
from peerd.daemon.approvals import matching
from peerd.daemon.approvals.matching import same_request, shows, shows_request
from peerd.daemon.approvals.requests import Asks
from peerd.model.approval import Approval, ApprovalState
from peerd.model.fact import PromptOpened
from peerd.model.screen import Screen


class Stands(NamedTuple):
    """`alike`: it looks as the one that a choice was made at, or as that drawn anew; `followed`: what looks so may be
    another; `another`: what does not look so is another."""

    alike: bool = False
    followed: bool = False
    another: bool = False


def stands(asks: Asks, begun: Approval, prompt: Prompt | None, screen: Screen, *, told: bool) -> Stands:
    """`told`: its runtime tells of each that it asks for. Then what is drawn larger, or in other words, is no other one
    where none was heard of that it may be; of a runtime that tells nothing nobody knows."""
    if prompt is None:
        return Stands()
    if matching.still_stands(begun, prompt, screen):
        return Stands(alike=True, followed=asks.followed(begun, prompt), another=True)
    whole, more = told and shows(prompt, begun.tool, begun.input), matching.is_more(begun, prompt)
    may_be = not told or _is_next(asks, prompt) or _may_be_next(asks, begun, prompt, whole=whole)
    doubted = may_be or (not more and _key_was_at_a_part(asks, begun))
    anew = whole or more
    return Stands(alike=anew, followed=anew and doubted, another=may_be and not anew)


def _is_next(asks: Asks, prompt: Prompt) -> bool:
    """It shows all of a request that what stood there before plainly was not."""
    return any(shows_request(prompt, each) for each in asks.not_open)


def _may_be_next(asks: Asks, begun: Approval, prompt: Prompt, *, whole: bool) -> bool:
    return any(_may_be(prompt, each, whole=whole) for each in _others(asks, begun))


def _key_was_at_a_part(asks: Asks, begun: Approval) -> bool:
    """Then what shows all of that request may be the next prompt, and the request was never the first one's."""
    answering = begun.state is ApprovalState.ANSWERING
    return answering and asks.shown is not None and not shows(asks.shown, begun.tool, begun.input)


def _others(asks: Asks, begun: Approval) -> Iterable[PromptOpened]:
    """All that were heard of and not to have run, but for the one that it was. Where that is not known it is any."""
    requests = [each.request for each in asks.heard if each.ran is None]
    own = (n for n, each in enumerate(requests) if begun.tool is None or same_request(each, begun))
    at = next(own, len(requests))
    return (*requests[:at], *requests[at + 1 :])


def _may_be(prompt: Prompt, request: PromptOpened, *, whole: bool) -> bool:
    """Where it shows all of that one, only what it shows all of as well."""
    if whole:
        return shows(prompt, request.tool, request.input)
    return prompt.tool is None or request.tool is None or prompt.is_of(request.tool)
