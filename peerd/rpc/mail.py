"""What is answered about messages and the queues they wait in."""

from typing import Literal

import msgspec

from peerd.model.message import Delivery, Hold, Priority, SenderKind, Task
from peerd.model.peer import Want
from peerd.rpc.results import Result


class Sent(Result, frozen=True, kw_only=True):
    """Where a message stands. `waiting`: the wait ran out first; it will be delivered, so it is not to be sent again.
    `session`: where it was typed, `answer`: its reply or last words, `why`: how the target died, what is amiss,
    that it was silent, or why it came to nothing, `again_s`: until a target that died is tried again. `want` of the
    target, and whether its queue is `paused`; `unreached`: why its session cannot be asked. `because`: what it waits
    for, in words, where `hold` does not tell. `files_of`: the reply that its answer is, where files came with that.
    `notes`: what its sender is to know of this sending. `not_before`: when it joins the queue, as long as
    it does not wait there. `gone_at`: since when its text, answer and files are not kept. `unread`: the reply that its
    answer is, where whoever asks is who has not read that: it is read once `message.read` tells that it was shown.
    `ahead`: how many go before it, where its target takes what waits. `gave_way_to`: the later one under its key that
    took its place. `no_peer`: it waits for a peer of that name, for there is none. `withheld`: the
    session that asks neither sent it nor was sent it, and may not read it, nor its answer."""

    id: str
    to: str
    state: Delivery
    task: Task | None
    hold: Hold | None
    attempt: int
    session: str | None
    woke: bool
    answer: str | None = None
    answer_from: Literal["reply", "turn"] | None = None
    exit_status: int | None = None
    waiting: bool = False
    why: str | None = None
    again_s: float | None = None
    want: Want | None = None
    paused: bool = False
    unreached: str | None = None
    because: str | None = None
    files_of: str | None = None
    notes: list[str] | None = None
    unread: str | None = None
    gone_at: str | None = None
    priority: Priority = "normal"
    not_before: str | None = None
    ahead: int | None = None
    gave_way_to: str | None = None
    no_peer: bool = False
    withheld: bool = False


class NotSent(Result, frozen=True, kw_only=True):
    """Why one of a group was not sent to: as an error, with its exit code."""

    peer: str
    kind: str
    message: str
    exit: int
    retry_s: float | None = None


class GroupSent(Result, frozen=True, kw_only=True):
    """What became of a message to a group: of each who is in it. Their ids begin with `id`."""

    group: str
    id: str
    sent: list[Sent]
    errors: list[NotSent]


class HistoryStep(Result, frozen=True, kw_only=True):
    """One step of a message, and what shows it."""

    at: str
    state: str
    attempt: int
    evidence: str


class Attached(Result, frozen=True, kw_only=True):
    """A file beside a message: the name that it is handed over under, and where its content is kept."""

    name: str
    size: int
    digest: str
    path: str


class MessageShown(Sent, frozen=True, kw_only=True):
    """`body` is None where it is `withheld`, as `attached` is empty then, and where it is not kept. Whence it
    comes: `identity` and `kind` of its sender, the `sender_session` that sent it, what it `descends_from`, after so
    many `hops`. It went to all of `group`. `expires_at`: until when it is delivered, while it is not. `target_is_gone`:
    it was sent to a peer that was removed. `late_reply`: what came in reply to it once it had come to nothing."""

    sender: str = msgspec.field(name="from")
    identity: str | None = None
    kind: SenderKind | None = None
    sender_session: str | None = None
    descends_from: str | None = None
    hops: int = 0
    group: str | None = None
    topic: str | None
    accepted_at: str
    reply_to: str | None
    history: list[HistoryStep]
    body: str | None = None
    attached: list[Attached] = msgspec.field(default_factory=list)
    expires_at: str | None = None
    target_is_gone: bool = False
    late_reply: str | None = None


class _Row(Result, frozen=True, kw_only=True):
    """Of a message, in whichever list."""

    id: str
    sender: str = msgspec.field(name="from")
    topic: str | None
    reply_to: str | None
    state: Delivery
    accepted_at: str


class MessageRow(_Row, frozen=True, kw_only=True):
    """`want` is that of its target."""

    to: str
    task: Task | None
    hold: Hold | None
    attempt: int
    session: str | None
    want: Want | None = None
    priority: Priority = "normal"
    group: str | None = None
    not_before: str | None = None


class InboxRow(_Row, frozen=True, kw_only=True):
    """`says` is its first line, `answers` that of what it replies to; `awaits`: an answer. `not_before`: when it is
    due, as long as it is not. `files`: how many came with it."""

    task: Task | None
    identity: str
    kind: str
    answers: str | None
    read: bool
    awaits: bool
    says: str
    priority: Priority = "normal"
    not_before: str | None = None
    files: int = 0


class InboxListed(Result, frozen=True, kw_only=True):
    """What is unread first, the oldest first; then what was read, the newest first. `unread` counts all that is.
    `more`: there is more than was asked for. `unseen`: of all there was, what came to nothing and nobody has seen; it
    comes first."""

    messages: list[InboxRow]
    unread: int
    more: bool = False
    unseen: list[str] = msgspec.field(default_factory=list)
    left_out: list[str | None] = msgspec.field(default_factory=list)


class QueueRow(Result, frozen=True, kw_only=True):
    """`dead` counts what came to nothing; `hold` is why the head waits. `gone`: there is no such peer any more. `want`
    is that of the peer; `awaits`: to which messages the task before awaits an answer."""

    peer: str
    waiting: int
    paused: bool
    hold: Hold | None
    dead: int
    gone: bool = False
    want: Want | None = None
    awaits: list[str] | None = None


class QueueListed(Result, frozen=True, kw_only=True):
    """Where one peer was asked for: what waits for it, in order, and what came to nothing, what nobody has seen first,
    then the newest; `unseen` are their ids, and `more`: there is more of it than was asked for. `left_out` are the ids
    of what makes no sense on record, None for one without an id."""

    queues: list[QueueRow]
    waiting: list[MessageRow] = msgspec.field(default_factory=list)
    dead: list[MessageRow] = msgspec.field(default_factory=list)
    unseen: list[str] = msgspec.field(default_factory=list)
    more: bool = False
    left_out: list[str | None] = msgspec.field(default_factory=list)


class QueueChanged(Result, frozen=True, kw_only=True):
    """`dropped` counts the messages that were cancelled by this; `want` is that of the peer."""

    peer: str
    paused: bool
    waiting: int
    dropped: int = 0
    want: Want | None = None


class MessagePurged(Result, frozen=True, kw_only=True):
    """What is not kept any more: texts of messages; of messages and of old sessions all that was on record; contents of
    files, and their bytes. `more`: there is more of it; ask again."""

    texts: int
    receipts: int
    sessions: int
    files: int
    bytes: int
    more: bool = False


class MessageListed(Result, frozen=True, kw_only=True):
    """`left_out` as in `QueueListed`."""

    messages: list[MessageRow]
    left_out: list[str | None] = msgspec.field(default_factory=list)


class MessagesLooked(Result, frozen=True, kw_only=True):
    """`changed`: nobody had seen some of it."""

    changed: bool
