"""Sessions that wait for messages of theirs, and circles that one more such wait would close: who is in the middle of a
turn takes nothing till that is over, so that none of them would ever go on."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any, Literal, NamedTuple

from peerd.core.circle import find_circle, told
from peerd.core.queries import listening
from peerd.core.state import Peer
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.pairs.state import Wait
from peerd.edges import clock
from peerd.errors import UnknownPeer
from peerd.model.message import Hold, Receipt, Task
from peerd.model.notice import Notice
from peerd.model.peer import OPERATOR, PeerName

Until = Literal["accepted", "submitted", "ended"]
TOLD_FOR_S = 3600.0
LONG_S = 604_800.0
"""Nobody waits for longer than a week."""
TOLD_FROM = 3
"""So often within that a circle is told to a person; each time it is broken by itself."""


class Reached(NamedTuple):
    """`note` says why it was not waited for; None where it was."""

    receipt: Receipt
    note: str | None = None


async def waited(
    daemon: Daemon, who: Asker, receipt: Receipt, until: Until, wait: Callable[[], Coroutine[Any, Any, Receipt]]
) -> Reached:
    """What `wait` comes to; at once where that would close a circle, or once somebody asks back who is waited for."""
    if who.session is None or until == "accepted" or receipt.message.target == OPERATOR:
        return Reached(await wait())
    if receipt.message.target == who.name:
        return _for_oneself(daemon, receipt) if _is_busy(daemon, who.name) else Reached(await wait())
    this = Wait(who.name, receipt, until, in_turn=_is_busy(daemon, who.name))
    circle = _closed_by(daemon, this)
    return await _in_the_list(daemon, this, wait) if circle is None else _not_waited_for(daemon, receipt, circle)


def _for_oneself(daemon: Daemon, receipt: Receipt) -> Reached:
    """The shortest circle: its turn has to end before it is given anything, and before its task has."""
    id, name = receipt.message.id, receipt.message.target
    daemon.log.write("circle", from_=name, to=name, id=id, why=f"{name} waits for itself")
    return Reached(receipt, f"{id} is for you: you cannot wait for it in your turn, which has to end first.")


def _closed_by(daemon: Daemon, this: Wait) -> tuple[PeerName, ...] | None:
    target = _target(daemon, this)
    return find_circle(_waits(daemon), this.who, target) if target is not None and _counts(daemon, this) else None


def _not_waited_for(daemon: Daemon, receipt: Receipt, circle: tuple[PeerName, ...]) -> Reached:
    _break(daemon, receipt, circle)
    then = "" if receipt.task is None else ", and an answer comes as a message"
    return Reached(receipt, f"{told(circle)}: you cannot wait for this, or none would go on. {_END_TURN}{then}.")


_END_TURN = "End your turn: the message is handed over then"


async def _in_the_list(daemon: Daemon, this: Wait, wait: Callable[[], Coroutine[Any, Any, Receipt]]) -> Reached:
    waiting, closing = asyncio.ensure_future(wait()), asyncio.ensure_future(_closing(daemon, this))
    daemon.between.waits.append(this)
    try:
        await asyncio.wait((waiting, this.asked, closing), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return Reached(waiting.result())
        receipt = daemon.store.reader.receipt(this.receipt.message.id) or this.receipt
        return (
            Reached(receipt, this.asked.result())
            if this.asked.done()
            else _not_waited_for(daemon, receipt, closing.result())
        )
    finally:
        waiting.cancel()
        closing.cancel()
        this.asked.cancel()
        daemon.between.waits.remove(this)


async def _closing(daemon: Daemon, this: Wait) -> tuple[PeerName, ...]:
    """Returns the circle once one is closed by a wait of which nothing told that it began in a turn: a look at its
    screen has found that since, as what it is asked was to be typed there."""
    with contextlib.suppress(UnknownPeer):
        while not this.in_turn:
            await daemon.loop.until(this.who, lambda peer: _found_busy(peer) or None, LONG_S)
            if (circle := _closed_by(daemon, this)) is not None:
                return circle
            await daemon.loop.until(this.who, lambda peer: not _found_busy(peer) or None, LONG_S)
    never: asyncio.Future[tuple[PeerName, ...]] = asyncio.get_running_loop().create_future()
    return await never


def _waits(daemon: Daemon) -> dict[PeerName, list[PeerName]]:
    """Who waits for whom, of those that take nothing meanwhile."""
    found: defaultdict[PeerName, list[PeerName]] = defaultdict(list)
    for each in daemon.between.waits:
        if _counts(daemon, each) and (target := _target(daemon, each)) is not None:
            found[each.who].append(target)
    return found


def _is_busy(daemon: Daemon, name: PeerName) -> bool:
    """Also of one that is just given a message: what it asks may come before its screen shows that it took that."""
    peer = daemon.loop.peers.get(name)
    return peer is not None and (not listening(peer) or peer.lease is not None)


def _counts(daemon: Daemon, wait: Wait) -> bool:
    """Whether who waits takes nothing for that. A command that was begun in no turn keeps nobody from the next one."""
    peer = daemon.loop.peers.get(wait.who)
    return _is_busy(daemon, wait.who) if wait.in_turn else peer is not None and _found_busy(peer)


def _found_busy(peer: Peer) -> bool:
    return peer.hold is Hold.BUSY


def _target(daemon: Daemon, wait: Wait) -> PeerName | None:
    """Who is waited for, by the name it has by now; None where that is over, and its waiter just being told."""
    receipt = daemon.store.reader.receipt(wait.receipt.message.id)
    if receipt is None or (wait.until == "ended" and receipt.task not in (None, Task.OPEN)):
        return None
    return receipt.message.target


def _break(daemon: Daemon, receipt: Receipt, circle: tuple[PeerName, ...]) -> None:
    """Of two the other one is told that it is asked something first. By an answer it is asked nothing: it waits on, for
    who gave that goes on."""
    message, at = receipt.message, clock.now()
    why = told(circle, circle[-1])
    daemon.log.write("circle", from_=circle[-1], to=message.target, id=message.id, why=why)
    among = tuple(sorted({*circle}))
    lately = {each: [one for one in times if at - one < TOLD_FOR_S] for each, times in daemon.between.circles.items()}
    daemon.between.circles = {each: times for each, times in lately.items() if times}
    daemon.between.circles[among] = [*daemon.between.circles.get(among, []), at]
    if len(circle) > 2 or message.sender != circle[-1] or receipt.task is None:
        return
    asked = f"{message.sender} asks you something first: {message.id} is given to you once your turn is over, so end it"
    for each in daemon.between.waits:
        if each.who == message.target and _target(daemon, each) == message.sender and not each.asked.done():
            each.asked.set_result(f"{asked}; an answer to {each.receipt.message.id} comes as a message.")


def notices(daemon: Daemon) -> list[Notice]:
    """Of circles that come again and again."""
    now = clock.now()
    lately = {among: sum(now - each < TOLD_FOR_S for each in at) for among, at in daemon.between.circles.items()}
    return [_notice(among, count) for among, count in sorted(lately.items()) if count >= TOLD_FROM]


def _notice(among: tuple[PeerName, ...], count: int) -> Notice:
    names = f"{', '.join(among[:-1])} and {among[-1]}"
    return Notice(
        kind="circle",
        about=" ".join(among),
        text=f"{names} were about to wait for each other {count} times within the last hour; each time one of them was "
        "told not to wait",
        remedy=f"`peerd messages --peer {among[0]}` shows what they ask",
    )
