"""What a start needs and can be seen beforehand: looked at at each start, and before a session ends for the next."""

import os
import shlex
from typing import NamedTuple

from peerd.adapter import Adapter, Launch, Place
from peerd.daemon import worktree
from peerd.daemon.context import Daemon
from peerd.daemon.environment import session_env
from peerd.daemon.place import place
from peerd.daemon.stale_files import refuse_without_login
from peerd.daemon.version import File, file_of
from peerd.errors import ConfigError
from peerd.model.peer import Spec
from peerd.model.session import SessionId

NO_SESSION = SessionId("s-none")


async def check(daemon: Daemon, spec: Spec) -> None:
    """Raises ConfigError, or NoAnswer, where a fresh session could not start as things are."""
    await prepared(daemon, daemon.adapters.get(spec.runtime), spec, place(daemon.home, NO_SESSION, spec), None)


class Prepared(NamedTuple):
    """How to start, and by which file."""

    adapter: Adapter
    launch: Launch
    file: File


async def prepared(daemon: Daemon, adapter: Adapter | None, spec: Spec, where: Place, resume: str | None) -> Prepared:
    """Raises ConfigError where its runtime, its folder or its program is not there, NoAnswer
    where nobody can tell."""
    if adapter is None:
        raise ConfigError(f"no adapter for runtime {spec.runtime!r}; known: {', '.join(sorted(daemon.adapters))}")
    launch = adapter.launch(spec, where, resume)
    program, path = _program(launch, spec)
    looked_at = spec.dir if spec.bin is None else f"{spec.dir}, or {program}"
    is_folder, may_enter, file = await daemon.folders.ask(looked_at, _seen, spec.dir, program, path)
    if not is_folder:
        raise ConfigError(f"{spec.dir} is not a folder; {_anew(daemon, spec)}")
    if not may_enter:
        raise ConfigError(f"{spec.dir} may not be entered: correct its permissions, or dir in peers/{spec.name}.toml")
    if file is None:
        raise ConfigError(f"{launch.argv[0]}: no such program that can be run; install it, or name another by bin")
    if launch.own is not None:
        refuse_without_login(daemon, spec.name)
    return Prepared(adapter, launch, file)


def _anew(daemon: Daemon, spec: Spec) -> str:
    """How to go on without its folder."""
    path = worktree.path_of(daemon.home, spec)
    if path is None or os.path.isdir(path):
        return f"create it or correct dir in peers/{spec.name}.toml"
    folder = worktree.origin(spec, path)
    add = shlex.join(("peerd", "add", spec.name, "--runtime", spec.runtime, "--dir", folder, "--worktree"))
    return f"its worktree was removed: `peerd rm {spec.name}` removes the peer too, `{add}` then makes both again"


def _program(launch: Launch, spec: Spec) -> tuple[str, str]:
    """As the session will look for it, and by which PATH."""
    program, path = launch.argv[0], session_env(os.environ, spec, launch.env, {})["PATH"]
    return os.path.join(spec.dir, program) if os.path.dirname(program) else program, path


def _seen(folder: str, program: str, path: str) -> tuple[bool, bool, File | None]:
    """All at once: each start waits for it. Only whether the folder may be entered is asked of its disk each time: that
    it is there may be known from before, of a disk that is gone by now."""
    return os.path.isdir(folder), os.access(folder, os.X_OK), file_of(program, path)
