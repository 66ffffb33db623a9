"""The last lines of the lifecycle log about one peer, for a person who asks why."""

import os

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
    return [line for line in lines if _about(line) == peer][-count:]


def _about(line: str) -> str | None:
    try:
        return parse(line).get("peer")
    except ValueError:
        return None
