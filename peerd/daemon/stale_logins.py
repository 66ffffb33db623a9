"""Logins of their own, of peers that were removed, or renamed: set aside and removed, or moved along. Each may be done
again, whatever was done of it."""

import asyncio
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator

from peerd.daemon.context import Daemon
from peerd.edges import emptied, process
from peerd.model.peer import PEER_NAME, PeerName
from peerd.paths import below
from peerd.specwrite import sync_folder

SET_ASIDE = re.compile(r"\.(?P<peer>.+)\.[0-9a-f]{8}\.removed")
"""No peer has such a name, so that none is given what is in it."""


async def moved(daemon: Daemon, old: PeerName, new: PeerName) -> str | None:
    """Why the login of one that was renamed is not under its new name; None where it is, or where it has none."""
    before, after = daemon.home.login(old), daemon.home.login(new)
    try:
        if _are_names(old, new) and os.path.lexists(before):
            if os.path.lexists(after):
                raise FileExistsError(errno.EEXIST, "it is there too, remove one of them", after)
            os.rename(before, after)
        await _synced(daemon)
    except OSError as error:
        return _left(daemon, before, f"{new} is renamed, but its login {before} is not", error)
    daemon.logins.left.pop(before, None)
    return None


def _are_names(*names: PeerName) -> bool:
    """A record may hold anything, and no path elsewhere is made of it."""
    return all(PEER_NAME.fullmatch(name) for name in names)


async def set_aside(daemon: Daemon, name: PeerName, of: PeerName, due: Callable[[], bool]) -> str | None:
    """Why the login under a name, of a peer that was removed, is there still; None where it is not. `due`: others may
    have done it meanwhile, and what is there by now may be a namesake's."""
    path = daemon.home.login(name)
    try:
        if _are_names(name) and os.path.lexists(path):
            await _refuse_used(daemon, path, (name, of))
            if due():
                os.rename(path, os.path.join(daemon.home.logins, f".{name}.{secrets.token_hex(4)}.removed"))
                daemon.task(clear(daemon), "remove logins")  # however much is in them
        await _synced(daemon)
    except FileNotFoundError:
        pass
    except OSError as error:
        return _left(daemon, path, f"{of} is removed, but its login {path} still exists", error)
    daemon.logins.left.pop(path, None)
    return None


async def _refuse_used(daemon: Daemon, path: str, names: tuple[PeerName, ...]) -> None:
    """Raises OSError for what is not removed: it lies elsewhere, or somebody may use it."""
    if os.path.islink(daemon.home.logins):
        raise OSError(errno.EXDEV, f"{daemon.home.logins} is a link, what it leads to is left alone; remove it by hand")
    used = next(_users(daemon, path, names), None)
    if used is None:
        seen = (await asyncio.to_thread(process.marks, others=True)).items()
        ours = (id for id, mark in seen if mark.socket == daemon.home.socket and mark.peer in names)
        used = next((f"something of its session {id} still runs" for id in ours if id not in daemon.live), None)
    if used is not None:
        raise OSError(errno.EBUSY, used)


def _users(daemon: Daemon, path: str, names: tuple[PeerName, ...]) -> Iterator[str]:
    for each in (left for name in names for left in daemon.logins.users.get(name, ())):
        if process.alive(each.process):
            yield f"{each.who} of it still runs: {each.why}"
    yield from named_by(daemon, path, names)


def named_by(daemon: Daemon, path: str, names: tuple[PeerName, ...] = ()) -> Iterator[str]:
    """Whose a login is too, other than these peers', in words for a person."""
    specs = {name: peer.spec for name, peer in daemon.loop.peers.items()}
    for name, spec in (daemon.store.reader.specs() | specs).items():  # the record: of those that are not taken up yet
        if any(_is_in(each, path) for each in (spec.dir, *spec.env.values()) if os.path.isabs(each)):
            yield f"{name} works in it, or has it in its `env`"
        elif name not in names and (its := daemon.home.login(name)) != path and _leads_into(its, path):
            yield f"the login of {name} leads there"


def _is_in(each: str, path: str) -> bool:
    """Where it is a link, what it leads to is nobody's here."""
    if os.path.islink(path):
        return f"{os.path.normpath(each)}/".startswith(f"{path}/")
    return below(each, path) is not None


def _leads_into(login: str, path: str) -> bool:
    try:
        inside = [login, *(each.path for each in os.scandir(login))]
    except OSError:
        inside = [login]
    return any(os.path.islink(each) and _is_in(each, path) for each in inside)


async def clear(daemon: Daemon) -> None:
    """What was set aside goes, of whichever peer; what cannot be removed is told."""
    async with daemon.logins.clearing:
        aside = set_aside_ones(daemon)
        for path in [each for each in daemon.logins.left if of_whom(each) is not None and each not in aside]:
            del daemon.logins.left[path]
        for path, peer in aside.items():
            await _removed(daemon, path, peer)


async def _removed(daemon: Daemon, path: str, peer: PeerName) -> None:
    try:
        await asyncio.to_thread(emptied.remove, path)
    except OSError as error:
        _left(daemon, path, f"{peer} is removed, but not all of its login: {path} is left", error)
        return
    daemon.logins.left.pop(path, None)
    daemon.log.write("login-removed", peer=peer, folder=daemon.home.login(peer))


def set_aside_ones(daemon: Daemon) -> dict[str, PeerName]:
    """Folders of which each is to go, and whose they were."""
    try:
        names = [] if os.path.islink(daemon.home.logins) else os.listdir(daemon.home.logins)
    except OSError:
        return {}
    paths = [os.path.join(daemon.home.logins, name) for name in sorted(names)]
    return {path: peer for path in paths if (peer := of_whom(path)) is not None}


def of_whom(path: str) -> PeerName | None:
    found = SET_ASIDE.fullmatch(os.path.basename(path))
    return PeerName(found["peer"]) if found and PEER_NAME.fullmatch(found["peer"]) else None


async def _synced(daemon: Daemon) -> None:
    if os.path.isdir(daemon.home.logins):
        await asyncio.to_thread(sync_folder, daemon.home.logins)


def _left(daemon: Daemon, path: str, told: str, error: OSError) -> str:
    """Told once, and among the notices until it is done. Returns why."""
    where = f": {error.filename}" if error.filename not in (None, path) else ""
    why = f"{error.strerror}{where}"
    sentence = f"{told}: {why}"
    if daemon.logins.left.get(path) != sentence:
        daemon.log.write("action-failed", action=f"move or remove {path}", why=why)
    daemon.logins.left[path] = sentence
    return why
