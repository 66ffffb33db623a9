"""What is on record of two peers and what they send each other."""

from typing import Any

import msgspec

from peerd.model.message import MessageId
from peerd.model.peer import PeerName
from peerd.store import decode
from peerd.store.conditions import WAITING
from peerd.store.ends import UNDELIVERED
from peerd.store.paused import OF_PAIR, PausedPair
from peerd.store.refused import SetRefused
from peerd.store.rows import Rows

OF_THE_TWO = "sender = :sender AND target = :target"
COUNTED = (
    f"{OF_THE_TWO} AND accepted_at > :since AND accepted_at <= :until AND sent_in IS NOT NULL AND NOT target_is_gone "
    "AND seq > coalesce((SELECT counted_from FROM pair WHERE (one, other) = "
    "(min(:sender, :target), max(:sender, :target))), 0) AND seq > coalesce("
    f"(SELECT max(seq) FROM message INDEXED BY message_pair WHERE {OF_THE_TWO} AND accepted_at > :until), 0)"
)
"""What is to come was before the clock was set back, and so was what was sent before that."""

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
    f"SELECT seq, sender, key IS NULL AND files = 0 AND chars <= :short AS plain, {ANSWERS} AS answers FROM message "
    f"WHERE seq IN (SELECT seq FROM message INDEXED BY message_pair WHERE {COUNTED} ORDER BY seq DESC LIMIT :most)"
)
NTH_LAST = (
    f"SELECT accepted_at FROM message INDEXED BY message_pair WHERE {COUNTED} "
    "ORDER BY accepted_at DESC LIMIT 1 OFFSET :before"
)
OTHER = f"substr(key, {len(OF_PAIR) + 1})"
NO_PAUSE = (
    f"SELECT id FROM message INDEXED BY message_waiting WHERE {WAITING} AND state = 'accepted' AND sender = 'daemon' "
    f"AND key LIKE '{OF_PAIR}%' AND NOT EXISTS (SELECT 1 FROM pair WHERE (one, other) = (min(target, {OTHER}), "
    f"max(target, {OTHER})) AND (paused OR message.seq > counted_from))"
)


class Sent(msgspec.Struct, frozen=True):
    """What one peer sent another from its sessions after `since` and up to `until` (Unix seconds), as the clock is set
    by then; but for what was sent before the two were let go on, and what one of them that was removed sent or was
    sent."""

    sender: PeerName
    target: PeerName
    since: float
    until: float


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

    def words_of_no_pause(self) -> list[MessageId]:
        """What waits to tell one peer of its pause with another, where they are not paused; without what was said once
        they were released."""
        ids = (decode.known(row["id"], MessageId) for row in self._rows(NO_PAUSE, {}))
        return [id for id in ids if id is not None]

    def refused(self) -> list[SetRefused]:
        """What makes no sense is left out."""
        rows = self._rows("SELECT sender, target, count, noted, windows FROM refused", {})
        found = (decode.known(tuple(row.values()), tuple[PeerName, PeerName, int, float, int]) for row in rows)
        return [SetRefused(*each) for each in found if each is not None]

    def repeated(self, sent: Sent, digest: str) -> int:
        """How many of them have this digest, no task that has come to its end, and end none. One step in an index for
        each."""
        return int(self._rows(REPEATED, {**msgspec.structs.asdict(sent), "digest": digest})[0]["count"])

    def exchanged(self, sent: Sent, most: int, short: int) -> list[Exchanged]:
        """What went between the two, both ways, the newest first, at most so many; texts of at most `short` characters
        alone."""
        values = {**msgspec.structs.asdict(sent), "most": most, "short": short}
        back = values | {"sender": sent.target, "target": sent.sender}
        rows = [*self._rows(LATELY, values), *self._rows(LATELY, back)]
        rows = sorted(rows, key=lambda row: -row["seq"])[:most]
        return [Exchanged(row["sender"], self._text(row), bool(row["answers"])) for row in rows]

    def nth_last_sent(self, sent: Sent, nth: int) -> float | None:
        """When the last message but (nth - 1) of them was accepted; None where there were not so many."""
        rows = self._rows(NTH_LAST, {**msgspec.structs.asdict(sent), "before": nth - 1})
        return decode.known(rows[0]["accepted_at"], float) if rows else None

    def _text(self, row: dict[str, Any]) -> str | None:
        if not row["plain"]:
            return None
        found = self._rows("SELECT text FROM body WHERE message = :seq", {"seq": row["seq"]})
        return str(found[0]["text"]) if found else None
