"""Two peers that send each other the same again and again, nothing but thanks, or always too much: they are paused with
each other."""

from typing import NoReturn

from peerd.core import storm
from peerd.daemon import quota
from peerd.daemon.context import Daemon
from peerd.daemon.pairs import pauses
from peerd.errors import PairPaused
from peerd.model.message import Message, digest
from peerd.model.peer import DAEMON
from peerd.store.read_pairs import Sent


def check(daemon: Daemon, message: Message) -> None:
    """Of what one session's peer sends another. Raises PairPaused where the two are, or are to be for this."""
    if pauses.is_paused(daemon, message.sender, message.target):
        pauses.refused(daemon, message.sender, message.target)
        raise _refusal(message, pauses.why_paused(daemon, message.sender, message.target))
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
        each for each in quota.under_way_from(daemon, message) if not (each.key or each.attachments or each.reply_to)
    )
    return sum(digest(each.body) == digest(message.body) for each in plain)


def trip(daemon: Daemon, message: Message, why: str) -> NoReturn:
    """For what this message would make of it. Raises PairPaused."""
    pauses.pause(daemon, message.sender, message.target, why, DAEMON, heard=message.sender)
    raise _refusal(message, why)


def _refusal(message: Message, why: str) -> PairPaused:
    sender, target = message.sender, message.target
    return PairPaused(
        f"{sender} and {target} are paused with each other ({why}): nothing was sent. Do not send it again; go on with "
        f"other work, or end your turn. A person lets them go on: `peerd pairs release {sender} {target}`."
    )
