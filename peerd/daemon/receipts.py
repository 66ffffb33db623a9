"""Where messages stand, for whoever waits for that, and what the daemon holds of them besides."""

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from peerd.core.origin import Way
from peerd.edges import clock
from peerd.model.message import Message, MessageId, Receipt
from peerd.model.peer import PeerName

if TYPE_CHECKING:
    from peerd.daemon.calls import Call

TOLD_ASIDE_MAX = 1024
"""A message that is asked beyond these may be told of once more."""


class Receipts:
    """Who waits for a message to get somewhere. Told after the step is on disk, never before."""

    def __init__(self, receipt: Callable[[MessageId], Receipt | None]) -> None:
        self._receipt = receipt
        self._waiting: defaultdict[MessageId, set[asyncio.Future[None]]] = defaultdict(set)
        self.calls: dict[asyncio.Task[Any], list[Call]] = {}  # by their own tasks; of one to a group, each
        self.for_commands: dict[MessageId, MessageId] = {}  # answers that commands are to print, and their questions
        self.heard: set[MessageId] = set()  # told in a call; that no report is owed may not be on disk yet
        self.of_people = asyncio.Event()  # a message to the operator got somewhere
        self.ended = asyncio.Event()  # somebody may have to be told of an end
        self.under_way: defaultdict[PeerName, list[Message]] = defaultdict(list)  # to the store, by target
        self.purging, self.swept = asyncio.Lock(), False  # of what is old; the folders of sessions, once
        self.told_aside: deque[tuple[str, Way]] = deque(maxlen=TOLD_ASIDE_MAX)  # of what its sender was told that
        self.attaching: Counter[str] = Counter()  # digests of what goes beside messages that are under way
        self.copying = 0  # bytes of files that are being copied for those

    def changed(self, id: MessageId) -> None:
        for future in self._waiting.pop(id, set()):
            if not future.done():
                future.set_result(None)

    async def until(self, id: MessageId, over: Callable[[Receipt], bool], timeout_s: float) -> Receipt | None:
        """The receipt once `over` says so, or as it stands when time ran out. None: there is no such message."""
        deadline = clock.now() + timeout_s
        while (receipt := self._receipt(id)) is not None and not over(receipt):
            future = asyncio.get_running_loop().create_future()
            self._waiting[id].add(future)
            left_s = deadline - clock.now()
            try:
                await asyncio.wait((future,), timeout=max(0.0, left_s))
            finally:
                self._forget(id, future)
            if left_s <= 0:
                break
        return receipt

    def _forget(self, id: MessageId, future: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(id, set())
        waiting.discard(future)
        if not waiting:
            self._waiting.pop(id, None)
