"""Stamps that people and programs read: RFC 3339."""

from datetime import UTC, datetime


def stamp(wall: float) -> str:
    """`2026-01-02T03:04:05.678Z` of Unix seconds: always UTC, always to the nearest millisecond, so that stamps sort as
    text."""
    at = datetime.fromtimestamp(round(wall * 1000) / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix(text: str) -> float:
    """Unix seconds of a stamp with its offset from UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} does not say its offset from UTC, such as Z")
    return at.timestamp()
