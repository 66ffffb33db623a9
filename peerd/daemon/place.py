"""The files of a session: its own folder, its temporary one, and a peer's own configuration of its runtime.

All folders 0700, all files 0600.
"""

import asyncio
import json
import os
import shutil
import stat
from typing import Any

from peerd.adapter import Launch, Place
from peerd.errors import ConfigError
from peerd.model.peer import Spec
from peerd.model.session import SessionId
from peerd.paths import SOCKET_PATH_MAX_BYTES, Home
from peerd.plainfile import AT_ONCE, OURS, read_part

CONFIGURATION_MAX_BYTES = 64 << 20
SOCKETS_IN_TMP_BYTES = 40  # claude puts cc-socks/PID.sock there


def place(home: Home, session: SessionId, spec: Spec) -> Place:
    folder = home.session(session)
    return Place(
        folder=folder,
        journal=os.path.join(folder, "journal"),
        tmp=_tmp(home, folder, session),
        own=os.path.join(home.login(spec.name), spec.runtime),
    )


def _tmp(home: Home, folder: str, session: SessionId) -> str:
    within = os.path.join(folder, "tmp")
    fits = len(os.fsencode(within)) + SOCKETS_IN_TMP_BYTES <= SOCKET_PATH_MAX_BYTES
    return within if fits else os.path.join(home.short_run, session)


def pane_log(where: Place) -> str:
    return os.path.join(where.folder, "pane.log")


def lay_out(where: Place, launch: Launch) -> None:
    """Raises ConfigError where a file of the runtime's own configuration is no longer what a runtime wrote."""
    os.makedirs(where.folder, mode=0o700)
    make_folders(where)
    for name, text in launch.files.items():
        write_private(os.path.join(where.folder, name), text)
    if launch.own is not None:
        _make_private(where.own)
        for name, keys in launch.own.items():
            _set_keys(os.path.join(where.own, name), keys)


def make_folders(where: Place) -> None:
    """A session's own and its temporary one, where they are not there. Raises ConfigError as `private_folder`."""
    os.makedirs(where.folder, mode=0o700, exist_ok=True)
    if os.path.dirname(where.tmp) != where.folder:
        private_folder(os.path.dirname(where.tmp))
    os.makedirs(where.tmp, mode=0o700, exist_ok=True)


def private_folder(path: str) -> None:
    """Make a folder for sockets, 0700, or make sure of one: a name in /tmp can be anybody's. Raises ConfigError."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise ConfigError(f"{path} must be a folder of your own that nobody else can enter: chmod 700, or remove it.")


def _make_private(folder: str) -> None:
    """With those above it that are missing: makedirs closes only the last one to others."""
    if not os.path.isdir(folder):
        _make_private(os.path.dirname(folder))
        os.mkdir(folder, 0o700)


async def clear_tmp(where: Place) -> None:
    """In a thread: an agent may have filled it."""
    await asyncio.to_thread(shutil.rmtree, where.tmp, ignore_errors=True)


def write_private(path: str, text: str) -> None:
    """Replaces a file that only its owner may read; its bytes are exactly the text's."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | OURS, 0o600)
    with open(descriptor, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def _set_keys(path: str, keys: dict[str, Any]) -> None:
    """Sets these keys of a JSON file and leaves the others; whole or not at all. Nothing where they are set."""
    held = _json(path)
    wanted = merged(held, keys)
    if wanted != held:
        write_private(f"{path}.new", json.dumps(wanted, indent=2))
        os.replace(f"{path}.new", path)


def _json(path: str) -> dict[str, Any]:
    try:
        held = json.loads(read_part(path, CONFIGURATION_MAX_BYTES, flags=os.O_RDONLY | AT_ONCE))
    except FileNotFoundError:
        return {}
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path} is not JSON ({error}). Correct it, or move it away.") from error
    if not isinstance(held, dict):
        raise ConfigError(f"{path} is not a JSON object. Correct it, or move it away.")
    return held


def merged(held: dict[str, Any], keys: dict[str, Any]) -> dict[str, Any]:
    """Objects are merged, lists gain what they lack, all else is replaced."""
    found = dict(held)
    for name, value in keys.items():
        before = found.get(name)
        if isinstance(before, dict) and isinstance(value, dict):
            found[name] = merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            found[name] = before + [each for each in value if each not in before]
        else:
            found[name] = value
    return found
