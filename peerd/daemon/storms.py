"""Two peers that send each other the same again and again, nothing but thanks, or always too much: they are paused with
each other, on record, both are told, and a person lets them go on."""

from typing import NoReturn

from peerd.core import storm
from peerd.core.pair import SenderHeld
from peerd.daemon import room
from peerd.daemon.context import Daemon
from peerd.daemon.telling import tell
from peerd.edges import clock
from peerd.errors import PairPaused
from peerd.model.message import Message, digest
from peerd.model.notice import Notice, Severity
from peerd.model.peer import DAEMON, PeerName
from peerd.store.paused import PausedPair, SetPair
from peerd.store.read_pairs import Sent

ASKED_FOR = "asked for"
"""Why a person paused two."""


def check(daemon: Daemon, message: Message) -> None:
    """Of what one session's peer sends another. Raises PairPaused where the two are, or are to be for this."""
    if is_paused(daemon, message.sender, message.target):
        raise _refusal(message, why_paused(daemon, message.sender, message.target))
    why = _why(daemon, message)
    if why is not None:
        trip(daemon, message, why)


def check_overrun(daemon: Daemon, message: Message, windows: int) -> None:
    """Of one that is refused for its budget, in so many windows on end."""
    peer = daemon.loop.peers.get(message.sender)
    why = storm.overrun(windows, storm.figures(peer.spec)) if peer is not None else None
    if why is not None and message.target in daemon.loop.peers:
        trip(daemon, message, why)


def _why(daemon: Daemon, message: Message) -> str | None:
    """From what is on record, or just being put there, and this."""
    peer = daemon.loop.peers.get(message.sender)
    if peer is None or message.key is not None or message.attachments:
        return None
    figures, reader = storm.figures(peer.spec), daemon.store.reader
    lately = sent(message, figures.watch_s)
    before = reader.repeated(lately, digest(message.body)) if figures.repeats else 0
    why = storm.repeated(before + _being_stored(daemon, message), figures)
    if why is not None or not figures.acks or len(message.body) > storm.SHORT_CHARS:
        return why
    exchanged = reader.exchanged(lately, 2 * figures.acks - 1, storm.SHORT_CHARS)
    passed = (storm.Passed(each.sender, each.text, each.answers) for each in exchanged)
    return storm.acknowledged([storm.Passed(message.sender, message.body), *passed], figures)


def sent(message: Message, within_s: float) -> Sent:
    """What its sender sent its target lately, before this."""
    return Sent(message.sender, message.target, message.accepted_at - within_s, message.accepted_at)


def _being_stored(daemon: Daemon, message: Message) -> int:
    """The same sent at the same moment. A reply may be an answer, which does not count: it waits for the record."""
    plain = (
        each for each in room.under_way_from(daemon, message) if not (each.key or each.attachments or each.reply_to)
    )
    return sum(digest(each.body) == digest(message.body) for each in plain)


def trip(daemon: Daemon, message: Message, why: str) -> NoReturn:
    """For what this message would make of it. Raises PairPaused."""
    pause(daemon, message.sender, message.target, why, DAEMON)
    daemon.task(tell(daemon, message.target, told(message.sender, why), key=_key(message)), "tell of a paused pair")
    raise _refusal(message, why)


def pause(daemon: Daemon, one: PeerName, other: PeerName, why: str, by: str) -> None:
    """In force when this returns, and on its way to the disk."""
    daemon.record(SetPair(one, other, paused=True, at=clock.wall(), why=why, by=by))
    daemon.log.write("pair-paused", from_=one, to=other, why=why, by=by)
    _hold(daemon, one, other, held=True)


def release(daemon: Daemon, one: PeerName, other: PeerName, by: str) -> None:
    """Likewise. What they sent so far counts no more."""
    daemon.record(SetPair(one, other, paused=False, at=clock.wall(), why="", by=by))
    daemon.between.refusals.pop((one, other), None)
    daemon.between.refusals.pop((other, one), None)
    daemon.log.write("pair-released", from_=one, to=other, by=by)
    _hold(daemon, one, other, held=False)


def _hold(daemon: Daemon, one: PeerName, other: PeerName, *, held: bool) -> None:
    daemon.loop.feed(SenderHeld(one, other, held))
    daemon.loop.feed(SenderHeld(other, one, held))


def forget(daemon: Daemon, name: PeerName) -> None:
    """A peer that is no more: what it sent others goes on, and a namesake is paused with nobody."""
    for each in tuple(daemon.loop.peers):
        daemon.loop.feed(SenderHeld(each, name, held=False))


def is_paused(daemon: Daemon, one: PeerName, other: PeerName) -> bool:
    """Each of them knows; one may be no peer at the moment."""
    return any(
        peer is not None and with_ in peer.held_from
        for peer, with_ in ((daemon.loop.peers.get(one), other), (daemon.loop.peers.get(other), one))
    )


def why_paused(daemon: Daemon, one: PeerName, other: PeerName) -> str:
    found = (each for each in daemon.store.reader.paused_pairs() if {each.one, each.other} == {one, other})
    return next((each.why for each in found), ASKED_FOR)


def _refusal(message: Message, why: str) -> PairPaused:
    sender, target = message.sender, message.target
    return PairPaused(
        f"{sender} and {target} are paused with each other ({why}): nothing was sent. Do not send it again; go on with "
        f"other work, or end your turn. A person lets them go on: `peerd pairs release {sender} {target}`."
    )


def told(other: PeerName, why: str) -> str:
    """To one of the two."""
    return (
        f"You and {other} are paused with each other ({why}): what you send {other}, and {other} you, is not delivered "
        f"until a person lets you go on. There is no need to answer; go on with other work, or end your turn."
    )


def _key(message: Message) -> str:
    """Told once, however often they are paused before it is heard. No sender's key has a colon."""
    return f"pair:{message.sender}"


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
        " lets them go on, with `--purge` without what waits",
        severity=Severity.WARNING,
    )


def waiting(daemon: Daemon, one: PeerName, other: PeerName) -> int:
    """How many messages of theirs are held back, both ways."""
    ways = ((daemon.loop.peers.get(one), other), (daemon.loop.peers.get(other), one))
    return sum(each.sender == sender for peer, sender in ways if peer is not None for each in peer.waits)
