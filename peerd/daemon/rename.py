"""A peer under another name: its record in one transaction, then its files. Where the daemon dies in between, the next
one finishes them."""

import asyncio
import os
from typing import NamedTuple

from peerd.core import acl
from peerd.core.state import Peer
from peerd.daemon import active_work, listening, peerless, processes, specs, stale_logins
from peerd.daemon.context import Daemon
from peerd.daemon.leaving import leaving
from peerd.daemon.pairs import pauses
from peerd.daemon.roster import text_of
from peerd.daemon.specs import take
from peerd.daemon.stale_files import finish_rename, login_unmoved, refuse_left_over, renames_unmoved, spec_file
from peerd.daemon.stale_specs import stamp
from peerd.daemon.wake import a_peer, bring_down_for
from peerd.edges import clock
from peerd.errors import ConfigError, PeerdError, TryAgain, UsageError
from peerd.model.peer import PeerName, Spec
from peerd.rpc.team import PeerRenamed, PeerRenameParams
from peerd.specfile import UNCHANGED, check_text
from peerd.specwrite import renamed, try_rewriting
from peerd.store.write import RenamePeer

NOTHING = "Nothing was changed."


class _Checked(NamedTuple):
    """What it will be, and say; `was`: the stamp of its file."""

    spec: Spec
    text: str
    was: str


async def rename(daemon: Daemon, params: PeerRenameParams, by: str) -> PeerRenamed:
    """On disk once this returns: spec, record, queue, conversation and login are the new name's. A session that runs is
    ended first, and its conversation can be gone on with. Raises PeerdError where it is at work, UsageError for a name
    that cannot be or is taken, TryAgain where its spec is a link to what takes no writes, or its session does not end
    in time. Then it keeps its name."""
    if _is_done(daemon, params):
        return _told(daemon, params.peer, PeerName(params.name))
    new = PeerName(params.name)
    await refuse_left_over(daemon, new, NOTHING)
    if params.peer in daemon.loop.peers:
        await refuse_left_over(daemon, PeerName(params.peer), NOTHING)  # nothing of an earlier one goes along
    old = a_peer(daemon, params.peer)
    _refuse_leaving(daemon, new)
    _refuse_unmoved(daemon, old)
    _refuse_in_the_way(daemon, old, new)
    async with leaving(daemon, old, new):
        await _checked(daemon, old, new)
        peerless.refuse_heir(daemon, old, new)
        peer = daemon.loop.peers[old]
        if not params.now:
            await active_work.refuse(daemon, old, f"peerd rename {old} {new} --now")
        await daemon.with_specs(try_rewriting, spec_file(daemon, old))
        await bring_down_for(daemon, peer, params.timeout_s, "renamed")
        done = await _put_on_record(daemon, peer, new)
        daemon.loop.drop(old)
        daemon.loop.sender_renamed(old, new)
        pauses.renamed(daemon, old, new)
        listening.hand_on(daemon.listening, old, new)
        daemon.forget(old, new)
        daemon.log.write("peer-renamed", peer=new, was=old, by=by)
        left = await finish_rename(daemon, old, new, done.was)
        await take(daemon, done.spec, by)
    await specs.read(daemon)  # one may have been written while its name was not free
    if left is not None:
        raise PeerdError(f"{old} is {new} now, {left.told(' moved')}")
    outlived = processes.outlived(daemon, new)
    if outlived:
        raise PeerdError(f"{old} is {new} now; {outlived}")
    return _told(daemon, old, new)


def _is_done(daemon: Daemon, params: PeerRenameParams) -> bool:
    """Whoever lost the answer asks again."""
    peers, since = daemon.loop.peers, daemon.store.reader.renamed(params.peer)
    return params.peer not in peers and since == params.name and since in peers and since not in daemon.leaving


def _told(daemon: Daemon, old: str, new: PeerName) -> PeerRenamed:
    named_in, want = acl.naming(daemon.loop.peers, old), daemon.loop.peers[new].want
    file = spec_file(daemon, new)
    return PeerRenamed(peer=new, was=old, file=file, named_by=[*named_in], named_in=named_in, want=want)


async def _put_on_record(daemon: Daemon, peer: Peer, new: PeerName) -> _Checked:
    """As it is from now on. Raises what makes that impossible, and then it goes on as before it was brought down."""
    old = peer.spec.name
    try:
        checked = await _checked(daemon, old, new)  # files may have changed meanwhile
        peerless.refuse_heir(daemon, old, new)
        await daemon.store.commit(RenamePeer(old, new, clock.wall(), checked.was, checked.text))
    except PeerdError as error:
        if peer.session is None:
            raise
        so = f"{old} keeps its name; its session was ended, and the next one comes when there is a reason."
        raise type(error)(f"{str(error).removesuffix(NOTHING).rstrip(' .')}. {so}") from error
    return checked


def _refuse_leaving(daemon: Daemon, new: PeerName) -> None:
    if new in daemon.leaving:
        raise TryAgain(f"{new} is just being removed or renamed. {NOTHING}")


def _refuse_unmoved(daemon: Daemon, name: PeerName) -> None:
    """Its file goes by the name before still: of two names that it had one would be another peer's."""
    told = next((told for new, told in renames_unmoved(daemon) if new == name), None) or login_unmoved(daemon, name)
    if told is not None:
        raise PeerdError(f"{told} {name} has no other name before that. {NOTHING}")


async def finish(daemon: Daemon) -> None:
    """What could not be done before, or was left half done by another daemon."""
    for old, new, was in daemon.store.reader.renames():
        if old not in daemon.leaving and new not in daemon.leaving:
            await finish_rename(daemon, old, new, was)


def _refuse_in_the_way(daemon: Daemon, old: PeerName, new: PeerName) -> None:
    """Raises UsageError."""
    if new in daemon.loop.peers:
        raise _taken(new)
    if os.path.lexists(login := daemon.home.login(new)):
        raise UsageError(
            f"a login of an earlier {new} is there: {login}. Remove it or move it away, then rename it. {NOTHING}"
        )
    for why in stale_logins.named_by(daemon, daemon.home.login(old), (old,)):
        raise UsageError(f"{why}: {daemon.home.login(old)}. Change that first, then rename it. {NOTHING}")


async def _checked(daemon: Daemon, old: PeerName, new: PeerName) -> _Checked:
    """Raises UsageError, ConfigError; nothing was changed. What is so of the names is so still once this returns."""
    file = spec_file(daemon, new)
    async with daemon.at_specs:
        if await asyncio.to_thread(os.path.lexists, file):
            raise _taken(new)
        held = await text_of(daemon, old)
        was = await _stamp(held.file)
    _refuse_in_the_way(daemon, old, new)
    try:
        text = renamed(held.text, new)
    except ConfigError as error:
        raise ConfigError(f"{held.file}: {error}") from error
    check_text(held.text, held.file, daemon.settings.peers)  # what is wrong with it is told by the name it has
    try:
        return _Checked(check_text(text, file, daemon.settings.peers).spec, text, was)
    except ConfigError as error:
        raise UsageError(f"{str(error).removesuffix(UNCHANGED).rstrip()} {NOTHING}") from error


def _taken(new: PeerName) -> UsageError:
    return UsageError(f"there is a {new} already. Choose another name. {NOTHING}")


async def _stamp(file: str) -> str:
    try:
        return await asyncio.to_thread(stamp, file)
    except OSError as error:
        raise ConfigError(f"{file}: {error.strerror}. {NOTHING}") from error
