"""A peer as the last daemon left it, from what is on record of it. A session that lives is told of by
`SessionAdopted`, once this is known."""

import msgspec

from peerd.core.action import Action, Decision, NoteCrashLoop
from peerd.core.queue import accept
from peerd.core.restart import Death, backoff_s, counted, ended_badly, in_crash_loop, probe_s, restarts
from peerd.core.state import Limited, Past, Peer, Waiting
from peerd.model.peer import PeerName, Phase, Spec, Want
from peerd.model.session import REAPED, End, Kind


class Ended(msgspec.Struct, frozen=True):
    """How its last session ended, and when. `of_task`: a death there is one of its task's, and none of the peer's. `n`
    is its number in the order begun."""

    end: End
    at: float
    of_task: bool = False
    n: int = 1


class LeftDown(msgspec.Struct, frozen=True):
    """A crash loop that lasts: tried `probes` times since it began, left down or tried last at `at`, when session
    `after` had ended last."""

    probes: int
    at: float
    after: int = 0


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record of a peer. Times are monotonic seconds; what came after what is told by the numbers of its
    sessions, for clocks are set back."""

    want: Want = Want.ON_DEMAND
    unclear: bool = False
    wanted_after: int = 0  # the session that had ended last when it was last stopped or started
    stopped_after: int = 0  # when it was last stopped, also where it was started since
    queue: tuple[Waiting, ...] = ()
    paused: bool = False
    held_from: frozenset[PeerName] = frozenset()  # senders it is paused with
    given: tuple[PeerName, ...] = ()  # senders of what it has taken, who was given to least recently first
    marked: bool = False
    again: str | None = None  # who wants the next session at once
    deaths: tuple[Death, ...] = ()  # since it was last stopped or started, oldest first
    left_down: LeftDown | None = None
    past: Past = Past()
    limited: Limited | None = None
    held: bool = False  # a session of it is on record without an end
    last: Ended | None = None  # where none is held


def recalled(spec: Spec, kind: Kind, task_attempts: int, known: Known, now: float) -> Decision:
    """A crash loop, a backoff and a restart that is due go on. A crash loop of which only the deaths are on record, the
    last daemon having ended before it was noted, begins now."""
    deaths = counted(known.deaths, spec.crash_window_s)
    lately = bool(deaths) and now - deaths[-1] < spec.crash_window_s  # else it has been well since, or nobody knows
    if known.left_down is not None or known.held or not (lately and in_crash_loop(deaths, spec)):
        return _queued(_peer(spec, kind, task_attempts, known, deaths, now), known.queue)
    known = msgspec.structs.replace(known, left_down=LeftDown(0, now))
    noted = NoteCrashLoop(spec.name, len(deaths), spec.crash_window_s, probe_s(0, spec))
    waits = _queued(_peer(spec, kind, task_attempts, known, deaths, now), known.queue)
    return Decision(waits.peer, (noted, *waits.actions))


def _queued(peer: Peer, queue: tuple[Waiting, ...]) -> Decision:
    """Accepted one by one: the last daemon may have ended before one gave way to a later one under its key."""
    actions: tuple[Action, ...] = ()
    for each in queue:
        taken = accept(peer, each)
        peer, actions = taken.peer, actions + taken.actions
    return Decision(peer, actions)


def _peer(spec: Spec, kind: Kind, task_attempts: int, known: Known, deaths: tuple[float, ...], now: float) -> Peer:
    phase, deadline = (Phase.ASLEEP, None) if known.held else _down(spec, known, deaths, now)
    return Peer(
        spec=spec,
        kind=kind,
        task_attempts=task_attempts,
        want=known.want,
        unclear=known.unclear,
        phase=phase,
        called=_called(spec, known),
        probes=known.left_down.probes if known.left_down else 0,
        deadline=deadline,
        paused=known.paused,
        held_from=known.held_from,
        given=known.given,
        limited=known.limited,
        past=msgspec.structs.replace(known.past, marked=known.marked, again=known.again),
        deaths=deaths,
    )


def _down(spec: Spec, known: Known, deaths: tuple[float, ...], now: float) -> tuple[Phase, float | None]:
    """Where a peer without a session stands, and until when; a backoff may be over by now."""
    last, down = known.last, known.left_down
    if down is not None and last is not None and last.end.cause in REAPED and last.n > down.after:
        return Phase.ASLEEP, None  # a try that was ended: it did not die
    of_task = last.at if last is not None and _died_since(last, known.wanted_after, of_task=True) else None
    if down is not None and (of_task is None or last is None or last.n <= down.after):
        since = min(max((down.at, *deaths[-1:])), now)
        return Phase.FAILED, since + probe_s(down.probes, spec)
    paused = (of_task + spec.backoff_base_s,) if of_task is not None else ()
    counted = (deaths[-1] + backoff_s(len(deaths), spec.backoff_base_s, spec.backoff_cap_s),) if deaths else ()
    until = max((*counted, *paused), default=None)
    return (Phase.ASLEEP if until is None else Phase.BACKOFF), until


def _called(spec: Spec, known: Known) -> str | None:
    """Its restart, where it died after it was last stopped: a start forgives the death, and has it restarted."""
    last = known.last
    if last is None or not _died_since(last, known.stopped_after, of_task=False):
        return None
    return "restart" if restarts(spec, bad=ended_badly(last.end)) else None


def _died_since(last: Ended, after: int, *, of_task: bool) -> bool:
    """Whether that was a death, of its task or not, and came after the end of session `after`."""
    return last.end.cause not in REAPED and last.of_task is of_task and last.n > after
