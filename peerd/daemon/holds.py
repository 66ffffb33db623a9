"""What stands on a screen where an empty input line should: told to the loop by whoever looks anyway, and to a person.

A screen that nobody knows may be a question, an error or somebody's work: nothing is typed there, and it is not ended.
"""

from peerd.adapter import Reading
from peerd.core.holds import ScreenSeen
from peerd.core.queries import may_hang
from peerd.core.state import Peer
from peerd.daemon import unheard
from peerd.daemon.approvals import watcher
from peerd.daemon.context import Daemon
from peerd.daemon.inputline import why_not_at_rest
from peerd.daemon.live import Live, Still, Unready
from peerd.edges import clock
from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, Phase, Want
from peerd.model.screen import Screen, last_said

QUOTED_ROWS, QUOTED_MAX_CHARS = 8, 200


def tell(daemon: Daemon, live: Live, screen: Screen, reading: Reading) -> None:
    """Of a look at a session that says nothing. One in a turn may work."""
    if live.adapter.kind != "tui":
        return
    if reading.prompt:
        watcher.begin(daemon, live)
    peer, live.shown, hold = daemon.loop.peers[live.peer], screen, why_not_at_rest(live, reading)
    if peer.turn is not None:
        live.still = _still(live, peer.turn.id, screen) if hold is Hold.UNKNOWN_SCREEN else None
    elif peer.hold is not hold:
        daemon.loop.feed(ScreenSeen(live.peer, live.id, hold))


def _still(live: Live, turn: MessageId, screen: Screen) -> Still:
    known = live.still
    as_it_was = known is not None and (known.turn, known.lines) == (turn, screen.lines)
    return known if known is not None and as_it_was else Still(turn, screen.lines, clock.now())


def quoted(screen: Screen) -> str:
    return last_said(screen.lines, QUOTED_ROWS, QUOTED_MAX_CHARS)


def told(daemon: Daemon, peer: Peer) -> str | None:
    """For a person, of a peer at which there stands what only a person sees to."""
    live = daemon.living(peer.spec.name)
    if live is None or peer.want is Want.DOWN:
        return None
    if peer.phase is Phase.STARTING and peer.activity is Activity.BLOCKED and peer.hold is Hold.UNKNOWN_SCREEN:
        return f"starting, blocked: {at_boot(peer, live)}"
    if peer.phase is not Phase.RUNNING:
        return None
    if (not_heard := unheard.told(live)) is not None:
        return not_heard
    if peer.turn is not None:
        return _in_turn(peer.turn.id, peer, live)
    return _awake(peer, live) or (_hidden(peer, live) if _stands_s(peer) >= daemon.settings.silent_s else None)


def _in_turn(turn: MessageId, peer: Peer, live: Live) -> str | None:
    """What a session for one task would be ended for."""
    if live.still is None or live.still.turn != turn or peer.activity is not Activity.BUSY:
        return None
    told_at = live.last_fact[1] if live.last_fact is not None else 0.0
    still_s = clock.now() - live.still.since
    if told_at > live.still.since or still_s < peer.spec.ephemeral_silent_s:
        return None
    return (
        f"busy with {turn}, as far as is known: for {still_s:.0f} s its screen has been stuck at something that peerd "
        f"does not recognise{_shows(live)}; `peerd attach {peer.spec.name}` to see to it"
    )


def at_boot(peer: Peer, live: Live) -> str:
    name, left_s = peer.spec.name, max(0.0, (peer.deadline or 0.0) - clock.now())
    ends = "somebody is attached" if peer.attended else f"with nobody attached it is ended in {left_s:.0f} s"
    return (
        f"its screen is stuck at something that peerd does not recognise{_shows(live)}; "
        f"`peerd attach {name}` to see to it; {ends}"
    )


def _awake(peer: Peer, live: Live) -> str | None:
    name = peer.spec.name
    if peer.hold is Hold.UNKNOWN_SCREEN:
        silent_s = peer.spec.ephemeral_silent_s
        ends = f"its session is ended once it was silent for {silent_s:g} s" if may_hang(peer) else "it is not ended"
        return (
            f"unknown: it is in no turn, and its screen shows something that peerd does not "
            f"recognise{_shows(live)}. Nothing is typed there, and {ends}: `peerd attach {name}` to see to it"
        )
    if peer.hold is Hold.DRAFT:
        waits = ", and its session is not ended before that" if peer.finished else ""
        return (
            "idle, but its input line holds a text that nobody has entered: "
            f"`peerd attach {name}` to enter it or to clear it{waits}"
        )
    if peer.hold is Hold.UNWRITABLE and live.unready is not None:
        return f"idle, but {unwritable(live.unready)}"
    return None


def unwritable(unready: Unready) -> str:
    of = unready.message
    return f"the files of {of} cannot be written into its session folder ({unready.why}); peerd keeps trying"


def _hidden(peer: Peer, live: Live) -> str | None:
    """As where a shell's prompt goes elsewhere, or a program in it is nobody's turn."""
    if peer.hold is not Hold.BUSY or peer.activity is not Activity.IDLE:
        return None
    return (
        f"idle by its own word, but no input line is seen{_shows(live)}. Nothing is typed there: "
        f"`peerd attach {peer.spec.name}` to see to it"
    )


def _stands_s(peer: Peer) -> float:
    return 0.0 if peer.held_since is None else clock.now() - peer.held_since


def _shows(live: Live) -> str:
    return f" ({quoted(live.shown)!r})" if live.shown is not None and quoted(live.shown) else ""


def stands_for_long(daemon: Daemon, peer: Peer) -> bool:
    """Whether a person must know of what stands there: a draft holds nothing up where nothing waits for its end."""
    if peer.turn is not None:
        return told(daemon, peer) is not None
    waits = peer.finished or bool(peer.queue)
    matters = peer.hold is Hold.UNKNOWN_SCREEN or (peer.hold in (Hold.DRAFT, Hold.BUSY, Hold.UNWRITABLE) and waits)
    return matters and _stands_s(peer) >= daemon.settings.silent_s and told(daemon, peer) is not None
