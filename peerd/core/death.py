"""What a death counts for: its peer, or its task; and when the peer may run again."""

from typing import Final

from msgspec.structs import replace

from peerd.core.action import Decision, GiveUp, NoteBackoff, NoteCrashLoop, NoteRecovered, NoteUntried
from peerd.core.queue import in_hand
from peerd.core.requeue import DELIVERY_ATTEMPTS_MAX, ended_well, returned, without_first
from peerd.core.restart import Death, backoff_s, in_crash_loop, probe_s, recent, restarts
from peerd.core.state import Peer
from peerd.model.peer import Phase
from peerd.model.session import End

NO_ROOM_MAX: Final = 32  # the longest wait comes long before that


def of_task(peer: Peer, end: End) -> bool:
    """Whether a death of this session is one of its task's, or of nobody's since that is over: no sign that the peer
    cannot run. The last death of a task is its peer's too: where task after task dies, it is no task's fault. So is any
    that ends a try after a crash loop before its task is over."""
    held = without_first(peer)
    if not peer.ephemeral or not (peer.finished or holds(held)):
        return False
    if peer.finished or ended_well(peer, end):  # what it still had in hand was an answer
        return True
    return not peer.probes and not _its_last(held, end)


def _its_last(peer: Peer, end: End) -> bool:
    """Whether what this session held is not handed over again: a task, or what was typed too often in vain. An answer
    that may have been taken is none."""
    lost = {action.message for action in returned(peer, end.cause).actions if isinstance(action, GiveUp)}
    given_up = (each for each in in_hand(peer) if each.id in lost)
    return any(each.task or each.tally.in_vain + 1 >= DELIVERY_ATTEMPTS_MAX for each in given_up)


def holds(peer: Peer) -> bool:
    """Whether its session has a message in hand."""
    return bool(in_hand(peer))


def die(peer: Peer, death: Death, *, bad: bool) -> Decision:
    """Count a death that happens now: wait before the next start, or give up when there were too many, until a try
    goes well. A restart that is due then comes with `start`."""
    spec, now = peer.spec, death.at
    deaths = recent(peer.deaths, death, spec.crash_window_s)
    called = "restart" if restarts(spec, bad=bad) else None
    if peer.probes or in_crash_loop(deaths, spec):
        wait_s = probe_s(peer.probes, spec)
        failed = replace(peer, phase=Phase.FAILED, deaths=deaths, deadline=now + wait_s, called=called)
        return Decision(failed, (NoteCrashLoop(spec.name, len(deaths), spec.crash_window_s, wait_s, peer.probes),))
    delay_s = backoff_s(len(deaths), spec.backoff_base_s, spec.backoff_cap_s)
    waiting = replace(peer, phase=Phase.BACKOFF, deaths=deaths, deadline=now + delay_s, called=called)
    return Decision(waiting, (NoteBackoff(spec.name, delay_s, len(deaths)),))


def pause(peer: Peer, now: float) -> Decision:
    """Before the task is handed over again, or the next one begun."""
    delay_s = peer.spec.backoff_base_s
    waiting = replace(peer, phase=Phase.BACKOFF, deadline=now + delay_s)
    return Decision(waiting, (NoteBackoff(peer.spec.name, delay_s, len(peer.deaths)),))


def wait_for_room(peer: Peer, now: float) -> Decision:
    """No death, and no try of a crash loop: whatever it was to run for waits until the disk has room."""
    spec, no_room = peer.spec, (*peer.no_room, now)[-NO_ROOM_MAX:]
    delay_s = backoff_s(len(no_room), spec.backoff_base_s, spec.backoff_cap_s)
    phase = Phase.FAILED if peer.probes else Phase.BACKOFF
    called = "restart" if restarts(spec, bad=True) else None
    none = untried(peer)
    waiting = replace(none.peer, phase=phase, no_room=no_room, deadline=now + delay_s, called=called)
    return Decision(waiting, (*none.actions, NoteBackoff(spec.name, delay_s, len(peer.deaths))))


def untried(peer: Peer) -> Decision:
    """What began as a try after a crash loop was none: the next one is due."""
    if not peer.probes:
        return Decision(peer)
    tries = peer.probes - 1
    return Decision(replace(peer, probes=tries), (NoteUntried(peer.spec.name, tries, probe_s(tries, peer.spec)),))


def proved_at(peer: Peer, now: float) -> float | None:
    """When a try that lives now ends its crash loop."""
    return now + peer.spec.crash_window_s / peer.spec.crash_max if peer.probes else None


def at_its_first(peer: Peer) -> bool:
    """Whether a session for one task has not got over its first message: it may hang there."""
    waits = (*in_hand(peer), *peer.queue)
    return peer.ephemeral and any(each.first for each in waits)


def went_well(peer: Peer) -> bool:
    """Whether its task has come to its end, whatever becomes of the rest of its turn. One that was late has none."""
    return peer.ephemeral and peer.finished and peer.served is not None


def proved(peer: Peer) -> Decision:
    """A try after a crash loop that went well ends it: it has lived for a while, or its task has come to its end."""
    if not peer.probes:
        return Decision(peer)
    recovered = replace(peer, probes=0, deaths=(), deadline=None)
    return Decision(recovered, (NoteRecovered(peer.spec.name, peer.probes),))
