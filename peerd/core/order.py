"""In what order what waits for a peer is handed over.

| what                                                  | when                                                      |
|-------------------------------------------------------|-----------------------------------------------------------|
| a session's first message                             | before all others                                         |
| what was typed already, and waits again               | next: whatever the others are                             |
| any other                                             | by its rank, the highest first                            |

Of several senders' of one rank that goes first whose sender was given to least recently, so that one with many that
wait holds up no other; of one sender's, that which was accepted first.
What a sender sent that the peer is paused with is passed over until the two are released.

A rank is the highest priority of a message and of its sender's later ones that wait: what one sender sent one peer is
handed over in the order accepted. Nothing ages: what is low waits as long as something higher does.
"""

from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Final, TypeVar

import msgspec

from peerd.core.history import behind
from peerd.core.state import Peer, Waiting
from peerd.model.message import Delivery, MessageId, Priority, Receipt, is_first
from peerd.model.peer import SENDERS_KNOWN, PeerName

T = TypeVar("T")

Given = tuple[PeerName, ...]
RANKS: Final[dict[Priority, int]] = {"low": 0, "normal": 1, "high": 2}


class Stands(msgspec.Struct, frozen=True):
    """What a message's place depends on. `group`: 0 for a first one, 1 for one that was typed, 2 for any other."""

    group: int
    sender: PeerName | None
    priority: Priority


def in_turn(queue: tuple[Waiting, ...], given: Given = ()) -> tuple[Waiting, ...]:
    """A queue in the order accepted, in that of its handing over."""
    return queue if len(queue) < 2 else tuple(_sorted(queue, _of_waiting, given))


def may_be_given(peer: Peer) -> tuple[Waiting, ...]:
    """What waits, and no pair that is paused holds back, in the order of its handing over."""
    return in_turn(_let_go(peer), peer.given)


def _let_go(peer: Peer) -> tuple[Waiting, ...]:
    return tuple(each for each in peer.queue if each.sender not in peer.held_from) if peer.held_from else peer.queue


def head(peer: Peer) -> Waiting | None:
    """What is handed over next, if anything."""
    queue = _let_go(peer)
    return _first(queue, peer.given) if len(queue) > 1 else next(iter(queue), None)


def ahead(peer: Peer, message: MessageId) -> int | None:
    """How many are handed over before it, with what is on its way; None where it is next, or not in the queue."""
    if not any(each.id == message for each in peer.queue):
        return None
    before = (each.id for each in may_be_given(peer))
    count = sum(1 for _ in takewhile(lambda id: id != message, before))
    return count + (peer.lease is not None) or None


def own_ahead(peer: Peer, message: MessageId) -> int:
    """How many of its sender's earlier ones are handed over before it, where it ranks above one of them; 0 where it
    does not, or is not in the queue."""
    at = next((n for n, each in enumerate(peer.queue) if each.id == message), 0)
    earlier = [each for each in peer.queue[:at] if each.sender == peer.queue[at].sender]
    raised = any(RANKS[each.priority] < RANKS[peer.queue[at].priority] for each in earlier)
    return len(earlier) if raised else 0


def woken_for(peer: Peer) -> Waiting | None:
    """What decides how a sleeping peer begins: the first that wakes it, not what merely waits till it is up; `head`
    where nothing that waits does, and it is woken for another reason."""
    return next((each for each in may_be_given(peer) if each.wakes), None) or head(peer)


def first_waiting(peer: Peer) -> Waiting | None:
    """As `head`; where all that waits is held back, the first of that."""
    return head(peer) or next(iter(in_turn(peer.queue, peer.given)), None)


def taken_from(given: Given, sender: PeerName | None) -> Given:
    """Once a message of this sender's was taken. That of a session's first counts for nobody."""
    if sender is None:
        return given
    return (*(each for each in given if each != sender), sender)[-SENDERS_KNOWN:]


def on_record(receipts: Sequence[Receipt], given: Given = ()) -> list[Receipt]:
    """As `in_turn`, of what is on record in the order accepted; then what is not due yet, as it becomes so."""
    later = sorted((each for each in receipts if _is_later(each)), key=lambda each: each.message.not_before or 0.0)
    return [*_sorted([each for each in receipts if not _is_later(each)], _of_receipt, given), *later]


def _is_later(receipt: Receipt) -> bool:
    return receipt.message.not_before is not None and receipt.state is Delivery.ACCEPTED


def _sorted(messages: Sequence[T], of: Callable[[T], Stands], given: Given) -> list[T]:
    """Of equal rank a sender's next one goes once the others have had their turn."""
    stands = [of(each) for each in messages]
    ranks, lately = _ranks(stands), given
    at = [n for n in sorted(range(len(messages)), key=lambda n: stands[n].group) if stands[n].group < 2]
    for n in at:
        lately = taken_from(lately, stands[n].sender)
    for rank in sorted({*RANKS.values()}, reverse=True):
        waits: dict[PeerName | None, deque[int]] = {}
        for n in (n for n, each in enumerate(stands) if each.group == 2 and ranks[n] == rank):
            waits.setdefault(stands[n].sender, deque()).append(n)
        turns = deque(sorted(waits, key=_turn(lately)))
        while turns:
            sender = turns.popleft()
            at.append(waits[sender].popleft())
            lately = taken_from(lately, sender)
            if waits[sender]:
                turns.append(sender)
    return [messages[n] for n in at]


def _turn(given: Given) -> Callable[[PeerName | None], int]:
    """Who was given to least recently is first; who never was, before all."""
    places = {sender: n for n, sender in enumerate(given)}
    return lambda sender: -1 if sender is None else places.get(sender, -1)


def _first(queue: tuple[Waiting, ...], given: Given) -> Waiting:
    """The first of `in_turn`, without the rest."""
    before = min(queue, key=lambda each: _of_waiting(each).group)
    if _of_waiting(before).group < 2:
        return before
    highest: dict[PeerName | None, int] = {}
    heads: dict[PeerName | None, Waiting] = {}
    for each in queue:
        highest[each.sender] = max(highest.get(each.sender, 0), RANKS[each.priority])
        heads.setdefault(each.sender, each)
    turn = _turn(given)
    return heads[min(heads, key=lambda sender: (-highest[sender], turn(sender)))]


def _ranks(stands: list[Stands]) -> list[int]:
    ranks: list[int] = []
    highest: dict[PeerName | None, int] = {}  # of each sender's, from here on
    for each in reversed(stands):
        highest[each.sender] = max(highest.get(each.sender, 0), RANKS[each.priority])
        ranks.append(highest[each.sender])
    return ranks[::-1]


def _of_waiting(waiting: Waiting) -> Stands:
    return Stands(0 if waiting.first else 1 if waiting.tried else 2, waiting.sender, waiting.priority)


def _of_receipt(receipt: Receipt) -> Stands:
    tried = receipt.state is not Delivery.ACCEPTED or receipt.attempt > behind(receipt.history).forgiven
    return Stands(0 if is_first(receipt) else 1 if tried else 2, receipt.message.queued_as, receipt.message.priority)
