"""What goes on between peers, as the daemon's parts share it. Decides nothing."""

import asyncio

from peerd.core.budget import Refusals
from peerd.model.message import Message, Receipt
from peerd.model.peer import PeerName


class Wait:
    """A session that waits until a message is submitted, or its task ended. `in_turn`: it was known to be in one as
    that began. `asked`: told that it is asked back."""

    def __init__(self, who: PeerName, receipt: Receipt, until: str, *, in_turn: bool) -> None:
        self.who, self.receipt, self.until, self.in_turn = who, receipt, until, in_turn
        self.asked: asyncio.Future[str] = asyncio.get_running_loop().create_future()


class Between:
    """What goes on between peers."""

    def __init__(self) -> None:
        self.refusals: dict[tuple[PeerName, PeerName], Refusals] = {}  # by sender and target; on record as of `noted`
        self.waits: list[Wait] = []  # of sessions, for messages
        self.pausing: dict[frozenset[PeerName], str] = {}  # why, of pairs whose pause is not on record yet
        self.telling: dict[tuple[PeerName, PeerName], Message] = {}  # whom of whom: words of pauses, not on record yet
        self.circles: dict[tuple[PeerName, ...], list[float]] = {}  # of such waits, by who is in one: when they were

    def forget(self, old: PeerName, new: PeerName | None) -> None:
        """What one was refused, and who it nearly waited for, goes with it to another name, or is nobody's."""
        refusals, self.refusals = self.refusals, {}
        for (sender, target), known in refusals.items():
            named = new if sender == old else sender, new if target == old else target
            if named[0] is not None and named[1] is not None:
                self.refusals[named[0], named[1]] = known
        circles, self.circles = self.circles, {}
        for among, times in circles.items():
            by_now = [new if each == old else each for each in among]
            known_all = [each for each in by_now if each is not None]
            if known_all == by_now:
                self.circles[tuple(sorted(known_all))] = times
