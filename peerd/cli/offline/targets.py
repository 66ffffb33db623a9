"""Whom messages are for while no daemon answers: what is wanted of each, and why what waits for it does."""

from collections.abc import Mapping
from difflib import get_close_matches

from peerd.core.order import on_record
from peerd.errors import PeerdError, UnknownPeer
from peerd.model.message import Delivery, Hold, Receipt, Task
from peerd.model.peer import OPERATOR, PeerName, Spec, Want
from peerd.rpc.mail import MessageRow
from peerd.rpc.rows import is_unfinished, message_row, no_peer
from peerd.store.read import Reader


class Targets:
    """Peers, as the daemon takes them: one whose record makes no sense counts as stopped."""

    def __init__(
        self, reader: Reader, specs: Mapping[PeerName, Spec], wrong: Mapping[str, PeerdError] | None = None
    ) -> None:
        """`wrong`: what is the matter with specs, by name; None where it is not known which there are."""
        self.unclear = reader.unclear_peers()
        self._reader = reader
        self._specs, self._wrong = specs, wrong
        self._wants = reader.wants() | dict.fromkeys(self.unclear, Want.DOWN)
        self._paused = reader.paused()
        self._paused_with = reader.paused_with()
        self._noted: dict[PeerName, Hold | None] = {}

    def want(self, name: PeerName) -> Want | None:
        """None: it is no peer."""
        return self._wants.get(name, Want.ON_DEMAND) if name in self._specs else None

    def no_peer(self, receipt: Receipt) -> str | None:
        """What it waits for where its target is no peer."""
        to = receipt.message.target
        if self._wrong is None or to == OPERATOR or to in self._specs or not is_unfinished(receipt):
            return None
        return no_peer(receipt, self._wrong)

    def paused(self, name: PeerName) -> bool:
        return name in self._specs and name in self._paused

    def hold(self, name: PeerName) -> Hold | None:
        """Why the queue of a peer waits: the daemon noted it last of the head. None where nothing waits in it."""
        if name not in self._noted:
            self._noted[name] = self._of_its_queue(name) if name in self._specs else None
        return self._noted[name]

    def held(self, receipt: Receipt) -> Hold | None:
        if not _waits(receipt):
            return None
        hold = self.hold(receipt.message.target)
        return Hold.PAIR_PAUSED if hold is not Hold.QUEUE_PAUSED and self._is_held_back(receipt) else hold

    def _is_held_back(self, receipt: Receipt) -> bool:
        return receipt.message.queued_as in self._paused_with.get(receipt.message.target, ())

    def row(self, receipt: Receipt) -> MessageRow:
        return message_row(receipt, self.held(receipt), self.want(receipt.message.target))

    def waiting(self, name: PeerName) -> list[Receipt]:
        """In the order of their handing over."""
        return on_record(self._reader.waiting_for(name).receipts, self._reader.given(name))

    def _of_its_queue(self, name: PeerName) -> Hold | None:
        waits = [*filter(_waits, self.waiting(name))]
        if not waits:
            return None
        if self.want(name) is Want.DOWN or self.paused(name):
            return Hold.QUEUE_PAUSED
        head = next((each for each in waits if not self._is_held_back(each)), None)
        return head.hold if head is not None else Hold.PAIR_PAUSED


def _waits(receipt: Receipt) -> bool:
    """For its turn: due, not on its way, and not over."""
    due = receipt.message.not_before is None
    return due and receipt.state is Delivery.ACCEPTED and receipt.task in (None, Task.OPEN)


def named(specs: Mapping[PeerName, Spec], name: str) -> Spec:
    found = specs.get(PeerName(name))
    if found is not None:
        return found
    near = get_close_matches(name, specs, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else " `peerd ls` lists them."
    raise UnknownPeer(f"no peer {name!r}.{hint}")
