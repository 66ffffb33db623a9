"""The last lines of the lifecycle log about one peer, for a person who asks why."""

import os
from collections.abc import Iterable, Iterator

from peerd.model.logfmt import parse

READ_BYTES = 256 << 10
"""Of the current file's end: about two thousand lines."""


def last_decisions(folder: str, peer: str, count: int) -> list[str]:
    """Oldest first; fewer where the end of the log has fewer, none where it cannot be read."""
    try:
        with open(os.path.join(folder, "lifecycle.log"), "rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - READ_BYTES))
            lines = file.read().decode("utf-8", "replace").split("\n")
    except OSError:
        return []
    return list(_backwards(reversed(lines), peer))[:count][::-1]


def _backwards(lines: Iterable[str], peer: str) -> Iterator[str]:
    """Newest first: also by the names it had before; none of one that had its name then."""
    for line in lines:
        told = _told(line)
        if told.get("ev") == "peer-renamed" and told.get("was") == peer:
            return
        if told.get("peer") != peer:
            continue
        if told.get("ev") == "peer-removed":
            return
        yield line
        peer = told.get("was", peer) if told.get("ev") == "peer-renamed" else peer


def _told(line: str) -> dict[str, str]:
    try:
        return parse(line)
    except ValueError:
        return {}
