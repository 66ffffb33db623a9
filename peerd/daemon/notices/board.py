"""The board of notices: looked at when something may have changed, kept on disk, and read by a person."""

import asyncio
import contextlib

from peerd.core import board
from peerd.daemon.context import Daemon, guarded
from peerd.daemon.notices import notify
from peerd.daemon.notices.sources import notices
from peerd.edges import clock
from peerd.errors import PeerdError
from peerd.model.board import Entry
from peerd.rpc import board as r
from peerd.store.noticed import KeepNotices

AT_MOST_EVERY_S = 1.0
"""A look takes 3 ms with 100 peers that all are told of, 1500 messages that wait, and 500 that were lost."""

AT_LEAST_EVERY_S = 5.0
"""For what comes of time alone, as a draft that stands for long."""


async def watch(daemon: Daemon) -> None:
    """Runs until cancelled; one look that fails is told, and costs no other."""
    while True:
        with guarded(daemon, "look at the notices"):  # what a person must know is told all the same, by others
            look(daemon)
            await keep(daemon)
        await clock.pause(AT_MOST_EVERY_S)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AT_LEAST_EVERY_S - AT_MOST_EVERY_S):
                await daemon.board.stirred.wait()


def look(daemon: Daemon) -> None:
    """What holds now is on the board once this returns."""
    daemon.board.stirred.clear()
    looked = board.look(daemon.board.entries, notices(daemon), clock.wall())
    _put(daemon, looked.board)
    for entry in looked.raised:
        kind, about = entry.key
        notify.of_notice(daemon, entry)
        daemon.log.write("notice-raised", notice=kind, about=about, severity=entry.notice.severity, count=entry.count)
    for entry in looked.ended:
        kind, about = entry.key
        lasted_s = round((entry.gone_at or entry.seen_at) - entry.raised_at, 1)
        daemon.log.write("notice-over", notice=kind, about=about, lasted_s=lasted_s)


def _put(daemon: Daemon, entries: board.Board) -> None:
    daemon.board.entries = entries
    daemon.board.unread = board.unread(entries)


async def keep(daemon: Daemon) -> None:
    """On disk, where it takes anything: else with the next look. What is not kept is nothing a stop would lose. What
    was raised is not raised again, so that whom a command is to tell of it is kept with it."""
    now = daemon.board.entries
    changed, gone = board.unlike(now, daemon.board.kept)
    if changed or gone:
        with contextlib.suppress(PeerdError), notify.kept_with(daemon.tellers) as pending:
            await daemon.store.commit(KeepNotices(changed, gone), *pending)
            daemon.board.kept = now


async def listed(daemon: Daemon, params: r.NoticeListParams, by: str) -> r.NoticesListed:
    """As they are now; with `mark` they count as read from then on."""
    look(daemon)
    entries = board.in_order(daemon.board.entries.values())
    shown = [each for each in entries if each.holds or params.all]
    if params.mark:
        await _mark(daemon, shown, by)
    return r.NoticesListed(notices=[r.row(each) for each in shown], marked=params.mark)


async def marked(daemon: Daemon, params: r.NoticeReadParams, by: str) -> r.NoticesRead:
    """Raises PeerdError where there is none of that number."""
    look(daemon)
    entries = daemon.board.entries.values()
    chosen = [each for each in entries if params.n is None or each.n == params.n]
    if params.n is not None and not chosen:
        raise PeerdError(f"no notice {params.n}. `peerd notices --all` lists them with their numbers.")
    return r.NoticesRead(read=await _mark(daemon, chosen, by))


async def _mark(daemon: Daemon, entries: list[Entry], by: str) -> int:
    """How many of them nobody had read."""
    ns = frozenset(each.n for each in entries if not each.read)
    if ns:
        _put(daemon, board.read(daemon.board.entries, ns))
        daemon.log.write("notices-read", count=len(ns), by=by)
        await keep(daemon)
    return len(ns)
