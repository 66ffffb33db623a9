"""Specs that people edit: taken up as they are saved, for the next session. A broken one leaves the old in force."""

import os
from collections.abc import Container
from contextlib import suppress

from peerd.core.event import SpecChanged
from peerd.daemon import adopt, senseless, unrecorded
from peerd.daemon.context import Daemon
from peerd.daemon.leftfiles import finish_removal, spec_file
from peerd.daemon.leftspecs import given_up
from peerd.edges import clock, watch
from peerd.errors import ConfigError, StoreError
from peerd.model.peer import PeerName, Spec
from peerd.specfile import Found, read_spec, read_specs
from peerd.store.read_peers import KeptSpec
from peerd.store.write import SetSpec

Specs = dict[PeerName, Spec]
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
        async with daemon.at_specs:
            found = read_specs(daemon.home.peers, daemon.settings.peers)
    except ConfigError as error:
        daemon.reject("peers", (error,))
        return False
    for spec in found.specs.values():
        try:
            await _take_as_it_is(daemon, spec)
        except Exception as error:  # noqa: BLE001  one costs no other
            daemon.bug(f"take up {spec.name}", error)
    note(daemon, found, daemon.loop.peers)
    return True


def note(daemon: Daemon, found: Found, peers: Container[str]) -> None:
    """What is wrong with files, and which peers go by another spec for that."""
    wrong = found.wrong.items()
    daemon.reject("peers", [ConfigError(f"{why}{_goes_by(name)}") if name in peers else why for name, why in wrong])
    daemon.note_odd(found.odd)


def _goes_by(name: str) -> str:
    return f" Until then {name} goes by the spec that it had, which `peerd show {name} --json` tells."


def put_on_record(daemon: Daemon, declared: Specs, known: Specs, found: Found) -> None:
    """What peers go by, for a daemon that finds their files broken; all at once, and only what differs. `known`: with
    those of whom only a session tells. A spec whose file somebody removed is nobody's, and so is the last one of a
    folder, where that is the one that the file was in, and not one that shows while that is not mounted."""
    on_record, here, there = daemon.store.reader.kept_specs(), folder_of(daemon), are_there(daemon)
    held = {name: KeptSpec(spec, here) for name, spec in known.items() if name in declared or name in found.wrong}
    changed = [SetSpec(name, *kept) for name, kept in held.items() if on_record.get(name) != kept]
    left = {name: kept for name, kept in on_record.items() if name not in known and name not in found.wrong}
    gone = [SetSpec(name, None) for name, kept in left.items() if there or (here and kept.folder == here)]
    if changed or gone:
        daemon.record(*changed, *gone)


async def _take_as_it_is(daemon: Daemon, spec: Spec) -> None:
    """It may have been edited or removed since it was read, for others were waited for. What is wrong with it by now
    the next look tells."""
    peer = daemon.loop.peers.get(spec.name)
    if peer is None and (spec.name in daemon.leaving or given_up(daemon.home.peers, daemon.store.reader, spec.name)):
        return
    if peer is not None and peer.spec == spec:
        return
    with suppress(ConfigError):
        async with daemon.at_specs:  # who writes one takes it up
            read = read_spec(spec_file(daemon, spec.name), daemon.settings.peers)
        await _take(daemon, read.spec, "its file")


def folder_of(daemon: Daemon) -> str:
    """What tells the folder of specs from one in its place; its device may have another number after a boot. "" where
    it cannot be looked at."""
    try:
        return str(os.stat(daemon.home.peers).st_ino)
    except OSError:
        return ""


def are_there(daemon: Daemon) -> bool:
    """A folder that holds nothing at all may be one that is not mounted yet."""
    try:
        return bool(os.listdir(daemon.home.peers))
    except OSError:
        return False


async def take(daemon: Daemon, spec: Spec, by: str) -> None:
    """As `_take`; on record once this returns, or, where the disk refuses it, tried again until it is."""
    await _take(daemon, spec, by)
    with suppress(StoreError):
        await daemon.store.commit()


async def _take(daemon: Daemon, spec: Spec, by: str) -> None:
    """A spec, new or changed; nothing for one that is known already. A name that was there before has what the store
    still holds of it."""
    known = daemon.loop.peers
    if spec.name in known:
        _changed(daemon, spec, by)
        return
    async with daemon.taking_up:
        await _take_up(daemon, spec, by)


async def _take_up(daemon: Daemon, spec: Spec, by: str) -> None:
    await finish_removal(daemon, spec.name)
    found = await unrecorded.may_live(daemon, daemon.loop.peers)
    if spec.name in daemon.loop.peers:  # somebody else took it up meanwhile, and may know a later one
        return
    daemon.record(SetSpec(spec.name, spec, folder_of(daemon)))
    await adopt.adopt(daemon, {spec.name: spec}, found)
    senseless.note(daemon)
    adopt.settle(daemon, (spec.name,))
    daemon.log.write("peer-added", peer=spec.name, runtime=spec.runtime, by=by)


def _changed(daemon: Daemon, spec: Spec, by: str) -> None:
    if daemon.loop.peers[spec.name].spec == spec:
        return
    daemon.loop.feed(SpecChanged(spec.name, spec, daemon.task_attempts(spec), daemon.kind(spec)))
    daemon.record(SetSpec(spec.name, spec, folder_of(daemon)))
    daemon.log.write("spec-changed", peer=spec.name, runtime=spec.runtime, by=by)
