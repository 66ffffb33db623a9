"""What of a message may be stored: its id, text, topic and key, each within its bounds."""

import re

from peerd.errors import UsageError
from peerd.model.envelope import sanitise
from peerd.model.message import BODY_MAX_BYTES, FIRST_ID, TOPIC_MAX_CHARS, MessageId

MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def id(id: str | None) -> MessageId | None:
    if id is not None and not MESSAGE_ID.fullmatch(id):
        raise UsageError(f"--id {id!r}: letters, digits, '.', '_' and '-', at most 64, a letter or digit first.")
    if id is not None and FIRST_ID.fullmatch(id):
        raise UsageError(f"--id {id!r} means the first message of a session: choose another. Nothing was sent.")
    return MessageId(id) if id is not None else None


def body(body: str) -> str:
    size = len(body.encode("utf-8", "surrogatepass"))
    if not body.strip():
        raise UsageError("the message is empty. Nothing was sent.")
    if not sanitise(body).strip():
        raise UsageError("the message has only control characters, which are never typed. Nothing was sent.")
    if size > BODY_MAX_BYTES:
        raise UsageError(f"the message has {size} bytes; at most {BODY_MAX_BYTES}. Send a file's path instead.")
    return body


def topic(topic: str | None) -> str | None:
    if topic is not None and (len(topic) > TOPIC_MAX_CHARS or not topic.isprintable() or not topic.strip()):
        raise UsageError(f"a topic is one line of at most {TOPIC_MAX_CHARS} printable characters.")
    return topic


def key(key: str | None) -> str | None:
    if key is not None and not MESSAGE_ID.fullmatch(key):
        raise UsageError(f"--key {key!r}: letters, digits, '.', '_' and '-', at most 64, a letter or digit first.")
    return key
