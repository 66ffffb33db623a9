"""Peers that a person must see to: each is told in the words that `show` has for it."""

from peerd.core.state import Peer
from peerd.daemon import holds, limits, unheard
from peerd.daemon.approvals import api
from peerd.daemon.context import Daemon
from peerd.daemon.last_exit import why_down
from peerd.daemon.verdict import activity, explained, unreached
from peerd.model.limit import LimitKind
from peerd.model.message import Hold
from peerd.model.notice import Notice, NoticeKind, Severity
from peerd.model.peer import Activity, Phase, Want

_URGENT = ("down",)
FAILED_TURNS = 3
"""One or two may be a server's bad minute."""

_PASSES = (LimitKind.RATE_LIMIT, LimitKind.OVERLOADED)
"""Limits that end by themselves."""


def notices(daemon: Daemon) -> list[Notice]:
    """At most one a peer, of what stands before all else."""
    found = ((peer, kind(daemon, peer)) for _, peer in sorted(daemon.loop.peers.items()))
    return [
        Notice(
            kind=kind,
            about=peer.spec.name,
            text=f"{peer.spec.name} is {explained(daemon, peer)}{_why_down(daemon, peer)}",
            severity=_severity(kind, peer),
        )
        for peer, kind in found
        if kind is not None
    ]


def kind(daemon: Daemon, peer: Peer) -> NoticeKind | None:
    """None: it needs nobody."""
    if peer.want is Want.DOWN:
        return None
    if unreached(daemon, peer) is not None:
        return "unreached"
    if peer.phase is Phase.FAILED or peer.no_room:
        return "down"
    if activity(peer) is Activity.BLOCKED:
        return None if api.told_otherwise(daemon, peer) else "prompt"
    if limits.stands(peer):
        return "limited"
    if peer.phase is Phase.RUNNING and unheard.told(daemon.living(peer.spec.name)) is not None:
        return "unheard"
    if not holds.stands_for_long(daemon, peer):
        return None
    if peer.turn is not None:
        return "mute"
    return "unwritable" if peer.hold is Hold.UNWRITABLE else "screen"


def _severity(kind: NoticeKind, peer: Peer) -> Severity:
    if kind == "limited" and peer.limited is not None and peer.limited.kind in _PASSES:
        return Severity.NOTE
    return Severity.URGENT if kind in _URGENT else Severity.WARNING


def _why_down(daemon: Daemon, peer: Peer) -> str:
    """Of one that is left down, or waits for room on the disk: how it last ended."""
    why = why_down(daemon, peer.spec.name) if peer.phase is Phase.FAILED or peer.no_room else None
    return f"; it last ended: {why}" if why else ""


def failing(daemon: Daemon) -> list[Notice]:
    """Agents that are at rest, or asleep, after turns that failed: one whose context is full looks idle, and fails all
    it is sent. What runs commands fails by them, and is no such agent."""
    found = sorted((name, failed) for name, failed in daemon.failed_turns.items() if failed >= FAILED_TURNS)
    return [
        Notice(
            kind="failing",
            about=name,
            text=f"{name}: each of its last {failed} turns failed, and so may what it is sent next",
            remedy=f"`peerd peek {name}` shows why; `peerd compact {name}` shortens its conversation, "
            f"`peerd new {name}` begins another",
        )
        for name, failed in found
        if _takes_more(daemon, daemon.loop.peers.get(name))
    ]


def _takes_more(daemon: Daemon, peer: Peer | None) -> bool:
    """Whether it is an agent that goes on with its conversation once it is sent something."""
    adapter = None if peer is None or peer.want is Want.DOWN else daemon.adapters.get(peer.spec.runtime)
    return adapter is not None and not adapter.turn_ends_task


def of_runtimes(daemon: Daemon) -> list[Notice]:
    peers = (peer.spec for _, peer in sorted(daemon.loop.peers.items()) if peer.spec.runtime not in daemon.adapters)
    return [
        Notice(
            kind="runtime",
            about=spec.name,
            text=f"{spec.name} is of runtime {spec.runtime!r}, which is not known",
            remedy=f"{daemon.home.runtimes}/{spec.runtime}.toml would declare it; "
            f"`peerd edit {spec.name} --set runtime=...` gives it another.",
        )
        for spec in peers
    ]
