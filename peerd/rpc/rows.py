"""What is on record, in the rows that are answered of it: by the daemon, and by whoever reads the store without one."""

from collections.abc import Mapping
from typing import Any

from peerd import rfc3339
from peerd.errors import PeerdError
from peerd.model.message import ON_THE_WAY, TOOK_ITS_PLACE, Delivery, Hold, Message, Receipt, Task
from peerd.model.peer import Want
from peerd.model.session import Session
from peerd.rpc.mail import Attached, HistoryStep, InboxRow, MessageRow
from peerd.rpc.results import LastEnd, Queued, Woken


def message_row(receipt: Receipt, hold: Hold | None, want: Want | None) -> MessageRow:
    """`want`: of its target, None for one that is no peer."""
    message = receipt.message
    return MessageRow(
        **_row(receipt),
        to=message.target,
        task=receipt.task,
        hold=hold,
        attempt=receipt.attempt,
        session=receipt.session,
        want=want,
        priority=message.priority,
        group=message.to_group,
        not_before=not_before(receipt),
    )


def _row(receipt: Receipt) -> dict[str, Any]:
    """What all lists tell of a message."""
    message = receipt.message
    return {
        "id": message.id,
        "sender": message.sender,
        "topic": message.topic,
        "reply_to": message.reply_to,
        "state": receipt.state,
        "accepted_at": rfc3339.stamp(message.accepted_at),
    }


def whence(message: Message) -> dict[str, Any]:
    """Of `MessageShown`: where a message comes from, and whether whom it went to is still there."""
    return {
        "identity": message.sender_identity,
        "kind": message.sender_kind,
        "sender_session": message.sent_in,
        "descends_from": message.descends_from,
        "hops": message.hops,
        "group": message.to_group,
        "target_is_gone": message.target_is_gone,
    }


def not_before(receipt: Receipt) -> str | None:
    """When it joins the queue, while it does not wait there yet."""
    at = receipt.message.not_before if receipt.state is Delivery.ACCEPTED else None
    return rfc3339.stamp(at) if at is not None else None


def expires_at(receipt: Receipt) -> str | None:
    """Until when it is delivered, while it is not."""
    at = receipt.message.expires_at if receipt.state in ON_THE_WAY else None
    return rfc3339.stamp(at) if at is not None else None


def is_unfinished(receipt: Receipt) -> bool:
    """Whether it waits, is on its way or at work."""
    return receipt.state in ON_THE_WAY or receipt.task is Task.OPEN


def no_peer(receipt: Receipt, wrong: Mapping[str, PeerdError]) -> str:
    """Of one to whom is no peer: what there is to do. `wrong`: what is the matter with specs, by name."""
    to, id = receipt.message.target, receipt.message.id
    if to in wrong:
        return f"{to} is not a peer as long as its spec is wrong: {str(wrong[to]).removesuffix('.')}"
    return f"There is no peer {to}: `peerd add {to} --runtime R` has it delivered, `peerd queue cancel {id}` cancels it"


LINE_MAX_CHARS = 80


def inbox_row(receipt: Receipt, question: Receipt | None) -> InboxRow:
    """`question`: what it replies to."""
    message = receipt.message
    return InboxRow(
        **_row(receipt),
        task=receipt.task,
        identity=message.sender_identity,
        kind=message.sender_kind,
        answers=_line(question.message.body) if question is not None else None,
        read=receipt.state is Delivery.SUBMITTED,
        awaits=receipt.task is Task.OPEN and not message.sender_is_gone and not_before(receipt) is None,
        says=_line(message.body),
        priority=message.priority,
        not_before=not_before(receipt),
        files=len(message.attachments),
    )


def _line(text: str) -> str:
    """Its first, cut."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= LINE_MAX_CHARS else f"{line[: LINE_MAX_CHARS - 3]}..."


def history(receipt: Receipt) -> list[HistoryStep]:
    return [
        HistoryStep(at=rfc3339.stamp(step.at), state=step.state, attempt=step.attempt, evidence=step.evidence)
        for step in receipt.history
    ]


def gave_way_to(receipt: Receipt) -> str | None:
    """The later one under its key that took its place."""
    if receipt.state is not Delivery.CANCELLED or receipt.message.key is None:
        return None
    ends = [step.evidence for step in receipt.history if step.state == Delivery.CANCELLED.value]
    later, took, _ = ends[-1].partition(f" {TOOK_ITS_PLACE}") if ends else ("", "", "")
    return later if took else None


def gone_at(receipt: Receipt) -> str | None:
    return rfc3339.stamp(receipt.gone_at) if receipt.gone_at is not None else None


def attached(receipt: Receipt, folder: str) -> list[Attached]:
    """`folder`: where contents are kept."""
    return [
        Attached(name=each.name, size=each.size, digest=each.digest, path=f"{folder}/{each.digest}")
        for each in receipt.message.attachments
    ]


def queued(receipt: Receipt, hold: Hold | None) -> Queued:
    return Queued(
        id=receipt.message.id,
        sender=receipt.message.sender,
        state=receipt.state,
        hold=hold,
        attempt=receipt.attempt,
        accepted_at=rfc3339.stamp(receipt.message.accepted_at),
        priority=receipt.message.priority,
        not_before=not_before(receipt),
    )


def woken(session: Session) -> Woken:
    at = rfc3339.stamp(session.started_at)
    return Woken(mode=session.mode, cause=session.cause, because=session.because, at=at)


def last_end(session: Session | None) -> LastEnd | None:
    if session is None or session.end is None or session.ended_at is None:
        return None
    end = session.end
    return LastEnd(
        cause=end.cause,
        code=end.code,
        signal=end.signal,
        why=end.why,
        at=rfc3339.stamp(session.ended_at),
        last_lines=list(end.last_lines),
    )
