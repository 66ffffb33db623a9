"""What becomes of the message a session held when it ended: done, back to the head of the queue, or a dead letter."""

from msgspec.structs import replace

from peerd.core.action import Action, Decision, GiveUp, RecordDone, Requeue
from peerd.core.state import Peer, Waiting
from peerd.core.tally import Tally, often
from peerd.model.attempt import DEATHS, WAS_TAKEN, AttemptEnd
from peerd.model.session import REAPED, End, EndCause, SessionId

DELIVERY_ATTEMPTS_MAX = 5
"""How often one message is typed without being taken before it is a dead letter."""


NO_EVIDENCE = "no evidence of its submission in time"
NOBODY_WATCHED = "the daemon ended while it was handed over: whether it was taken is not known"
"""Why a message waits again that may have been taken."""


def cut_short(cause: EndCause) -> str:
    """Why a message that was not seen to be taken waits again."""
    return f"session ended ({cause.value}) while it was handed over"


def left_open(cause: EndCause) -> str:
    """Why a message waits again that was entered, in a runtime of which only the screen tells."""
    return f"session ended ({cause.value}) after it was entered: it may have been taken"


def broken_off(cause: EndCause) -> str:
    """Why a task that was taken waits again."""
    return f"session ended ({cause.value}) before the turn did"


NO_FAULT = REAPED | {EndCause.BOOT_FAILED}
"""Ends that are no task's fault: by our choice, or of a session that had never come up as it was asked for."""


def returned(peer: Peer, cause: EndCause) -> Decision:
    """Lease, turn and awaited task are given back, the one that was submitted first at the head."""
    decision = give_up_entered(peer, cause)
    for give_back in (hand_back, _reopen_joined, reopen, _reopen_awaited):
        then = give_back(decision.peer, cause)
        decision = Decision(then.peer, decision.actions + then.actions)
    return decision


def ended_well(peer: Peer, end: End) -> bool:
    """A pass, with 0 and its task in hand."""
    return peer.kind == "pass" and peer.turn is not None and (end.cause, end.code) == (EndCause.EXITED, 0)


def passed(peer: Peer, session: SessionId, end: End) -> Decision:
    """A pass that ended with 0 has done its task."""
    if peer.turn is None or not ended_well(peer, end):
        return Decision(peer)
    done = RecordDone(peer.spec.name, session, peer.turn.id)
    served = replace(peer, turn=None, due=None, finished=True, served=peer.turn.id)
    return Decision(served, (done,) if peer.turn.task else ())


def without_first(peer: Peer) -> Peer:
    """A session's first message is nothing to the next one."""
    lease = None if peer.lease is not None and peer.lease.waiting.first else peer.lease
    turn = None if peer.turn is not None and peer.turn.first else peer.turn
    return replace(peer, lease=lease, turn=turn, queue=tuple(each for each in peer.queue if not each.first))


def hand_back(peer: Peer, cause: EndCause) -> Decision:
    """A message that was on its way into a session when it ended waits again. A death is one of its task's; what is to
    be handed over once only may be typed again for it, unless it was entered where only the screen tells."""
    if peer.lease is None:
        return Decision(peer)
    entered = peer.lease.waiting.id == peer.entered
    outcome, why = _on_the_way(cause, entered=entered)
    waiting = _after(peer.lease.waiting, outcome)
    too_often = waiting.task and waiting.tally.deaths >= peer.task_attempts and outcome in DEATHS
    lost = entered if peer.task_attempts == 1 else too_often
    if lost:
        return Decision(replace(peer, lease=None), (_killed_too_often(peer, waiting, why, outcome),))
    return release(peer, why, outcome)


def _on_the_way(cause: EndCause, *, entered: bool) -> tuple[AttemptEnd, str]:
    """What became of an attempt that its session did not outlive, and why it waits again."""
    died = cause not in NO_FAULT
    if entered:
        return AttemptEnd.DIED_ENTERED if died else AttemptEnd.ENTERED, left_open(cause)
    return AttemptEnd.DIED if died else AttemptEnd.CUT_SHORT, cut_short(cause)


def give_up_entered(peer: Peer, cause: EndCause) -> Decision:
    """What waits again already, and is to be handed over once only, is given to no other session: it may have been
    taken."""
    lost = next((each for each in peer.queue if each.id == peer.entered), None)
    if lost is None or peer.task_attempts > 1:
        return Decision(peer)
    queue = tuple(each for each in peer.queue if each is not lost)
    given_up = _killed_too_often(peer, lost, left_open(cause), None)
    return Decision(replace(peer, queue=queue, noted=None), (given_up,))


def _after(waiting: Waiting, outcome: AttemptEnd) -> Waiting:
    return replace(waiting, tally=waiting.tally.after(outcome))


def release(peer: Peer, why: str, outcome: AttemptEnd) -> Decision:
    """A leased message waits again, or is dead once it was typed too often without being seen to be taken."""
    assert peer.lease is not None
    waiting = _after(peer.lease.waiting, outcome)
    free = replace(peer, lease=None)
    if waiting.tally.in_vain < DELIVERY_ATTEMPTS_MAX:
        return _requeued(free, waiting, why, outcome)
    return Decision(free, (_given_up(peer, waiting, f"{_typed(waiting.tally)}: {why}", outcome),))


def _typed(tally: Tally) -> str:
    """Not "in vain" where nobody knows whether it was taken."""
    vain = "" if tally.unknown else " in vain"
    return f"typed {often(tally.in_vain)}{vain}{f'; taken {often(tally.taken)} besides' if tally.taken else ''}"


def reopen(peer: Peer, cause: EndCause) -> Decision:
    """A task whose turn was open when its session ended is open again, or dead after too many deaths; one that is to be
    handed over once only, after any end. One that fell silent in its turn died at it."""
    if peer.turn is None:
        return Decision(peer)
    died = cause not in NO_FAULT or cause is EndCause.FINISHED
    outcome = AttemptEnd.DIED_AT_IT if died else AttemptEnd.BROKEN_OFF
    waiting, why = _after(peer.turn, outcome), broken_off(cause)
    free = replace(peer, turn=None, due=None)
    if not waiting.task:
        return Decision(free)
    if peer.task_attempts == 1 or waiting.tally.deaths >= peer.task_attempts:
        return Decision(free, (_killed_too_often(peer, waiting, why, outcome),))
    return _requeued(free, waiting, why, outcome)


def spare(peer: Peer, task: Waiting, why: str) -> Decision:
    """A task in hand whose turn failed by a limit waits again, and no death counts against it; not one that is to be
    handed over once only. A session for one task is given no other."""
    waiting, served = _after(task, AttemptEnd.LIMITED), task.id if peer.ephemeral else peer.served
    free = replace(peer, turn=None, task=None if peer.task == task else peer.task, due=None, served=served)
    if peer.task_attempts == 1:
        over = replace(free, finished=peer.finished or peer.ephemeral)
        return Decision(over, (_killed_too_often(peer, waiting, why, AttemptEnd.LIMITED),))
    return _requeued(free, waiting, why, AttemptEnd.LIMITED)


def _reopen_awaited(peer: Peer, cause: EndCause) -> Decision:
    """A task that waited for an answer when its session ended, as one whose turn was open."""
    return reopen(replace(peer, turn=peer.task, task=None), cause) if peer.task else Decision(peer)


def _reopen_joined(peer: Peer, cause: EndCause) -> Decision:
    """Tasks that were taken while the turn was open, as that one's own."""
    decision = Decision(replace(peer, joined=()))
    for each in reversed(peer.joined):
        then = reopen(replace(decision.peer, turn=each.waiting), cause)
        decision = Decision(replace(then.peer, turn=peer.turn, due=peer.due), decision.actions + then.actions)
    return decision


def _requeued(peer: Peer, waiting: Waiting, why: str, outcome: AttemptEnd) -> Decision:
    action: Action = Requeue(peer.spec.name, waiting.id, waiting.attempts, why, outcome)
    return Decision(replace(peer, queue=(waiting, *peer.queue), noted=None), (action,))


def _killed_too_often(peer: Peer, waiting: Waiting, why: str, outcome: AttemptEnd | None) -> Action:
    deaths = waiting.tally.deaths
    before = f", its session died {deaths} times at it or on the way to it" if deaths > 1 else ""
    return _given_up(peer, waiting, f"{why}{before}; not delivered again", outcome)


def _given_up(peer: Peer, waiting: Waiting, why: str, outcome: AttemptEnd | None) -> Action:
    return GiveUp(peer.spec.name, waiting.id, waiting.attempts, why, outcome in WAS_TAKEN, outcome)
