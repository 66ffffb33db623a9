"""Ids of messages and sessions: time first, so that they sort by when they were made; then chance, from the caller."""

from base64 import b32encode

from peerd.model.message import MessageId
from peerd.model.session import SessionId


def _id(at: float, chance: bytes) -> str:
    """18 characters: 10 of Unix milliseconds, 8 of chance (5 bytes), in the order-keeping base32hex alphabet."""
    return _base32hex(round(at * 1000).to_bytes(6, "big").rjust(10, b"\0"))[-10:] + _base32hex(chance[:5])


def _base32hex(data: bytes) -> str:
    plain = b32encode(data).decode()
    return plain.translate(_TO_HEX)


_TO_HEX = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789abcdefghijklmnopqrstuv")


def new_message_id(at: float, chance: bytes) -> MessageId:
    return MessageId(f"m-{_id(at, chance)}")


def new_session_id(at: float, chance: bytes) -> SessionId:
    return SessionId(f"s-{_id(at, chance)}")
