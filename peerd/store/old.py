"""What of the record is old: what is over, and nothing that is open needs. Texts go first, rows later."""

import msgspec

from peerd.model.session import PROBED
from peerd.store.conditions import MAY_LIVE, OVER, UNFINISHED, WAITING, WORKING
from peerd.store.database import Connection
from peerd.store.statement import Value, change

BEFORE = "SELECT reply_to AS id FROM message {of} UNION SELECT descends_from FROM message {of}"
NEEDED = (
    "(WITH RECURSIVE needed (id) AS ("
    + " UNION ".join(BEFORE.format(of=f"WHERE {which}") for which in (WAITING, WORKING))
    + " UNION SELECT reply_to FROM message JOIN needed USING (id)"
    " UNION SELECT descends_from FROM message JOIN needed USING (id)"
    ") SELECT id FROM needed WHERE id IS NOT NULL)"
)
"""What is open replies to or descends from, and so on back to what nobody had asked."""

TYPED = "SELECT typed FROM session WHERE ended_at IS NULL AND typed IS NOT NULL"
IN_NO_LINE = (
    f"(state = 'submitted' OR (id NOT IN ({TYPED}) AND '{PROBED}' || id NOT IN ({TYPED}) "
    f"AND (session IS NULL OR session NOT IN (SELECT id FROM session WHERE {MAY_LIVE}))))"
)
"""What was not seen to be taken may stand in an input line still, of a session that lives."""

LASTLY = "coalesce((SELECT max(at) FROM step WHERE step.message = message.seq), accepted_at)"
OLD = (
    f"accepted_at < :before AND {UNFINISHED} IS NOT TRUE AND {LASTLY} < :before AND {IN_NO_LINE} "
    f"AND (:peer IS NULL OR sender = :peer OR target = :peer) AND id NOT IN {NEEDED}"
)
WITH_TEXT = f"gone_at IS NULL AND {OLD}"
WITHOUT_TEXT = f"gone_at IS NOT NULL AND {OLD}"
IN_HAND = "id IN (SELECT value FROM json_each(:in_hand))"
"""By the word of who asks: the record does not tell of every turn that is open."""

NEWEST_KEPT = 10
"""Sessions of a peer, on record whatever their age."""

OLD_SESSION = (
    f"{OVER} AND ended_at < :before "
    "AND seq < (SELECT max(seq) FROM session AS later WHERE later.peer = session.peer AND ready_at IS NOT NULL) "
    "AND seq < (SELECT seq FROM session AS later WHERE later.peer = session.peer "
    f"ORDER BY seq DESC LIMIT 1 OFFSET {NEWEST_KEPT - 1}) "
    "AND conversation IS NOT coalesce((SELECT conversation FROM session AS later WHERE later.peer = session.peer "
    "AND later.runtime = session.runtime AND conversation IS NOT NULL ORDER BY seq DESC LIMIT 1), '') "
    "AND seq NOT IN (SELECT session FROM outlived) "
    f"AND id NOT IN (SELECT sent_in FROM message WHERE {WAITING} AND sent_in IS NOT NULL) "
    f"AND id NOT IN (SELECT sent_in FROM message WHERE {WORKING} AND sent_in IS NOT NULL) "
    f"AND id NOT IN (SELECT session FROM message WHERE {WAITING} AND session IS NOT NULL) "
    f"AND id NOT IN (SELECT sent_in FROM message WHERE id IN {NEEDED} AND sent_in IS NOT NULL)"
)
"""Of which nothing is gone on with: neither its conversation nor an answer to what was sent from it."""

AMONG = "seq IN (SELECT value FROM json_each(:seqs))"


class DropTexts(msgspec.Struct, frozen=True, tag=True):
    """The texts, answers and files of old messages are kept no more; what became of them is. `seqs`: a JSON list of
    their numbers; one that is not over since before `before`, or that is needed, stays as it is."""

    seqs: str
    before: float
    at: float


class DropReceipts(msgspec.Struct, frozen=True, tag=True):
    """Of old messages without a text nothing is kept any more. As of `DropTexts`."""

    seqs: str
    before: float


class DropSessions(msgspec.Struct, frozen=True, tag=True):
    """Of old sessions, that nothing is gone on with, nothing is kept any more. As of `DropTexts`."""

    seqs: str
    before: float


Dropped = DropTexts | DropReceipts | DropSessions


def drop_texts(connection: Connection, write: DropTexts) -> bool:
    values: dict[str, Value] = {"seqs": write.seqs, "before": write.before, "peer": None, "at": write.at}
    gone = f"UPDATE message SET gone_at = :at, answer = NULL WHERE {AMONG} AND {WITH_TEXT}"
    if not change(connection, gone, values):
        return False
    of_those = f"message IN (SELECT seq FROM message WHERE {AMONG} AND gone_at IS NOT NULL)"
    for table in ("body", "attachment", "said"):
        change(connection, f"DELETE FROM {table} WHERE {of_those}", values)
    return True


def drop_receipts(connection: Connection, write: DropReceipts) -> bool:
    """With their histories."""
    values: dict[str, Value] = {"seqs": write.seqs, "before": write.before, "peer": None}
    return change(connection, f"DELETE FROM message WHERE {AMONG} AND {WITHOUT_TEXT}", values) > 0


def drop_sessions(connection: Connection, write: DropSessions) -> bool:
    """With the topics that were spoken of in them."""
    values: dict[str, Value] = {"seqs": write.seqs, "before": write.before}
    return change(connection, f"DELETE FROM session WHERE {AMONG} AND {OLD_SESSION}", values) > 0
