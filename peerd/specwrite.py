"""Specs that peerd writes: made by `peerd add`, edited with their comments kept, removed.

On disk once a call returns.
"""

import contextlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import tomlkit

from peerd.errors import ConfigError, TryAgain, UsageError
from peerd.model.peer import Spec
from peerd.specfile import NO_FIGURES, NO_TOML, WORDS, check_spec, choices, missing, nearest_field

UNCHANGED = "Nothing was changed."
DRAFT = re.compile(r"\.[a-z][a-z0-9-]*\.toml\.[0-9]+\.new")
"""As `_draft_of` names it."""
SAID_BY = {"name": "NAME", "runtime": "--runtime", "worktree": "--worktree"}


def spec_from(fields: dict[str, Any], settings: dict[str, str]) -> Spec:
    """A spec from a command's fields and `--set FIELD=VALUE` texts, VALUE being TOML or a bare word.
    Raises UsageError."""
    merged = {key: value for key, value in fields.items() if value is not None}
    for field, text in settings.items():
        if field in SAID_BY:
            raise UsageError(f"--set {field}: that is said by {SAID_BY[field]}.")
        if field not in Spec.__struct_fields__:
            raise UsageError(f"--set {_no_field(field)} Nothing was added.")
        merged[field] = toml_value(text)
    try:
        return check_spec(msgspec.convert(merged, Spec), "add")
    except msgspec.ValidationError as error:
        raise UsageError(f"{_in_words(error, merged)} Nothing was added.") from error
    except ConfigError as error:
        raise UsageError(f"{error} Nothing was added.") from error


def _no_field(name: str) -> str:
    return f"{name}: no such field.{nearest_field(name)} Fields: {', '.join(Spec.__struct_fields__)}."


def _in_words(error: msgspec.ValidationError, fields: dict[str, Any]) -> str:
    """What a field was given, and what it takes."""
    said, at, path = str(error).partition(" - at `$.")
    field = path.rstrip("`")
    if not at or field not in fields:
        return f"{error}."
    given = f"{field} = {fields[field]!r}"
    if field in WORDS:
        return f"{given} is not known here. {choices(field)}"
    return f"{given}: {said[:1].lower()}{said[1:]}."


def toml_value(text: str) -> Any:
    """What a text stands for as TOML, or the text itself where that is nothing."""
    try:
        found = msgspec.toml.decode(f"value = {text}".encode())
        return found["value"] if set(found) == {"value"} else text
    except NO_TOML:
        return text


def write_spec(folder: str, spec: Spec) -> str:
    """Writes `peers/NAME.toml`, on disk once this returns; refuses to overwrite. Returns the path."""
    return write_text(folder, spec.name, spec_text(spec))


def write_text(folder: str, name: str, text: str) -> str:
    """As `write_spec`."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, f"{name}.toml")
    try:
        draft = _draft(path, text)
        os.link(draft, path)
    except FileExistsError as error:
        if os.path.isdir(path):
            why = f"{path} is a folder. Move it away, then add the peer again. Nothing was added."
            raise UsageError(why) from error
        if os.path.islink(path) and not os.path.exists(path):
            raise UsageError(
                f"{missing(path)}. Remove the link, then add the peer again. Nothing was added."
            ) from error
        raise UsageError(f"peer {name!r} exists already: {path}. Choose another name, or edit that file.") from error
    except OSError as error:
        raise TryAgain(f"{path}: {error.strerror}. Nothing was added; make room, then try again.") from error
    finally:
        _without_draft(path)
    sync_folder(folder)
    return path


def spec_text(spec: Spec, without: Mapping[str, float] = NO_FIGURES) -> str:
    """`without`: figures that hold where it says nothing."""
    fields = msgspec.to_builtins(spec).items()
    return tomlkit.dumps({name: value for name, value in fields if name not in without or without[name] != value})


def edited(text: str, fields: Mapping[str, Any], unset: Sequence[str] = ()) -> str:
    """A spec's text with these fields set or taken out; its comments and order are kept. Raises UsageError, ConfigError
    for a text that is no TOML."""
    document = _parsed(text)
    for field in unset:
        if field not in document:
            raise UsageError(f"--unset {field}: the spec does not say it. {UNCHANGED}")
        del document[field]
    for field, value in fields.items():
        if field not in Spec.__struct_fields__:
            raise UsageError(f"{_no_field(field)} {UNCHANGED}")
        if field == "name" and document.get("name", value) != value:
            raise UsageError(f"`peerd rename` gives a peer another name. {UNCHANGED}")
        document[field] = value
    return tomlkit.dumps(document)


def _parsed(text: str) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text)
    except NO_TOML as error:
        why = _as_read(text) or error
        raise ConfigError(f"the spec is not valid TOML: {why}. Correct the file first; nothing was changed.") from error


def _as_read(text: str) -> Exception | None:
    """What is told of the same file where it is read."""
    try:
        msgspec.toml.decode(text)
    except NO_TOML as error:
        return error
    return None


def replace_spec(path: str, text: str) -> None:
    """On disk whole once this returns. The text was checked before. Raises TryAgain, the old file in place."""
    try:
        _replace(path, text)
    except OSError as error:
        to = f", a link to {os.path.realpath(path)}" if os.path.islink(path) else ""
        raise TryAgain(f"{path}{to}: {error.strerror}. Nothing was changed; mend that, then try again.") from error


def _replace(path: str, text: str) -> None:
    """The file that a link leads to, where it is one; its mode stays."""
    path = os.path.realpath(path)
    try:
        draft = _draft(path, text)
        with contextlib.suppress(FileNotFoundError):
            os.chmod(draft, stat.S_IMODE(os.stat(path).st_mode))
        os.replace(draft, path)
    except OSError:
        _without_draft(path)
        raise
    sync_folder(os.path.dirname(path))


def renamed(text: str, name: str) -> str:
    """A spec's text for a peer of another name. Raises ConfigError for a text that is no TOML."""
    document = _parsed(text)
    document["name"] = name
    return tomlkit.dumps(document)


def move_spec(old: str, new: str, name: str) -> None:
    """The spec under its new name, and none under the old, on disk once this returns; of a link, the link, and what it
    leads to says the new name. May be done again, whatever was done of it. Raises OSError, and ConfigError where
    another spec has the new name: both stay."""
    try:
        with open(old, encoding="utf-8") as file:
            wanted = renamed(file.read(), name)
    except FileNotFoundError:
        return
    if os.path.islink(old) and not os.path.lexists(new):
        os.symlink(os.readlink(old), new)
    if not os.path.exists(new) or os.path.samefile(old, new):
        _replace(new, wanted)
    with open(new, encoding="utf-8") as file:
        if file.read() != wanted:
            raise ConfigError(f"{new} is another spec than {old}. Remove one of them.")
    remove_spec(old)


def try_rewriting(path: str) -> None:
    """Of a link: that what it leads to can be replaced, tried by what it says already. Raises TryAgain."""
    if not os.path.islink(path):
        return
    try:
        with open(path, encoding="utf-8", newline="") as file:
            _replace(path, file.read())
    except OSError as error:
        raise TryAgain(
            f"{path} is a link to {os.path.realpath(path)}, which would be given the new name, and cannot be written: "
            f"{error.strerror}. Mend that, or put a copy in the link's place, then try again. {UNCHANGED}"
        ) from error


def is_another(old: str, new: str, name: str) -> bool:
    """Whether there is a spec of the new name, and it is not the old one under that; also where nobody can tell."""
    if not os.path.lexists(new):
        return False
    try:
        with open(old, encoding="utf-8") as held, open(new, encoding="utf-8") as there:
            return renamed(held.read(), name) != there.read()
    except (OSError, UnicodeDecodeError, ConfigError):
        return True


def remove_spec(path: str) -> None:
    """Off the disk once this returns; nothing where it was gone already."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
        sync_folder(os.path.dirname(path))


def _draft_of(path: str) -> str:
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}.{os.getpid()}.new")


def clear_drafts(folder: str) -> None:
    """Of one who was killed as he wrote; nobody may write there meanwhile. What cannot be removed harms nobody."""
    with contextlib.suppress(OSError):
        for each in os.scandir(folder):
            if DRAFT.fullmatch(each.name) and each.is_file(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    os.unlink(each.path)


def _without_draft(path: str) -> None:
    with contextlib.suppress(OSError):  # what went wrong before is what counts
        os.unlink(_draft_of(path))


def _draft(path: str, text: str) -> str:
    draft = _draft_of(path)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def sync_folder(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
