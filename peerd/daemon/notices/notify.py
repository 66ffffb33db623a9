"""The operator's own commands: told what a person must know, one run of each at a time, beside everything else."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator

from peerd.core import notify
from peerd.core.notify import Telling
from peerd.counted import counted
from peerd.daemon.context import Daemon, guarded
from peerd.daemon.notices.command import Teller, key_of, name_of, ran, table_of
from peerd.edges import clock
from peerd.errors import PeerdError
from peerd.model.board import Entry
from peerd.model.message import Delivery, Message, MessageId
from peerd.model.notice import Notice, Severity
from peerd.model.notify import Pending, Table, Word
from peerd.model.peer import OPERATOR
from peerd.rpc import board as r
from peerd.store.noticed import KeepPending

LOOK_EVERY_S = 5.0
"""For the end of quiet hours, or of a burst."""

SAID_MAX_CHARS = 500


async def begin(daemon: Daemon) -> None:
    """With what a daemon before could not tell, where that is not over. A table that was edited is another one: it has
    what the one before had left."""
    kept = daemon.store.reader.pending()
    tables = [Table(n, each) for n, each in enumerate(daemon.settings.notify, start=1)]
    waits = {table_of(key): tuple(each for each in kept[key] if not _is_over(daemon, each.word)) for key in kept}
    dealt = notify.dealt(waits, tables)
    daemon.tellers = tuple(Teller(each, dealt.outboxes[each], kept.get(key_of(each))) for each in tables)
    for table, words in dealt.lost.items():
        why = "no [[notify]] table matches it now"
        daemon.log.write("notify-failed", to=name_of(table), count=len(words), why=why)
    gone = kept.keys() - {each.key for each in daemon.tellers}
    with contextlib.suppress(PeerdError), kept_with(daemon.tellers) as pending:
        if gone or pending:
            await daemon.store.commit(*pending, *(KeepPending(each, None) for each in gone))


def _is_over(daemon: Daemon, word: Word) -> bool:
    """A message that was refused, is gone, or was read or came to nothing; a notice that was read, or holds no more."""
    if word.about == "message":
        receipt = daemon.store.reader.sensible(MessageId(word.of))
        return receipt is None or receipt.state is not Delivery.ACCEPTED
    entry = daemon.board.entries.get((word.kind, word.of))
    return entry is None or entry.over or entry.read


async def run(daemon: Daemon) -> None:
    """Until cancelled."""
    await asyncio.gather(*(_watch(daemon, each) for each in daemon.tellers))


def of_notice(daemon: Daemon, entry: Entry) -> None:
    """Its own failure is nothing for a command that fails."""
    word = notify.of_notice(entry)
    _put(daemon, word, lambda each: word.kind != "notify" or each.name != word.of)


def of_message(daemon: Daemon, message: Message, *, asks: bool) -> None:
    _put(daemon, notify.of_message(message, asks=asks), lambda each: True)


def forget(daemon: Daemon, message: MessageId) -> None:
    """It came to nothing before they were told of it."""
    for each in daemon.tellers:
        each.outbox = notify.without(each.outbox, message)
        each.stirred.set()


def _put(daemon: Daemon, word: Word, to: Callable[[Teller], bool]) -> None:
    for each in filter(to, daemon.tellers):
        if notify.wanted(each.settings, word):
            each.outbox = notify.put(each.outbox, word, quiet=_is_quiet(each))
            each.stirred.set()


@contextlib.contextmanager
def stored_with(daemon: Daemon, message: Message, *, asks: bool) -> Iterator[tuple[KeepPending, ...]]:
    """What is to be stored with a message to the operator: that commands are to be told of it. A daemon that ends at
    any moment has the next one tell it."""
    word = notify.of_message(message, asks=asks)
    told = [each for each in daemon.tellers if message.target == OPERATOR and notify.wanted(each.settings, word)]
    told = told if message.not_before is None else []  # it is told once it is due
    for each in told:
        each.coming[message.id] = Pending(word, _is_quiet(each))
    try:
        with kept_with(told) as pending:
            yield pending
    finally:
        for each in told:
            each.coming.pop(message.id, None)
            each.stirred.set()  # it may not have been stored, and is not to be told then


@contextlib.contextmanager
def kept_with(tellers: Iterable[Teller]) -> Iterator[tuple[KeepPending, ...]]:
    """What they are to be told and is not on disk: it is when this ends without an error."""
    unlike = [(each, each.pending) for each in tellers if each.pending != each.kept]
    yield tuple(KeepPending(each.key, pending) for each, pending in unlike)
    for each, pending in unlike:
        each.kept = pending


def _is_quiet(teller: Teller) -> bool:
    return notify.is_quiet(teller.settings, clock.minute_of_day())


async def _watch(daemon: Daemon, teller: Teller) -> None:
    """One look that fails is on record, and costs no other."""
    while True:
        teller.stirred.clear()
        with guarded(daemon, f"tell {teller.name}"):  # else it would be told nothing any more
            if await _tells(daemon, teller):
                continue
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(notify.look_s(teller.outbox, clock.now(), LOOK_EVERY_S)):
                await teller.stirred.wait()


async def _tells(daemon: Daemon, teller: Teller) -> bool:
    """Whether there was anything that it is to be told now. What was read, or is over, since it came is not told."""
    quiet = _is_quiet(teller)
    if quiet:
        teller.outbox = notify.hushed(teller.outbox, teller.settings)
    await _keep(daemon, teller)
    due = notify.telling(teller.outbox, teller.settings, clock.now(), quiet=quiet)
    if due is None:
        return False
    over = _over(daemon, due)
    if over:
        teller.outbox = notify.over(teller.outbox, over)
    else:
        await _tell(daemon, teller, due)
    return True


def _over(daemon: Daemon, what: Telling) -> list[Word]:
    """None where the record cannot be read: of that the run fails, which is told."""
    with contextlib.suppress(Exception):
        return [each for each in what.words if _is_over(daemon, each)]
    return []


async def _keep(daemon: Daemon, teller: Teller) -> None:
    """On disk before it is told, where that takes anything."""
    with contextlib.suppress(PeerdError), kept_with((teller,)) as pending:
        if pending:
            await daemon.store.commit(*pending)


async def _tell(daemon: Daemon, teller: Teller, what: Telling) -> None:
    """What it fails of it is told a few times more, beside all else; that it fails is a notice until it goes well."""
    failed = teller.failed = (await ran(daemon, teller, what)).failed
    daemon.board.stirred.set()
    if not failed:
        teller.outbox, teller.missed = notify.told(teller.outbox, what, clock.now()), 0
        daemon.log.write("notified", to=teller.name, count=len(what.words))
        return
    teller.outbox, given_up = notify.failed(teller.outbox, what, clock.now())
    if given_up:
        teller.missed += len(given_up)
        daemon.log.write("notify-failed", to=teller.name, count=len(given_up), why=failed)


def notices(daemon: Daemon) -> list[Notice]:
    return [
        Notice(
            kind="notify",
            about=each.name,
            text=f"the notify command {each.name} fails ({each.failed}){_so(each)}",
            remedy="`peerd notices --test` runs it and shows what it says; `peerd.toml` has it",
        )
        for each in daemon.tellers
        if each.failed
    ]


def _so(teller: Teller) -> str:
    if teller.missed:
        return f", and missed {counted(teller.missed, 'notification')}"
    over = "those are over by now; it runs again with the next one"
    return "; it is tried again" if teller.outbox.pending else f"; {over}"


async def tried(daemon: Daemon) -> r.NoticesTested:
    """Each command is told one word, whatever the hour. Raises PeerdError where there is none."""
    if not daemon.tellers:
        raise PeerdError(
            f"{daemon.home.settings_file} has no [[notify]] that this daemon has read. Write one, then "
            "`peerd daemon restart`."
        )
    word = Word(
        about="notice",
        severity=Severity.NOTE,
        title="peerd: a test",
        text="`peerd notices --test` sent this",
        kind="test",
        at=clock.wall(),
    )
    what = Telling((word,), word.title, word.text)
    ended = await asyncio.gather(*(ran(daemon, each, what) for each in daemon.tellers))
    tests = []
    for teller, each in zip(daemon.tellers, ended, strict=True):
        teller.failed = each.failed
        teller.missed = teller.missed if each.failed else 0
        tests.append(r.NotifyTest(command=teller.name, failed=each.failed, said=each.said.strip()[-SAID_MAX_CHARS:]))
    daemon.board.stirred.set()
    return r.NoticesTested(tests=tests)
