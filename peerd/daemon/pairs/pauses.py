"""Two peers that are paused with each other: it is in force at once and on record, both are told, and when a person
lets them go on, whoever was told is told that too."""

import asyncio
import contextlib

from peerd.core.event import CancelRequested
from peerd.core.pair import SenderHeld
from peerd.daemon.accepted import accepted, log_accepted
from peerd.daemon.context import Daemon
from peerd.daemon.daemon_mail import OF_USE_FOR_S, hears, word
from peerd.edges import clock
from peerd.errors import PeerdError
from peerd.model.message import Message
from peerd.model.notice import Notice, Severity
from peerd.model.peer import DAEMON, PeerName
from peerd.store.paused import OF_PAIR, PausedPair, SetPair
from peerd.store.write import InsertMessage, TakeOut

ASKED_FOR = "asked for"
"""Why a person paused two."""

GOES_ON_FOR_S = 7 * 86_400.0
"""Who was told of a pause may sleep for long before it hears of its end."""


async def begin(daemon: Daemon) -> None:
    """A word of a pause that is over is not given: a peerd before left it, or died as it was to be told anew."""
    at, why = clock.wall(), "they are no longer paused"
    stale = [TakeOut(each, at, why) for each in daemon.store.reader.words_of_no_pause()]
    with contextlib.suppress(PeerdError):
        await daemon.store.commit(*stale)


def pause(daemon: Daemon, one: PeerName, other: PeerName, why: str, by: str, *, heard: PeerName | None = None) -> None:
    """In force when this returns, and on its way to the disk. `heard`: who is told otherwise."""
    pair = frozenset((one, other))
    daemon.between.pausing[pair] = why
    written = daemon.record(SetPair(one, other, paused=True, at=clock.wall(), why=why, by=by))
    written.add_done_callback(lambda _: daemon.between.pausing.pop(pair, None))
    daemon.log.write("pair-paused", from_=one, to=other, why=why, by=by)
    _hold(daemon, one, other, held=True)
    for each, with_ in ((one, other), (other, one)):
        if each == heard:
            refused(daemon, each, with_)
        else:
            _say_paused(daemon, each, with_, why)


def release(daemon: Daemon, one: PeerName, other: PeerName, by: str) -> None:
    """Likewise. What they sent so far counts no more."""
    daemon.record(SetPair(one, other, paused=False, at=clock.wall(), why="", by=by))
    daemon.between.refusals.pop((one, other), None)
    daemon.between.refusals.pop((other, one), None)
    daemon.log.write("pair-released", from_=one, to=other, by=by)
    for each, with_ in ((one, other), (other, one)):
        _say_released(daemon, each, with_)
    _hold(daemon, one, other, held=False)


def _hold(daemon: Daemon, one: PeerName, other: PeerName, *, held: bool) -> None:
    daemon.loop.feed(SenderHeld(one, other, held))
    daemon.loop.feed(SenderHeld(other, one, held))


def forget(daemon: Daemon, name: PeerName) -> None:
    """A peer that is no more: what it sent others goes on, and a namesake is paused with nobody."""
    for each in tuple(daemon.loop.peers):
        _take_back(daemon, each, name, f"{name} was removed")
        daemon.loop.feed(SenderHeld(each, name, held=False))


def renamed(daemon: Daemon, old: PeerName, new: PeerName) -> None:
    """What waits to be told of it is told by its new name."""
    for each in tuple(daemon.loop.peers):
        if not _take_back(daemon, each, old, f"{old} is {new} now"):
            continue
        if is_paused(daemon, each, new):
            _say_paused(daemon, each, new, why_paused(daemon, each, new))
        else:
            _say_released(daemon, each, new)


def is_paused(daemon: Daemon, one: PeerName, other: PeerName) -> bool:
    """Each of them knows; one may be no peer at the moment."""
    return any(
        peer is not None and with_ in peer.held_from
        for peer, with_ in ((daemon.loop.peers.get(one), other), (daemon.loop.peers.get(other), one))
    )


def why_paused(daemon: Daemon, one: PeerName, other: PeerName) -> str:
    being_stored = daemon.between.pausing.get(frozenset((one, other)))
    if being_stored is not None:
        return being_stored
    found = (each for each in daemon.store.reader.paused_pairs() if {each.one, each.other} == {one, other})
    return next((each.why for each in found), ASKED_FOR)


def refused(daemon: Daemon, name: PeerName, other: PeerName) -> None:
    """By a refusal: what waits to be told of the two says nothing new, or what is so no more."""
    _take_back(daemon, name, other, "a refusal has told it")


def _say_paused(daemon: Daemon, name: PeerName, other: PeerName, why: str) -> None:
    text = (
        f"You and {other} are paused with each other ({why}): what you send {other}, and {other} you, is not delivered "
        f"until a person lets you go on. There is no need to answer; go on with other work, or end your turn."
    )
    if not _take_back(daemon, name, other, "they are paused again") and hears(daemon, name):
        _say(daemon, name, other, text, OF_USE_FOR_S)


def _say_released(daemon: Daemon, name: PeerName, other: PeerName) -> None:
    text = (
        f"You and {other} may go on with each other: what you send {other}, and {other} you, is delivered again. "
        f"There is no need to answer."
    )
    if not _take_back(daemon, name, other, "they may go on") and hears(daemon, name, stopped=True):
        _say(daemon, name, other, text, GOES_ON_FOR_S)


def _take_back(daemon: Daemon, name: PeerName, other: PeerName, why: str) -> bool:
    """What is to be told of the two and was not yet; whether there is any, so that the peer knows what it knew."""
    being_stored = daemon.between.telling.pop((name, other), None)
    if being_stored is not None:
        daemon.record(TakeOut(being_stored.id, clock.wall(), why))
    peer = daemon.loop.peers.get(name)
    waits = [each for each in (peer.waits if peer else ()) if (each.sender, each.key) == (DAEMON, _key(other))]
    for each in waits:
        daemon.loop.feed(CancelRequested(name, each.id, why))
    return being_stored is not None or any(not each.attempts for each in waits)


def _say(daemon: Daemon, name: PeerName, other: PeerName, text: str, for_s: float) -> None:
    """On its way to the disk when this returns, in one transaction with what is recorded in this turn of the loop."""
    said = word(name, text, key=_key(other), expires_at=clock.wall() + for_s, wakes=False)
    daemon.between.telling[name, other] = said
    daemon.task(_given(daemon, said, other, daemon.record(InsertMessage(said, None))), "tell of a pair")


async def _given(daemon: Daemon, said: Message, other: PeerName, written: asyncio.Task[None]) -> None:
    """Once it is on disk, where it was not taken back by then."""
    with contextlib.suppress(PeerdError):
        await written
        log_accepted(daemon, said, None)
        if daemon.between.telling.get((said.target, other)) is said:
            daemon.loop.feed(accepted(daemon, said, task=False))
    if daemon.between.telling.get((said.target, other)) is said:
        del daemon.between.telling[said.target, other]


def _key(other: PeerName) -> str:
    """No sender's key has a colon."""
    return f"{OF_PAIR}{other}"


def notices(daemon: Daemon) -> list[Notice]:
    return [_notice(daemon, each) for each in daemon.store.reader.paused_pairs()]


def _notice(daemon: Daemon, pair: PausedPair) -> Notice:
    waits = waiting(daemon, pair.one, pair.other)
    return Notice(
        kind="pair-paused",
        about=f"{pair.one} {pair.other}",
        text=f"{pair.one} and {pair.other} are paused with each other ({pair.why}); {waits} of theirs "
        f"{'waits' if waits == 1 else 'wait'}.",
        remedy=f"`peerd messages --peer {pair.one}` shows what they sent, `peerd pairs release {pair.one} {pair.other}`"
        " lets them go on, with `--purge` it cancels what waits",
        severity=Severity.WARNING,
    )


def waiting(daemon: Daemon, one: PeerName, other: PeerName) -> int:
    """How many messages of theirs are held back, both ways."""
    ways = ((daemon.loop.peers.get(one), other), (daemon.loop.peers.get(other), one))
    return sum(each.sender == sender for peer, sender in ways if peer is not None for each in peer.waits)
