"""A message that is too long to be typed goes by a file of the session."""

from peerd.adapter import Place
from peerd.model.envelope import content, sanitise
from peerd.model.message import Message

NOTICE = "This message is too long to be typed. Read it, whole, from the file {path}"


def by_file(message: Message, place: Place) -> tuple[str, dict[str, str]]:
    """What is typed in its place, and the file, by its name in the session's folder: all that follows the header."""
    name = f"in/{message.id}"
    return NOTICE.format(path=f"{place.folder}/{name}"), {name: sanitise(content(message, place.files(message)))}
