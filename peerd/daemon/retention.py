"""What is old is not kept: texts, later receipts, old sessions on record, and the files that went with them.

In small batches with a rest after each, so that what is sent meanwhile waits for one of them at most."""

import asyncio
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec

from peerd.core.queue import in_hand
from peerd.daemon import attachments
from peerd.daemon.context import Daemon
from peerd.edges import clock, contents
from peerd.errors import StoreError, TryAgain, UnknownPeer, UsageError
from peerd.model.message import MessageId
from peerd.model.peer import OPERATOR, Activity, PeerName
from peerd.model.session import SessionId
from peerd.rpc.mail import MessagePurged
from peerd.rpc.params import MessagePurgeParams
from peerd.store.old import DropReceipts, DropSessions, DropTexts
from peerd.store.write import Write

DAY_S = 86_400.0
BATCH_MAX = 50
BATCH_S = 0.03
"""What one may take: 50 short texts do, and of those of 1 MiB one or two. Who sends meanwhile waits for one at most:
`contrib/bench/purge.py` tells how long."""

REST_S = 0.02
AT_A_TIME_S = 3.0
"""Whoever asks is answered then, and asks again for the rest."""

BY_MESSAGE = ("in", "files")
"""Folders in that of a session, of what a message had there: names are ids."""

NAMES = 500
Old = Callable[..., list[int]]


class Bounds(msgspec.Struct, frozen=True):
    """What was over before then goes, in Unix seconds; None: nothing. `peer`: only what is from or to it, and no
    session."""

    texts: float | None
    receipts: float | None
    peer: PeerName | None = None


async def keep_bounds(daemon: Daemon) -> None:
    """As the settings say: all there is to do. For the census: one that is still at it goes on."""
    if daemon.receipts.purging.locked():
        return
    async with daemon.receipts.purging:
        with suppress(StoreError):  # of a full disk others tell; the next census tries again
            await _purge(daemon, _bounds(daemon, None, None, receipts=True), "daemon", None)


async def purge(daemon: Daemon, params: MessagePurgeParams, by: str) -> MessagePurged:
    """What was asked for, or a part of it. Raises UsageError, UnknownPeer, TryAgain."""
    peer = _on_record(daemon, params.peer) if params.peer is not None else None
    bounds = _bounds(daemon, params.older_than_s, peer, receipts=params.receipts)
    if bounds.texts is None:
        raise UsageError("keep_messages_days is 0: texts are kept for ever. Say --older-than, such as 30d.")
    async with daemon.receipts.purging:
        try:
            return await _purge(daemon, bounds, by, clock.now() + AT_A_TIME_S)
        except StoreError as error:
            raise TryAgain(f"{error}. Not all of it was removed; make room, then ask again.") from error


def _bounds(daemon: Daemon, older_than_s: float | None, peer: PeerName | None, *, receipts: bool) -> Bounds:
    now, kept = clock.wall(), daemon.settings

    def before(days: float) -> float | None:
        if older_than_s is not None:
            return now - older_than_s
        return now - days * DAY_S if days else None

    return Bounds(before(kept.keep_messages_days), before(kept.keep_receipts_days) if receipts else None, peer)


def _on_record(daemon: Daemon, name: str) -> PeerName:
    """Also one that is no peer any more. Raises UnknownPeer."""
    peer = PeerName(name)
    found = daemon.store.reader.receipts(peer=peer, limit=1)
    if not found.receipts and not found.left_out and name != OPERATOR and name not in daemon.loop.peers:
        raise UnknownPeer(f"no messages from or to {name!r} are on record. Nothing was removed.")
    return peer


class _Pace:
    """How many go at once, by what the last ones took."""

    def __init__(self) -> None:
        self.batch = BATCH_MAX // 8

    def note(self, took_s: float) -> None:
        self.batch = max(1, self.batch // 2) if took_s > BATCH_S else min(BATCH_MAX, self.batch * 2)


async def _purge(daemon: Daemon, bounds: Bounds, by: str, until: float | None) -> MessagePurged:
    """An id is free only once nothing of its message is left in the folders of sessions."""
    counts, pace, held = Counter[str](), _Pace(), _InHand(daemon)
    more = await _dropped(daemon, _texts(daemon, bounds, pace, held), counts, pace, until)
    held.left = await _sweep(daemon)
    more = more or await _dropped(daemon, _rows(daemon, bounds, pace, held), counts, pace, until)
    files, size = await attachments.collect(daemon)
    texts, receipts, sessions = (counts[what] for what in ("texts", "receipts", "sessions"))
    told = MessagePurged(texts=texts, receipts=receipts, sessions=sessions, files=files, bytes=size, more=more)
    if any(counts.values()) or files:
        daemon.log.write(
            "purged",
            peer=bounds.peer,
            texts=texts,
            receipts=receipts,
            sessions=sessions,
            files=files,
            bytes=size,
            by=by,
        )
    return told


Batch = tuple[str, list[int], Write]


async def _dropped(
    daemon: Daemon, batches: Iterator[Batch], counts: Counter[str], pace: _Pace, until: float | None
) -> bool:
    """Whether there is more of it. What was counted is on disk."""
    for what, seqs, write in batches:
        began = clock.now()
        if isinstance(write, DropTexts):
            daemon.receipts.swept = False
        (changed,) = await daemon.store.commit(write)
        if not changed:  # it has come to be needed just now; the next look is at what is left
            return False
        pace.note(clock.now() - began)
        counts[what] += len(seqs)
        await clock.pause(REST_S)
        if daemon.stopping.is_set() or (until is not None and clock.now() > until):
            return True
    return False


def _texts(daemon: Daemon, bounds: Bounds, pace: _Pace, held: "_InHand") -> Iterator[Batch]:
    """What is to be written next, as the record stands when that is asked for."""
    old = daemon.store.reader.old_texts
    while bounds.texts is not None and (seqs := held.but(old, bounds.texts, bounds.peer, pace.batch)):
        yield "texts", seqs, DropTexts(json.dumps(seqs), bounds.texts, clock.wall())


def _rows(daemon: Daemon, bounds: Bounds, pace: _Pace, held: "_InHand") -> Iterator[Batch]:
    """As `_texts`."""
    reader, before, peer = daemon.store.reader, bounds.receipts, bounds.peer
    while before is not None and (seqs := held.but(reader.old_receipts, before, peer, pace.batch)):
        yield "receipts", seqs, DropReceipts(json.dumps(seqs), before)
    while before is not None and peer is None and (seqs := reader.old_sessions(before, pace.batch)):
        yield "sessions", seqs, DropSessions(json.dumps(seqs), before)


class _InHand:
    """What sessions that live are at work on, or may be, whatever became of its task: its answer ends no turn. Of one
    that a daemon before saw begin the record alone tells: that is looked at once, and only where something is old."""

    def __init__(self, daemon: Daemon) -> None:
        self._daemon = daemon
        self._may_be: set[MessageId] | None = None
        self.left: set[MessageId] = set()  # what of their messages' files cannot be removed keeps these, too

    def but(self, old: Old, before: float, peer: PeerName | None, limit: int) -> list[int]:
        """What is old of the rest."""
        if not old(before, peer, 1):
            return []
        if self._may_be is None:
            self._may_be = self._daemon.store.reader.last_taken(self._known())
        return old(before, peer, limit, {*self._seen(), *self._may_be, *self.left})

    def _seen(self) -> Iterator[MessageId]:
        return (each.id for peer in self._daemon.loop.peers.values() for each in in_hand(peer))

    def _known(self) -> set[SessionId]:
        """Sessions of which it is known what they are at work on, or that they are at rest."""
        peers = self._daemon.loop.peers.values()
        at = (peer.session for peer in peers if peer.turn is not None or peer.activity is Activity.IDLE)
        return {session for session in at if session is not None}


async def _sweep(daemon: Daemon) -> set[MessageId]:
    """The folders of sessions have nothing any more of messages without a text, but for those that are returned: what
    cannot be removed the next sweep tries again."""
    left = set[MessageId]()
    if daemon.receipts.swept:
        return left
    found = await asyncio.to_thread(_by_message, daemon.home.sessions)
    for at in range(0, len(found), NAMES):
        some = found[at : at + NAMES]
        kept = daemon.store.reader.with_text(os.path.basename(path) for path in some)
        stay = await asyncio.to_thread(_remove, [path for path in some if os.path.basename(path) not in kept])
        left.update(MessageId(os.path.basename(path)) for path in stay)
    daemon.receipts.swept = not left
    return left


def _by_message(sessions: str) -> list[str]:
    folders = (os.path.join(sessions, session, each) for session in os.listdir(sessions) for each in BY_MESSAGE)
    return [os.path.join(folder, name) for folder in folders for name in contents.handed(folder)]


def _remove(paths: list[str]) -> list[str]:
    """Those that are there still."""
    for path in paths:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):
                os.unlink(path)
    return [path for path in paths if os.path.lexists(path)]
