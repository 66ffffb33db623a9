"""What the store has on the peers: what is wanted of each, what waits, what was under way, how it died lately."""

from collections import defaultdict
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from peerd.core.action import Decision
from peerd.core.history import TYPED, all_told, behind
from peerd.core.recovery import Ended, Known, LeftDown, recalled
from peerd.core.restart import Death, in_order, reach_s
from peerd.core.state import Past, Waiting
from peerd.core.wakemode import TOPICS_MAX
from peerd.daemon import limits
from peerd.daemon.accepted import waits
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.model.message import Delivery, MessageId, Receipt, first_id, is_first
from peerd.model.peer import CrashLoop, PeerName, Spec, Want
from peerd.model.session import PARKS
from peerd.store.decode import MayLive
from peerd.store.limited import KeptLimit


class Record(msgspec.Struct, frozen=True):
    """What the store has on the peers, by name."""

    wants: dict[PeerName, Want]
    wanted_after: dict[PeerName, int]  # which session had ended last by then
    stopped_after: dict[PeerName, int]
    queues: dict[PeerName, tuple[Waiting, ...]]
    taken: dict[PeerName, dict[str, tuple[Waiting, ...]]]  # tasks by session, in the order submitted
    leases: dict[PeerName, dict[str, Waiting]]  # by session
    submitted: dict[MessageId, float]  # monotonic, of these
    deaths: dict[PeerName, tuple[Death, ...]]  # monotonic
    loops: dict[PeerName, CrashLoop]
    limits: dict[PeerName, KeptLimit]
    marked: dict[PeerName, str | None]  # and who wants the next session at once
    paused: frozenset[PeerName]
    held_from: dict[PeerName, frozenset[PeerName]]  # whom each is paused with
    orphans: tuple[MessageId, ...]  # first messages whose session is over
    unclear: frozenset[PeerName]  # of whom nobody can tell whether they may run
    may_live: frozenset[str]  # sessions that make no sense


def recorded(daemon: Daemon, specs: dict[PeerName, Spec], found: MayLive) -> Record:
    queues: defaultdict[PeerName, tuple[Waiting, ...]] = defaultdict(tuple)
    taken: defaultdict[PeerName, defaultdict[str, list[Waiting]]] = defaultdict(lambda: defaultdict(list))
    leases: defaultdict[PeerName, dict[str, Waiting]] = defaultdict(dict)
    submitted: dict[MessageId, float] = {}
    orphans: list[MessageId] = []
    may_live = frozenset(each.id for each in found.unclear if each.id is not None)
    firsts = {first_id(session.id) for session in found.live}
    reader, loops = daemon.store.reader, daemon.store.reader.crash_loops()
    for receipt in (each for each in reader.open_messages() if each.message.target in specs):
        target = receipt.message.target
        if receipt.state is Delivery.SUBMITTED:
            submitted[receipt.message.id] = submitted_at(receipt)
            taken[target][receipt.session or ""].append(waiting(daemon, receipt))
        elif (session := _on_its_way_into(receipt)) and session not in may_live | leases[target].keys():
            leases[target][session] = _on_its_way(daemon, receipt)
        elif not is_first(receipt):
            queues[target] = (*queues[target], waiting(daemon, receipt))
        elif receipt.message.id in firsts:
            queues[target] = (replace(waiting(daemon, receipt), first=True), *queues[target])
        elif receipt.message.id not in map(first_id, may_live):
            orphans.append(receipt.message.id)
    return Record(
        wants=reader.wants(),
        wanted_after=reader.wanted_after(),
        stopped_after=reader.stopped_after(),
        queues=queues,
        taken=_in_order(taken, submitted),
        leases=leases,
        submitted=submitted,
        deaths=_deaths(daemon, specs, loops),
        loops=loops,
        limits=reader.limits(),
        marked=reader.marked(),
        paused=reader.paused(),
        held_from=reader.paused_with(),
        orphans=tuple(orphans),
        unclear=frozenset((*reader.unclear_wants(), *(each.peer for each in found.unclear if each.peer is not None))),
        may_live=may_live,
    )


def _in_order(
    taken: Mapping[PeerName, Mapping[str, list[Waiting]]], at: dict[MessageId, float]
) -> dict[PeerName, dict[str, tuple[Waiting, ...]]]:
    def in_order(held: list[Waiting]) -> tuple[Waiting, ...]:
        return tuple(sorted(held, key=lambda each: at[each.id]))

    return {name: {id: in_order(held) for id, held in of.items()} for name, of in taken.items()}


def _on_its_way_into(receipt: Receipt) -> str | None:
    """The session it was being typed into when the last daemon ended. A first message is no other session's."""
    return receipt.session if receipt.state.value in TYPED and not is_first(receipt) else None


def _on_its_way(daemon: Daemon, receipt: Receipt) -> Waiting:
    """What comes of its last attempt is still to be told."""
    return replace(waiting(daemon, receipt), tally=behind(receipt.history).tally)


def waiting(daemon: Daemon, receipt: Receipt) -> Waiting:
    """As its peer's queue has it, or as its session has it in hand."""
    known = waits(daemon, receipt.message, receipt.task is not None)
    past = all_told(behind(receipt.history))
    return replace(known, attempts=receipt.attempt, tally=past.tally, forgiven=past.forgiven)


def submitted_at(receipt: Receipt) -> float:
    """By its last submission; at the latest now, should the clock have been set back."""
    at = next((step.at for step in reversed(receipt.history) if step.state == Delivery.SUBMITTED.value), clock.wall())
    return clock.now() - max(0.0, clock.wall() - at)


def _deaths(
    daemon: Daemon, specs: dict[PeerName, Spec], loops: dict[PeerName, CrashLoop]
) -> dict[PeerName, tuple[Death, ...]]:
    """Since the last `start` or the end of a crash loop, wall-clock ends as monotonic ones. Those that are a task's
    (`lifecycle.of_task`) are none."""
    offset = clock.now() - clock.wall()
    since = min((loop.at for loop in loops.values() if loop.lasts), default=clock.wall()) - reach_s(specs.values())
    over = {peer: loop.after for peer, loop in loops.items() if not loop.lasts}
    forgiven = daemon.store.reader.wanted_after() | over
    found: defaultdict[PeerName, list[Death]] = defaultdict(list)
    for each in daemon.store.reader.deaths(since):
        if each.n > forgiven.get(each.peer, 0):
            found[each.peer].append(Death(each.at + offset, each.boot_s))
    return {peer: in_order(ends, clock.now()) for peer, ends in found.items()}


def peer_of(daemon: Daemon, spec: Spec, record: Record, held: bool) -> Decision:
    """`held`: a session of it is on record without an end."""
    known = _known(daemon, spec, record, held)
    return recalled(spec, daemon.kind(spec), daemon.task_attempts(spec), known, clock.now())


def _known(daemon: Daemon, spec: Spec, record: Record, held: bool) -> Known:
    name, offset = spec.name, clock.now() - clock.wall()
    loop = record.loops.get(name)
    return Known(
        want=Want.DOWN if name in record.unclear else record.wants.get(name, Want.ON_DEMAND),
        unclear=name in record.unclear,
        wanted_after=record.wanted_after.get(name, 0),
        stopped_after=record.stopped_after.get(name, 0),
        queue=record.queues.get(name, ()),
        paused=name in record.paused,
        held_from=record.held_from.get(name, frozenset()),
        given=daemon.store.reader.given(name),
        marked=name in record.marked,
        again=record.marked.get(name),
        deaths=record.deaths.get(name, ()),
        left_down=LeftDown(loop.probes, loop.at + offset, loop.after) if loop is not None and loop.lasts else None,
        past=_past(daemon, spec),
        limited=limits.recalled(record.limits.get(name)),
        held=held,
        last=None if held else _last(daemon, name, offset),
    )


def _last(daemon: Daemon, name: PeerName, offset: float) -> Ended | None:
    """An end in the future (the clock was set back) was now."""
    last = daemon.store.reader.last_ended(name)
    if last is None or last.end is None or last.ended_at is None:
        return None
    ended_at = min(last.ended_at + offset, clock.now())
    return Ended(last.end, ended_at, bool(last.of_task), daemon.store.reader.number(last.id))


def _past(daemon: Daemon, spec: Spec) -> Past:
    """What its last session leaves to go on with. Another runtime's conversation is none; one that another home has is
    not gone on with unasked."""
    last = daemon.store.reader.last_ready(spec.name)
    if last is None or last.runtime != spec.runtime:
        return Past()
    topics = daemon.store.reader.topics(last, TOPICS_MAX)
    parked = last.end is not None and last.end.cause in PARKS and not last.end.elsewhere
    failures = daemon.store.reader.failed_resumes(spec.name)
    return Past(parked, False, last.conversation, tuple(topics), failures)
