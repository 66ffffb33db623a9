"""TOML files -> frozen structs, checked once at the rim. Unknown fields are refused; errors name file and field.

Owns the files under the config folder: `peerd.toml` (settings, read only) and `peers/NAME.toml` (specs).
"""

import contextlib
import os
import re
import stat
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
import tomlkit

from peerd.errors import ConfigError, TryAgain, UsageError
from peerd.model.peer import OPERATOR, PEER_NAME, RUNTIME_NAME, PeerName, Spec

T = TypeVar("T")

FILE_MAX_BYTES = 1 << 20


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`peerd.toml`. Sizes are bytes, durations seconds."""

    log_max_bytes: int = 5 << 20
    log_keep: int = 5  # files a log, the current one included
    log_verbose: bool = False  # also steady-state lines
    pane_log_max_bytes: int = 8 << 20
    census_s: float = 60.0
    silent_s: float = 30.0  # without a word before the census believes a screen that shows an empty input line
    queue_max: int = 1000  # messages waiting for one peer
    sessions_kept: int = 10  # folders (journal, pane log) of ended sessions, a peer


def _decoded(data: bytes, kind: type[T], name: str) -> T:
    try:
        return msgspec.toml.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: {error}.{_choices(error)} Correct the file; nothing was changed.") from error


def _choices(error: Exception) -> str:
    """Of a field that takes one of a few words: which."""
    field = re.search(r"at `\$\.(\w+)`", str(error))
    hint = get_type_hints(Spec).get(field[1]) if field else None
    return f" Choose one of: {', '.join(get_args(hint))}." if get_origin(hint) is Literal else ""


def _read(path: str) -> bytes:
    """A file's bytes. Raises ConfigError, at once also for what would never end: a pipe, a device, a file too long."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise ConfigError(f"{path} is no regular file. Remove it, or put a file there.")
            data = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}. Make it readable, or remove it.") from error
    if len(data) > FILE_MAX_BYTES:
        raise ConfigError(f"{path} is over {FILE_MAX_BYTES} bytes. Shorten it.")
    return data


def read_settings(path: str) -> Settings:
    """The settings, defaults where the file is missing. Raises ConfigError."""
    try:
        data = _read(path)
    except FileNotFoundError:
        return Settings()
    return _check_settings(_decoded(data, Settings, path), path)


def _check_settings(settings: Settings, path: str) -> Settings:
    """Refuses what would lose logs or never look."""
    least = {"log_max_bytes": 65_536, "log_keep": 1, "pane_log_max_bytes": 65_536, "census_s": 1, "silent_s": 1}
    for field, value in (least | {"queue_max": 1, "sessions_kept": 0}).items():
        if getattr(settings, field) < value:
            raise ConfigError(f"{path}: {field} = {getattr(settings, field)}: give at least {value}.")
    return settings


def read_runtimes(folder: str) -> tuple[dict[str, bytes], list[ConfigError]]:
    """The files of a folder that declare runtimes, by path, and what is wrong with those that cannot be read."""
    found: dict[str, bytes] = {}
    wrong: list[ConfigError] = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if name.endswith(".toml") and not name.startswith("."):
            path = os.path.join(folder, name)
            try:
                found[path] = _read(path)
            except ConfigError as error:
                wrong.append(error)
            except FileNotFoundError:
                continue
    return found, wrong


def read_spec(path: str) -> Spec:
    """A peer's spec; its file is named after the peer. Raises ConfigError."""
    try:
        data = _read(path)
    except FileNotFoundError as error:
        raise ConfigError(f"{path} is gone. Put it back, or add the peer anew.") from error
    spec = check_spec(_decoded(data, Spec, path), path)
    if os.path.basename(path) != f"{spec.name}.toml":
        raise ConfigError(f"{path}: name is {spec.name!r}; rename the file to {spec.name}.toml or correct the name.")
    return spec


def read_specs(folder: str) -> tuple[dict[PeerName, Spec], list[ConfigError]]:
    """All specs that can be read, and what is wrong with the others: one bad file never costs the rest."""
    specs: dict[PeerName, Spec] = {}
    wrong: list[ConfigError] = []
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for name in names:
        if not name.endswith(".toml") or name.startswith("."):
            continue
        try:
            spec = read_spec(os.path.join(folder, name))
        except ConfigError as error:
            wrong.append(error)
        else:
            specs[spec.name] = spec
    return specs, wrong


def check_spec(spec: Spec, where: str) -> Spec:
    """Refuses what msgspec's types cannot see. Raises ConfigError."""
    if not PEER_NAME.fullmatch(spec.name):
        raise ConfigError(f"{where}: name {spec.name!r}: use a-z, 0-9 and -, a letter first, at most 32 characters.")
    if spec.name in RESERVED:
        raise ConfigError(f"{where}: {spec.name!r} is taken: {RESERVED[spec.name]}. Choose another name.")
    if not RUNTIME_NAME.fullmatch(spec.runtime):
        raise ConfigError(f"{where}: runtime {spec.runtime!r}: use a-z and 0-9, a letter first, no dash.")
    if not os.path.isabs(spec.dir):
        raise ConfigError(f"{where}: dir {spec.dir!r}: give an absolute path.")
    _check_numbers(spec, where)
    _check_env(spec.env, where)
    return spec


RESERVED = {OPERATOR: "the person outside every session", "daemon": "who decides, in the logs"}


def _check_numbers(spec: Spec, where: str) -> None:
    seconds = ("boot_deadline_s", "stop_grace_s", "lease_s", "crash_window_s", "backoff_base_s", "backoff_cap_s")
    counts = ("crash_max", "task_attempts")
    if spec.lease_s < LEASE_MIN_S:
        raise ConfigError(f"{where}: lease_s = {spec.lease_s:g}: give at least {LEASE_MIN_S:g} seconds.")
    for field in (*seconds, *counts):
        value = getattr(spec, field)
        if value is not None and not 0 < value < 1e9:
            raise ConfigError(f"{where}: {field} = {value}: give a number above 0.")


LEASE_MIN_S = 15.0
"""The longest a delivery takes while it still types."""


def _check_env(env: dict[str, str], where: str) -> None:
    for key, value in env.items():
        if not key.isidentifier() or not key.isascii():
            raise ConfigError(f"{where}: env {key!r}: a variable's name is letters, digits and _, no digit first.")
        if key.startswith("PEERD_"):
            raise ConfigError(f"{where}: env {key}: PEERD_ variables are peerd's own; choose another name.")
        if "\0" in value:
            raise ConfigError(f"{where}: env {key}: a value cannot hold a NUL byte.")


def spec_from(fields: dict[str, Any], settings: dict[str, str]) -> Spec:
    """A spec from a command's fields and `--set FIELD=VALUE` texts, VALUE being TOML or a bare word.
    Raises UsageError."""
    merged = {key: value for key, value in fields.items() if value is not None}
    for field, text in settings.items():
        if field in ("name", "runtime"):
            raise UsageError(f"--set {field}: that is said by {'NAME' if field == 'name' else '--runtime'}.")
        if field not in Spec.__struct_fields__:
            known = ", ".join(Spec.__struct_fields__)
            raise UsageError(f"--set {field}: no such field. Fields: {known}.")
        merged[field] = _toml_value(text)
    try:
        return check_spec(msgspec.convert(merged, Spec), "peerd add")
    except msgspec.ValidationError as error:
        raise UsageError(f"{error}.{_choices(error)} Nothing was added.") from error
    except ConfigError as error:
        raise UsageError(f"{error} Nothing was added.") from error


def _toml_value(text: str) -> Any:
    try:
        found = msgspec.toml.decode(f"value = {text}".encode())
        return found["value"] if set(found) == {"value"} else text
    except (msgspec.DecodeError, UnicodeError):
        return text


def write_spec(folder: str, spec: Spec) -> str:
    """Writes `peers/NAME.toml`, on disk once this returns; refuses to overwrite. Returns the path."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, f"{spec.name}.toml")
    draft = os.path.join(folder, f".{spec.name}.{os.getpid()}.new")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(tomlkit.dumps(msgspec.to_builtins(spec)))
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError as error:
        raise UsageError(
            f"peer {spec.name!r} exists already: {path}. Choose another name, or edit that file."
        ) from error
    except OSError as error:
        raise TryAgain(f"{path}: {error.strerror}. Nothing was added; make room, then try again.") from error
    finally:
        with contextlib.suppress(OSError):  # what went wrong before is what counts
            os.unlink(draft)
    _sync_folder(folder)
    return path


def _sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
