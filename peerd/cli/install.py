"""`peerd daemon install` and `uninstall`: the user's service manager keeps the daemon, or no longer does.

Writes and removes only files that carry our mark and name this home's daemon. Sessions are left alone throughout.
"""

from __future__ import annotations

import os
import sys

from peerd.cli import unitfile
from peerd.cli.output import print_json
from peerd.cli.supervisor import service_manager, socket_of, stop_if_any
from peerd.errors import NotPermitted, PeerdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from peerd.cli.supervisor import Units

INSTEAD = "Have `peerd daemon start` run at login instead, such as from ~/.profile or cron's @reboot."
LINGER = (
    "Lingering is off: when you log out for the last time, systemd ends the daemon and every session, and it starts "
    "nothing before you log in. `loginctl enable-linger` keeps them up; peerd leaves that to you."
)
OF_THE_HOME = ("PEERD_SOCKET", "XDG_CONFIG_HOME", "XDG_STATE_HOME")


def run(args: argparse.Namespace) -> int:
    env = os.environ
    if env.get("PEERD_SESSION"):
        raise NotPermitted(f"only the operator, outside every session, may {args.what} the daemon. Nothing was done.")
    manager = service_manager(env)
    if manager is None:
        raise PeerdError(f"no service manager runs for you here, neither systemd nor launchd. {INSTEAD}")
    if args.what == "uninstall":
        return _uninstall(args, manager)
    files = files_for(manager, env, os.path.abspath(sys.executable))
    return _dry_run(args, manager, files) if args.dry_run else _install(args, manager, files)


def files_for(manager: Units, env: Mapping[str, str], python: str) -> dict[str, str]:
    """Text by file name."""
    socket, kept = socket_of(env), environment(env)
    texts = {
        "peerd.socket": lambda: unitfile.socket_unit(socket),
        "peerd.service": lambda: unitfile.service_unit(python, socket, kept),
        "peerd.plist": lambda: unitfile.plist(python, socket, kept),
    }
    return {name: texts[name]() for name in manager.file_names}


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """What the daemon must have of its installer's: where its home is, and PATH, by which it finds tmux and sessions
    find their programs."""
    names = ("PEERD_SOCKET",) if env.get("PEERD_HOME") else OF_THE_HOME
    kept = {name: os.path.abspath(env[name]) for name in ("PEERD_HOME", *names) if env.get(name)}
    return kept | {"PATH": env.get("PATH", os.defpath)}


def _install(args: argparse.Namespace, manager: Units, files: Mapping[str, str]) -> int:
    """The manager takes over from a daemon that runs by hand: a socket that both hold would be deaf for one."""
    _refuse_what_is_not_ours(manager)
    _must_answer(manager)
    held = {name: manager.read(name) for name in files}
    changed = [name for name in files if held[name] != files[name]]
    if changed and any(held.values()) and manager.runs():
        manager.stop()
    for name in changed:
        manager.write(name, files[name])
    if changed:
        manager.reload()
    if not manager.runs():
        stop_if_any()
    manager.enable()
    _tell_installed(args, manager, changed)
    return 0


def _must_answer(manager: Units) -> None:
    try:
        manager.answers()
    except PeerdError as error:
        raise PeerdError(f"{manager.name} runs no services of yours here: {error}. {INSTEAD}") from error


def _refuse_what_is_not_ours(manager: Units) -> None:
    """Raises PeerdError for a file of somebody else's, or of another home's daemon."""
    for name in manager.file_names:
        text = manager.read(name)
        if text is not None and unitfile.owner(text) is None:
            file = manager.file(name)
            raise PeerdError(f"{file} is not peerd's. Move it away, then install again. Nothing was done.")
        if text is not None:
            _refuse_another_home(manager.file(name), text)


def _refuse_another_home(file: str, text: str) -> None:
    owner = unitfile.owner(text)
    if owner != unitfile.named(socket_of(os.environ)):
        raise PeerdError(
            f"{file} keeps the daemon of another home, on {owner}. `peerd daemon uninstall` with PEERD_HOME "
            "and PEERD_SOCKET as they were then removes it. Nothing was done."
        )


def _uninstall(args: argparse.Namespace, manager: Units) -> int:
    """What is not ours stays; a file that is missing is no error."""
    texts = {name: manager.read(name) or "" for name in manager.file_names}
    ours = [name for name, text in texts.items() if unitfile.owner(text) is not None]
    for name in ours:
        _refuse_another_home(manager.file(name), texts[name])
    if ours:
        manager.disable()
        for name in ours:
            manager.remove(name)
        manager.reload()
    _tell_uninstalled(args, manager, [manager.file(name) for name in ours])
    return 0


def _tell_uninstalled(args: argparse.Namespace, manager: Units, removed: list[str]) -> None:
    if args.json:
        print_json({"manager": manager.name, "removed": removed})
    elif removed:
        print(f"{manager.name} no longer runs the daemon: removed {', '.join(removed)}.")
        print("The daemon is stopped, sessions live on; `peerd daemon start` starts one that adopts them.")
    else:
        print(f"nothing of peerd's is installed in {manager.folder}.")


def _dry_run(args: argparse.Namespace, manager: Units, files: Mapping[str, str]) -> int:
    if args.json:
        print_json({"manager": manager.name, "files": {manager.file(name): text for name, text in files.items()}})
        return 0
    for name, text in files.items():
        print(f"==> {manager.file(name)} <==\n{text}")
    return 0


def _tell_installed(args: argparse.Namespace, manager: Units, changed: list[str]) -> None:
    lingers = manager.lingers()
    if args.json:
        files = [manager.file(name) for name in manager.file_names]
        written = [manager.file(name) for name in changed]
        print_json({"manager": manager.name, "files": files, "written": written, "lingers": lingers})
        return
    print(f"{manager.name} starts the daemon at login, and restarts it whenever it ends; sessions outlive it.")
    print(f"{', '.join(manager.file_names)} in {manager.folder}. What the daemon prints: `{manager.logs}`.")
    print("The service uses your present PATH; install again when that changes.")
    if lingers is False:
        print(LINGER)
