"""Who is in the team: peers added and edited."""

import asyncio
import os

from peerd.core.queries import kept_running
from peerd.core.state import Peer
from peerd.daemon import path_checks, worktree
from peerd.daemon.context import Daemon
from peerd.daemon.specs import take
from peerd.daemon.stale_files import refuse_left_over, renames_unmoved, spec_file
from peerd.daemon.wake import a_peer
from peerd.edges import clock
from peerd.errors import ConfigError, PeerdError, TryAgain, UsageError
from peerd.model.peer import Edited, PeerName, Phase, Spec, differences
from peerd.rpc import params as p
from peerd.rpc import team as t
from peerd.specfile import UNCHANGED, Read, check_text, gone, newly_odd, read_file, read_spec
from peerd.specwrite import edited, replace_spec, spec_from, toml_value
from peerd.store.write import SetWant

NOTHING = "Nothing was added."


async def add(daemon: Daemon, params: p.PeerAddParams, by: str) -> t.PeerAdded:
    """The spec is on disk, its worktree there, and the peer known once this returns; where it raises, none of it."""
    check_runtime(daemon, params.runtime)
    if params.name in daemon.leaving:
        raise TryAgain(f"{params.name} is just being removed or renamed. Nothing was added.")
    if params.name in daemon.loop.peers:
        raise UsageError(
            without_spec(daemon, params.name) or f"peer {params.name!r} exists already. Choose another name."
        )
    spec = spec_from(_fields(params), params.set)
    if spec.bin is not None and await path_checks.program(daemon.folders, spec.bin, so=NOTHING) is None:
        raise UsageError(f"--bin {spec.bin}: no such program that can be run. Nothing was added.")
    if not await path_checks.is_folder(daemon.folders, spec.dir, NOTHING):
        raise UsageError(f"--dir {spec.dir}: no such folder. Create it, then add the peer again.")
    await refuse_left_over(daemon, spec.name, "Nothing was added.")
    plan = await worktree.planned(daemon, spec.name, spec.dir) if params.worktree else None
    await daemon.store.commit(SetWant(spec.name, None, clock.wall()))  # of a removal that was cut short
    file = await worktree.declared(daemon, spec, plan, params.timeout_s)
    waiting = waiting_for(daemon, spec.name)
    read = await daemon.with_specs(read_spec, file, daemon.settings.peers)
    await take(daemon, read.spec, by)
    told = plan.told() if plan else None
    return t.PeerAdded(
        peer=spec.name,
        runtime=spec.runtime,
        kind=daemon.kind(spec),
        file=file,
        worktree=told,
        waiting=waiting,
        kept_up=kept_running(daemon.loop.peers[spec.name]),
    )


def _fields(params: p.PeerAddParams) -> dict[str, object]:
    fields = {"name": params.name, "runtime": params.runtime, "dir": params.dir or os.path.expanduser("~")}
    return fields | {"bin": params.bin, "env": params.env, "wake_policy": params.policy}


def waiting_for(daemon: Daemon, name: str) -> int:
    """Messages to an earlier peer of this name, which a new one is given."""
    return daemon.store.reader.unfinished_counts().get(PeerName(name), 0)


async def told(daemon: Daemon, name: str) -> t.PeerSpec:
    """As `text`, for who is not `at_specs`."""
    async with daemon.at_specs:
        return await text(daemon, name)


async def text(daemon: Daemon, name: str) -> t.PeerSpec:
    """As it stands on disk, for who is `at_specs`. Raises PeerdError where the file is gone, or is none."""
    return await text_of(daemon, a_peer(daemon, name))


async def text_of(daemon: Daemon, name: PeerName) -> t.PeerSpec:
    """As `text`, of one that is being given up too."""
    file = spec_file(daemon, name)
    try:
        return t.PeerSpec(peer=name, file=file, text=await asyncio.to_thread(_text_in, file))
    except FileNotFoundError as error:
        raise ConfigError(_bereft(daemon, name)) from error


def _text_in(file: str) -> str:
    """Raises ConfigError, and FileNotFoundError where there is not even a link."""
    try:
        return read_file(file).decode().replace("\r\n", "\n")
    except FileNotFoundError as error:
        if os.path.islink(file):
            raise gone(file) from error
        raise
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: {error}. {UNCHANGED}") from error


async def edit(daemon: Daemon, params: t.PeerEditParams, by: str) -> t.PeerEdited:
    """On disk, and in force as `differences` tells, once this returns. Raises ConfigError, UsageError, or
    PeerdError where another edit came in between; nothing changed."""
    async with daemon.at_specs:
        held = await text(daemon, params.peer)
        wanted, spec = await _wanted(daemon, held, params)
        changed = wanted != held.text
        if changed:
            await asyncio.to_thread(replace_spec, held.file, wanted)
    before = daemon.loop.peers[PeerName(params.peer)]
    waited, of = len(before.waits), differences(before.spec, spec)
    barred = await take(daemon, spec, by) if changed else 0
    peer = daemon.loop.peers[PeerName(params.peer)]
    return t.PeerEdited(
        peer=params.peer,
        file=held.file,
        changed=changed,
        at_once=of.at_once,
        next_session=of.next_session,
        live=goes_on(before, of),
        cancelled=waited - len(peer.waits) if peer.kind == "service" else 0,
        barred=barred,
    )


async def _wanted(daemon: Daemon, held: t.PeerSpec, params: t.PeerEditParams) -> tuple[str, Spec]:
    """What the file is to say, and what that comes to. Raises as `edit`."""
    if params.base is not None and params.base != held.text:
        raise PeerdError(f"{held.file} was changed in the meantime, and was left so. Look at both, then edit it again.")
    wanted = params.text if params.text is not None else _edited(held, params)
    spec = _checked(daemon, held, wanted, by_field=params.text is None).spec
    check_runtime(daemon, spec.runtime)
    if "dir" in params.set and not await path_checks.is_folder(daemon.folders, spec.dir, "Nothing was changed."):
        raise UsageError(f"{spec.dir}: no such folder. Create it first. Nothing was changed.")
    return wanted, spec


def goes_on(peer: Peer, of: Edited) -> bool:
    """Whether a session of it runs or starts that keeps some of what was edited as it was begun."""
    return bool(of.next_session) and (peer.session is not None or peer.phase is Phase.STARTING)


def _checked(daemon: Daemon, held: t.PeerSpec, wanted: str, *, by_field: bool) -> Read:
    """Raises UsageError for a field or value that makes no sense, ConfigError where it is the text that does not."""
    try:
        read = check_text(wanted, held.file, daemon.settings.peers)
    except ConfigError as error:
        if not by_field:
            raise
        raise UsageError(f"{str(error).removesuffix(UNCHANGED).rstrip()} Nothing was changed.") from error
    odd = newly_odd(read, held.text, held.file)
    if odd:
        raise UsageError(f"{odd[0]} Nothing was changed.")
    return read


def _edited(held: t.PeerSpec, params: t.PeerEditParams) -> str:
    try:
        return edited(held.text, {field: toml_value(given) for field, given in params.set.items()}, params.unset)
    except ConfigError as error:
        raise ConfigError(f"{held.file}: {error}") from error


def check_runtime(daemon: Daemon, runtime: str) -> None:
    if runtime in daemon.adapters:
        return
    file = os.path.join(daemon.home.runtimes, f"{runtime}.toml")
    for why in sorted(each for each in daemon.rejected.get("runtimes", ()) if each.startswith(file)):
        raise UsageError(f"runtime {runtime!r} is not known: {why}")
    raise UsageError(f"no runtime {runtime!r}; known: {', '.join(sorted(daemon.adapters))}.")


def without_spec(daemon: Daemon, name: str) -> str:
    """Of a peer whose spec was not where it should be, when that was last looked at: what puts it there. Empty where it
    was."""
    return "" if name in daemon.leaving or daemon.found.has(name) else _bereft(daemon, name)


def _bereft(daemon: Daemon, name: str) -> str:
    file = spec_file(daemon, name)
    unmoved = next((told for new, told in renames_unmoved(daemon) if new == name), None)
    return unmoved or (
        f"{name} is a peer whose spec is gone: {file}. Its last known spec holds. Write the file again, or remove "
        f"the peer by `peerd rm {name}`, which cancels what waits for it, and add it again."
    )
