"""What the store has on the peers: what is wanted of each, what waits, what was under way, how it died lately."""

from collections import defaultdict
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from peerd.core.restart import backoff_s, ended_badly, in_crash_loop, probe_s, recent, restarts
from peerd.core.returning import NO_DEATHS
from peerd.core.state import Past, Peer, Waiting
from peerd.core.wakemode import TOPICS_MAX
from peerd.daemon import first
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.model.message import Delivery, MessageId, Receipt, Step, first_id
from peerd.model.peer import CrashLoop, PeerName, Phase, Spec, Want
from peerd.model.session import PARKS, REAPED

WAITING = frozenset({Delivery.ACCEPTED.value, Delivery.LEASED.value, Delivery.HANDED_OVER.value})


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


def recorded(daemon: Daemon, specs: dict[PeerName, Spec]) -> Record:
    queues: defaultdict[PeerName, tuple[Waiting, ...]] = defaultdict(tuple)
    turns: defaultdict[PeerName, dict[str, Waiting]] = defaultdict(dict)
    submitted: dict[MessageId, float] = {}
    orphans: list[MessageId] = []
    sessions = daemon.store.reader.unclear_sessions()
    may_live = frozenset(each.id for each in sessions if each.id is not None)
    theirs = {first_id(id) for id in may_live}
    firsts = {first_id(session.id) for session in daemon.store.reader.live_sessions()}
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
        unclear=frozenset((*reader.unclear_wants(), *(each.peer for each in sessions if each.peer is not None))),
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
    return spec.wake_policy == "ephemeral" or daemon.kind(spec) == "pass"


def peer_of(daemon: Daemon, spec: Spec, record: Record, held: bool) -> Peer:
    """`held`: a session of it is on record without an end. A crash loop goes on over a restart of the daemon."""
    name = spec.name
    known = record.deaths.get(name, ())
    deaths = recent(known[:-1], known[-1], spec.crash_window_s) if known else ()
    loop = record.loops.get(name)
    probes = loop.probes if loop is not None and loop.lasts else 0
    phase, deadline = (Phase.ASLEEP, None) if held else _down(spec, loop, deaths)
    return Peer(
        spec=spec,
        kind=daemon.kind(spec),
        task_attempts=daemon.task_attempts(spec),
        want=Want.DOWN if name in record.unclear else record.wants.get(name, Want.ON_DEMAND),
        unclear=name in record.unclear,
        phase=phase,
        called=None if phase is Phase.FAILED else _called(daemon, spec, record, held),
        probes=probes,
        deadline=deadline,
        queue=record.queues.get(name, ()),
        paused=name in record.paused,
        past=_past(daemon, spec, marked=name in record.marked),
        deaths=deaths,
    )


def _down(spec: Spec, loop: CrashLoop | None, deaths: tuple[float, ...]) -> tuple[Phase, float | None]:
    """Where a peer without a session stands, and until when; a backoff may be over by now."""
    probe_at = _probe_at(spec, loop, deaths)
    if probe_at is not None:
        return Phase.FAILED, probe_at
    if not deaths:
        return Phase.ASLEEP, None
    return Phase.BACKOFF, deaths[-1] + backoff_s(len(deaths), spec.backoff_base_s, spec.backoff_cap_s)


def _called(daemon: Daemon, spec: Spec, record: Record, held: bool) -> str | None:
    """Why it should run though no message waits: who asked for a session in the place of the last one, which we ended,
    or its restart, where it died after it was last stopped or started."""
    again = record.marked.get(spec.name)
    last = None if held else daemon.store.reader.last_ended(spec.name)
    if last is None or last.end is None or last.end.cause in REAPED:
        return again
    of_task = last.ready_at is not None and _has_tasks(daemon, spec)
    died = not of_task and (last.ended_at or 0.0) > record.wanted_at.get(spec.name, 0.0)
    return "restart" if died and restarts(spec, bad=ended_badly(last.end)) else None


def _probe_at(spec: Spec, loop: CrashLoop | None, deaths: tuple[float, ...]) -> float | None:
    """When a peer that was left down is tried once more; None: it was not. A death counts also where the daemon ended
    before it had put on record what came of it."""
    if loop is not None and loop.lasts:
        left_at = max(clock.now() - (clock.wall() - loop.at), *deaths[-1:])
        return min(left_at, clock.now()) + probe_s(loop.probes, spec)
    return deaths[-1] + probe_s(0, spec) if in_crash_loop(deaths, spec) else None


def _past(daemon: Daemon, spec: Spec, *, marked: bool) -> Past:
    """What its last session leaves to go on with. Another runtime's conversation is none."""
    last = daemon.store.reader.last_ready(spec.name)
    if last is None or last.runtime != spec.runtime or last.conversation is None:
        return Past(marked=marked)
    topics = daemon.store.reader.topics(spec.name, last.conversation, TOPICS_MAX)
    parked = last.end is not None and last.end.cause in PARKS
    return Past(parked, marked, last.conversation, tuple(topics))
