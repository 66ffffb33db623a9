"""A message that is too long to be typed, or would not be taken as text, goes by a file of the session."""

from peerd.adapter import Place
from peerd.model.envelope import content, sanitise
from peerd.model.message import Message

FOLDER = "in"
"""Of the session's folder: one file a message."""
TOO_LONG = "is too long to be typed"


def by_file(message: Message, place: Place, why: str = TOO_LONG) -> tuple[str, dict[str, str]]:
    """What is typed in its place, and the file, by its name in the session's folder: all that follows the header."""
    name = f"{FOLDER}/{message.id}"
    notice = f"This message {why}. Read it, whole, from the file {place.folder}/{name}"
    return notice, {name: sanitise(content(message, place.files(message)))}
