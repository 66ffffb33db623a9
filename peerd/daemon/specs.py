"""Specs that people edit: taken up as they are saved, for the next session. A broken one leaves the old in force."""

import os
from contextlib import suppress

from peerd.core.event import SpecChanged
from peerd.daemon import adopt, senseless, unrecorded
from peerd.daemon.context import Daemon
from peerd.edges import clock, watch
from peerd.errors import ConfigError
from peerd.model.peer import PeerName, Spec
from peerd.specfile import read_spec, read_specs

AGAIN_S = 1.0


async def follow(daemon: Daemon) -> None:
    """Runs until cancelled; a fault of ours costs only one look."""
    async for _ in watch.changes(daemon.home.peers):
        try:
            while not await read(daemon):
                await clock.pause(AGAIN_S)
        except Exception as error:  # noqa: BLE001
            daemon.bug("read the specs", error)


async def read(daemon: Daemon) -> bool:
    """Take up what is new or changed; a file that was removed changes nothing. False where the folder cannot be read,
    which is told."""
    try:
        found = read_specs(daemon.home.peers, daemon.settings.peers)
    except ConfigError as error:
        daemon.reject("peers", (error,))
        return False
    for spec in found.specs.values():
        try:
            await _take_as_it_is(daemon, spec)
        except Exception as error:  # noqa: BLE001  one costs no other
            daemon.bug(f"take up {spec.name}", error)
    daemon.reject("peers", found.wrong)
    daemon.note_odd(found.odd)
    return True


async def _take_as_it_is(daemon: Daemon, spec: Spec) -> None:
    """It may have been edited or removed since it was read, for others were waited for. What is wrong with it by now
    the next look tells."""
    peer = daemon.loop.peers.get(spec.name)
    if (peer is None and _given_up(daemon, spec.name)) or (peer is not None and peer.spec == spec):
        return
    with suppress(ConfigError):
        path = os.path.join(daemon.home.peers, f"{spec.name}.toml")
        await take(daemon, read_spec(path, daemon.settings.peers).spec, "its file")


def _given_up(daemon: Daemon, name: PeerName) -> bool:
    """Its file is left over: of a peer that is just leaving, or whose file could not be removed, or moved to its new
    name."""
    if name in daemon.leaving or any(old == name for old, _ in daemon.store.reader.renames()):
        return True
    at = daemon.store.reader.removals().get(name)
    return at is not None and left_over(os.path.join(daemon.home.peers, f"{name}.toml"), at)


def left_over(file: str, removed_at: float) -> bool:
    """Whether a spec is that of the peer that was removed then; not one that was written since."""
    try:
        return os.stat(file).st_mtime <= removed_at
    except OSError:
        return False


async def take(daemon: Daemon, spec: Spec, by: str) -> None:
    """A spec, new or changed; nothing for one that is known already. A name that was there before has what the store
    still holds of it."""
    known = daemon.loop.peers
    found = None if spec.name in known else await unrecorded.may_live(daemon, known)
    peer = daemon.loop.peers.get(spec.name)
    if peer is None and found is not None:  # nobody else took it up meanwhile
        await adopt.adopt(daemon, {spec.name: spec}, found)
        senseless.note(daemon)
        adopt.settle(daemon, (spec.name,))
        daemon.log.write("peer-added", peer=spec.name, runtime=spec.runtime, by=by)
    elif peer is not None and peer.spec != spec:
        daemon.loop.feed(SpecChanged(spec.name, spec, daemon.task_attempts(spec), daemon.kind(spec)))
        daemon.log.write("spec-changed", peer=spec.name, runtime=spec.runtime, by=by)
