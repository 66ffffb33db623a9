"""What a person must know of: the daemon's own files that are wrong, and the peers that wait for somebody."""

from peerd.config import read_settings
from peerd.core.state import Peer
from peerd.counted import counted
from peerd.daemon import copied, limits, pairs, sight, unfinished, unpeered
from peerd.daemon.context import Daemon
from peerd.daemon.lastend import why_down
from peerd.daemon.room import unread_by_operator, unread_max
from peerd.daemon.verdict import activity, explained, unreached
from peerd.errors import ConfigError
from peerd.model.peer import OPERATOR, Activity, Phase, Want


def notices(daemon: Daemon) -> list[str]:
    """Empty where nothing is wrong."""
    aside = daemon.store.set_aside
    damaged = [f"the store was damaged ({aside.why}); it is kept as {aside.path}, a new one was begun"] if aside else []
    lost = [f"log lines are being lost: {daemon.log.trouble}"] if daemon.log.trouble else []
    unwritten = [f"what happened is not on disk yet, it is tried again: {daemon.store.trouble}"]
    lost += unwritten if daemon.store.trouble else []
    of_files = {
        *_of_settings(daemon),
        *_of_runtimes(daemon),
        *daemon.odd,
        *(why for each in (*daemon.rejected.values(), *daemon.unread.values()) for why in each),
    }
    waiting = [*_unread(daemon), *pairs.notices(daemon), *unpeered.notices(daemon), *unfinished.notices(daemon)]
    return [
        *damaged,
        *lost,
        *copied.notices(daemon),
        *copied.moved_away(daemon),
        *daemon.senseless,
        *waiting,
        *_of_peers(daemon),
        *sorted(of_files),
    ]


def _unread(daemon: Daemon) -> list[str]:
    count = unread_by_operator(daemon)
    if count < unread_max(daemon):
        return []
    return [
        f"{OPERATOR} has {counted(count, 'message')} unread, and is sent no more, answers aside: "
        f"`peerd messages --peer {OPERATOR}` lists them, `peerd message ID` reads one, `peerd queue purge {OPERATOR}` "
        "cancels them all"
    ]


def _of_settings(daemon: Daemon) -> list[str]:
    """They are read once: what is wrong with them now would keep the next daemon from starting."""
    try:
        read_settings(daemon.home.settings_file)
    except ConfigError as error:
        return [f"{error} This daemon goes on with what it read; the next one will not start."]
    return []


def _of_runtimes(daemon: Daemon) -> list[str]:
    peers = (peer.spec for _, peer in sorted(daemon.loop.peers.items()) if peer.spec.runtime not in daemon.adapters)
    return [
        f"{spec.name} is of runtime {spec.runtime!r}, which is not known: {daemon.home.runtimes}/{spec.runtime}.toml "
        f"would declare it; `peerd edit {spec.name} --set runtime=...` gives it another."
        for spec in peers
    ]


def _of_peers(daemon: Daemon) -> list[str]:
    """Those that a person must see to."""
    peers = (peer for _, peer in sorted(daemon.loop.peers.items()))
    return [
        f"{peer.spec.name} is {explained(daemon, peer)}{_why_down(daemon, peer)}"
        for peer in peers
        if _needs_a_person(daemon, peer)
    ]


def _why_down(daemon: Daemon, peer: Peer) -> str:
    """Of one that is left down, or waits for room on the disk: how it last ended."""
    why = why_down(daemon, peer.spec.name) if peer.phase is Phase.FAILED or peer.no_room else None
    return f"; it last ended: {why}" if why else ""


def _needs_a_person(daemon: Daemon, peer: Peer) -> bool:
    if peer.want is Want.DOWN:
        return False
    down = peer.phase is Phase.FAILED or bool(peer.no_room)
    stands = activity(peer) is Activity.BLOCKED or limits.stands(peer) or sight.stands_for_long(daemon, peer)
    return down or stands or unreached(daemon, peer) is not None
