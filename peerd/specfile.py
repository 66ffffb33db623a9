"""A peer's spec: `peers/NAME.toml` -> a frozen struct, checked once at the rim.

A field that this peerd does not know, or whose value it does not know, is told and left out: a newer one may have
written it. What is wrong otherwise is refused, by file and field.
"""

import os
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

from peerd.errors import ConfigError
from peerd.model.message import BODY_MAX_BYTES
from peerd.model.peer import DAEMON, DESCRIPTION_MAX_CHARS, OPERATOR, PEER_NAME, RUNTIME_NAME, PeerName, Spec
from peerd.plainfile import AT_ONCE, read_part
from peerd.specnames import wrong_names

FILE_MAX_BYTES = 1 << 20
UNCHANGED = "Correct the file; nothing was changed."
NO_FIGURES: Mapping[str, float] = MappingProxyType({})
RESERVED = {OPERATOR: "the person outside every session", DAEMON: "who decides, and speaks for peerd"}
RENAMED = {"policy": "wake_policy"}
HINTS = get_type_hints(Spec)
WORDS = {name: get_args(hint) for name, hint in HINTS.items() if get_origin(hint) is Literal}
EXACT = (
    *("name", "runtime", "dir", "worktree", "bin", "args", "env", "login", "pane_log"),
    *("groups", "accepts_from", "may_send_to", "may_wake", "may_control"),
)
"""Without what these say another thing would run, elsewhere, on another's login, for others, or be kept: where a value
of theirs makes no sense, the file does not."""
OR_NEVER = ("pair_repeats", "pair_acks", "pair_overruns")
"""Of 0: what they count brings nothing about. One alone would be no repetition."""
COUNTS = ("crash_max", "queue_max", "pair_rate", "task_attempts", *OR_NEVER)
FIGURES = tuple(name for name in Spec.__struct_fields__ if name.endswith("_s") or name in COUNTS)
"""Durations in seconds, and counts: what `peerd.toml` may set for all peers."""
SWITCHES = ("pane_log",)
"""What may be set for all peers alike, and is true or false."""
NO_TOML = (ValueError, RecursionError)
"""What a parser raises: also for a number of thousands of digits, and for what is nested too deep."""
FIGURE_MAX = 1e9
GOES_BY = re.compile(r"; it goes by [a-z ]+\.")
"""What becomes of a peer whose file is odd."""
LEASE_MIN_S = 15.0
"""The longest a delivery takes while it still types."""


def read_file(path: str) -> bytes:
    """A file's bytes. Raises ConfigError, at once also for what would never end: a pipe, a device, a file too long."""
    data = read_head(path, FILE_MAX_BYTES + 1)
    if len(data) > FILE_MAX_BYTES:
        raise ConfigError(f"{path} is over {FILE_MAX_BYTES} bytes. Shorten it.")
    return data


def read_head(path: str, most: int) -> bytes:
    """A file's first bytes. Raises FileNotFoundError, and ConfigError, at once also for a pipe or a device."""
    try:
        return read_part(path, most, flags=os.O_RDONLY | AT_ONCE)
    except FileNotFoundError:
        raise
    except OSError as error:
        why = f"{path} is a folder" if os.path.isdir(path) else f"{path}: {error.strerror}"
        raise ConfigError(f"{why}. Put a readable file there, or remove it.") from error


def choices(field: str) -> str:
    """Of a field that takes one of a few words: which."""
    return f"Choose one of: {', '.join(WORDS[field])}." if field in WORDS else ""


def choices_of(error: Exception) -> str:
    field = re.search(r"at `\$\.(\w+)`", str(error))
    named = choices(field[1]) if field else ""
    return f" {named}" if named else ""


def nearest_field(name: str) -> str:
    """A sentence, with a blank before it; empty where no field is called nearly so."""
    import difflib

    near = difflib.get_close_matches(name, Spec.__struct_fields__, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


class Read(NamedTuple):
    """A spec, and what of its file this peerd does not know: a newer one may have written it."""

    spec: Spec
    odd: tuple[str, ...]


class Found(NamedTuple):
    """All specs of a folder, what is wrong with the files that are none, by whose they would be, and what is odd about
    those that are."""

    specs: dict[PeerName, Spec]
    wrong: dict[str, ConfigError]
    odd: list[str]

    def has(self, name: str) -> bool:
        """Whether there is a file of this name, were it a link to nothing."""
        return name in self.specs or name in self.wrong


def read_spec(path: str, figures: Mapping[str, float] = NO_FIGURES) -> Read:
    """A peer's spec; its file is named after the peer. `figures` hold where it says nothing. Raises ConfigError."""
    try:
        data = read_file(path)
    except FileNotFoundError as error:
        raise gone(path) from error
    return check_text(data, path, figures)


def gone(path: str) -> ConfigError:
    again = "remove the link" if os.path.islink(path) else "add the peer again"
    return ConfigError(f"{missing(path)}. Put it back, or {again}.")


def missing(path: str) -> str:
    """Of a file that is not there."""
    if os.path.islink(path):
        return f"{path} is a link to {os.path.realpath(path)}, which is not there"
    return f"{path} is gone"


def check_text(data: bytes | str, path: str, figures: Mapping[str, float] = NO_FIGURES) -> Read:
    """What the file would say with this in it. Raises ConfigError."""
    try:
        fields = _renamed(msgspec.toml.decode(data))
    except NO_TOML as error:
        raise ConfigError(f"{path}: {error}. {UNCHANGED}") from error
    known, odd = _known(fields, path)
    try:
        spec = check_spec(msgspec.convert(_counted(figures) | known, Spec), path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}.{choices_of(error)} {UNCHANGED}") from error
    if os.path.basename(path) != f"{spec.name}.toml":
        raise ConfigError(f"{path}: name is {spec.name!r}; rename the file to {spec.name}.toml or correct the name.")
    return Read(spec, odd)


def newly_odd(read: Read, before: str, path: str) -> tuple[str, ...]:
    """What is odd about a text, and was not so in the one before: an edit leaves alone what it does not say. It is said
    of a text that is refused, so that nothing goes by it."""
    try:
        known = _known(_renamed(msgspec.toml.decode(before)), path)[1]
    except NO_TOML:  # it is being mended
        known = ()
    return tuple(GOES_BY.sub(".", each, count=1) for each in read.odd if each not in known)


def read_specs(folder: str, figures: Mapping[str, float] = NO_FIGURES) -> Found:
    """One bad file never costs the rest. Raises ConfigError where the folder cannot be read."""
    found = Found({}, {}, [])
    for name in _names(folder):
        if not name.endswith(".toml") or name.startswith("."):
            continue
        path = os.path.join(folder, name)
        try:
            read = read_spec(path, figures)
        except ConfigError as error:
            found.wrong[name.removesuffix(".toml")] = error
        else:
            found.specs[read.spec.name] = read.spec
            found.odd.extend((*read.odd, *_at_odds(read.spec, path)))
    return found


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    except OSError as error:
        raise ConfigError(f"{folder}: {error.strerror}. Make it readable.") from error


def _at_odds(spec: Spec, path: str) -> tuple[str, ...]:
    """Fields of which one rules the other out."""
    if spec.wake_policy != "ephemeral" or spec.front != "person":
        return ()
    return (f"{path}: front = 'person' changes nothing for an ephemeral peer: every task has a session of its own.",)


def _counted(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: int(figure) if name in COUNTS else figure for name, figure in figures.items()}


def _renamed(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields by the names they have now."""
    return {RENAMED.get(name, name): value for name, value in fields.items()}


def _known(fields: dict[str, Any], path: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields that this peerd knows, and a sentence about each of the others."""
    known, odd = {}, []
    for name, value in fields.items():
        if name not in HINTS:
            goes_by = f"it goes by its other fields.{nearest_field(name)}"
            odd.append(f"{path}: {name} is not a field that this peerd knows; {goes_by}")
        elif why := _unknown(name, value):
            odd.append(f"{path}: {name} = {value!r:.80} is not known here; it goes by the default. {why}")
        else:
            known[name] = value
    return known, tuple(odd)


def _unknown(name: str, value: Any) -> str:
    """Why a field goes by its default; empty where it does not. A number that is no figure is not meant by anybody."""
    if name in EXACT or (name in FIGURES and type(value) in (int, float)):
        return ""
    try:
        msgspec.convert(value, HINTS[name])
    except msgspec.ValidationError as error:
        return choices(name) or f"{error}."
    return ""


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
    if spec.worktree is not None and not os.path.isabs(spec.worktree):
        raise ConfigError(f"{where}: worktree {spec.worktree!r}: give the absolute path of its repository.")
    wrong = wrong_names(spec)
    if wrong is not None:
        raise ConfigError(f"{where}: {wrong}")
    _check_numbers(spec, where)
    _check_texts(spec, where)
    _check_env(spec.env, where)
    return spec


def _check_numbers(spec: Spec, where: str) -> None:
    for field in FIGURES:
        if getattr(spec, field) is not None:
            check_figure(field, getattr(spec, field), where)


def check_figure(field: str, figure: float, where: str) -> None:
    """Raises ConfigError for what is no figure of a spec, or is too small or too large to be meant."""
    if field not in FIGURES:
        raise ConfigError(f"{where}: {field} is not a peer setting. There are: {', '.join(FIGURES)}.")
    if isinstance(figure, bool):
        raise ConfigError(f"{where}: {field} = {str(figure).lower()}: give a number above 0.")
    if field == "lease_s" and figure < LEASE_MIN_S:
        raise ConfigError(f"{where}: lease_s = {figure:g}: give at least {LEASE_MIN_S:g} seconds.")
    if field in OR_NEVER and figure == 0:
        return
    if field in OR_NEVER and figure < 2:
        raise ConfigError(f"{where}: {field} = {figure:g}: give 0 for never, or at least 2.")
    if not 0 < figure < FIGURE_MAX:
        raise ConfigError(f"{where}: {field} = {figure}: give a number above 0 and under {FIGURE_MAX:g}.")
    if field in COUNTS and figure != int(figure):
        raise ConfigError(f"{where}: {field} = {figure}: give a whole number.")


def _check_texts(spec: Spec, where: str) -> None:
    if len(spec.description) > DESCRIPTION_MAX_CHARS:
        length = len(spec.description)
        raise ConfigError(f"{where}: description has {length} characters; at most {DESCRIPTION_MAX_CHARS}.")
    size = len(spec.initial_prompt.encode("utf-8", "surrogatepass"))
    if size > BODY_MAX_BYTES:
        raise ConfigError(
            f"{where}: initial_prompt has {size} bytes; at most {BODY_MAX_BYTES}. Name a file in it instead."
        )


def _check_env(env: dict[str, str], where: str) -> None:
    for key, value in env.items():
        if not key.isidentifier() or not key.isascii():
            raise ConfigError(f"{where}: env {key!r}: a variable's name is letters, digits and _, no digit first.")
        if key.startswith("PEERD_"):
            raise ConfigError(f"{where}: env {key}: PEERD_ variables are peerd's own; choose another name.")
        if "\0" in value:
            raise ConfigError(f"{where}: env {key}: a value cannot hold a NUL byte.")
