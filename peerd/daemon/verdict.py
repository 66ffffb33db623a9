"""Where a peer stands, in a word and why, for a person."""

from peerd.core.queries import hold_of
from peerd.core.state import Peer
from peerd.counted import counted
from peerd.daemon import holds, limits, pending_answers
from peerd.daemon.approvals import api
from peerd.daemon.context import Daemon
from peerd.daemon.last_exit import why_down
from peerd.daemon.reach import unreachable
from peerd.edges import clock
from peerd.model.message import Hold
from peerd.model.peer import Activity, PeerName, Phase, Want


def activity(peer: Peer) -> Activity | None:
    """What a running peer does; a look at the screen that found a prompt, or nothing that is known, counts."""
    if peer.phase is not Phase.RUNNING:
        return Activity.BLOCKED if peer.phase is Phase.STARTING and peer.activity is Activity.BLOCKED else None
    if peer.hold is Hold.UNKNOWN_SCREEN and peer.activity is Activity.IDLE:
        return Activity.UNKNOWN
    return Activity.BLOCKED if peer.hold in (Hold.PROMPT, Hold.DIALOG) else peer.activity


def seen(daemon: Daemon, peer: Peer) -> Activity | None:
    """That of a peer out of reach is not known, whatever its journal said last."""
    return Activity.UNKNOWN if unreached(daemon, peer) is not None else activity(peer)


def unreached(daemon: Daemon, peer: Peer) -> str | None:
    """For a person, of a session that lives out of reach."""
    live = daemon.living(peer.spec.name) if peer.phase in (Phase.STARTING, Phase.RUNNING) else None
    return None if live is None else unreachable(live)


def out_of_reach(daemon: Daemon, peer: Peer, hold: Hold | None) -> str | None:
    """As `unreached`, where nothing else holds back what waits for it."""
    return None if hold in (Hold.QUEUE_PAUSED, Hold.PAIR_PAUSED) else unreached(daemon, peer)


def hold_seen(daemon: Daemon, peer: Peer) -> Hold | None:
    """Why what waits for it does: that its tmux is out of reach comes before all that its session told."""
    hold = hold_of(peer)
    return hold if out_of_reach(daemon, peer, hold) is None else Hold.TMUX


def hold_of_queue(daemon: Daemon, peer: Peer) -> Hold | None:
    """The same, in a line of a peer: None where nothing waits. Of what is just looked at only that tells."""
    hold = hold_seen(daemon, peer) if peer.queue or peer.lease else None
    return hold if peer.queue or hold is Hold.TMUX else None


def explained(daemon: Daemon, peer: Peer) -> str:
    unclear = unclearly(daemon, peer)
    if unclear:
        return f"unclear: {unclear}"
    limited = limits.told(peer) if limits.stands(peer) and activity(peer) in (None, Activity.LIMITED) else None
    stands = unreached(daemon, peer) or limited or api.told(daemon, peer) or holds.told(daemon, peer)
    return stands or pending_answers.told(daemon, peer) or verdict(peer)


def unclearly(daemon: Daemon, peer: Peer) -> str | None:
    """Why nobody can tell whether it may run, and what to do; None as a rule."""
    known = daemon.unclear.get(peer.spec.name) if peer.unclear else None
    return known or (_cleared_up(peer.spec.name) if peer.unclear else None)


def _cleared_up(name: PeerName) -> str:
    return f"its record was invalid, or was lost. It counts as stopped: `peerd start {name}` lets it run."


def verdict(peer: Peer) -> str:
    """One word and why, for a person."""
    name = peer.spec.name
    if peer.want is Want.DOWN:
        return f"stopped: `peerd start {name}` lets it run again"
    deaths = counted(len(peer.deaths), "death")
    match peer.phase:
        case Phase.ASLEEP if peer.paused:
            return f"asleep, its queue held back: `peerd queue resume {name}` lets it go on"
        case Phase.ASLEEP:
            return "asleep: a message or `peerd wake` brings it up"
        case Phase.STARTING:
            return f"starting, {_blocked(peer)}" if peer.activity is Activity.BLOCKED else "starting"
        case Phase.STOPPING:
            return "stopping"
        case Phase.BACKOFF if peer.no_room:
            return f"backoff: its start found no room on the disk; {tried_again(peer)} if there is a reason to"
        case Phase.BACKOFF:
            left_s = again_s(peer) or 0.0
            return f"backoff: starts again in {left_s:.1f} s if there is a reason to ({deaths})"
        case Phase.FAILED:
            return f"failed: {deaths} in {peer.spec.crash_window_s:g} s, boots not counted; {tried_again(peer)}"
        case Phase.RUNNING:
            return _verdict_awake(peer)


def _blocked(peer: Peer) -> str:
    return f"blocked: something is open on its screen; `peerd attach {peer.spec.name}` to answer it"


def _verdict_awake(peer: Peer) -> str:
    doing = activity(peer)
    if doing is Activity.BLOCKED:
        return _blocked(peer)
    if peer.turn is not None:
        return f"busy with {peer.turn.id}"
    return still_a_service(peer) or (doing.value if doing else "unknown")


def still_a_service(peer: Peer) -> str | None:
    """Of one that an edit made something else, as long as the session lasts that takes no message."""
    if peer.kind != "service" or peer.terms.kind == "service":
        return None
    return f"a service until its session ends: `peerd new {peer.spec.name}` begins the next"


def left_down(daemon: Daemon, peer: Peer) -> str:
    """Of one that died too often: how, and what becomes of it."""
    name = peer.spec.name
    died = f"{counted(len(peer.deaths), 'death')}, the last: {why_down(daemon, name) or 'not known'}"
    return f"{name} is down after {died}; {tried_again(peer)}."


def tried_again(peer: Peer) -> str:
    return f"it is tried once more in {again_s(peer) or 0.0:.0f} s, `peerd start {peer.spec.name}` tries at once"


def again_s(peer: Peer) -> float | None:
    """Until a peer that died may start again; None where it needs nobody's leave, or only a `start` gives it."""
    if peer.want is Want.DOWN or peer.deadline is None or peer.phase not in (Phase.BACKOFF, Phase.FAILED):
        return None
    return max(0.0, peer.deadline - clock.now())
