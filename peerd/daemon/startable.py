"""What a start needs and can be seen beforehand: looked at at each start, and before a session ends for the next."""

import os
import shlex
import shutil

from peerd.adapter import Adapter, Launch, Place
from peerd.daemon import worktree
from peerd.daemon.context import Daemon
from peerd.daemon.environment import session_env
from peerd.daemon.leftfiles import refuse_without_login
from peerd.daemon.place import place
from peerd.errors import ConfigError
from peerd.model.peer import Spec
from peerd.model.session import SessionId

NO_SESSION = SessionId("s-none")


def check(daemon: Daemon, spec: Spec) -> None:
    """Raises ConfigError where a fresh session could not start as things are."""
    prepared(daemon, daemon.adapters.get(spec.runtime), spec, place(daemon.home, NO_SESSION, spec), None)


def prepared(
    daemon: Daemon, adapter: Adapter | None, spec: Spec, where: Place, resume: str | None
) -> tuple[Adapter, Launch]:
    """How to start. Raises ConfigError where its runtime, its folder or its program is not there."""
    if adapter is None:
        raise ConfigError(f"no adapter for runtime {spec.runtime!r}; known: {', '.join(sorted(daemon.adapters))}")
    if not os.path.isdir(spec.dir):
        raise ConfigError(f"{spec.dir} is no folder; {_anew(daemon, spec)}")
    launch = adapter.launch(spec, where, resume)
    if not _runs(launch, spec):
        raise ConfigError(f"{launch.argv[0]}: no such program that can be run; install it, or name another by bin")
    if launch.own is not None:
        refuse_without_login(daemon, spec.name)
    return adapter, launch


def _anew(daemon: Daemon, spec: Spec) -> str:
    """How to go on without its folder."""
    path = worktree.path_of(daemon.home, spec)
    if path is None or os.path.isdir(path):
        return f"create it or correct dir in peers/{spec.name}.toml"
    folder = worktree.origin(spec, path)
    add = shlex.join(("peerd", "add", spec.name, "--runtime", spec.runtime, "--dir", folder, "--worktree"))
    return f"its worktree was removed: `peerd rm {spec.name}` removes the peer too, `{add}` then makes both anew"


def _runs(launch: Launch, spec: Spec) -> bool:
    """As the session will look for it."""
    program, path = launch.argv[0], session_env(os.environ, spec, launch.env, {})["PATH"]
    found = os.path.join(spec.dir, program) if os.path.dirname(program) else program
    return shutil.which(found, path=path) is not None
