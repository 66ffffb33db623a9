"""Specs that people edit: taken up as they are saved, for the next session. A broken one leaves the old in force."""

import asyncio
import os
from collections.abc import Container
from contextlib import suppress

from peerd.core.event import SpecChanged
from peerd.daemon import adopt, bad_records, shell_acl, unrecorded
from peerd.daemon.context import Daemon, guarded
from peerd.daemon.stale_files import finish_removal, spec_file
from peerd.daemon.stale_specs import given_up
from peerd.edges import clock, watch
from peerd.errors import ConfigError, StoreError
from peerd.model.peer import PeerName, Spec
from peerd.specfile import Found, read_spec, read_specs
from peerd.store.decode import MayLive
from peerd.store.read_peers import KeptSpec
from peerd.store.write import SetSpec

Specs = dict[PeerName, Spec]
AGAIN_S = 1.0
ITS_FILE = "its file"


async def follow(daemon: Daemon) -> None:
    """Runs until cancelled; a fault of ours costs only one look."""
    async for _ in watch.looks(daemon.home.peers):
        with guarded(daemon, "read the specs"):
            there = await asyncio.to_thread(watch.marks, daemon.home.peers)
            if there not in (None, daemon.specs_read):
                while not await read(daemon):
                    await clock.pause(AGAIN_S)


async def read(daemon: Daemon) -> bool:
    """Take up what is new or changed; a file that was removed changes nothing. False where the folder cannot be read,
    which is told."""
    try:
        found = await look(daemon)
    except ConfigError as error:
        daemon.reject("peers", (error,))
        return False
    for spec in tuple(found.specs.values()):
        with guarded(daemon, f"take up {spec.name}"):  # one costs no other
            await _take_as_it_is(daemon, spec)
    note(daemon, found, daemon.loop.peers)
    return True


async def look(daemon: Daemon) -> Found:
    """All of them, beside everything else. Raises ConfigError where the folder cannot be read."""
    folder, figures = daemon.home.peers, daemon.settings.peers
    async with daemon.at_specs:
        daemon.specs_read = await asyncio.to_thread(watch.marks, folder)  # first: what changes meanwhile is read again
        daemon.found = await asyncio.to_thread(read_specs, folder, figures)
        daemon.found_in = await asyncio.to_thread(folder_of, folder)
        return daemon.found


def note(daemon: Daemon, found: Found, peers: Container[str]) -> None:
    """What is wrong with files, and which peers go by another spec for that."""
    wrong = found.wrong.items()
    daemon.reject("peers", [ConfigError(f"{why}{_goes_by(name)}") if name in peers else why for name, why in wrong])
    daemon.note_odd(found.odd)


def _goes_by(name: str) -> str:
    return f" Until then the last spec of {name} holds; `peerd show {name} --json` shows it."


def put_on_record(daemon: Daemon, declared: Specs, known: Specs, found: Found) -> None:
    """What peers go by, for a daemon that finds their files broken; all at once, and only what differs. `known`: with
    those of whom only a session tells. A spec whose file somebody removed is nobody's, and so is the last one of a
    folder, where that is the one that the file was in, and not one that shows while that is not mounted."""
    on_record, here, there = (
        daemon.store.reader.kept_specs(),
        folder_of(daemon.home.peers),
        are_there(daemon.home.peers),
    )
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
    if peer is not None and peer.spec == spec:
        return
    with suppress(ConfigError):
        read = await _as_it_is(daemon, spec.name)
        if read is not None and spec.name in daemon.loop.peers:
            _changed(daemon, read, ITS_FILE)
        elif read is not None:
            await _take_new(daemon, spec.name)


async def _take_new(daemon: Daemon, name: PeerName) -> None:
    """It is read once what is waited for is over: one that was read before may be of a peer that was removed since."""
    async with daemon.taking_up:
        found = await _who_lives(daemon, name)
        spec = await _as_it_is(daemon, name)
        if spec is not None:
            await _take_up(daemon, spec, ITS_FILE, found)


async def _as_it_is(daemon: Daemon, name: PeerName) -> Spec | None:
    """None where its file is no peer's to be. Raises ConfigError where there is none, or it is wrong."""
    async with daemon.at_specs:  # who writes one takes it up
        if _is_nobodys(daemon, name) or await is_given_up(daemon, name):
            return None
        read = await asyncio.to_thread(read_spec, spec_file(daemon, name), daemon.settings.peers)
    return None if _is_nobodys(daemon, name) else read.spec


def _is_nobodys(daemon: Daemon, name: PeerName) -> bool:
    """Of a name that is being left: whoever leaves it has the files read again."""
    return name in daemon.leaving and name not in daemon.loop.peers


async def is_given_up(daemon: Daemon, name: PeerName) -> bool:
    """As `given_up`; not of a peer. For who is `at_specs`."""
    record = daemon.store.reader
    if name in daemon.loop.peers:
        return False
    return await asyncio.to_thread(given_up, daemon.home.peers, name, record.renames(), record.removals())


def folder_of(folder: str) -> str:
    """What tells the folder of specs from one in its place; its device may have another number after a boot. "" where
    it cannot be looked at."""
    try:
        return str(os.stat(folder).st_ino)
    except OSError:
        return ""


def are_there(folder: str) -> bool:
    """A folder that holds nothing at all may be one that is not mounted yet."""
    try:
        return bool(os.listdir(folder))
    except OSError:
        return False


def is_known(daemon: Daemon, here: str) -> bool:
    """Whether it is the folder in which a peer's spec was, and not one in its place. `here`: see `folder_of`."""
    return bool(here) and any(kept.folder == here for kept in daemon.store.reader.kept_specs().values())


async def take(daemon: Daemon, spec: Spec, by: str) -> int:
    """As `_take`, of a spec that was just written; on record once this returns, or, where the disk refuses it, tried
    again until it is. Returns how much that waited for it is cancelled, as `shell_acl` does: of a file that somebody
    writes nobody knows which others are to be written yet, and what waits is asked about once more as it is given."""
    daemon.found.specs[spec.name], daemon.specs_read = spec, None
    await _take(daemon, spec, by)
    barred = shell_acl.cancel(daemon, spec.name, daemon.loop.feed)
    with suppress(StoreError):
        await daemon.store.commit()
    return barred


async def _take(daemon: Daemon, spec: Spec, by: str) -> None:
    """A spec, new or changed; nothing for one that is known already. A name that was there before has what the store
    still holds of it."""
    if spec.name in daemon.loop.peers:
        _changed(daemon, spec, by)
        return
    async with daemon.taking_up:
        await _take_up(daemon, spec, by, await _who_lives(daemon, spec.name))


async def _who_lives(daemon: Daemon, name: PeerName) -> MayLive:
    """Once nothing of an earlier peer of this name is left to be done."""
    await finish_removal(daemon, name)
    daemon.found_in = await asyncio.to_thread(folder_of, daemon.home.peers)
    return await unrecorded.may_live(daemon, daemon.loop.peers)


async def _take_up(daemon: Daemon, spec: Spec, by: str, found: MayLive) -> None:
    if spec.name in daemon.loop.peers:  # somebody else took it up meanwhile, and may know a later one
        return
    daemon.record(SetSpec(spec.name, spec, daemon.found_in))
    await adopt.adopt(daemon, {spec.name: spec}, found)
    bad_records.note(daemon)
    adopt.settle(daemon, (spec.name,))
    daemon.log.write("peer-added", peer=spec.name, runtime=spec.runtime, by=by)


def _changed(daemon: Daemon, spec: Spec, by: str) -> None:
    if daemon.loop.peers[spec.name].spec == spec:
        return
    daemon.loop.feed(SpecChanged(spec.name, spec, daemon.task_attempts(spec), daemon.kind(spec)))
    daemon.record(SetSpec(spec.name, spec, daemon.found_in))
    daemon.log.write("spec-changed", peer=spec.name, runtime=spec.runtime, by=by)
