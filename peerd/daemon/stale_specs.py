"""Whose peers the specs of the folder are: some are left over, of peers that were removed, or renamed, while their file
could not be, and some are broken. Read only, and of the store and the folder alone: it serves also where no daemon
runs."""

import os
import stat
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from peerd.model.peer import PeerName, Spec
from peerd.specfile import Found
from peerd.specwrite import is_another
from peerd.store.decode import MayLive
from peerd.store.read import Reader
from peerd.store.read_peers import Renamed

Specs = dict[PeerName, Spec]


def declared(folder: str, reader: Reader, found: Found) -> Specs:
    """Peers, by the specs that are on disk: one whose file is broken goes by the last one that was not, one whose file
    could not be moved to its new name yet by the old one."""
    on_record = reader.specs() if found.wrong else {}
    specs = found.specs | {name: spec for name, spec in on_record.items() if name in found.wrong}
    renames, removals = reader.renames(), reader.removals()
    peers = {name: spec for name, spec in specs.items() if not given_up(folder, name, renames, removals)}
    for old, new, _ in renames:
        if old in peers or reader.was_removed(new):
            continue
        if old in found.specs:
            peers.setdefault(new, replace(found.specs[old], name=new))
        elif old in found.wrong and new in on_record:
            peers.setdefault(new, on_record[new])
    return peers


def with_undeclared(declared: Specs, reader: Reader, may_live: MayLive) -> Specs:
    """With peers whose session is on record without an end, and whose spec is gone or cannot be read, so that nobody
    loses sight of a session that lives: they go by the spec they had, or what their session was begun by."""
    sessions: list[tuple[PeerName, Spec | None]] = [(each.peer, each.spec) for each in may_live.live]
    sessions += [(each.peer, each.spec) for each in may_live.unclear if each.peer is not None]
    begun = {name: spec for name, spec in sessions if spec is not None and spec.name == name and name not in declared}
    on_record = reader.specs() if begun else {}
    return declared | {name: on_record.get(name, spec) for name, spec in begun.items()}


def given_up(folder: str, name: PeerName, renames: Iterable[Renamed], removals: Mapping[PeerName, str]) -> bool:
    """Its file is left over: of a peer whose file could not be removed, or moved to its new name; also where nobody can
    tell. By what of that is on record."""
    try:
        moved = any(old == name and is_old(folder, old, new, was) for old, new, was in renames)
        return moved or left_over(file_of(folder, name), removals.get(name, ""))
    except OSError:
        return True


def is_old(folder: str, old: PeerName, new: PeerName, was: str) -> bool:
    """Whether a spec of the old name is still the peer's that was renamed; not one that was written since, were it the
    same. Where no stamp of it is on record, one that is the same is taken for it. Raises OSError where nobody can
    tell."""
    held, moved = file_of(folder, old), file_of(folder, new)
    if left_over(held, was):
        return True
    if was:
        return False
    return stamp(held) != "" and not is_another(held, moved, new)


def left_over(file: str, was: str) -> bool:
    """Whether a spec is that of the peer that was removed; not one that was written since. `was`: see `stamp`. Raises
    OSError where nobody can tell."""
    return was != "" and stamp(file) == was


def stamp(file: str) -> str:
    """What tells a spec from one that is written in its place, whatever a clock says; of a link its own, whatever it
    leads to. "" where there is none, or a folder, which is nobody's spec. Raises OSError where nobody can tell."""
    try:
        found = os.lstat(file)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    if stat.S_ISDIR(found.st_mode):
        return ""
    return f"{found.st_ino}:{found.st_size}:{found.st_mtime_ns}"


def file_of(folder: str, name: str) -> str:
    return os.path.join(folder, f"{name}.toml")
