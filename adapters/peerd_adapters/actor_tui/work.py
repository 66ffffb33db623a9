"""What the actor makes of a text: whom it writes to, and how its turn ends. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from peerd.model.envelope import Envelope

ID_MAX_CHARS = 64
QUOTE_MAX_CHARS = 60
BATON = re.compile(r"baton ([0-9]{1,9})\b")


class Letter(NamedTuple):
    """A message to be sent. Its id follows from the question's: sent again for a later attempt, it is the same one."""

    to: str
    body: str
    id: str
    reply_to: str | None = None


class Work(NamedTuple):
    letter: Letter | None
    last: str


class Habits(NamedTuple):
    """Who the actor is, and what it does with a baton."""

    name: str
    baton: int | None = None
    to: str | None = None
    finally_to: tuple[str, str] | None = None


def work_on(read: Envelope | None, habits: Habits) -> Work:
    """Every message that is no answer is answered; a baton is passed on instead."""
    if read is None or read.reply_to is not None:
        return Work(None, "noted")
    held = BATON.match(read.body)
    if held and habits.baton is not None and int(held[1]) <= habits.baton:
        return _pass_on(read, int(held[1]), habits.baton, habits)
    answer = answer_to(read, habits.name)
    return Work(Letter(personality(read.sender), answer, derived("re", read.id), read.id), answer)


def _pass_on(read: Envelope, held: int, last: int, habits: Habits) -> Work:
    if held < last and habits.to:
        letter = Letter(habits.to, f"baton {held + 1}", derived("ba", read.id))
        return Work(letter, f"passed baton {held + 1} on to {habits.to}")
    if habits.finally_to is None:
        return Work(None, f"the baton arrived after {held}")
    to, text = habits.finally_to
    return Work(Letter(to, text, derived("fi", read.id)), f"the baton arrived after {held}; wrote to {to}")


def answer_to(read: Envelope, name: str) -> str:
    first = read.body.partition("\n")[0][:QUOTE_MAX_CHARS]
    files = "".join(f", {path.rpartition('/')[2]}" for path in read.files)
    return f"{name} got {len(read.body.encode('utf-8', 'replace'))} bytes{files}: {first}"


def personality(identity: str) -> str:
    """Whom to write to: an identity is <runtime>-<personality>; the operator's is one word."""
    return identity.partition("-")[2] or identity


def derived(prefix: str, id: str) -> str:
    """An id made of another; where that would be too long, of its start and its digest."""
    whole = f"{prefix}-{id}"
    if len(whole) <= ID_MAX_CHARS:
        return whole
    from hashlib import sha256

    return f"{whole[:47]}-{sha256(id.encode()).hexdigest()[:16]}"
