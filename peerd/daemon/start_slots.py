"""Whose turn it is to start: a runtime that boots takes a processor for a while, so only so many do at a time and the
others wait, in the order they came.

A place is held by every peer that boots, not by one that waits for a person at a dialog, and by none for longer than
HELD_S: what takes so long waits for something else than a processor.
"""

import asyncio

from peerd.core.state import Peer
from peerd.edges import clock
from peerd.model.peer import Activity, PeerName, Phase

A_PROCESSOR = 2  # places: a boot also waits, for the disk and for us
HELD_S = 30.0  # measured: an agent CLI takes 0.3 to 0.7 s


class Turns:
    """Who starts and who waits to. `follow` must be told of every turn of the loop."""

    def __init__(self, places: int) -> None:
        self.places = places
        self._since: dict[PeerName, float] = {}  # by those that start
        self._waiting: dict[PeerName, asyncio.Future[bool]] = {}
        self._closed = False

    def waits(self, peer: PeerName) -> bool:
        return peer in self._waiting

    @property
    def ahead(self) -> int | None:
        """How many would start before one that asks now; None: it would start at once."""
        return len(self._waiting) if self._waiting or self._free() <= 0 else None

    async def come(self, peer: PeerName) -> bool:
        """Returns when it is this peer's turn, which it has from then on. False: it is held down, or
        the daemon ends."""
        if self._closed:
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[peer] = turn
        self._admit()
        return await turn

    def follow(self, peer: Peer) -> None:
        """A place is free again as soon as what it was for is over, and one that is held down waits no longer."""
        name = peer.spec.name
        if peer.held_down and name in self._waiting:
            self._end(name, its_turn=False)
        if peer.phase is not Phase.STARTING or peer.activity is Activity.BLOCKED:
            self._since.pop(name, None)
        elif peer.session is not None:  # adopted in the middle of its boot, or a person has answered
            self._since.setdefault(name, clock.now())
        self._admit()

    def close(self) -> None:
        """Nothing more is begun."""
        self._closed = True
        for peer in tuple(self._waiting):
            self._end(peer, its_turn=False)

    def _free(self) -> int:
        began = clock.now() - HELD_S
        return self.places - sum(since > began for since in self._since.values())

    def _admit(self) -> None:
        for peer in tuple(self._waiting)[: max(0, self._free())]:
            self._since[peer] = clock.now()
            asyncio.get_running_loop().call_later(HELD_S, self._admit)
            self._end(peer, its_turn=True)

    def _end(self, peer: PeerName, *, its_turn: bool) -> None:
        turn = self._waiting.pop(peer)
        if not turn.done():
            turn.set_result(its_turn)
