"""In what order what waits for a peer is handed over.

| what                                                  | when                                                      |
|-------------------------------------------------------|-----------------------------------------------------------|
| a session's first message                             | before all others                                         |
| what was typed already, and waits again               | next: whatever the others are                             |
| any other                                             | by its rank, the highest first; then in the order accepted|

What a sender sent that the peer is paused with is passed over until the two are released.

A rank is the highest priority of a message and of its sender's later ones that wait: what one sender sent one peer is
handed over in the order accepted. Nothing ages: what is low waits as long as something higher does.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from peerd.core.history import behind
from peerd.core.state import Peer, Waiting
from peerd.model.message import Delivery, Priority, Receipt

T = TypeVar("T")

RANKS: Final[dict[Priority, int]] = {"low": 0, "normal": 1, "high": 2}


class Stands(msgspec.Struct, frozen=True):
    """What a message's place depends on. `group`: 0 for a first one, 1 for one that was typed, 2 for any other."""

    group: int
    sender: str | None
    priority: Priority


def in_turn(queue: tuple[Waiting, ...]) -> tuple[Waiting, ...]:
    """A queue in the order accepted, in that of its handing over."""
    if len(queue) < 2 or all(each.priority == "normal" for each in queue):
        return queue
    return tuple(_sorted(queue, _of_waiting))


def may_be_given(peer: Peer) -> tuple[Waiting, ...]:
    """What waits, and no pair that is paused holds back, in the order of its handing over."""
    queue = in_turn(peer.queue)
    return tuple(each for each in queue if each.sender not in peer.held_from) if peer.held_from else queue


def head(peer: Peer) -> Waiting | None:
    """What is handed over next, if anything."""
    return next(iter(may_be_given(peer)), None)


def first_waiting(peer: Peer) -> Waiting | None:
    """As `head`; where all that waits is held back, the first of that."""
    return head(peer) or next(iter(in_turn(peer.queue)), None)


def on_record(receipts: Sequence[Receipt]) -> list[Receipt]:
    """As `in_turn`, of what is on record in the order accepted; then what is not due yet, as it becomes so."""
    later = sorted((each for each in receipts if _is_later(each)), key=lambda each: each.message.not_before or 0.0)
    return [*_due([each for each in receipts if not _is_later(each)]), *later]


def _is_later(receipt: Receipt) -> bool:
    return receipt.message.not_before is not None and receipt.state is Delivery.ACCEPTED


def _due(receipts: Sequence[Receipt]) -> list[Receipt]:
    if all(each.message.priority == "normal" for each in receipts):
        return list(receipts)
    return _sorted(receipts, _of_receipt)


def _sorted(messages: Sequence[T], of: Callable[[T], Stands]) -> list[T]:
    stands = [of(each) for each in messages]
    ranks: list[int] = []
    highest: dict[str | None, int] = {}  # of each sender's, from here on
    for each in reversed(stands):
        highest[each.sender] = max(highest.get(each.sender, 0), RANKS[each.priority])
        ranks.append(highest[each.sender])
    ranks.reverse()
    at = sorted(range(len(messages)), key=lambda n: (stands[n].group, -ranks[n] if stands[n].group == 2 else 0))
    return [messages[n] for n in at]


def _of_waiting(waiting: Waiting) -> Stands:
    return Stands(0 if waiting.first else 1 if waiting.tried else 2, waiting.sender, waiting.priority)


def _of_receipt(receipt: Receipt) -> Stands:
    tried = receipt.state is not Delivery.ACCEPTED or receipt.attempt > behind(receipt.history).forgiven
    return Stands(1 if tried else 2, receipt.message.sender, receipt.message.priority)
