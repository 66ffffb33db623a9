"""One of the operator's own commands: what it is to be told, and a run of it."""

import asyncio
import json
import os
from typing import Any

import msgspec

from peerd import rfc3339
from peerd.core import notify
from peerd.core.notify import Outbox, Telling
from peerd.daemon.context import Daemon
from peerd.daemon.environment import allowed
from peerd.edges import program
from peerd.errors import PeerdError
from peerd.model.message import MessageId
from peerd.model.notify import Notify, Pending, Table, Word

WITHIN_S = 10.0
OF_A_DESKTOP = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "PEERD_HOME")


class Teller:
    """One command. `failed`: why it did last, "" where it went well; `missed`: what it was not told by that.
    `running`: it is, and nobody else runs it."""

    def __init__(self, table: Table, outbox: Outbox, kept: tuple[Pending, ...] | None) -> None:
        self.settings = table.says
        self.name, self.key = name_of(table), key_of(table)
        self.outbox, self.kept = outbox, kept
        self.coming: dict[MessageId, Pending] = {}  # of messages that are just being stored
        self.stirred, self.running = asyncio.Event(), asyncio.Lock()
        self.failed, self.missed = "", 0

    @property
    def pending(self) -> tuple[Pending, ...]:
        """As it is to be on disk."""
        outbox = self.outbox
        for each in self.coming.values():
            outbox = notify.put(outbox, each.word, quiet=each.quiet)
        return outbox.pending


def name_of(table: Table) -> str:
    return f"{os.path.basename(table.says.command[0])}, table {table.n}"


def key_of(table: Table) -> str:
    """By which it is on disk what it is to be told."""
    return msgspec.json.encode(table).decode()


def table_of(key: str) -> Table:
    """An older peerd had the command alone."""
    try:
        return msgspec.json.decode(key, type=Table)
    except (msgspec.MsgspecError, ValueError):
        return Table(0, Notify(command=tuple(key.split("\0"))))


async def ran(daemon: Daemon, teller: Teller, what: Telling) -> program.Ended:
    """Once no other run of it is under way. By a fault of ours it fails as by one of its own."""
    own = os.environ
    env = allowed(own) | {name: own[name] for name in OF_A_DESKTOP if name in own}
    async with teller.running:
        try:
            given = json.dumps(_given(daemon, teller.settings, what), ensure_ascii=False).encode("utf-8", "replace")
            return await program.told(notify.argv(teller.settings, what), env, given + b"\n", WITHIN_S)
        except PeerdError as error:
            return program.Ended(str(error), "")
        except Exception as error:  # noqa: BLE001  it is tried again, and what else it is to be told is not held up
            daemon.bug(f"run {teller.name}", error)
            return program.Ended(f"a fault of peerd's own: {error}", "")


def _given(daemon: Daemon, settings: Notify, what: Telling) -> dict[str, Any]:
    return {
        "title": what.title,
        "text": what.text,
        "severity": what.severity.value,
        "events": [_event(daemon, settings, each) for each in what.words],
    }


def _event(daemon: Daemon, settings: Notify, word: Word) -> dict[str, Any]:
    event = {
        "about": word.about,
        "severity": word.severity.value,
        "title": word.title,
        "text": word.whole or word.text,
        "at": rfc3339.stamp(word.at),
    }
    if word.about != "message":
        return event | {"kind": word.kind, "of": word.of}
    receipt = daemon.store.reader.sensible(MessageId(word.of))
    if receipt is None:
        return event | {"id": word.of}
    message = receipt.message
    told = event | {"id": message.id, "from": message.sender, "topic": message.topic}
    return told | {"body": message.body} if settings.body else told
