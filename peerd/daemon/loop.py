"""The loop: events in, decisions out, actions handed on. The only writer of the peers; does nothing itself."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import TypeVar

from peerd.core.action import Action, Decision, Kill, LookForWork, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import DeadlinePassed, Event, FoundAtWork, SpawnFailed
from peerd.core.queue import sender_removed, sender_renamed, slept
from peerd.core.record import record
from peerd.core.state import Peer
from peerd.edges import clock
from peerd.errors import UnknownPeer
from peerd.model.peer import PeerName, Phase

T = TypeVar("T")
Act = Callable[[Action], None]
Turned = Callable[[Event, Peer, Peer], None]
Bug = Callable[[str, BaseException], None]

KILL_AGAIN_S = 1.0
SLEPT_S = 1.0  # less is no sleep of the machine's


class Loop:
    """Peers by name, one deadline timer each. `act` begins an action and must not feed events before it returns;
    `turned` is told of every turn: the event, the peer before and after; `bug` of a fault in either, which costs no
    other action."""

    def __init__(self, act: Act, turned: Turned, bug: Bug) -> None:
        self.peers: dict[PeerName, Peer] = {}
        self._act = act
        self._turned = turned
        self._bug = bug
        self._timers: dict[PeerName, asyncio.TimerHandle] = {}
        self._closed = False
        self._slept = clock.slept()
        self._waiting: defaultdict[PeerName, set[asyncio.Future[None]]] = defaultdict(set)

    def add(self, peer: Peer) -> None:
        """Put a peer in place without applying a rule; `feed` settles it. Its dates count from now: a sleep before is
        over."""
        self._note_sleep()
        self.peers[peer.spec.name] = peer

    def sender_renamed(self, old: PeerName, new: PeerName) -> None:
        """Once that is on record."""
        for name, peer in self.peers.items():
            self.peers[name] = sender_renamed(peer, old, new)

    def sender_removed(self, gone: PeerName) -> None:
        """Likewise."""
        for name, peer in self.peers.items():
            self.peers[name] = sender_removed(peer, gone)

    def put(self, recalled: Decision) -> None:
        """On boot: `add`, and what it is to be done for."""
        self.add(recalled.peer)
        self._act_on(recalled)

    def drop(self, name: PeerName) -> None:
        """A peer that is no more; whoever waits for it is told."""
        self.peers.pop(name, None)
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()
        self._tell(name)

    def feed(self, event: Event) -> None:
        """One turn. An event for a peer that is not there is dropped: it was removed meanwhile."""
        self._note_sleep()
        before = self.peers.get(event.peer)
        if before is None:
            return
        decision = decide(before, event, clock.now())
        self.peers[event.peer] = decision.peer
        self._arm(decision.peer)
        self._tell_turn(event, before, decision.peer)
        self._act_on(decision)
        self._tell(event.peer)

    def recall(self, event: Event) -> None:
        """On boot: a turn without rules, so that no rule fires before everything on record is known."""
        self._note_sleep()
        before = self.peers[event.peer]
        decision = record(before, event, clock.now())
        self.peers[event.peer] = decision.peer
        self._tell_turn(event, before, decision.peer)
        self._act_on(decision)

    async def until(self, name: PeerName, probe: Callable[[Peer], T | None], timeout_s: float) -> T | None:
        """Wait until `probe` of the peer answers something, looking after every turn; None when time ran out. Raises
        UnknownPeer for one that is no more."""
        deadline = clock.now() + timeout_s
        while (answer := probe(self.known(name))) is None:
            left_s = deadline - clock.now()
            if left_s <= 0:
                return None
            await self._change(name, left_s)
        return answer

    def close(self) -> None:
        """No more timers; what waits is told so."""
        self._closed = True
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def _note_sleep(self) -> None:
        """Before anything is decided: no timer of ours has told what expired in it."""
        for_s = clock.slept() - self._slept
        if for_s < SLEPT_S:
            return
        self._slept += for_s
        for name, peer in self.peers.items():
            self.peers[name] = slept(peer, for_s)
            if name in self._timers:  # one that is not settled yet has none
                self._arm(self.peers[name])

    def _tell_turn(self, event: Event, before: Peer, after: Peer) -> None:
        try:
            self._turned(event, before, after)
        except Exception as error:  # noqa: BLE001  what was decided is to be done all the same
            self._bug(f"turn of {event.peer}", error)

    def _act_on(self, decision: Decision) -> None:
        for action in decision.actions:
            try:
                self._act(action)
            except Exception as error:  # noqa: BLE001  the peer counts on the others
                self._bug(f"{type(action).__name__} of {action.peer}", error)
                self._settle(action, error)

    def _settle(self, lost: Action, error: Exception) -> None:
        """What nobody does would be waited for for ever: a start failed, a look found work, and an end is begun anew.
        After this turn, for an action feeds nothing."""
        loop, peer = asyncio.get_running_loop(), lost.peer
        match lost:
            case Spawn():
                loop.call_soon(self.feed, SpawnFailed(peer, f"{type(error).__name__}: {error}"))
            case LookForWork(session=session):
                loop.call_soon(self.feed, FoundAtWork(peer, session))
            case Kill():
                loop.call_later(KILL_AGAIN_S, self._kill_again, lost)

    def _kill_again(self, lost: Kill) -> None:
        peer = self.peers.get(lost.peer)
        if not self._closed and peer is not None and (peer.phase, peer.session) == (Phase.STOPPING, lost.session):
            self._act_on(Decision(peer, (lost,)))

    def known(self, name: PeerName) -> Peer:
        """For whoever knew it before a wait. Raises UnknownPeer."""
        if name not in self.peers:
            raise UnknownPeer(f"{name} was removed or renamed in the meantime. `peerd ls` lists who there is.")
        return self.peers[name]

    async def _change(self, name: PeerName, within_s: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting[name].add(future)
        try:
            await asyncio.wait((future,), timeout=within_s)
        finally:
            self._waiting[name].discard(future)

    def _tell(self, name: PeerName) -> None:
        for future in self._waiting.pop(name, set()):
            if not future.done():
                future.set_result(None)

    def _arm(self, peer: Peer) -> None:
        timer = self._timers.pop(peer.spec.name, None)
        if timer is not None:
            timer.cancel()
        due = next_deadline(peer)
        if due is not None and not self._closed:
            delay_s = max(0.0, due - clock.now())
            call = asyncio.get_running_loop().call_later(delay_s, self.feed, DeadlinePassed(peer.spec.name))
            self._timers[peer.spec.name] = call
