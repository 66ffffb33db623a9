"""Ids of messages and sessions: time first, so that they sort by when they were made; then chance, from the caller.
Imports nothing, so that the command line may name its messages too."""

DIGITS = "0123456789abcdefghijklmnopqrstuv"


def new_id(kind: str, at: float, chance: bytes) -> str:
    """`m-` or `s-`, then 10 characters of Unix milliseconds and 8 of chance (5 bytes): base32 in an alphabet that
    sorts."""
    return f"{kind}-{_base32(round(at * 1000), 10)}{_base32(int.from_bytes(chance[:5], 'big'), 8)}"


def _base32(number: int, width: int) -> str:
    return "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(width)))
