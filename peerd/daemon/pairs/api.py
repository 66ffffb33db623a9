"""Pairs of peers as a person asks of them: listed, paused, released."""

from contextlib import suppress
from typing import assert_never

from peerd import rfc3339
from peerd.core.event import CancelRequested
from peerd.daemon.context import Daemon
from peerd.daemon.ondisk import refuse_when_full, settled
from peerd.daemon.pairs import budget, pauses
from peerd.daemon.wake import a_peer
from peerd.edges import clock
from peerd.errors import StoreError, UsageError
from peerd.model.peer import PeerName
from peerd.rpc.pairs import PairChanged, PairListed, PairReleaseParams, PairRow, PairsParams


async def listed(daemon: Daemon) -> PairListed:
    """What is paused, then what was refused for its budget within the last hour."""
    with suppress(StoreError):  # what the disk does not take yet is told by the notices
        await daemon.store.commit()  # all that was decided before is on record
    held = [
        PairRow(
            one=each.one,
            other=each.other,
            paused=True,
            since=rfc3339.stamp(each.since),
            why=each.why,
            by=each.by,
            waiting=pauses.waiting(daemon, each.one, each.other),
        )
        for each in daemon.store.reader.paused_pairs()
    ]
    known = {(each.one, each.other) for each in held}
    return PairListed(pairs=[*held, *(each for each in _limited(daemon) if (each.one, each.other) not in known)])


def _limited(daemon: Daemon) -> list[PairRow]:
    offset = clock.wall() - clock.now()
    return [
        PairRow(one=one, other=other, paused=False, since=rfc3339.stamp(at + offset), why=why, by="daemon", waiting=0)
        for one, other, at, why in budget.lately(daemon)
    ]


async def changed(daemon: Daemon, params: PairsParams | PairReleaseParams, by: str) -> PairChanged:
    match params:
        case PairsParams():
            return await pause(daemon, params, by)
        case PairReleaseParams():
            return await release(daemon, params, by)
        case _:
            assert_never(params)


async def pause(daemon: Daemon, params: PairsParams, by: str) -> PairChanged:
    """On disk once this returns. What is on its way into a session goes on."""
    one, other = _two(daemon, params.one, params.other)
    await refuse_when_full(daemon)
    if not pauses.is_paused(daemon, one, other):
        pauses.pause(daemon, one, other, pauses.ASKED_FOR, by)
    await settled(daemon, f"{one} and {other} are paused")
    return PairChanged(one=one, other=other, paused=True, waiting=pauses.waiting(daemon, one, other))


async def release(daemon: Daemon, params: PairReleaseParams, by: str) -> PairChanged:
    """Likewise. `purge`: what waits between the two is cancelled first."""
    one, other = _two(daemon, params.one, params.other)
    await refuse_when_full(daemon)
    waits = pauses.waiting(daemon, one, other)
    dropped = _purge(daemon, one, other, by) if params.purge and pauses.is_paused(daemon, one, other) else 0
    if pauses.is_paused(daemon, one, other):
        pauses.release(daemon, one, other, by)
    await settled(daemon, f"{one} and {other} go on")
    return PairChanged(one=one, other=other, paused=False, waiting=waits - dropped, dropped=dropped)


def _purge(daemon: Daemon, one: PeerName, other: PeerName, by: str) -> int:
    why, dropped = f"{one} and {other} were released without it by {by}", 0
    for name, sender in ((one, other), (other, one)):
        for each in [each.id for each in daemon.loop.peers[name].waits if each.sender == sender]:
            daemon.loop.feed(CancelRequested(name, each, why))
            dropped += 1
    return dropped


def _two(daemon: Daemon, one: str, other: str) -> tuple[PeerName, PeerName]:
    """In the order of their names. Raises UnknownPeer, UsageError."""
    if one == other:
        raise UsageError("a pair is two peers: name them both.")
    first, second = sorted((a_peer(daemon, one), a_peer(daemon, other)))
    return first, second
