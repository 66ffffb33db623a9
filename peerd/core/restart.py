"""When a peer that died may run again: a window for giving up, a growing backoff for pacing. No jitter here."""

from collections.abc import Sequence

from peerd.model.peer import Spec
from peerd.model.session import End, EndCause


def recent(deaths: tuple[float, ...], now: float, period_s: float) -> tuple[float, ...]:
    """Deaths inside the sliding window, with the one happening now."""
    return (*(at for at in deaths if at > now - period_s), now)


def in_order(ends: Sequence[float], now: float) -> tuple[float, ...]:
    """Times of ends, in the order they came, the last one last. Where the clock was set back since, what came before
    was as much earlier as keeps that order, and no later than now."""
    later, back = now, 0.0
    found: list[float] = []
    for at in reversed(ends):
        back += max(0.0, at - back - later)
        later = at - back
        found.append(later)
    return tuple(reversed(found))


def backoff_s(failures: int, base_s: float, cap_s: float) -> float:
    """Seconds to wait after this many deaths in the window: base, then twice as long each time, at most the cap."""
    return min(cap_s, base_s * 2.0 ** min(max(0, failures - 1), 30))


def in_crash_loop(deaths: tuple[float, ...], spec: Spec) -> bool:
    return len(deaths) >= spec.crash_max


def probe_s(probes: int, spec: Spec) -> float:
    """Seconds until a crash loop is tried once more, after this many tries."""
    return backoff_s(probes + 1, spec.probe_base_s, spec.probe_cap_s)


def ended_badly(end: End) -> bool:
    return end.cause is not EndCause.EXITED or end.code != 0


def restarts(spec: Spec, *, bad: bool) -> bool:
    """Whether a peer that died is started again though nothing waits for it, by OTP's restart types."""
    match spec.restart:
        case "permanent":
            return True
        case "transient":
            return bad
        case "temporary":
            return False
