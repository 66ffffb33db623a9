"""Files of peers that were removed, or renamed: what is left to do of them, done. Where that cannot be it is told, and
tried again."""

import asyncio
import contextlib
import os

from peerd.daemon.context import Daemon
from peerd.daemon.leaving import finished, unfinished
from peerd.daemon.leftspecs import file_of, is_old, left_over, stamp
from peerd.daemon.ondisk import kept
from peerd.errors import PeerdError, TryAgain
from peerd.model.peer import PeerName
from peerd.specwrite import move_spec, remove_spec, write_spec
from peerd.store.write import FinishRemoval, FinishRename

AGAIN = "It is tried again every `census_s`; `peerd daemon status` tells as long as it is so."


def spec_file(daemon: Daemon, name: str) -> str:
    return file_of(daemon.home.peers, name)


async def refuse_left_over(daemon: Daemon, name: PeerName, nothing: str) -> None:
    """Raises TryAgain where the spec of an earlier peer of this name is in the way, and cannot be removed, or moved."""
    if name in daemon.leaving:
        raise TryAgain(f"{name} is just being removed or renamed. {nothing}")
    why = await finish_removal(daemon, name)
    if why is not None:
        raise TryAgain(f"the spec of a {name} that was removed is there still: {why}. {nothing}")
    if os.path.lexists(spec_file(daemon, name)):
        await _refuse_unmoved(daemon, name, nothing)


async def _refuse_unmoved(daemon: Daemon, name: PeerName, nothing: str) -> None:
    for old, new, was in daemon.store.reader.renames():
        if old != name:
            continue
        if new in daemon.leaving:
            raise TryAgain(f"{new}, once {name}, is just being removed or renamed. {nothing}")
        why = await finish_rename(daemon, old, new, was)
        if why is not None:
            raise TryAgain(f"the spec of {new}, once {name}, is there still: {why}. {nothing}")


async def finish_removal(daemon: Daemon, name: PeerName) -> str | None:
    """What a removal left half done; why its spec could not be removed, None where it is. A spec that was written since
    is another peer's. May be done again."""
    was = daemon.store.reader.removals().get(name)
    if was is None:
        return None
    file = spec_file(daemon, name)
    try:
        await daemon.with_specs(_remove_if_left_over, file, was)
    except OSError as error:
        return unfinished(daemon, name, f"remove {name}", error)
    finished(daemon, name)
    await kept(daemon, FinishRemoval(name))
    return None


def _remove_if_left_over(file: str, was: str) -> None:
    if left_over(file, was):
        remove_spec(file)


async def finish_renames_to(daemon: Daemon, name: PeerName) -> str | None:
    """Those of one name; why a file could not be moved, None where they are."""
    pending = [each for each in daemon.store.reader.renames() if each.new == name]
    whys = [await finish_rename(daemon, *each) for each in pending]
    return next(filter(None, whys), None)


async def finish_rename(daemon: Daemon, old: PeerName, new: PeerName, was: str) -> str | None:
    """Why its files could not be moved; None where they are."""
    try:
        async with daemon.at_specs:
            await _move_files(daemon, old, new, was)
    except (PeerdError, OSError) as error:
        return unfinished(daemon, old, f"rename {old} to {new}", error)
    finished(daemon, old)
    await kept(daemon, FinishRename(old))
    return None


async def _move_files(daemon: Daemon, old: PeerName, new: PeerName, was: str) -> None:
    """May be done again. Where the file of the old name is another peer's by now it is left alone, and its own is
    written anew, as it is on record. Raises PeerdError, OSError."""
    removed = daemon.store.reader.was_removed(new)
    if not await asyncio.to_thread(_moved, daemon.home.peers, old, new, was, removed):
        return await _write_anew(daemon, new)
    if removed:
        return
    before, after = (os.path.join(daemon.home.logins, name) for name in (old, new))
    if not os.path.lexists(after):
        with contextlib.suppress(FileNotFoundError):  # it has none of its own
            os.rename(before, after)


def _moved(folder: str, old: PeerName, new: PeerName, was: str, removed: bool) -> bool:
    """False where the file of the old name is another peer's by now."""
    held = file_of(folder, old)
    if stamp(held) and not is_old(folder, old, new, was):
        return False
    remove_spec(held) if removed else move_spec(held, file_of(folder, new), new)
    return True


async def _write_anew(daemon: Daemon, name: PeerName) -> None:
    spec = daemon.store.reader.specs().get(name)
    if spec is not None and not daemon.store.reader.was_removed(name) and not os.path.lexists(spec_file(daemon, name)):
        await asyncio.to_thread(write_spec, daemon.home.peers, spec)


def renames_unmoved(daemon: Daemon) -> list[tuple[PeerName, str]]:
    """New names of which the file could not be moved, and what is told of each."""
    pending = daemon.store.reader.renames() if daemon.unfinished else []
    unmoved = ((old, new, daemon.unfinished[old]) for old, new, _ in pending if old in daemon.unfinished)
    return [(new, _unmoved(daemon, old, new, why)) for old, new, why in unmoved]


def _unmoved(daemon: Daemon, old: PeerName, new: PeerName, why: str) -> str:
    file = spec_file(daemon, old)
    if daemon.store.reader.was_removed(new):
        return f"{new}, once {old}, is removed, but not its file {file}: {why}. {AGAIN}"
    return f"{new} is renamed, but its file {file} is not: {why}. Leave it there. {AGAIN}"
