"""Where peers without a session stand while no daemon answers: as the next daemon will find them."""

from collections.abc import Mapping
from datetime import UTC, datetime

from peerd.core.recovery import Ended, Known, LeftDown, recalled
from peerd.core.restart import Death, in_order, reach_s
from peerd.model.peer import PeerName, Phase, Spec
from peerd.model.session import Kind
from peerd.store.read import Reader

KIND: Kind = "tui"  # what a declared runtime is its file says; no adapter is loaded here


class Down:
    """Unix seconds take the place of monotonic ones: nothing waits here."""

    def __init__(self, reader: Reader, specs: Mapping[PeerName, Spec]) -> None:
        self._reader = reader
        self._now = datetime.now(UTC).timestamp()
        self._loops = reader.crash_loops()
        self._wanted_after, self._stopped_after = reader.wanted_after(), reader.stopped_after()
        since = min((loop.at for loop in self._loops.values() if loop.lasts), default=self._now)
        self._deaths = reader.deaths(since - reach_s(specs.values()))

    def phase(self, spec: Spec) -> Phase:
        """Of a peer without a session. A backoff that is over by now is none."""
        peer = recalled(spec, KIND, 1, self._known(spec), self._now).peer
        over = peer.phase is Phase.BACKOFF and peer.deadline is not None and peer.deadline <= self._now
        return Phase.ASLEEP if over else peer.phase

    def since(self, name: PeerName) -> float | None:
        """When its last session ended; None for a peer that never had one."""
        last = self._reader.last_ended(name)
        return None if last is None else last.ended_at

    def _known(self, spec: Spec) -> Known:
        loop = self._loops.get(spec.name)
        return Known(
            wanted_after=self._wanted_after.get(spec.name, 0),
            stopped_after=self._stopped_after.get(spec.name, 0),
            deaths=self._counted(spec.name),
            left_down=LeftDown(loop.probes, loop.at, loop.after) if loop is not None and loop.lasts else None,
            last=self._ended(spec.name),
        )

    def _counted(self, name: PeerName) -> tuple[Death, ...]:
        """Since the last `start` or the end of a crash loop."""
        loop = self._loops.get(name)
        over_after = loop.after if loop is not None and not loop.lasts else None
        forgiven = self._wanted_after.get(name, 0) if over_after is None else over_after
        its = (each for each in self._deaths if each.peer == name and each.n > forgiven)
        return in_order([Death(each.at, each.boot_s) for each in its], self._now)

    def _ended(self, name: PeerName) -> Ended | None:
        last = self._reader.last_ended(name)
        if last is None or last.end is None or last.ended_at is None:
            return None
        return Ended(last.end, last.ended_at, bool(last.of_task), self._reader.number(last.id))


def verdict(name: PeerName, phase: Phase, *, silent: bool = False) -> str:
    """For a person. `silent`: a daemon is there and does not answer, so that nobody can tell what it would do."""
    if silent:
        stands = f"{phase.value} on record" if phase in (Phase.FAILED, Phase.BACKOFF) else "not known"
        return f"{stands}: the daemon is there and does not answer; `peerd daemon restart` should fix it"
    match phase:
        case Phase.FAILED:
            return (
                "failed: it died too often and is left down; the next daemon tries it once more after a while, "
                f"`peerd start {name}` tries at once"
            )
        case Phase.BACKOFF:
            return "backoff: it died recently; the next daemon starts it again if there is a reason to"
        case _:
            return "not known: no daemon watches it; `peerd daemon start` does"
