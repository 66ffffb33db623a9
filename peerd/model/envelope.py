"""How a message looks to the one who reads it: one header line, then the body, which runs to the end of the paste.

The header starts with plain words, so that no runtime takes a body for a command, and names the sender and the id
that a reply needs. It is for reading: what counts is what the daemon has on record under the id.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:  # the actor reads envelopes, and msgspec takes longer to load than all the rest of it
    from collections.abc import Sequence

    from peerd.model.message import Message, MessageId
else:
    MessageId = str

HEADER = re.compile(
    r"peerd message (?P<id>[A-Za-z0-9][A-Za-z0-9._-]{0,63}) "
    r"from (?P<sender>[a-z][a-z0-9-]{0,64}) \((?P<kind>agent|person|service)\)"
    r"(?: to (?:group |@)(?P<group>[a-z][a-z0-9-]{0,31}))?"  # @: of an older peerd
    r'(?: topic (?P<topic>"(?:[^"\\]|\\.)*"))?'
    r"(?: in reply to (?P<reply_to>[A-Za-z0-9][A-Za-z0-9._-]{0,63}))?"
    r" attempt (?P<attempt>[0-9]{1,9}) hops (?P<hops>[0-9]{1,9})(?: files (?P<files>[1-9][0-9]?))?:"
)
ATTACHED = re.compile(r'attached (?P<path>"(?:[^"\\]|\\.)*")')


class Envelope(NamedTuple):
    """What a reader learns from an envelope."""

    id: MessageId
    sender: str  # identity
    kind: str
    topic: str | None
    reply_to: MessageId | None
    attempt: int
    hops: int
    body: str
    files: tuple[str, ...] = ()  # paths
    group: str | None = None  # that it was sent to, and its reader is of


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
NEWLINE = re.compile("\r\n|[\r\u2028\u2029]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
MENTION, AT = re.compile(r"(?<![0-9A-Za-z_.+-])@"), r"\\u0040"
"""What an agent may take for the beginning of a file's name, not that in a mail address; and it as JSON spells it."""


def sanitise(text: str) -> str:
    """What may be typed into a terminal: CRLF, CR, and the separators U+2028 and U+2029, at which Claude begins a line
    of its input (measured on 2.1.330), become LF; ESC, the other C0 but TAB and LF, DEL and C1 go (a pasted ESC[201~
    would end the paste, measured on tmux 3.3a); a lone surrogate becomes U+FFFD. Idempotent."""
    return SURROGATE.sub("�", CONTROL.sub("", NEWLINE.sub("\n", text)))


def header(message: Message, attempt: int) -> str:
    """The first line, without its newline. No `@` of it mentions a file: Claude reads that into the turn, and asks
    nobody (measured on 2.1.330)."""
    subject = sanitise(message.topic or "")
    topic = f" topic {MENTION.sub(AT, json.dumps(subject, ensure_ascii=False))}" if subject else ""
    reply = f" in reply to {message.reply_to}" if message.reply_to else ""
    group = f" to group {message.to_group}" if message.to_group else ""
    sender = f"{message.sender_identity} ({message.sender_kind}){group}"
    files = f" files {len(message.attachments)}" if message.attachments else ""
    return f"peerd message {message.id} from {sender}{topic}{reply} attempt {attempt} hops {message.hops}{files}:"


def content(message: Message, files: Sequence[str] = ()) -> str:
    """What follows the header: a line for each file beside the message, by its path, then the body."""
    lines = (f"attached {json.dumps(path, ensure_ascii=False)}\n" for path in files)
    return "".join((*lines, message.body))


def render(message: Message, attempt: int, files: Sequence[str] = ()) -> str:
    """The text to be typed: sanitised, one header line, one for each of the files, then the body unchanged to its last
    newline."""
    return sanitise(f"{header(message, attempt)}\n{content(message, files)}")


def named(text: str) -> tuple[MessageId, int] | None:
    """Id and attempt of the message whose header a text begins with, whatever a runtime made of what follows it."""
    match = HEADER.match(text)
    return (MessageId(match["id"]), int(match["attempt"])) if match else None


def parse(text: str) -> Envelope | None:
    """The envelope at the very start of a text; None when there is none. Never raises."""
    head, newline, rest = text.partition("\n")
    match = HEADER.fullmatch(head)
    if match is None or not newline:
        return None
    try:
        topic = sanitise(json.loads(match["topic"])) if match["topic"] else None
        files, body = _files(rest, int(match["files"] or 0))
    except ValueError:  # quoted like a topic or a path, but no JSON string; or fewer files than the header says
        return None
    return Envelope(
        id=MessageId(match["id"]),
        sender=match["sender"],
        kind=match["kind"],
        topic=topic,
        reply_to=MessageId(match["reply_to"]) if match["reply_to"] else None,
        attempt=int(match["attempt"]),
        hops=int(match["hops"]),
        body=body,
        files=files,
        group=match["group"],
    )


def _files(text: str, count: int) -> tuple[tuple[str, ...], str]:
    """The paths in the first lines, and what follows them. Raises ValueError."""
    files = []
    for _ in range(count):
        line, _, text = text.partition("\n")
        match = ATTACHED.fullmatch(line)
        if match is None:
            raise ValueError(line)
        files.append(json.loads(match["path"]))
    return tuple(files), text
