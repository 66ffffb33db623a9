"""What the store has on the peers: what is wanted of each, what waits, what was under way, how it died lately."""

from collections import defaultdict
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from peerd.core.recalled import Ended, Known, LeftDown, recalled
from peerd.core.returning import NO_DEATHS, NO_EVIDENCE, waits_again
from peerd.core.state import Past, Peer, Waiting, one_task
from peerd.core.wakemode import TOPICS_MAX
from peerd.daemon import first
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.model.message import Delivery, MessageId, Receipt, Step, first_id
from peerd.model.peer import CrashLoop, PeerName, Spec, Want
from peerd.model.session import PARKS
from peerd.store.decode import MayLive

TYPED = frozenset({Delivery.LEASED.value, Delivery.HANDED_OVER.value})
WAITING = TYPED | {Delivery.ACCEPTED.value}


class Record(msgspec.Struct, frozen=True):
    """What the store has on the peers, by name."""

    wants: dict[PeerName, Want]
    wanted_at: dict[PeerName, float]  # Unix seconds
    queues: dict[PeerName, tuple[Waiting, ...]]
    turns: dict[PeerName, dict[str, Waiting]]  # by session
    submitted: dict[MessageId, float]  # monotonic, of the turns
    deaths: dict[PeerName, tuple[float, ...]]  # monotonic
    loops: dict[PeerName, CrashLoop]
    marked: dict[PeerName, str | None]  # and who wants the next session at once
    paused: frozenset[PeerName]
    orphans: tuple[MessageId, ...]  # first messages whose session is over
    unclear: frozenset[PeerName]  # of whom nobody can tell whether they may run
    may_live: frozenset[str]  # sessions that make no sense


def recorded(daemon: Daemon, specs: dict[PeerName, Spec], found: MayLive) -> Record:
    queues: defaultdict[PeerName, tuple[Waiting, ...]] = defaultdict(tuple)
    turns: defaultdict[PeerName, dict[str, Waiting]] = defaultdict(dict)
    submitted: dict[MessageId, float] = {}
    orphans: list[MessageId] = []
    may_live = frozenset(each.id for each in found.unclear if each.id is not None)
    theirs = {first_id(id) for id in may_live}
    firsts = {first_id(session.id) for session in found.live}
    for receipt in daemon.store.reader.open_messages():
        target = receipt.message.target
        if target not in specs:
            continue
        if receipt.state is Delivery.SUBMITTED:
            turns[target][receipt.session or ""] = _waiting(receipt)
            submitted[receipt.message.id] = _submitted_at(receipt)
        elif not first.is_first(receipt):
            queues[target] = (*queues[target], _waiting(receipt))
        elif receipt.message.id in firsts:
            queues[target] = (replace(_waiting(receipt), first=True), *queues[target])
        elif receipt.message.id not in theirs:
            orphans.append(receipt.message.id)
    reader = daemon.store.reader
    loops = reader.crash_loops()
    wants, wanted_at = reader.wants(), reader.wanted_at()
    marked, paused = reader.marked(), reader.paused()
    return Record(
        wants=wants,
        wanted_at=wanted_at,
        queues=queues,
        turns=turns,
        submitted=submitted,
        deaths=_deaths(daemon, specs, loops),
        loops=loops,
        marked=marked,
        paused=paused,
        orphans=tuple(orphans),
        unclear=frozenset((*reader.unclear_wants(), *(each.peer for each in found.unclear if each.peer is not None))),
        may_live=may_live,
    )


def _waiting(receipt: Receipt) -> Waiting:
    deaths, forgiven = counted(receipt.history)
    message = receipt.message
    return Waiting(
        message.id,
        receipt.attempt,
        deaths,
        task=receipt.task is not None,
        topic=message.topic,
        expires_at=clock.monotonic_of(message.expires_at),
        deadline_s=message.deadline_s,
        key=message.key,
        forgiven=forgiven,
    )


def counted(history: tuple[Step, ...]) -> tuple[int, int]:
    """How often its session died in mid-turn, and how many attempts were made, before it was last handed out anew: a
    message waits again after a submission by a death or an end of our choosing, after an end because somebody wanted
    it to."""
    deaths = forgiven = 0
    for before, step in pairwise(history):
        if step.state != Delivery.ACCEPTED.value:
            continue
        if before.state == Delivery.SUBMITTED.value:
            deaths += step.evidence not in NO_DEATHS
        elif before.state not in WAITING:
            deaths, forgiven = 0, step.attempt
    return deaths, forgiven


def unproved(history: tuple[Step, ...]) -> tuple[int, ...]:
    """Attempts that may have been typed, of which nothing on record says what came of them."""
    unknown = waits_again(NO_EVIDENCE)
    then = (*(step.evidence for step in history[1:]), unknown)
    return tuple(
        step.attempt for step, next in zip(history, then, strict=True) if step.state in TYPED and next == unknown
    )


def _submitted_at(receipt: Receipt) -> float:
    """By its last submission; at the latest now, should the clock have been set back."""
    at = next((step.at for step in reversed(receipt.history) if step.state == Delivery.SUBMITTED.value), clock.wall())
    return clock.now() - max(0.0, clock.wall() - at)


def _deaths(
    daemon: Daemon, specs: dict[PeerName, Spec], loops: dict[PeerName, CrashLoop]
) -> dict[PeerName, tuple[float, ...]]:
    """Since the last `start` or the end of a crash loop, wall-clock ends as monotonic ones; one in the future (the
    clock was set back) is now. An ephemeral session that had been ready died of its task, which counts that itself
    (`lifecycle.fall`)."""
    offset = clock.now() - clock.wall()
    window_s = max((spec.crash_window_s for spec in specs.values()), default=0.0)
    since = min((loop.at for loop in loops.values() if loop.lasts), default=clock.wall()) - window_s
    forgiven = daemon.store.reader.wanted_at() | {peer: loop.at for peer, loop in loops.items() if not loop.lasts}
    found: defaultdict[PeerName, tuple[float, ...]] = defaultdict(tuple)
    for peer, at, ready in daemon.store.reader.deaths(since):
        of_task = ready and peer in specs and _has_tasks(daemon, specs[peer])
        if at > forgiven.get(peer, 0.0) and not of_task:
            found[peer] = (*found[peer], min(at + offset, clock.now()))
    return found


def _has_tasks(daemon: Daemon, spec: Spec) -> bool:
    """Whether each of its sessions is a task's."""
    return one_task(spec, daemon.kind(spec))


def peer_of(daemon: Daemon, spec: Spec, record: Record, held: bool) -> Peer:
    """`held`: a session of it is on record without an end."""
    known = _known(daemon, spec, record, held)
    return recalled(spec, daemon.kind(spec), daemon.task_attempts(spec), known, clock.now())


def _known(daemon: Daemon, spec: Spec, record: Record, held: bool) -> Known:
    name, offset = spec.name, clock.now() - clock.wall()
    wanted_at, loop = record.wanted_at.get(name), record.loops.get(name)
    return Known(
        want=Want.DOWN if name in record.unclear else record.wants.get(name, Want.ON_DEMAND),
        unclear=name in record.unclear,
        wanted_at=None if wanted_at is None else wanted_at + offset,
        queue=record.queues.get(name, ()),
        paused=name in record.paused,
        marked=name in record.marked,
        again=record.marked.get(name),
        deaths=record.deaths.get(name, ()),
        left_down=LeftDown(loop.probes, loop.at + offset) if loop is not None and loop.lasts else None,
        past=_past(daemon, spec),
        held=held,
        last=None if held else _last(daemon, spec, offset),
    )


def _last(daemon: Daemon, spec: Spec, offset: float) -> Ended | None:
    """An end in the future (the clock was set back) was now."""
    last = daemon.store.reader.last_ended(spec.name)
    if last is None or last.end is None or last.ended_at is None:
        return None
    of_task = last.ready_at is not None and _has_tasks(daemon, spec)
    return Ended(last.end, min(last.ended_at + offset, clock.now()), of_task)


def _past(daemon: Daemon, spec: Spec) -> Past:
    """What its last session leaves to go on with. Another runtime's conversation is none."""
    last = daemon.store.reader.last_ready(spec.name)
    if last is None or last.runtime != spec.runtime or last.conversation is None:
        return Past()
    topics = daemon.store.reader.topics(spec.name, last.conversation, TOPICS_MAX)
    parked = last.end is not None and last.end.cause in PARKS
    return Past(parked, False, last.conversation, tuple(topics))
