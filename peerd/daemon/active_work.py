"""What is under way in a peer's session: looked at before it is ended so that something else can be done."""

from peerd.core.state import Peer
from peerd.daemon import bad_records, park
from peerd.daemon.context import Daemon
from peerd.daemon.reach import try_to_reach
from peerd.daemon.verdict import seen, unclearly, unreached
from peerd.errors import PeerdError
from peerd.model.peer import Activity, PeerName, Phase


async def refuse(daemon: Daemon, name: PeerName, so: str) -> None:
    """Raises PeerdError where its session is at work, or may be; `so` is the command that ends it all the same. Nothing
    may be taken for it meanwhile."""
    unclear = unclearly(daemon, daemon.loop.peers[name])
    if unclear and (daemon.living(name) is not None or await bad_records.lives(daemon, name)):
        raise PeerdError(f"{name} is unclear, and its session was left alone: {unclear}")
    out_of_reach = await _out_of_reach(daemon, name)
    if out_of_reach:
        raise PeerdError(f"{name} is {out_of_reach}. Nothing was done; `{so}` does not wait for it.")
    why = _in_hand(daemon.loop.peers[name]) or await _seen(daemon, name) or _in_hand(daemon.loop.peers[name])
    if why:
        raise PeerdError(f"{name} is at work: {why}. Wait for it, or `{so}` ends it.")


async def _out_of_reach(daemon: Daemon, name: PeerName) -> str | None:
    """Told of a hanging tmux server before what it has in hand: that would be waited for in vain."""
    live = daemon.living(name)
    if live is None or live.adapter.kind != "tui":
        return None
    await try_to_reach(live)
    return unreached(daemon, daemon.loop.peers[name])


async def known(daemon: Daemon, name: PeerName) -> str:
    """What keeps its session from being ended, as it was seen last."""
    out_of_reach = await _out_of_reach(daemon, name)
    if out_of_reach:
        return f"it is {out_of_reach}"
    peer, live = daemon.loop.peers[name], daemon.living(name)
    doing = seen(daemon, peer)
    if doing in (Activity.BUSY, Activity.BLOCKED):
        return _in_hand(peer) or f"it is {doing.value}"
    return _in_hand(peer) or (live.put_off if live is not None else "") or "it is just being looked at"


def _in_hand(peer: Peer) -> str:
    held = peer.turn or peer.task or (peer.lease and peer.lease.waiting)
    awaits = ", and awaits an answer" if held is not None and held is peer.task else ""
    return f"it has {held.id} in hand{awaits}" if held and peer.phase is Phase.RUNNING else ""


async def _seen(daemon: Daemon, name: PeerName) -> str:
    """What no message tells of. A service is at work as long as it lives, and keeps nobody from anything."""
    peer, live = daemon.loop.peers[name], daemon.living(name)
    if live is None or live.adapter.kind == "service" or peer.phase not in (Phase.STARTING, Phase.RUNNING):
        return ""
    await try_to_reach(live)
    return await park.under_way(daemon, live)
