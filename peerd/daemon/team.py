"""A whole team, brought about as one file declares it: all of it is checked before any of it is done."""

import asyncio
import contextlib
import os
import re
from collections.abc import Iterator
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from peerd.core.state import Peer
from peerd.daemon import path_checks, specs, worktree
from peerd.daemon.context import Daemon
from peerd.daemon.roster import check_runtime, goes_on, text, waiting_for
from peerd.daemon.specs import take
from peerd.daemon.stale_files import refuse_left_over, spec_file
from peerd.errors import ConfigError, PeerdError, TryAgain, UsageError
from peerd.model.peer import PeerName, Spec, differences
from peerd.rpc.team import TeamParams, TeamPlanned, TeamStep
from peerd.specfile import NO_TOML, Read, check_text, newly_odd, read_spec
from peerd.specwrite import edited, replace_spec, spec_text

Fields = dict[str, Any]


class _Planned(msgspec.Struct, frozen=True):
    step: TeamStep
    fields: Fields
    spec: Spec
    worktree: worktree.Planned | None


async def team(daemon: Daemon, params: TeamParams, by: str) -> TeamPlanned:
    """What the file asks for, and, unless only the plan was asked for, done: on disk and in force once this returns.
    A peer that the file does not name is left as it is. Raises ConfigError where any of it is wrong; then nothing was
    done. TryAgain where the disk refuses, or others changed the team meanwhile: what was done before stays, which is
    told, and asking again does the rest."""
    declared = _declared(params)
    await specs.read(daemon)  # one may have been written just now
    planned = [await _planned(daemon, params, name, fields) for name, fields in declared.items()]
    if not params.dry_run:
        await _bring_all_about(daemon, planned, by, params.timeout_s)
    return TeamPlanned(steps=[each.step for each in planned])


async def _bring_all_about(daemon: Daemon, planned: list[_Planned], by: str, timeout_s: float) -> None:
    for each in planned:
        if each.step.does == "add":
            await refuse_left_over(daemon, each.spec.name, "Nothing was done.")
    done: list[str] = []
    for each in planned:
        try:
            await _bring_about(daemon, each, by, timeout_s)
        except PeerdError as error:
            raise _so_far(error, each.step.peer, done) from error
        if each.step.does != "keep":
            done.append(each.step.peer)


def _so_far(error: PeerdError, at: str, done: list[str]) -> PeerdError:
    """As told where others were done before."""
    if not done:
        return error
    text = NOTHING_WAS.sub(lambda said: f"{'Of' if said[0][0] == 'N' else 'of'} {at} nothing was", str(error))
    return type(error)(f"{text} What comes before it is done: {', '.join(done)}; `peerd up` again plans the rest.")


def _declared(params: TeamParams) -> dict[str, Fields]:
    try:
        read = msgspec.toml.decode(params.text)
    except NO_TOML as error:
        raise ConfigError(f"{params.where}: {error}. {HOW}") from error
    stray = sorted(set(read) - {"peers"})
    if stray:
        raise ConfigError(f"{params.where}: {stray[0]} is not a table of a team's file. {HOW}")
    if not read.get("peers"):
        raise ConfigError(f"{params.where} declares no peers. {HOW}")
    try:
        return msgspec.convert(read["peers"], dict[str, Fields])
    except msgspec.ValidationError as error:
        raise ConfigError(f"{params.where}: peers: {error}. {HOW}") from error


NOTHING = "Nothing was done."
HOW = "Write a [peers.NAME] with its runtime for each peer. Nothing was done."
ENDING = re.compile(r" *(Correct the file; nothing was changed|Nothing was (done|added|changed))\.$")
"""Of an error of what is not the team's file."""
NOTHING_WAS = re.compile(r"\b[Nn]othing was\b")


async def _planned(daemon: Daemon, params: TeamParams, name: str, fields: Fields) -> _Planned:
    held = await _held(daemon, name)
    with _in_the_file(f"{params.where}: peers.{name}", spec_file(daemon, name)):
        return await _plan(daemon, params, name, fields, held)


class _OwnFile(ConfigError):
    """A peer's own file is wrong, whatever the team's says."""


async def _held(daemon: Daemon, name: str) -> str:
    """Its text as it is; "" where there is none. Raises ConfigError for a file that is nobody's, and broken."""
    async with daemon.at_specs:
        if name in daemon.loop.peers:
            return (await text(daemon, name)).text
        file = spec_file(daemon, name)
        there = await asyncio.to_thread(os.path.lexists, file)
        if there and not await specs.is_given_up(daemon, PeerName(name)):
            await asyncio.to_thread(read_spec, file)
    return ""


def _merged(daemon: Daemon, name: str, held: str, wanted: Fields) -> Read:
    """Its fields in the text that it has. Raises _OwnFile where they would do in the spec that it goes by."""
    file, peer = spec_file(daemon, name), daemon.loop.peers.get(PeerName(name))
    try:
        return check_text(edited(held, wanted), file, daemon.settings.peers)
    except ConfigError as error:
        if peer is None:
            raise
        check_text(edited(spec_text(peer.spec), wanted), file, daemon.settings.peers)
        raise _OwnFile(f"{file}: {str(error).removeprefix(f'{file}: ')}") from error


def _spec_of(daemon: Daemon, text: str, file: str) -> Spec | None:
    """None where it makes no sense."""
    try:
        return check_text(text, file, daemon.settings.peers).spec
    except ConfigError:
        return None


@contextlib.contextmanager
def _in_the_file(where: str, file: str) -> Iterator[None]:
    """What is wrong is so by the team's file, whatever it would make wrong; then nothing is done."""
    try:
        yield
    except _OwnFile:
        raise
    except (ConfigError, UsageError) as error:
        text = ENDING.sub("", str(error).removeprefix(f"{file}: "))
        raise ConfigError(f"{where}: {text} Nothing was done.") from error


async def _plan(daemon: Daemon, params: TeamParams, name: str, fields: Fields, held: str) -> _Planned:
    file, known = spec_file(daemon, name), PeerName(name) in daemon.loop.peers
    wake, apart = (_flag(fields, each) for each in ("wake", "worktree"))
    if fields.get("name", name) != name:
        raise ConfigError(f"name is {fields['name']!r}. Leave it out: the table's name is the peer's.")
    folder = os.path.expanduser(str(fields.get("dir", params.dir)))
    wanted = {"name": name} | fields | {"dir": os.path.normpath(os.path.join(params.dir, folder))}
    if known:
        wanted["dir"] = await worktree.kept_dir(daemon, daemon.loop.peers[PeerName(name)].spec, wanted["dir"], apart)
    read = _merged(daemon, name, held, wanted)
    odd = newly_odd(read, held, file)
    if odd:
        raise ConfigError(odd[0].removeprefix(f"{file}: "))
    check_runtime(daemon, read.spec.runtime)
    if not await path_checks.is_folder(daemon.folders, read.spec.dir, NOTHING):
        raise ConfigError(f"dir {read.spec.dir} is not a folder. Create it first.")
    same = known and _spec_of(daemon, held, file) == read.spec
    does: Literal["add", "change", "keep"] = "keep" if same else "change" if known else "add"
    own = not known and (params.worktree if apart is None else apart)
    plan = await worktree.planned(daemon, read.spec.name, read.spec.dir) if own else None
    told = plan.told() if plan else None
    moved = {"dir"} if known and read.spec.dir != daemon.loop.peers[PeerName(name)].spec.dir else set()
    said = sorted(moved | set(fields))
    waiting = 0 if known else waiting_for(daemon, name)
    step = TeamStep(peer=name, does=does, file=file, wake=bool(wake), fields=said, worktree=told, waiting=waiting)
    step = _when(daemon.loop.peers[PeerName(name)], read.spec, step) if does == "change" else step
    return _Planned(step, wanted, plan.applied(read.spec) if plan else read.spec, plan)


def _when(peer: Peer, spec: Spec, step: TeamStep) -> TeamStep:
    of = differences(peer.spec, spec)
    return replace(step, live=goes_on(peer, of), at_once=tuple(of.at_once))


def _flag(fields: Fields, name: str) -> bool | None:
    """Taken out of the fields: it is no part of a spec. None where it is not said."""
    value = fields.pop(name, None)
    if value is not None and not isinstance(value, bool):
        raise ConfigError(f"{name} is true or false.")
    return value


async def _bring_about(daemon: Daemon, planned: _Planned, by: str, timeout_s: float) -> None:
    _refuse_otherwise(daemon, planned.step)
    if planned.step.does == "add":
        await refuse_left_over(daemon, planned.spec.name, "Nothing was added.")
        said = check_text(edited("", planned.fields), planned.step.file).spec  # without the figures of the settings
        await worktree.declared(daemon, said, planned.worktree, timeout_s)
        await take(daemon, planned.spec, by)
    else:
        await take(daemon, await _changed(daemon, planned), by)


def _refuse_otherwise(daemon: Daemon, step: TeamStep) -> None:
    """It may have come or gone since it was planned. Raises TryAgain."""
    name = PeerName(step.peer)
    there = name in daemon.loop.peers and name not in daemon.leaving
    if there is (step.does == "add"):
        how = "added" if there else "removed or renamed"
        raise TryAgain(f"{name} was {how} in the meantime. Nothing was changed; run `peerd up` again.")


async def _changed(daemon: Daemon, planned: _Planned) -> Spec:
    """Its fields in the text as that is by now, for others may have edited it since it was planned."""
    async with daemon.at_specs:
        _refuse_otherwise(daemon, planned.step)
        held = await text(daemon, planned.step.peer)
        merged = edited(held.text, planned.fields)
        after = check_text(merged, held.file, daemon.settings.peers).spec
        if _spec_of(daemon, held.text, held.file) != after:
            await asyncio.to_thread(replace_spec, held.file, merged)
        return after
