"""Event logs in a folder, as tests write and read them."""

from collections.abc import Iterable
from pathlib import Path

from peerd.edges.eventlog import EventLog, Gap, parse

TS = "2026-01-02T03:04:05.678Z"


def log_in(folder: Path, max_bytes: int = 5 << 20, keep: int = 5, *, verbose: bool = False) -> EventLog:
    return EventLog(str(folder), max_bytes, keep, stamp=lambda: TS, verbose=verbose)


def held(log: EventLog, *ids: object) -> None:
    for id in ids:
        log.write("held", id=str(id), to="ada", hold="busy")


def lines(path: Path) -> list[str]:
    return path.read_bytes().decode("utf-8").split("\n")[:-1]


def events(path: Path) -> list[dict[str, str]]:
    return [parse(line) for line in lines(path)]


def ids(read: Iterable[str | Gap]) -> list[str | Gap]:
    """The ids a reader came upon, and the gaps."""
    found = [each if isinstance(each, Gap) else parse(each).get("id", "") for each in read]
    return [each for each in found if each]


def numbered(first: int, last: int) -> list[str | Gap]:
    return [str(n) for n in range(first, last + 1)]
