"""Files of peers that were removed, or renamed: what is left to do of them, done. Where that cannot be it is told, and
tried again."""

import asyncio
import os
from collections.abc import Callable
from functools import partial
from typing import Literal, NamedTuple

from peerd.daemon import stale_logins
from peerd.daemon.context import Daemon
from peerd.daemon.leaving import finished, unfinished
from peerd.daemon.ondisk import kept
from peerd.daemon.stale_specs import file_of, is_old, left_over, stamp
from peerd.errors import ConfigError, PeerdError, TryAgain
from peerd.model.peer import PeerName
from peerd.specwrite import move_spec, remove_spec, spec_text, write_text
from peerd.store.write import FinishRemoval, FinishRename

AGAIN = "peerd tries again every `census_s`; `peerd daemon status` shows it until then."


class NotDone(NamedTuple):
    """What of a peer is where it was, and why."""

    what: Literal["spec", "login"]
    why: str

    def told(self, done: str) -> str:
        return f"but its {'file' if self.what == 'spec' else self.what} could not be{done}: {self.why}. {AGAIN}"


def spec_file(daemon: Daemon, name: str) -> str:
    return file_of(daemon.home.peers, name)


async def refuse_left_over(daemon: Daemon, name: PeerName, nothing: str) -> None:
    """Raises TryAgain where the spec, or the login, of an earlier peer of this name is in the way, and cannot be
    removed, or moved."""
    if name in daemon.leaving:
        raise TryAgain(f"{name} is just being removed or renamed. {nothing}")
    left = await finish_removal(daemon, name)
    if left is not None:
        raise TryAgain(f"the {left.what} of the removed peer {name} still exists: {left.why}. {nothing}")
    for old, new, was in daemon.store.reader.renames():
        if old != name:
            continue
        if new in daemon.leaving:
            raise TryAgain(f"{new} (formerly {name}) is just being removed or renamed. {nothing}")
        left = await finish_rename(daemon, old, new, was)
        if left is not None:
            raise TryAgain(f"the {left.what} of {new} (formerly {name}) still exists: {left.why}. {nothing}")


async def finish_removal(daemon: Daemon, name: PeerName) -> NotDone | None:
    """What a removal left half done; None where its spec is removed, and its login set aside. A spec that was written
    since is another peer's, and so is a login under a name of which no removal is open. May be done again."""
    was = daemon.store.reader.removals().get(name)
    if was is None:
        return None
    act = partial(_remove_if_left_over, spec_file(daemon, name), was)
    left = await _attempted(daemon, name, f"remove {name}", lambda: act)
    left = await _without_login(daemon, name) or left
    if left is None:
        await kept(daemon, FinishRemoval(name))
    return left


def _remove_if_left_over(file: str, was: str) -> None:
    if left_over(file, was):
        remove_spec(file)


async def _without_login(daemon: Daemon, name: PeerName) -> NotDone | None:
    """What lies under a name may be the login of one that had it before, and could not be moved yet."""
    for each in daemon.store.reader.renames():
        if each.old == name and (left := await finish_rename(daemon, *each)) is not None:
            return left
    return await _set_aside(daemon, name)


async def _set_aside(daemon: Daemon, name: PeerName) -> NotDone | None:
    why = await stale_logins.set_aside(daemon, name, name, lambda: name in daemon.store.reader.removals())
    return None if why is None else NotDone("login", why)


async def finish_renames_to(daemon: Daemon, name: PeerName) -> NotDone | None:
    """Those of one name; None where all of it is moved."""
    pending = [each for each in daemon.store.reader.renames() if each.new == name]
    left = [await finish_rename(daemon, *each) for each in pending]
    return next(filter(None, left), None)


async def finish_rename(daemon: Daemon, old: PeerName, new: PeerName, was: str) -> NotDone | None:
    """What could not be moved; None where all of it is, or was before."""
    if not _is_open(daemon, old, new):
        return None
    left = await _attempted(daemon, old, f"rename {old} to {new}", lambda: _move(daemon, old, new, was))
    left = await _move_login(daemon, old, new) or left
    if left is None:
        await kept(daemon, FinishRename(old))
    return left


async def _move_login(daemon: Daemon, old: PeerName, new: PeerName) -> NotDone | None:
    if daemon.store.reader.was_removed(new):
        why = await stale_logins.set_aside(daemon, old, new, lambda: _is_open(daemon, old, new))
    else:
        why = await stale_logins.moved(daemon, old, new)
    return None if why is None else NotDone("login", why)


async def finish_logins(daemon: Daemon) -> None:
    """Of all that is left half done, where nothing can be said of the specs."""
    unmoved = {each.old for each in daemon.store.reader.renames() if await _move_login(daemon, each.old, each.new)}
    for name in daemon.store.reader.removals():
        if name not in unmoved:
            await _set_aside(daemon, name)


def _is_open(daemon: Daemon, old: PeerName, new: PeerName) -> bool:
    return any((each.old, each.new) == (old, new) for each in daemon.store.reader.renames())


async def _attempted(
    daemon: Daemon, name: PeerName, action: str, prepared: Callable[[], Callable[[], None]]
) -> NotDone | None:
    """`name`: what the file goes by. `prepared`: what is to be done, by what is on record once it may be."""
    try:
        async with daemon.at_specs:
            await asyncio.to_thread(prepared())
    except (PeerdError, OSError) as error:
        return NotDone("spec", unfinished(daemon, name, action, error))
    finished(daemon, name)
    return None


def refuse_without_login(daemon: Daemon, name: PeerName) -> None:
    """Raises ConfigError where what lies in the login of this name may be another's, or its own lies elsewhere yet."""
    if name in daemon.store.reader.removals():
        path = daemon.home.login(name)
        raise ConfigError(f"the login of the removed peer {name} still exists: {path}. {AGAIN}")
    for old, new, _ in daemon.store.reader.renames():
        path = daemon.home.login(old)
        if old == name:
            raise ConfigError(f"not everything of {new} (formerly {name}) is moved: {path}. {AGAIN}")
        if new == name and os.path.lexists(path):
            raise ConfigError(f"its login could not be moved: it is still {path}. {AGAIN}")


async def settle_login(daemon: Daemon, name: PeerName) -> None:
    """What stands between a peer and its login is done, where that can be."""
    await finish_removal(daemon, name)
    for each in daemon.store.reader.renames():
        if name in (each.old, each.new):
            await finish_rename(daemon, *each)


def _move(daemon: Daemon, old: PeerName, new: PeerName, was: str) -> Callable[[], None]:
    removed = daemon.store.reader.was_removed(new)
    words = None if removed else _words(daemon, old, new)
    return partial(_move_spec, daemon.home.peers, old, new, was, removed=removed, words=words)


def _words(daemon: Daemon, old: PeerName, new: PeerName) -> str | None:
    """Of its spec, its own; of one renamed by a peerd that kept none, as it was understood."""
    text, spec = daemon.store.reader.renamed_text(old), daemon.store.reader.specs().get(new)
    if text is None and spec is not None:
        return spec_text(spec, without=daemon.settings.peers)
    return text


def _move_spec(folder: str, old: PeerName, new: PeerName, was: str, *, removed: bool, words: str | None) -> None:
    """May be done again. Where the file of the old name is another peer's by now it is left alone, and its own is
    written anew. Raises PeerdError, OSError."""
    held, its = file_of(folder, old), file_of(folder, new)
    if not stamp(held) or not is_old(folder, old, new, was):
        if words is not None and not os.path.lexists(its):
            write_text(folder, new, words)
    elif removed:
        remove_spec(held)
    else:
        move_spec(held, its, new)


def renames_unmoved(daemon: Daemon) -> list[tuple[PeerName, str]]:
    """New names of which the file could not be moved, and what is told of each."""
    pending = daemon.store.reader.renames() if daemon.unfinished else []
    unmoved = ((old, new, daemon.unfinished[old]) for old, new, _ in pending if old in daemon.unfinished)
    return [(new, _unmoved(daemon, old, new, why)) for old, new, why in unmoved]


def _unmoved(daemon: Daemon, old: PeerName, new: PeerName, why: str) -> str:
    file = spec_file(daemon, old)
    if daemon.store.reader.was_removed(new):
        return f"{new} (formerly {old}) is removed, but not its file {file}: {why}. {AGAIN}"
    return f"{new} is renamed, but its file {file} is not: {why}. Leave it there. {AGAIN}"


def login_unmoved(daemon: Daemon, name: PeerName) -> str | None:
    """What is told of the login of one that was renamed, where that lies under the name before."""
    before = (daemon.home.login(each.old) for each in daemon.store.reader.renames() if each.new == name)
    return next((f"{daemon.logins.left[path]}. {AGAIN}" for path in before if path in daemon.logins.left), None)
