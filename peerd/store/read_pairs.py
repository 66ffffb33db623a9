"""What is on record of two peers and what they send each other."""

from typing import Any

import msgspec

from peerd.model.peer import PeerName
from peerd.store import decode
from peerd.store.ends import UNDELIVERED
from peerd.store.paused import PausedPair
from peerd.store.refused import SetRefused
from peerd.store.rows import Rows

COUNTED = (
    "sender = :sender AND target = :target AND accepted_at > :since AND seq > coalesce("
    "(SELECT max(counted_from) FROM pair WHERE (one, other) IN "
    "(VALUES (min(:sender, :target), max(:sender, :target)), ('', :sender), ('', :target))), 0)"
)
ANSWERS = (
    "EXISTS (SELECT 1 FROM message AS asked JOIN step ON step.message = asked.seq "
    "WHERE asked.id = message.reply_to AND step.evidence = 'reply ' || message.id)"
)
LOST = ", ".join(f"'{each.value}'" for each in UNDELIVERED)
REPEATED = (
    f"SELECT count(*) AS count FROM message INDEXED BY message_pair WHERE {COUNTED} AND digest = :digest "
    f"AND key IS NULL AND files = 0 AND coalesce(task, 'open') = 'open' AND state NOT IN ({LOST}) AND NOT {ANSWERS}"
)
LATELY = (
    "SELECT * FROM (SELECT seq, sender, key IS NULL AND files = 0 AND chars <= :short AS plain, "
    f"{ANSWERS} AS answers FROM message INDEXED BY message_pair WHERE {COUNTED} ORDER BY accepted_at DESC LIMIT :most)"
)


class Exchanged(msgspec.Struct, frozen=True):
    """A message from one peer to another. `text` None: it is long, or goes with files or under a key; `answers`: it
    ended a task."""

    sender: PeerName
    text: str | None
    answers: bool


class PairsOnRecord(Rows):
    def paused_pairs(self) -> list[PausedPair]:
        rows = self._rows("SELECT one, other, since, why, by FROM pair WHERE paused ORDER BY one, other", {})
        found = (decode.known(tuple(row.values()), tuple[PeerName, PeerName, float, str, str]) for row in rows)
        return [PausedPair(*each) for each in found if each is not None]

    def paused_with(self) -> dict[PeerName, frozenset[PeerName]]:
        """By peer, the others that it is paused with."""
        found: dict[PeerName, frozenset[PeerName]] = {}
        for pair in self.paused_pairs():
            for one, other in ((pair.one, pair.other), (pair.other, pair.one)):
                found[one] = found.get(one, frozenset()) | {other}
        return found

    def refused(self) -> list[SetRefused]:
        """What makes no sense is left out."""
        rows = self._rows("SELECT sender, target, count, noted, windows FROM refused", {})
        found = (decode.known(tuple(row.values()), tuple[PeerName, PeerName, int, float, int]) for row in rows)
        return [SetRefused(*each) for each in found if each is not None]

    def repeated(self, sender: PeerName, target: PeerName, digest: str, since: float) -> int:
        """How many messages of this digest one sent the other since then (Unix seconds), of which no task has come to
        its end, and that end none. One step in an index for each that it sent."""
        values = {"sender": sender, "target": target, "digest": digest, "since": since}
        return int(self._rows(REPEATED, values)[0]["count"])

    def exchanged(self, one: PeerName, other: PeerName, since: float, most: int, short: int) -> list[Exchanged]:
        """What went between the two since then, the newest first, at most so many; texts of at most `short` characters
        alone."""
        values = {"sender": one, "target": other, "since": since, "most": most, "short": short}
        back = values | {"sender": other, "target": one}
        rows = [*self._rows(LATELY, values), *self._rows(LATELY, back)]
        rows = sorted(rows, key=lambda row: -row["seq"])[:most]
        return [Exchanged(row["sender"], self._text(row), bool(row["answers"])) for row in rows]

    def _text(self, row: dict[str, Any]) -> str | None:
        if not row["plain"]:
            return None
        found = self._rows("SELECT text FROM body WHERE message = :seq", {"seq": row["seq"]})
        return str(found[0]["text"]) if found else None
