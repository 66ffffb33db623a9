"""A message, and where its delivery and its task stand. A delivery has one terminal state, ever."""

import enum
import re
from hashlib import blake2b
from typing import Literal, NewType

import msgspec

from peerd.model.attempt import AttemptEnd
from peerd.model.peer import DAEMON, OPERATOR, PeerName, removed
from peerd.model.session import SessionId

MessageId = NewType("MessageId", str)
SenderKind = Literal["agent", "person", "service"]
Priority = Literal["low", "normal", "high"]
Report = Literal["failed", "quiet", "asked"]
"""What its sender is told of: that it came to nothing; also that it ended without a reply, where its sender is up; or
whether that is up or not, as it asked to be told."""

BODY_MAX_BYTES = 1 << 20
TOPIC_MAX_CHARS = 200
ATTACHED_MAX = 20
ATTACHED_MAX_BYTES = 32 << 20
"""Of the files beside one message: how many, and their bytes in all."""

TOOK_ITS_PLACE = "took its place, under the same key"
"""Why a message was cancelled that gave way to the one before these words: the store knows it by them."""

PRINTED_BY = "printed in the session that asked by"
"""What shows that an answer was taken which was not handed over: the store knows it by these words."""


def digest(body: str) -> str:
    """The same for texts that differ in case and white space alone."""
    plain = " ".join(body.casefold().split())
    return blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def first_id(session: str) -> MessageId:
    """Of the message that a fresh session is given before all others: whoever makes it, it is the same one."""
    return MessageId(f"{session}-first")


FIRST_ID = re.compile(first_id("s-[0-9a-v]+"))


class Delivery(enum.Enum):
    """accepted -> leased -> handed_over -> submitted, or one of the ends without delivery."""

    ACCEPTED = "accepted"  # its row is on disk
    LEASED = "leased"  # an attempt is on disk, nothing typed yet as far as is known
    HANDED_OVER = "handed_over"  # typed; submission not seen yet
    SUBMITTED = "submitted"  # the target was seen to take it: its own words carried the id
    REFUSED = "refused"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DEAD = "dead"


ON_THE_WAY = frozenset({Delivery.ACCEPTED, Delivery.LEASED, Delivery.HANDED_OVER})
"""Not seen to be taken, and not over."""


class Task(enum.Enum):
    """Of a message that asks for work; a reply asks for none."""

    OPEN = "open"
    ANSWERED = "answered"  # a reply to its id came
    TURN_ENDED = "turn_ended"  # the runtime's turn closed; its last words are kept
    DONE = "done"
    DEAD = "dead"


class Hold(enum.Enum):
    """Why a message waits, beside its state. Nothing is typed while one of these stands."""

    STARTING = "starting"
    BUSY = "busy"
    PROMPT = "prompt"  # a permission prompt: Enter would approve it
    DIALOG = "dialog"
    DRAFT = "draft"  # a human's text is in the input line
    UNKNOWN_SCREEN = "unknown-screen"  # it shows what its adapter does not know
    TMUX_MODE = "tmux-mode"
    TMUX = "tmux"  # its tmux server does not answer
    UNWRITABLE = "unwritable"  # what goes with it cannot be put into its session's folder
    UNHEARD = "unheard"  # its session took a message and told nothing of it
    LIMITED = "limited"
    QUEUE_PAUSED = "queue-paused"
    PAIR_PAUSED = "pair-paused"
    BACKOFF = "backoff"
    ASLEEP = "asleep"  # nothing that waits may wake it


class Attachment(msgspec.Struct, frozen=True):
    """A file beside a message: the name that it is handed over under, one of its kind there; sha256 in hex, bytes."""

    name: str
    digest: str
    size: int


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent. `accepted_at` is Unix seconds; `hops` counts messages this one descends from."""

    id: MessageId
    sender: PeerName
    sender_identity: str  # "operator", or <runtime>-<personality>
    sender_kind: SenderKind
    target: PeerName
    body: str
    accepted_at: float
    topic: str | None = None
    reply_to: MessageId | None = None
    hops: int = 0
    expires_at: float | None = None  # Unix seconds; not delivered after this
    not_before: float | None = None  # Unix seconds; not delivered before this. None once that has come
    deadline_s: float | None = None  # from its submission to the end of its task
    key: str | None = None  # of messages with one key, one waits at most: the latest
    priority: Priority = "normal"
    attachments: tuple[Attachment, ...] = ()
    wakes: bool = True  # a peer that sleeps; else it waits until that is up for another reason
    report: Report = "failed"
    for_session: SessionId | None = None  # given to no other of its target's
    sent_in: SessionId | None = None  # the session that its sender sent it from
    descends_from: MessageId | None = None  # the one it replies to, or in whose turn it was sent
    to_group: str | None = None  # it was sent to all of this group, and this one is for its target alone
    target_is_gone: bool = False  # that peer was removed: whoever has its name by now is another
    forgiven: int = 0  # attempts before somebody had it handed out anew, told to who types it

    @property
    def sender_is_gone(self) -> bool:
        """The peer that sent it was removed: whoever has its name by now is another."""
        return self.sent_in is None and self.sender not in (OPERATOR, DAEMON)

    @property
    def queued_as(self) -> PeerName:
        """Its sender, as the queue of its target has it: one that was removed as none that has its name by now."""
        return removed(self.sender) if self.sender_is_gone else self.sender


TAKEN_LATE = "taken after all"
"""How the words of a step begin that tells this of a message that had come to nothing by then."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a message's history: when (Unix seconds), where it got to, and what shows it."""

    at: float
    state: str
    attempt: int
    evidence: str
    outcome: AttemptEnd | None = None  # of the attempt that it ends
    session: str | None = None  # it was made at, or seen in
    quoted: int = 0  # how often the header stood on the screen before this attempt was typed


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a message stands. `session` is the one it was last typed into; `answer` its reply or last words."""

    message: Message
    state: Delivery
    task: Task | None
    hold: Hold | None = None
    attempt: int = 0
    session: str | None = None
    answer: str | None = None
    answer_from: Literal["reply", "turn"] | None = None
    exit_status: int | None = None
    gone_at: float | None = None  # Unix seconds: its text, its files and its answer are not kept any more
    history: tuple[Step, ...] = ()


def is_first(receipt: Receipt) -> bool:
    """Whether it is the first message of some session."""
    message = receipt.message
    asks_nobody = receipt.task is None and message.reply_to is None
    return asks_nobody and message.sender == OPERATOR and FIRST_ID.fullmatch(message.id) is not None
