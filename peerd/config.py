"""`peerd.toml` -> a frozen struct, checked once at the rim; and the files that declare runtimes.

Unknown fields are refused; errors name file and field. Specs are `specfile`'s.
"""

import math
import os
import warnings
from typing import TypeVar

import msgspec

from peerd.errors import ConfigError
from peerd.model.notify import QUIET, Notify
from peerd.model.rule import Rule, check_rule
from peerd.specfile import NO_TOML, SWITCHES, check_figure, read_file

T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`peerd.toml`. Sizes are bytes, durations seconds."""

    log_max_bytes: int = 5 << 20
    log_keep: int = 5  # files a log, the current one included
    log_verbose: bool = False  # also steady-state lines
    pane_log_max_bytes: int = 8 << 20
    census_s: float = 60.0
    silent_s: float = 30.0  # without a word before the census believes a screen that shows an empty input line
    starts_at_once: int = 0  # peers that boot at the same time, the others wait; 0: two for each processor
    sessions_kept: int = 10  # folders (journal, pane log) of ended sessions, a peer
    notify: tuple[Notify, ...] = ()  # commands that tell a person
    keep_messages_days: float = 30.0  # texts, answers and files, after a message is over; 0: for ever
    keep_receipts_days: float = 90.0  # what became of it, after that; 0: for ever
    approval_remind_s: float = 300.0  # a permission asked for this long ago is urgent
    approval_expires_s: float = 3600.0  # and this long ago: that nobody answers is told, and a rule may deny it
    approve: tuple[Rule, ...] = ()  # who answers which of them; the first that matches counts
    peers: dict[str, float | bool] = {}  # figures and switches of every peer whose spec does not say otherwise


NOT_NEGATIVE = ("sessions_kept", "starts_at_once", "keep_messages_days", "keep_receipts_days")


def _decoded(data: bytes, kind: type[T], name: str) -> T:
    try:
        return msgspec.toml.decode(data, type=kind)
    except NO_TOML as error:
        raise ConfigError(f"{name}: {error}. Correct the file; nothing was changed.") from error


def read_settings(path: str) -> Settings:
    """The settings, defaults where the file is missing. Raises ConfigError."""
    try:
        data = read_file(path)
    except FileNotFoundError:
        return Settings()
    return _check_settings(_decoded(data, Settings, path), path)


def _check_settings(settings: Settings, path: str) -> Settings:
    """Refuses what would lose logs or never look."""
    least = {"log_max_bytes": 65_536, "log_keep": 1, "pane_log_max_bytes": 65_536, "census_s": 1, "silent_s": 1}
    least |= {"approval_remind_s": 1, "approval_expires_s": 1}
    for field, value in (least | dict.fromkeys(NOT_NEGATIVE, 0)).items():
        if not math.isfinite(getattr(settings, field)):
            raise ConfigError(f"{path}: {field} = {getattr(settings, field)}: give a number.")
        if getattr(settings, field) < value:
            raise ConfigError(f"{path}: {field} = {getattr(settings, field)}: give at least {value}.")
    for n, each in enumerate(settings.notify, start=1):
        _check_notify(each, f"{path}: notify, table {n}")
    _check_rules(settings.approve, path)
    for field, figure in settings.peers.items():
        if field not in SWITCHES:
            check_figure(field, figure, f"{path}: peers")
        elif not isinstance(figure, bool):
            raise ConfigError(f"{path}: peers: {field} = {figure:g}: give true or false.")
    return settings


def _check_rules(rules: tuple[Rule, ...], path: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for nth, rule in enumerate(rules, 1):
            wrong = check_rule(rule)
            if wrong is not None:
                raise ConfigError(f"{path}: approve: rule {nth}: {wrong}")


def _check_notify(notify: Notify, where: str) -> None:
    if not notify.command or not notify.command[0]:
        raise ConfigError(
            f'{where}: command: give a program and its words, as ["notify-send", "{{title}}", "{{text}}"].'
        )
    if any("\0" in word for word in notify.command):
        raise ConfigError(f"{where}: command: no word of it may hold a NUL.")
    if notify.quiet and not QUIET.fullmatch(notify.quiet):
        raise ConfigError(f'{where}: quiet = "{notify.quiet}": give two times of a day, as "22:00-07:00".')
    if not notify.about:
        raise ConfigError(f"{where}: about: give at least one of notice, message, approval.")


def read_runtimes(folder: str) -> tuple[dict[str, bytes], list[ConfigError]]:
    """The files of a folder that declare runtimes, by path, and what is wrong with those that cannot be read."""
    found: dict[str, bytes] = {}
    wrong: list[ConfigError] = []
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if name.endswith(".toml") and not name.startswith("."):
            path = os.path.join(folder, name)
            try:
                found[path] = read_file(path)
            except ConfigError as error:
                wrong.append(error)
            except FileNotFoundError:
                continue
    return found, wrong
