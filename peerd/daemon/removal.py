"""A peer that is removed: what is on record of it in one transaction, then its worktree, then its spec. Where the
daemon dies in between, the next one finishes it; where it dies before, the peer goes on as it was."""

import contextlib
import os
import shutil

from peerd.core import acl
from peerd.daemon import active_work, bad_records, listening, processes, specs, stale_logins, worktree_removal
from peerd.daemon.cancellation import taking_out
from peerd.daemon.context import Daemon
from peerd.daemon.leaving import begin, end, leaving, left
from peerd.daemon.pairs import pauses
from peerd.daemon.stale_files import AGAIN, finish_removal, finish_renames_to, spec_file
from peerd.daemon.stale_specs import left_over, stamp
from peerd.daemon.wake import a_peer, bring_down_for
from peerd.edges import clock
from peerd.errors import ConfigError, PeerdError, UnknownPeer, WasRemoved
from peerd.model.peer import PeerName, Spec
from peerd.rpc import team as t
from peerd.specfile import read_spec
from peerd.store.write import ForgetPeer, TakeOut

REMOVED_WITHIN_S = 60.0


async def remove(daemon: Daemon, params: t.PeerRemoveParams, by: str) -> t.PeerRemoved:
    """Once this returns nothing of its sessions runs, what waited for it is cancelled, and a namesake inherits nothing.
    What it was sent and answered stays on record, and of its worktree what is nowhere else. Raises PeerdError where it
    is at work, TryAgain where it does not end in time; then it goes on as it was."""
    name = await _a_peer(daemon, params)
    async with leaving(daemon, name):
        file = spec_file(daemon, name)
        was, led_to = await daemon.with_specs(_looked_at, file)
        peer = daemon.loop.peers[name]
        if not params.now:
            await active_work.refuse(daemon, name, f"peerd rm {name} --now")
        await bring_down_for(daemon, peer, params.timeout_s, "removed")
        cancelled = await _forget(daemon, name, was, by)
        daemon.loop.drop(name)
        pauses.forget(daemon, name)
        daemon.loop.sender_removed(name)
        listening.let_go(daemon.listening, name)
        outlived = processes.outlived(daemon, name)
        daemon.forget(name)
        gone = await worktree_removal.removed(daemon, peer.spec, params.timeout_s)  # before the spec, which tells of it
        login = daemon.home.login(name) if os.path.lexists(daemon.home.login(name)) else None
        unfinished = await finish_removal(daemon, name) or await finish_renames_to(daemon, name)
    await stale_logins.clear(daemon)
    await specs.read(daemon)  # one may have been written while its name was not free
    bad_records.note_again(daemon)
    daemon.log.write("peer-removed", peer=name, by=by)
    if unfinished is not None:
        raise PeerdError(f"{name} is removed, {unfinished.told('')}")
    for path, told in daemon.logins.left.items():
        if stale_logins.of_whom(path) == name:
            raise PeerdError(f"{told}. {AGAIN}")
    if outlived:
        raise PeerdError(f"{name} is removed; {outlived}")
    return t.PeerRemoved(
        peer=name,
        file=file,
        cancelled=cancelled,
        worktree=gone,
        led_to=led_to,
        login=login,
        named_in=acl.naming(daemon.loop.peers, name),
    )


async def _a_peer(daemon: Daemon, params: t.PeerRemoveParams) -> PeerName:
    """Where somebody else is at removing it, once that is over. Raises WasRemoved for whoever lost the answer, and asks
    again."""
    await left(daemon, PeerName(params.peer), params.timeout_s)
    try:
        return a_peer(daemon, params.peer)
    except UnknownPeer as error:
        if daemon.store.reader.was_removed(params.peer):
            raise WasRemoved(f"no peer {params.peer!r}: it was removed.") from error
        raise


WithWorktrees = list[Spec]
"""Of removed peers of which a worktree may be left."""


async def finish(daemon: Daemon) -> WithWorktrees:
    """What could not be done before, or was left half done by another daemon; whoever adds a peer of that name tries
    too. Until it is done there is none by that file. `go_on` with what this returns once it is known who there is."""
    with_worktrees = []
    for name, was in daemon.store.reader.removals().items():
        if name in daemon.leaving:
            continue
        spec = await daemon.with_specs(_left, spec_file(daemon, name), was) if name not in daemon.unfinished else None
        if name in daemon.leaving or daemon.store.reader.removals().get(name) != was:  # somebody came first
            continue
        if spec is None or spec.worktree is None:
            await finish_removal(daemon, name)
        else:
            begin(daemon, name)
            with_worktrees.append(spec)
    return with_worktrees


def go_on(daemon: Daemon, with_worktrees: WithWorktrees) -> None:
    daemon.task(stale_logins.clear(daemon), "remove logins")
    for spec in with_worktrees:
        daemon.task(_finish(daemon, spec), f"remove {spec.name}")  # git may take its time


def _left(file: str, was: str) -> Spec | None:
    """Its spec, where that is left over and makes sense."""
    with contextlib.suppress(ConfigError, OSError):
        return read_spec(file).spec if left_over(file, was) else None
    return None


async def _finish(daemon: Daemon, spec: Spec) -> None:
    try:
        if not worktree_removal.in_use(daemon, spec):
            await worktree_removal.removed(daemon, spec, REMOVED_WITHIN_S)
        await finish_removal(daemon, spec.name)
    finally:
        end(daemon, spec.name)
    await specs.read(daemon)


def _looked_at(file: str) -> tuple[str, str | None]:
    """The stamp of the spec that is to go, for one that is written from now on is another peer's; and to what it leads,
    where it is a link."""
    try:
        return stamp(file), os.path.realpath(file) if os.path.islink(file) and os.path.exists(file) else None
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}. Nothing was changed.") from error


async def _forget(daemon: Daemon, name: PeerName, was: str, by: str) -> int:
    """How many messages were cancelled."""
    found = daemon.store.reader.waiting_for(name)
    left_out = [id for id in found.left_out if id is not None]
    at, why = clock.wall(), f"{name} was removed by {by}"
    taken_out = [*(TakeOut(id, at, why) for id in left_out), *(taking_out(each, at, why) for each in found.receipts)]
    sessions = daemon.store.reader.ended_sessions(name)
    *cancelled, _ = await daemon.store.commit(*taken_out, ForgetPeer(name, at, why, was))
    for each in taken_out:
        daemon.receipts.changed(each.message)
    daemon.receipts.of_people.set()  # what it asked the operator
    for session in sessions:
        shutil.rmtree(daemon.home.session(session), ignore_errors=True)
    return sum(cancelled)
