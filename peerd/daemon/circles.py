"""Sessions that wait for messages of theirs, and circles that one more such wait would close: who is in the middle of a
turn takes nothing till that is over, so that none of them would ever go on."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any, Literal, NamedTuple

from peerd.core.circle import find_circle, told
from peerd.core.standing import listening
from peerd.daemon.asker import Asker
from peerd.daemon.between import Wait
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.model.message import Receipt, Task
from peerd.model.notice import Notice
from peerd.model.peer import OPERATOR, PeerName

Until = Literal["accepted", "submitted", "ended"]
TOLD_FOR_S = 3600.0
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
    target = receipt.message.target
    alone = who.session is None or until == "accepted" or target in (OPERATOR, who.name)
    if alone or not _is_busy(daemon, who.name):
        return Reached(await wait())
    circle = find_circle(_waits(daemon), who.name, target)
    if circle is not None:
        _break(daemon, receipt, circle)
        then = "" if receipt.task is None else ", and an answer comes as a message"
        return Reached(receipt, f"{told(circle)}: this is not waited for, or none would go on. {_END_TURN}{then}.")
    return await _in_the_list(daemon, Wait(who.name, receipt, until), wait)


_END_TURN = "End your turn: the message is handed over then"


async def _in_the_list(daemon: Daemon, this: Wait, wait: Callable[[], Coroutine[Any, Any, Receipt]]) -> Reached:
    waiting = asyncio.ensure_future(wait())
    daemon.between.waits.append(this)
    try:
        await asyncio.wait((waiting, this.asked), return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return Reached(waiting.result())
        return Reached(daemon.store.reader.receipt(this.receipt.message.id) or this.receipt, this.asked.result())
    finally:
        waiting.cancel()
        this.asked.cancel()
        daemon.between.waits.remove(this)


def _waits(daemon: Daemon) -> dict[PeerName, list[PeerName]]:
    """Who waits for whom, of those that take nothing meanwhile."""
    found: defaultdict[PeerName, list[PeerName]] = defaultdict(list)
    for each in daemon.between.waits:
        if _is_busy(daemon, each.who) and (target := _target(daemon, each)) is not None:
            found[each.who].append(target)
    return found


def _is_busy(daemon: Daemon, name: PeerName) -> bool:
    """Also of one that is just given a message: what it asks may come before its screen shows that it took that."""
    peer = daemon.loop.peers.get(name)
    return peer is not None and (not listening(peer) or peer.lease is not None)


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
