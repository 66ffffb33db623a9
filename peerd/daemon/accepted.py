"""A message that is on disk, as the log and the loop are told of it."""

from msgspec.structs import replace

from peerd import rfc3339
from peerd.core.event import MessageAccepted
from peerd.core.state import Waiting
from peerd.daemon.context import Daemon
from peerd.daemon.notices import notify
from peerd.edges import clock
from peerd.model.message import Message, Task
from peerd.model.peer import OPERATOR


def log_accepted(daemon: Daemon, message: Message, task: Task | None) -> None:
    """Whom it is for, where that is a person, is told by the commands there are for that; once it is due."""
    if message.target == OPERATOR and message.not_before is None:
        notify.of_message(daemon, message, asks=task is not None)
    daemon.log.write(
        "accepted",
        id=message.id,
        from_=message.sender,
        to=message.target,
        bytes=len(message.body.encode("utf-8", "surrogatepass")),
        topic=message.topic,
        reply_to=message.reply_to,
        task=task,
        priority=None if message.priority == "normal" else message.priority,
        not_before=rfc3339.stamp(message.not_before) if message.not_before is not None else None,
        group=message.to_group,
    )


def accepted(daemon: Daemon, message: Message, task: bool, attempts: int = 0) -> MessageAccepted:
    """As the loop is told of it; `attempts` were made before it was handed out anew."""
    known = waits(daemon, message, task)
    return MessageAccepted(message.target, replace(known, attempts=attempts, forgiven=attempts))


def waits(daemon: Daemon, message: Message, task: bool) -> Waiting:
    """As its peer's queue has it before anything was made of it."""
    return Waiting(
        message.id,
        task=task,
        topic=message.topic,
        expires_at=clock.monotonic_of(message.expires_at),
        not_before=clock.monotonic_of(message.not_before),
        deadline_s=message.deadline_s,
        key=None if message.sender_is_gone else message.key,
        reply_to=message.reply_to,
        asked_in=daemon.store.reader.asked_in(message.reply_to, message.target) if message.reply_to else None,
        for_session=message.for_session,
        sender=message.queued_as,
        priority=message.priority,
        wakes=message.wakes,
    )
