"""A peer that is removed: what is on record of it in one transaction, then its worktree, then its spec. Where the
daemon dies in between, the next one finishes it; where it dies before, the peer goes on as it was."""

import contextlib
import shutil

from peerd.daemon import senseless, underway, worktree
from peerd.daemon.context import Daemon
from peerd.daemon.ending import cancelling
from peerd.daemon.leftspecs import left_over, stamp
from peerd.daemon.roster import leaving
from peerd.daemon.specs import finish_removal, spec_file
from peerd.daemon.wake import a_peer, bring_down_for
from peerd.edges import clock
from peerd.errors import ConfigError, PeerdError, TryAgain, UnknownPeer, WasRemoved
from peerd.model.peer import PeerName, Spec
from peerd.rpc import team as t
from peerd.specfile import read_spec
from peerd.store.write import ForgetPeer, TakeOut

REMOVED_WITHIN_S = 60.0


async def remove(daemon: Daemon, params: t.PeerRemoveParams, by: str) -> t.PeerRemoved:
    """Once this returns nothing of its sessions runs, what waited for it is cancelled, and a namesake inherits nothing.
    What it was sent and answered stays on record, and of its worktree what is nowhere else. Raises PeerdError where it
    is at work, NotYet where it does not end; then it goes on as it was."""
    name = _a_peer(daemon, params.peer)
    peer = daemon.loop.peers[name]
    with leaving(daemon, name):
        if not params.now:
            await underway.refuse(daemon, name, f"peerd rm {name} --now")
        await bring_down_for(daemon, peer, params.timeout_s, "removed")
        cancelled = await _forget(daemon, name, by)
        daemon.loop.drop(name)
        gone = await worktree.removed(daemon, peer.spec, params.timeout_s)  # before the spec, which tells of it
        unfinished = await finish_removal(daemon, name)
    senseless.note_again(daemon)
    daemon.log.write("peer-removed", peer=name, by=by)
    if unfinished is not None:
        raise PeerdError(f"{name} is removed, but its spec is not: {unfinished}. `peerd daemon restart` tries again.")
    return t.PeerRemoved(peer=name, file=spec_file(daemon, name), cancelled=cancelled, worktree=gone)


def _a_peer(daemon: Daemon, name: str) -> PeerName:
    """Raises WasRemoved for whoever lost the answer, and asks again."""
    try:
        return a_peer(daemon, name)
    except (UnknownPeer, TryAgain) as error:
        if name not in daemon.loop.peers and daemon.store.reader.was_removed(name):
            raise WasRemoved(str(error)) from error
        raise


async def finish(daemon: Daemon) -> list[Spec]:
    """On boot, before any spec is read: what a daemon left half done. What cannot be done is told, and tried again by
    the next, and by whoever adds a peer of that name; until then there is none by that file. Returns the specs of which
    a worktree may be left: `go_on` with them once it is known who there is."""
    with_worktrees = []
    for name, was in daemon.store.reader.removals().items():
        spec = _left(daemon, name, was)
        if spec is None or spec.worktree is None:
            await finish_removal(daemon, name)
        else:
            daemon.leaving.add(name)
            with_worktrees.append(spec)
    return with_worktrees


def go_on(daemon: Daemon, with_worktrees: list[Spec]) -> None:
    for spec in with_worktrees:
        daemon.task(_finish(daemon, spec), f"remove {spec.name}")  # git may take its time


def _left(daemon: Daemon, name: PeerName, was: str) -> Spec | None:
    """Its spec, where that is left over and makes sense."""
    file = spec_file(daemon, name)
    with contextlib.suppress(ConfigError):
        return read_spec(file).spec if left_over(file, was) else None
    return None


async def _finish(daemon: Daemon, spec: Spec) -> None:
    try:
        if not worktree.in_use(daemon, spec):
            await worktree.removed(daemon, spec, REMOVED_WITHIN_S)
        await finish_removal(daemon, spec.name)
    finally:
        daemon.leaving.discard(spec.name)


async def _forget(daemon: Daemon, name: PeerName, by: str) -> int:
    """How many messages were cancelled."""
    found = daemon.store.reader.waiting_for(name)
    left_out = [id for id in found.left_out if id is not None]
    waiting = [each.message.id for each in found.receipts] + left_out
    at, why = clock.wall(), f"{name} was removed by {by}"
    cancelled = (cancelling(each, at, why) for each in found.receipts)
    taken_out = (TakeOut(id, at, why) for id in left_out)
    sessions = daemon.store.reader.ended_sessions(name)
    await daemon.store.commit(*taken_out, *cancelled, ForgetPeer(name, at, why, stamp(spec_file(daemon, name))))
    for id in waiting:
        daemon.receipts.changed(id)
    for session in sessions:
        shutil.rmtree(daemon.home.session(session), ignore_errors=True)
    return len(waiting)
