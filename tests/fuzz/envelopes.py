"""Envelopes: whatever is in a message, its reader learns who sent what, and nothing that its body says of that."""

import json
import re
from random import Random
from typing import Any, get_args

from peerd.model.envelope import Envelope, header, named, parse, render
from peerd.model.fact import Submitted
from peerd.model.message import Attachment, Message, MessageId, SenderKind
from peerd.model.peer import PeerName
from peerd_adapters import hooks, native, rollout
from peerd_adapters.actor_tui.composer import placeholder
from peerd_adapters.hook import SAID_MAX_BYTES
from tests.fuzz.texts import ALNUM, mutated, text, word

KINDS: tuple[SenderKind, ...] = get_args(SenderKind)
NUMBER_MAX = 999_999_999
LONG = 2 * SAID_MAX_BYTES
KEYS = {*range(9), *range(11, 32), *range(127, 160)}
"""Code points that a terminal may take for a key, or for the end of a paste: all control characters but TAB and LF."""


def plain(text: str) -> str:
    """What is to be typed of a text, without asking the code that is tested here."""
    lines = text.replace("\r\n", "\n").translate(dict.fromkeys((0x0D, 0x2028, 0x2029), "\n"))
    return "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in lines if ord(char) not in KEYS)


class Envelopes:
    """An input is one message and one text that is none, or nearly one."""

    name = "envelope"

    def one(self, chance: Random) -> tuple[int, list[str]]:
        sent, attempt = a_message(chance), chance.choice((1, 2, chance.randint(1, NUMBER_MAX)))
        files = tuple(f"/f/{plain(text(chance, 3))}" for _ in sent.attachments)
        typed = render(sent, attempt, files)
        return 1, [
            *_read(sent, attempt, typed, files),
            *_heard(chance, sent, attempt, typed),
            *_looked_at(chance, typed),
        ]

    def close(self) -> list[str]:
        return []


def a_message(chance: Random) -> Message:
    """As the daemon would accept one, and with topics that it would not."""
    body = text(chance)
    if chance.random() < 0.3:
        other = Message(**_fields(chance, body))
        body = chance.choice(("", "\n", "\r", "\x1b[201~\r", "> ")) + render(other, chance.randint(1, 9))
    return Message(**_fields(chance, body))


def _fields(chance: Random, body: str) -> dict[str, Any]:
    sender = word(chance, 8).lower().lstrip("0123456789") or "a"
    return {
        "id": _id(chance),
        "sender": PeerName(sender),
        "sender_identity": chance.choice(("operator", f"claude-{sender}", f"x-{sender}-{sender}")),
        "sender_kind": chance.choice(KINDS),
        "target": PeerName("bob"),
        "body": body,
        "accepted_at": 0.0,
        "topic": chance.choice((None, text(chance, 5)[:200])),
        "reply_to": chance.choice((None, _id(chance))),
        "attachments": (Attachment("x", "0", 1),) * chance.choice((0, 0, 1, 3)),
        "hops": chance.choice((0, 1, chance.randint(0, NUMBER_MAX))),
        "to_group": chance.choice((None, None, "all", "reviewers", "a", "in-reply-to", "a" * 32, "x-1")),
    }


def _id(chance: Random) -> MessageId:
    return MessageId(chance.choice(ALNUM) + "".join(chance.choices(ALNUM + "._-", k=chance.randint(0, 63))))


def _read(sent: Message, attempt: int, typed: str, files: tuple[str, ...]) -> list[str]:
    """By who takes it as it was typed."""
    faults = []
    expected = Envelope(
        id=sent.id,
        sender=sent.sender_identity,
        kind=sent.sender_kind,
        topic=plain(sent.topic or "") or None,
        reply_to=sent.reply_to,
        attempt=attempt,
        hops=sent.hops,
        body=plain(sent.body),
        files=files,
        group=sent.to_group,
    )
    if parse(typed) != expected:
        faults.append(f"read as {parse(typed)}, not {expected}")
    if named(typed) != (sent.id, attempt):
        faults.append(f"named as {named(typed)}, not {(sent.id, attempt)}")
    if any(ord(char) in KEYS for char in typed) or typed.encode().decode() != typed:
        faults.append("what is typed could press a key")
    if not header(sent, attempt).isascii() and "\n" in header(sent, attempt):
        faults.append("a header of two lines")
    if placeholder(typed, 9) != f"[pasted 9 bytes, id {sent.id}]":
        faults.append(f"shown as {placeholder(typed, 9)}")
    return faults


def _heard(chance: Random, sent: Message, attempt: int, typed: str) -> list[str]:
    """By the hook of a runtime that made something of what follows the header, in a line that may be cut."""
    if chance.random() < 0.02:
        typed += word(chance) + chance.choice(('","prompt":"peerd message m-2 ', "\\u00", "🦊", '\\"')) * (LONG // 8)
    head, _, rest = typed.partition("\n")
    prompt = chance.choice((typed, f"{head}\n{mutated(chance, rest)}", f"{head} [Pasted text #1 +9 lines]"))
    said = {"session_id": "c-1", "cwd": text(chance, 3), "prompt": prompt, "permission_mode": "default"}
    whole = json.dumps(said, ensure_ascii=chance.random() < 0.5)
    cut = whole.encode("utf-8", "surrogatepass")[:SAID_MAX_BYTES].decode("utf-8", "replace")
    line = json.dumps({"hook": "UserPromptSubmit", "said": cut})
    told = [(fact.message, fact.attempt) for fact in hooks.facts(line) if isinstance(fact, Submitted)]
    return [] if told == [(sent.id, attempt)] else [f"heard as {told}, not {(sent.id, attempt)}"]


def _looked_at(chance: Random, typed: str) -> list[str]:
    """By every reader, whatever it is: what begins with no header is nobody's."""
    strange = chance.choice((text(chance), mutated(chance, typed), "> " + typed, "\n" + typed, typed[1:]))
    read, name = parse(strange), named(strange)
    faults = []
    if read is not None and (read.id, read.attempt) != name:
        faults.append(f"{strange!r} is read as {read} and named as {name}")
    if name is not None and not strange.startswith(f"peerd message {name[0]} from "):
        faults.append(f"{strange!r} is named as {name}")
    for reader in (native, hooks, rollout):
        faults += [
            f"{fact} of {strange!r}"
            for fact in reader.facts(strange)
            if isinstance(fact, Submitted) and not re.match(r"\s*\{", strange)
        ]
    return faults
