"""When a peer that died may run again: a window for giving up, a growing backoff for pacing. No jitter here."""

from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from peerd.model.peer import Spec
from peerd.model.session import BOOT_MAX_S, End, EndCause


class Death(msgspec.Struct, frozen=True):
    """When a session died, and how long it had taken to come up, in seconds."""

    at: float
    boot_s: float = 0.0


def recent(deaths: tuple[float, ...], death: Death, period_s: float) -> tuple[float, ...]:
    """Deaths inside the sliding window, with the one happening now. The window stands still while a session comes up,
    else boots that take as long as they may would never be too many: what came before this one is as much nearer."""
    nearer = (min(at + death.boot_s, death.at) for at in deaths)
    return (*(at for at in nearer if at > death.at - period_s), death.at)


def counted(deaths: Sequence[Death], period_s: float) -> tuple[float, ...]:
    """As they were counted one by one."""
    found: tuple[float, ...] = ()
    for each in deaths:
        found = recent(found, each, period_s)
    return found


def reach_s(specs: Iterable[Spec]) -> float:
    """How far back a death may count by now, in seconds."""
    return max((spec.crash_window_s + spec.crash_max * BOOT_MAX_S for spec in specs), default=0.0)


def in_order(ends: Sequence[Death], now: float) -> tuple[Death, ...]:
    """In the order they came, the last one last. Where the clock was set back since, what came before was as much
    earlier as keeps that order, and no later than now."""
    later, back = now, 0.0
    found: list[Death] = []
    for each in reversed(ends):
        back += max(0.0, each.at - back - later)
        later = each.at - back
        found.append(replace(each, at=later))
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
