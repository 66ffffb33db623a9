"""What follows from where things stand. A rule returns None, or a decision after which it no longer applies."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from peerd.core.action import (
    Decision,
    Deliver,
    GiveUp,
    Kill,
    LookForWork,
    NoteHold,
    NoteProbe,
    RecordTurn,
    Spawn,
)
from peerd.core.death import at_its_first, proved, proved_at, went_well
from peerd.core.delay_queue import join_when_due
from peerd.core.limit import let_go
from peerd.core.order import first_waiting
from peerd.core.queries import (
    at_rest,
    hold_of,
    hung_first,
    hung_pass,
    idle_at,
    listening,
    may_be_ended,
    may_hang,
    next_message,
    reason_to_run,
    taken_by_nobody,
    to_be_looked_at,
)
from peerd.core.queue import drop_each, expired, open_task, without_task
from peerd.core.requeue import NO_EVIDENCE, NOBODY_WATCHED, release
from peerd.core.state import Lease, Look, Peer, Waiting
from peerd.core.wakemode import wake_mode
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import EndCause

Rule = Callable[[Peer, float], Decision | None]


def let_go_when_reset(peer: Peer, now: float) -> Decision | None:
    """What waits is given to it again, as the next try: how often it met the limit is known until one goes well."""
    limited = peer.limited
    if limited is None or limited.until is None or now < limited.until:
        return None
    return let_go(peer, replace(limited, until=None))


def forget_when_stopped(peer: Peer, now: float) -> Decision | None:
    """A stop ends a scheduled restart and a crash loop's waiting too."""
    if peer.want is not Want.DOWN or peer.phase not in (Phase.BACKOFF, Phase.FAILED):
        return None
    return Decision(replace(peer, phase=Phase.ASLEEP, deadline=None))


def spawn_when_called(peer: Peer, now: float) -> Decision | None:
    if peer.held_down or peer.phase is not Phase.ASLEEP:
        return None
    cause = reason_to_run(peer)
    return None if cause is None else _spawned(peer, cause)


def probe_when_due(peer: Peer, now: float) -> Decision | None:
    """A crash loop is tried once more after a while, with whatever waits for the peer."""
    if peer.phase is not Phase.FAILED or peer.held_down or peer.deadline is None or now < peer.deadline:
        return None
    probes = peer.probes + 1
    probing = _spawned(replace(peer, probes=probes), "probe", probes)
    return Decision(probing.peer, (NoteProbe(peer.spec.name, probes), *probing.actions))


def recover_when_proved(peer: Peer, now: float) -> Decision | None:
    lived = peer.phase is Phase.RUNNING and peer.deadline is not None and now >= peer.deadline
    if not peer.probes or not (lived or went_well(peer)):
        return None
    if at_its_first(peer):
        return Decision(replace(peer, deadline=proved_at(peer, now)))
    return proved(peer)


def _spawned(peer: Peer, cause: str, probes: int = 0) -> Decision:
    """Its boot is timed from when it is a session: it may have to wait for its turn."""
    chosen = wake_mode(peer)
    starting = replace(
        peer,
        phase=Phase.STARTING,
        activity=Activity.UNKNOWN,
        deadline=None,
        served=None,
        asked=None,
        mode=chosen.mode,
        single=peer.ephemeral,
        hurry=False,
        ready=False,
        adopted=False,
    )
    last = peer.past.conversation if chosen.mode == "resume" and peer.asked is None else None
    resumed = chosen.conversation or last
    return Decision(starting, (Spawn(peer.spec.name, chosen.mode, cause, chosen.because, resumed, probes),))


def kill_when_unwanted(peer: Peer, now: float) -> Decision | None:
    """A stop wins over a boot too, as soon as there is a session to end. Where nobody knows whether it was stopped,
    nothing is ended, unless it is to leave. What it was a restart of is made up for: what ends by our choice is due no
    more."""
    unwanted = peer.leaving or (peer.want is Want.DOWN and not peer.unclear)
    if not unwanted or peer.phase not in (Phase.STARTING, Phase.RUNNING) or peer.session is None:
        return None
    called = None if peer.called == "restart" else peer.called
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None, called=called)
    return Decision(stopping, (Kill(peer.spec.name, peer.session, EndCause.STOPPED),))


def replace_when_hurried(peer: Peer, now: float) -> Decision | None:
    """A session that is to begin afresh at once, whatever is under way in it; in a service nothing ever is."""
    served = peer.kind == "service" and peer.past.marked and peer.phase is Phase.RUNNING
    up = peer.phase in (Phase.STARTING, Phase.RUNNING) and not peer.unclear
    if not (peer.hurry or served) or not up or peer.session is None:
        return None
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (Kill(peer.spec.name, peer.session, EndCause.REPLACED),))


def look_for_work_when_idle(peer: Peer, now: float) -> Decision | None:
    """Before a session is ended for want of work its surroundings are looked at."""
    if not to_be_looked_at(peer) or peer.session is None or now < idle_at(peer):
        return None
    silent_s = peer.spec.ephemeral_silent_s if may_hang(peer) else None
    return Decision(replace(peer, considered=Look.ASKED), (LookForWork(peer.spec.name, peer.session, silent_s),))


def end_when_at_rest(peer: Peer, now: float) -> Decision | None:
    """An idle session is parked, one that was refreshed is replaced, an ephemeral one is done with, also where it hangs
    in a turn; a task that was silent for too long ends with it, and that of a pass has failed once more. One that hangs
    over its first message was never of use: that is a failed boot."""
    if peer.considered is not Look.AT_REST or not may_be_ended(peer) or peer.session is None:
        return None
    name, silent_s, said = peer.spec.name, peer.spec.ephemeral_silent_s, peer.said
    task = None if hung_pass(peer) else open_task(peer)
    silent: tuple[RecordTurn, ...] = ()
    if task is not None:
        silent = (RecordTurn(name, peer.session, task.id, said.exit_status, said.last_words, silent_s),)
    beside = tuple(each.waiting.id for each in peer.joined if each.waiting.task)
    silent += tuple(RecordTurn(name, peer.session, each, None, None, silent_s) for each in beside)
    why = f"silent for {silent_s:g} s {_hangs_where(peer)}" if may_hang(peer) else ""
    kill = Kill(name, peer.session, _end(peer), why)
    stopping = replace(peer, phase=Phase.STOPPING, deadline=None)
    had = peer.task is not None or bool(beside) or (peer.turn is not None and not peer.turn.first)
    finished = peer.finished or (peer.ephemeral and had)
    over = (
        stopping if hung_pass(peer) else replace(stopping, turn=None, joined=(), task=None, due=None, finished=finished)
    )
    return Decision(over, (*silent, kill))


def _hangs_where(peer: Peer) -> str:
    if hung_first(peer):
        return "over its first message"
    return "over what was typed" if at_rest(peer) else "in the middle of a turn"


def _end(peer: Peer) -> EndCause:
    if hung_pass(peer):
        return EndCause.KILLED
    if peer.past.marked:
        return EndCause.REPLACED
    if hung_first(peer):
        return EndCause.BOOT_FAILED
    return EndCause.FINISHED if peer.ephemeral else EndCause.PARKED


def release_when_overdue(peer: Peer, now: float) -> Decision | None:
    """No evidence came in time: the outcome is unknown, so it waits again and its next attempt says so. A session's
    first message is no task that it may have had."""
    if peer.lease is None or now < peer.lease.deadline:
        return None
    waiting = peer.lease.waiting
    doubtful = peer if waiting.first else replace(peer, doubts=(*peer.doubts, waiting.id))
    if peer.lease.watched:
        return release(doubtful, NO_EVIDENCE, AttemptEnd.UNKNOWN)
    return release(doubtful, NOBODY_WATCHED, AttemptEnd.UNWATCHED)


def expire_when_due(peer: Peer, now: float) -> Decision | None:
    return drop_each(peer, expired(peer, now), Delivery.EXPIRED, _too_late)


def _too_late(waiting: Waiting) -> str:
    return f"not delivered {'again ' if waiting.tally.taken else ''}in time"


def drop_when_its_session_is_over(peer: Peer, now: float) -> Decision | None:
    """What is for one session alone is of no use to the next."""
    lost = tuple(each for each in peer.queue if each.for_session not in (None, peer.session))
    return drop_each(peer, lost, Delivery.CANCELLED, lambda each: f"{each.for_session}, which it was for, has ended")


def cancel_when_a_service(peer: Peer, now: float) -> Decision | None:
    """What waits for one that has become a service would wait for ever, unless its session is something else still, or
    its next one is to be."""
    if peer.unclear or (peer.kind, peer.terms.kind) != ("service", "service"):
        return None
    return drop_each(peer, peer.waits, Delivery.CANCELLED, lambda each: taken_by_nobody(peer.spec.name, each.reply_to))


def give_up_when_late(peer: Peer, now: float) -> Decision | None:
    """A task past its deadline is dead. What an ephemeral session still does is of no use to anybody."""
    beside = next((each.waiting for each in peer.joined if each.due is not None and now >= each.due), None)
    if beside is not None:
        return Decision(without_task(peer, beside.id), (_late(peer, beside),))
    task = open_task(peer)
    if task is None or peer.due is None or now < peer.due or peer.session is None:
        return None
    late, gone = without_task(peer, task.id), _late(peer, task)
    if not peer.ephemeral:
        return Decision(late, (gone,))
    useless = replace(late, turn=None)  # so that no end of it, nor of its session, tells that it was done
    if peer.unclear or peer.phase is not Phase.RUNNING:
        return Decision(useless, (gone,))
    stopping = replace(useless, phase=Phase.STOPPING, deadline=None)
    return Decision(stopping, (gone, Kill(peer.spec.name, peer.session, EndCause.FINISHED, f"{task.id}: {gone.why}")))


def _late(peer: Peer, task: Waiting) -> GiveUp:
    why = f"not done within {task.deadline_s or 0:g} s"
    return GiveUp(peer.spec.name, task.id, task.attempts, why, submitted=True)


def deliver_when_listening(peer: Peer, now: float) -> Decision | None:
    message = next_message(peer)
    if message is None or peer.lease or not listening(peer) or peer.session is None:
        return None
    if peer.retry_at is not None and now < peer.retry_at:
        return None
    head = replace(message, attempts=message.attempts + 1)
    lease = Lease(head, now + peer.spec.lease_s)
    rest = tuple(each for each in peer.queue if each.id != message.id)
    leased = replace(peer, queue=rest, lease=lease, retry_at=None)
    return Decision(leased, (Deliver(peer.spec.name, peer.session, head.id, head.attempts),))


def note_hold_when_changed(peer: Peer, now: float) -> Decision | None:
    """The sender of the head of the queue is told why it waits, once for each reason."""
    hold = hold_of(peer)
    if peer.lease or hold is peer.noted or (waits := first_waiting(peer)) is None:
        return None
    return Decision(replace(peer, noted=hold), (NoteHold(peer.spec.name, waits.id, hold),))


RULES: Final[tuple[Rule, ...]] = (
    expire_when_due,  # nothing is begun, or chosen, for what nobody wants any more
    cancel_when_a_service,
    drop_when_its_session_is_over,
    join_when_due,
    let_go_when_reset,
    forget_when_stopped,
    spawn_when_called,
    probe_when_due,
    recover_when_proved,
    kill_when_unwanted,
    release_when_overdue,
    give_up_when_late,
    replace_when_hurried,
    deliver_when_listening,
    note_hold_when_changed,
    look_for_work_when_idle,
    end_when_at_rest,
)
