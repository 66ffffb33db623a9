"""What a person's commands are told now, and what waits: for the end of quiet hours, or of a burst; and which of them
is told it where the file that has them was edited."""

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec
from msgspec.structs import replace

from peerd.core.board import GRAVITY
from peerd.model.board import Entry
from peerd.model.message import Message
from peerd.model.notice import Notice, Severity
from peerd.model.notify import QUIET, Notify, Pending, Table, Word

BURST_MAX, BURST_S = 5, 10.0
"""More than so many within that time are told as one."""

PENDING_MAX = 200
LISTED_MAX = 10
AGAIN_S = (5.0, 30.0, 120.0)
"""Before a command is told once more what it failed of; then that is given up."""

PLAIN = frozenset(
    {"store", "disk", "log", "home", "copy", "unread", "pair", "leftover", "unfinished", "settings", "spec", "runtime"}
    | {"limited", "failing", "dead", "notify"}
)
"""Kinds whose words are ours alone. Others may quote a screen: what that showed is nothing for an argv."""

ASKS = frozenset({"prompt", "approval"})


class Tried(msgspec.Struct, frozen=True):
    """That a command failed as it was told a word: how many times, and when it is to be told it again (monotonic)."""

    word: Word
    times: int
    again_at: float


class Outbox(msgspec.Struct, frozen=True):
    """Of one command. `recent`: when it last ran (monotonic); `lost`: what there was no room for; `tried`: what of
    `pending` it failed of."""

    pending: tuple[Pending, ...] = ()
    recent: tuple[float, ...] = ()
    lost: int = 0
    tried: tuple[Tried, ...] = ()


class Telling(msgspec.Struct, frozen=True):
    """One run of a command. `lost`: of how many it is told besides that they are lost."""

    words: tuple[Word, ...]
    title: str
    text: str
    lost: int = 0

    @property
    def severity(self) -> Severity:
        return max((each.severity for each in self.words), key=lambda each: GRAVITY[each])


class Dealt(msgspec.Struct, frozen=True):
    """What each table is to be told, and of one that is gone what none takes."""

    outboxes: dict[Table, Outbox]
    lost: dict[Table, tuple[Word, ...]]


def dealt(kept: Mapping[Table, tuple[Pending, ...]], tables: Sequence[Table]) -> Dealt:
    """What waited under a daemon before. A table that says what one of then said has what that one had, wherever it
    stands. What is left is of tables that were edited, or are gone: each word goes to the one most like its own of
    those that are new and want it; the others were told it, or did not want it."""
    left, outboxes = dict(kept), dict[Table, Outbox]()
    for table in sorted(tables, key=lambda each: each not in left):
        same = table if table in left else next((each for each in left if each.says == table.says), None)
        if same is not None:
            outboxes[table] = Outbox(left.pop(same))
    new = [each for each in tables if each not in outboxes]
    outboxes |= dict.fromkeys(new, Outbox())
    lost: dict[Table, tuple[Word, ...]] = {}
    of_others = ((was, each) for was, pending in left.items() for each in pending)
    for was, each in sorted(of_others, key=lambda found: found[1].word.at):
        takers = [table for table in new if wanted(table.says, each.word)]
        if not takers:
            lost[was] = (*lost.get(was, ()), each.word)
            continue
        heir = max(takers, key=partial(_likeness, was))
        outboxes[heir] = put(outboxes[heir], each.word, quiet=each.quiet)
    return Dealt(outboxes, lost)


def _likeness(one: Table, other: Table) -> tuple[bool, bool, int, bool]:
    """The same command, the same program, how much else is the same, the same place."""
    says, said = one.says, other.says
    same = sum(getattr(says, each) == getattr(said, each) for each in Notify.__struct_fields__)
    return says.command == said.command, says.command[:1] == said.command[:1], same, one.n == other.n


def of_notice(entry: Entry) -> Word:
    notice = entry.notice
    return Word(
        about="approval" if notice.kind in ASKS else "notice",
        severity=notice.severity,
        title=f"peerd: {notice.severity.value}: {_matter_of(notice)}"[:120],
        text=_plainly(notice),
        whole=notice.told,
        kind=notice.kind,
        of=notice.about,
        at=entry.seen_at,
    )


def _matter_of(notice: Notice) -> str:
    if notice.kind == "approval" and notice.peer:
        return f"{notice.peer} asks for a permission"
    if notice.kind == "prompt":
        return f"{notice.about} asks something on its screen"
    return f"{notice.kind}: {notice.about}"


def _plainly(notice: Notice) -> str:
    """Never for which permission: its words are an agent's."""
    if notice.kind in PLAIN:
        return notice.told
    return notice.remedy if notice.kind == "approval" else "`peerd notices` tells more"


def of_message(message: Message, *, asks: bool) -> Word:
    """To the operator. One that asks for something is a warning: somebody waits."""
    return Word(
        about="message",
        severity=Severity.WARNING if asks else Severity.NOTE,
        title=f"peerd: {message.sender} {'asks' if asks else 'writes'}",
        text=f"{f'on {message.topic}' if message.topic else 'no topic'}: `peerd message {message.id}`",
        of=message.id,
        at=message.accepted_at,
    )


def wanted(to: Notify, word: Word) -> bool:
    return word.about in to.about and GRAVITY[word.severity] >= GRAVITY[to.min]


def is_quiet(to: Notify, minute: int) -> bool:
    """`minute`: of the day, local time. Hours that end where they begin are none."""
    found = QUIET.fullmatch(to.quiet)
    if found is None:
        return False
    start, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    return start <= minute < end if start <= end else minute >= start or minute < end


def put(outbox: Outbox, word: Word, *, quiet: bool) -> Outbox:
    """In place of what it was to be told of the same before. What there is no room for is the oldest."""
    other = (each for each in outbox.pending if _matter(each.word) != _matter(word))
    pending = (*other, Pending(word, quiet))
    lost = outbox.lost + max(0, len(pending) - PENDING_MAX)
    return replace(outbox, pending=pending[-PENDING_MAX:], lost=lost)


def without(outbox: Outbox, message: str) -> Outbox:
    """A message of which it is to be told no more."""
    kept = tuple(each for each in outbox.pending if (each.word.about, each.word.of) != ("message", message))
    return replace(outbox, pending=kept)


def _matter(word: Word) -> tuple[str, str, str]:
    return word.about, word.kind, word.of


def telling(outbox: Outbox, to: Notify, now: float, *, quiet: bool) -> Telling | None:
    """What it is to be told now; it stays pending until it is `told`. What it failed of comes after all else. None:
    nothing, or not yet."""
    ready = [each for each in outbox.pending if not quiet or _passes(to, each.word)]
    again_at = {each.word: each.again_at for each in outbox.tried}
    new = [each for each in ready if each.word not in again_at]
    due = [each for each in ready if again_at.get(each.word, math.inf) <= now]
    return _of_these(new or due, outbox, to, now)


def _of_these(ready: list[Pending], outbox: Outbox, to: Notify, now: float) -> Telling | None:
    """The gravest first where they are told one by one."""
    waited = [each.word for each in ready if each.quiet and not _passes(to, each.word)]
    if waited:
        return _together(waited, "while it was quiet", outbox.lost)
    room = BURST_MAX - sum(now - at < BURST_S for at in outbox.recent)
    if not ready or room <= 0:
        return None
    words = [each.word for each in ready]
    if len(words) > room or outbox.lost:
        return _together(words, "at once", outbox.lost)
    word = max(words, key=lambda each: GRAVITY[each.severity])
    return Telling((word,), word.title, word.text)


def look_s(outbox: Outbox, now: float, at_most: float) -> float:
    """In how many seconds something may be due that is not now."""
    return min((each.again_at - now for each in outbox.tried if each.again_at > now), default=at_most)


def _passes(to: Notify, word: Word) -> bool:
    return to.urgent_too and word.severity is Severity.URGENT


def _together(words: list[Word], when: str, lost: int) -> Telling:
    if len(words) == 1 and not lost:
        return Telling((words[0],), words[0].title, words[0].text)
    listed = [each.title.removeprefix("peerd: ") for each in words[-LISTED_MAX:]]
    rest = len(words) + lost - len(listed)
    more = [f"and {rest} more"] if rest else []
    return Telling(tuple(words), f"peerd: {len(words) + lost} {when}", "\n".join([*listed, *more]), lost)


def told(outbox: Outbox, what: Telling, now: float) -> Outbox:
    return replace(over(_run(outbox, now), what.words), lost=outbox.lost - what.lost)


def failed(outbox: Outbox, what: Telling, now: float) -> tuple[Outbox, tuple[Word, ...]]:
    """What else there is to tell is told in between. With what it failed of too often, which is given up."""
    times = {each.word: each.times for each in outbox.tried}
    given_up = tuple(each for each in what.words if times.get(each, 0) >= len(AGAIN_S))
    other = (each for each in outbox.tried if each.word not in what.words)
    again = (
        Tried(each, n + 1, now + AGAIN_S[n])
        for each, n in ((each, times.get(each, 0)) for each in what.words if each not in given_up)
    )
    return over(replace(_run(outbox, now), tried=(*other, *again)), given_up), given_up


def _run(outbox: Outbox, now: float) -> Outbox:
    return replace(outbox, recent=(*(at for at in outbox.recent if now - at < BURST_S), now))


def over(outbox: Outbox, words: Sequence[Word]) -> Outbox:
    """They are to be told no more."""
    pending = tuple(each for each in outbox.pending if each.word not in words)
    waits = {each.word for each in pending}
    return replace(outbox, pending=pending, tried=tuple(each for each in outbox.tried if each.word in waits))


def hushed(outbox: Outbox, to: Notify) -> Outbox:
    """In quiet hours. What they hold back is told with what came in them, also where it was to be told before."""
    held = {each.word for each in outbox.pending if not _passes(to, each.word)}
    pending = tuple(replace(each, quiet=True) if each.word in held else each for each in outbox.pending)
    return replace(outbox, pending=pending, tried=tuple(each for each in outbox.tried if each.word not in held))


def argv(to: Notify, what: Telling) -> tuple[str, ...]:
    """No word of it obeys a terminal, or ends a C string; its title is one line."""
    given = {"title": what.title.replace("\n", " "), "text": what.text, "severity": what.severity.value}
    shown = {name: "".join(c if c.isprintable() or c == "\n" else " " for c in text) for name, text in given.items()}
    return tuple(_filled(each, shown) for each in to.command)


def _filled(word: str, given: dict[str, str]) -> str:
    return re.sub(r"\{(title|text|severity)\}", lambda found: given[found[1]], word)
