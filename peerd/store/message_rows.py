"""Rows of messages, their bodies and their histories. A history is only ever added to."""

from peerd.errors import PeerdError, UnknownMessage
from peerd.model.attempt import WAS_TAKEN, AttemptEnd
from peerd.model.message import Delivery, Message, MessageId, Task, digest, first_id
from peerd.model.peer import DAEMON, OPERATOR, SENDERS_KNOWN, PeerName, removed
from peerd.store.conditions import PLACED, UNFINISHED
from peerd.store.database import Connection, Row
from peerd.store.ends import ENDED, UNDELIVERED, delivery_moves, task_moves
from peerd.store.owed import owe, owe_no_more
from peerd.store.statement import change, clean, first, insert
from peerd.store.steps import SetBeside, SetDue
from peerd.store.write import InsertMessage, Revive, SetDelivery, SetHold, SetSaid, SetTask, SetTyped, TakeOut

ACCEPTED = "on disk"
"""What shows that a message was accepted."""

NO_COLUMN = ("body", "attachments", "forgiven")
"""Of a message: its text and its files have tables of their own, and its history tells how often it was handed out
anew."""


def insert_message(connection: Connection, write: InsertMessage) -> bool:
    message = write.message
    if _on_record(connection, message):
        return False
    fields = {name: getattr(message, name) for name in message.__struct_fields__ if name not in NO_COLUMN}
    fields["state"] = Delivery.ACCEPTED.value
    fields["task"] = write.task.value if write.task else None
    fields["files"] = len(message.attachments)
    if message.sent_in is not None:
        fields |= {"digest": digest(message.body), "chars": len(message.body)}
    insert(connection, "message", fields | {"attempt": 0, "place": _last_place(connection) + 1})
    row = _row(connection, message.id)
    insert(connection, "body", {"message": row["seq"], "text": message.body})
    for n, each in enumerate(message.attachments):
        values = {"message": row["seq"], "n": n, "name": each.name, "digest": each.digest, "size": each.size}
        insert(connection, "attachment", values)
    _add_step(connection, row, Delivery.ACCEPTED.value, 0, message.accepted_at, ACCEPTED)
    return True


def set_delivery(connection: Connection, write: SetDelivery) -> bool:
    row = _row(connection, write.message)
    task = Task(row["task"]) if row["task"] else None
    if not delivery_moves(write.message, Delivery(row["state"]), task, write.state, reopens=write.outcome in WAS_TAKEN):
        return False
    lost = write.state in UNDELIVERED and task is Task.OPEN
    values = {
        "seq": row["seq"],
        "state": write.state.value,
        "attempt": write.attempt,
        "session": write.session,
        "hold": None if write.state in ENDED else row["hold"],
        "task": Task.DEAD.value if lost else row["task"],
    }
    change(
        connection,
        "UPDATE message SET state = :state, session = coalesce(:session, session), hold = :hold, task = :task, "
        "attempt = iif(:state = 'submitted', max(attempt, :attempt), :attempt), "
        "taken_after = iif(:state = 'submitted', (SELECT max(seq) FROM message), taken_after) WHERE seq = :seq",
        values,
    )
    made = (write.attempt, write.at, write.evidence, write.outcome, write.session, write.quoted)
    _add_step(connection, row, write.state.value, *made)
    if write.state in UNDELIVERED:
        owe(connection, row, failed=True)
    if write.state is Delivery.SUBMITTED and row["id"] != first_id(write.session or ""):
        given = {"target": row["target"], "sender": _queued_as(row)}
        change(connection, GIVEN, given)
        change(connection, GIVEN_LONG_AGO, given)
    if write.state is Delivery.SUBMITTED and row["topic"] is not None:
        change(connection, SPOKEN, {"id": write.session or row["session"], "topic": row["topic"]})
    if write.state is Delivery.LEASED and write.session is not None:
        set_typed(connection, SetTyped(write.session, write.message))
    return True


SPOKEN = "INSERT OR REPLACE INTO spoken (session, topic) SELECT seq, :topic FROM session WHERE id = :id"
"""The latest last: what is replaced has a number of its own."""


def _queued_as(row: Row) -> PeerName:
    """As `Message.queued_as`."""
    known = row["sent_in"] is not None or row["sender"] in (OPERATOR, DAEMON)
    return PeerName(row["sender"]) if known else removed(row["sender"])


GIVEN = (
    "INSERT OR REPLACE INTO given (target, sender, n) "
    "SELECT :target, :sender, 1 + coalesce(max(n), 0) FROM given WHERE target = :target"
)
GIVEN_LONG_AGO = (
    "DELETE FROM given WHERE target = :target AND n <= "
    f"(SELECT n FROM given WHERE target = :target ORDER BY n DESC LIMIT 1 OFFSET {SENDERS_KNOWN})"
)
"""Of one that was removed, and whose message came later, nothing else would ever end it."""


def take_out(connection: Connection, write: TakeOut) -> bool:
    """Nothing of its row is understood first."""
    if not change(connection, OUT, {"seq": _row(connection, write.message)["seq"]}):
        return False
    row = _row(connection, write.message)
    ended = Task.DEAD if row["state"] == Delivery.SUBMITTED.value else Delivery.CANCELLED
    change(connection, SAID_NO_MORE, {"seq": row["seq"]})
    _add_step(connection, row, ended.value, row["attempt"], write.at, write.evidence)
    owe(connection, row, failed=True)
    return True


OUT = (
    "UPDATE message SET state = iif(state = 'submitted', state, 'cancelled'), task = iif(task IS NULL, NULL, 'dead'), "
    f"hold = NULL, attempt = iif(typeof(attempt) = 'integer', attempt, 0) WHERE seq = :seq AND {UNFINISHED}"
)


def revive(connection: Connection, write: Revive) -> bool:
    row = _row(connection, write.message)
    lost = Delivery(row["state"]) in UNDELIVERED and row["task"] != Task.ANSWERED.value
    if not lost and row["task"] != Task.DEAD.value:
        state = row["task"] or row["state"]
        raise PeerdError(f"{write.message} is {state}: only a dead letter can be requeued.")
    if row["gone_at"] is not None:
        raise PeerdError(f"the text of {write.message} is no longer kept: it cannot be requeued.")
    again = (
        "UPDATE message SET state = 'accepted', task = iif(task IS NULL, NULL, 'open'), hold = NULL, "
        "expires_at = :expires, not_before = NULL, place = :place"
    )
    last = {"seq": row["seq"], "place": _last_place(connection) + 1, "expires": write.expires_at}
    change(connection, f"{again} WHERE seq = :seq", last)
    owe_no_more(connection, row)
    _add_step(connection, row, Delivery.ACCEPTED.value, row["attempt"], write.at, write.evidence)
    return True


def set_due(connection: Connection, write: SetDue) -> bool:
    row = _row(connection, write.message)
    if row["not_before"] is None or Delivery(row["state"]) in ENDED:
        return False
    last = {"seq": row["seq"], "place": _last_place(connection) + 1}
    change(connection, "UPDATE message SET not_before = NULL, place = :place WHERE seq = :seq", last)
    _add_step(connection, row, row["state"], row["attempt"], write.at, write.evidence)
    return True


def set_beside(connection: Connection, write: SetBeside) -> bool:
    """Nothing where the last step says the same: a journal is heard at least once."""
    row = _row(connection, write.message)
    last = connection.execute(LAST_SAID, {"seq": row["seq"]}).fetchone()
    if last is not None and last["evidence"] == write.evidence:
        return False
    _add_step(connection, row, row["task"] or row["state"], row["attempt"], write.at, write.evidence)
    return True


LAST_SAID = "SELECT evidence FROM step WHERE message = :seq ORDER BY n DESC LIMIT 1"


def set_typed(connection: Connection, write: SetTyped) -> bool:
    values = {"id": write.session, "typed": write.typed}
    return change(connection, "UPDATE session SET typed = :typed WHERE id = :id AND typed IS NOT :typed", values) > 0


def set_hold(connection: Connection, write: SetHold) -> bool:
    row = _row(connection, write.message)
    hold = write.hold.value if write.hold else None
    if row["hold"] == hold or Delivery(row["state"]) in ENDED:
        return False
    change(connection, "UPDATE message SET hold = :hold WHERE seq = :seq", {"seq": row["seq"], "hold": hold})
    return True


def set_said(connection: Connection, write: SetSaid) -> bool:
    row = _row(connection, write.message)
    if row["task"] != Task.OPEN.value:
        return False
    kept = "INSERT OR REPLACE INTO said (message, exit_status, last_words) VALUES (:seq, :status, :words)"
    return change(connection, kept, {"seq": row["seq"], "status": write.exit_status, "words": write.last_words}) > 0


SAID_NO_MORE = "DELETE FROM said WHERE message = :seq"


def set_task(connection: Connection, write: SetTask) -> bool:
    row = _row(connection, write.message)
    task = Task(row["task"]) if row["task"] else None
    if write.unless_answered and task is Task.ANSWERED:
        return False
    if not task_moves(write.message, Delivery(row["state"]), task, write.task):
        if write.once:
            raise PeerdError(f"the task of {write.message} is {write.task.value} already")
        return False
    kept = ("answer", "answer_from", "exit_status")
    said = {"answer": write.answer, "answer_from": write.answer_from, "exit_status": write.exit_status}
    if write.task is not Task.OPEN:
        said = {name: row[name] if said[name] is None else said[name] for name in kept}
    change(
        connection,
        "UPDATE message SET task = :task, answer = :answer, answer_from = :answer_from, exit_status = :exit_status "
        "WHERE seq = :seq",
        {"seq": row["seq"], "task": write.task.value, **said},
    )
    change(connection, SAID_NO_MORE, {"seq": row["seq"]})
    _add_step(connection, row, write.task.value, row["attempt"], write.at, write.evidence)
    if write.task in (Task.OPEN, Task.ANSWERED):
        owe_no_more(connection, row)
    else:
        owe(connection, row, failed=write.task is Task.DEAD)
    return True


def _on_record(connection: Connection, message: Message) -> bool:
    """Whether this very message is; raises PeerdError where another one has its id, or one whose text is gone."""
    known = first(
        connection,
        "SELECT seq, sender, sent_in, target, target_is_gone, text, topic, reply_to, gone_at "
        "FROM message LEFT JOIN body ON body.message = seq WHERE id = :id",
        {"id": message.id},
    )
    if known is None:
        return False
    files = connection.execute(FILES, {"seq": known["seq"]}).fetchall()
    gone = known["target_is_gone"] or (known["sent_in"] is None) is not (message.sent_in is None)  # a namesake's
    whence = (message.sender, message.target, message.topic, message.reply_to)
    same = not gone and whence == tuple(known[each] for each in ("sender", "target", "topic", "reply_to"))
    if same and known["gone_at"] is not None:
        raise PeerdError(NOT_TO_TELL.format(id=message.id, to=message.target))
    said = (clean(message.body), [(each.name, each.digest) for each in message.attachments])
    if same and said == (known["text"], [tuple(each) for each in files]):
        return True
    removed = known["target_is_gone"] and known["target"] == message.target
    by = f"a message to the {message.target} that was removed" if removed else "another message"
    raise PeerdError(f"the id {message.id} is taken by {by}: nothing was stored, send under another id")


NOT_TO_TELL = (
    "{id} was sent to {to} before, and its text is no longer kept: whether this is the same cannot be told. "
    "Nothing was stored; `peerd message {id}` tells what became of it. Another message needs another id."
)
"""Who sent it would have it done twice under another id."""

FILES = "SELECT name, digest FROM attachment WHERE message = :seq ORDER BY n"


def _row(connection: Connection, message: MessageId) -> Row:
    row = first(connection, "SELECT * FROM message WHERE id = :id", {"id": message})
    if row is None:
        raise UnknownMessage(f"no message {message} is on record: nothing was changed")
    return row


def _last_place(connection: Connection) -> int:
    """Places are in the order handed out, of all peers' messages alike."""
    row = first(connection, f"SELECT place FROM message WHERE {PLACED} ORDER BY place DESC LIMIT 1", {})
    return int(row["place"]) if row is not None else 0


def _add_step(
    connection: Connection,
    row: Row,
    state: str,
    attempt: int,
    at: float,
    evidence: str,
    outcome: AttemptEnd | None = None,
    session: str | None = None,
    quoted: int = 0,
) -> None:
    change(
        connection,
        "INSERT INTO step SELECT :seq, 1 + coalesce(max(n), 0), :at, :state, :attempt, :evidence, :outcome, :session, "
        ":quoted FROM step WHERE message = :seq",
        {
            "seq": row["seq"],
            "at": at,
            "state": state,
            "attempt": attempt,
            "evidence": evidence,
            "outcome": outcome.value if outcome else None,
            "session": session,
            "quoted": quoted,
        },
    )
