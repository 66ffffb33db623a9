"""All that can be written: a closed union. Times are Unix seconds."""

from typing import Literal

import msgspec

from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, Hold, Message, MessageId, Task
from peerd.model.peer import PeerName, Spec, Want
from peerd.model.session import End, Ending, Host, Left, Session, SessionId
from peerd.store.approvals import SetApproval
from peerd.store.limited import SetLimit
from peerd.store.noticed import Noticed
from peerd.store.old import Dropped
from peerd.store.owed import SettleReport
from peerd.store.paused import SetPair
from peerd.store.refused import SetRefused
from peerd.store.steps import SetBeside, SetDue


class _Write(msgspec.Struct, frozen=True, tag=True):
    pass


class TryDisk(_Write, frozen=True):
    """Nothing to be kept: whether the disk takes anything."""


class SetHome(_Write, frozen=True):
    """Which folder this is the record of. `copied_of`: the one it was of before, where it is a copy; None keeps it."""

    folder: str
    id: str
    copied_of: str | None
    at: float


class SetWant(_Write, frozen=True):
    """None: nothing of it is wanted any more."""

    peer: PeerName
    want: Want | None
    at: float


class SetMark(_Write, frozen=True):
    """Whether the peer's next session begins afresh; `again` is who wants it at once, None: nobody."""

    peer: PeerName
    marked: bool
    again: str | None = None


class SetCrashLoop(_Write, frozen=True):
    """A peer was left down, or is tried once more, for the `probes`th time, or it is over: what died up to `at` counts
    no more. A `SetWant` ends it too."""

    peer: PeerName
    probes: int
    at: float
    lasts: bool


class SetPaused(_Write, frozen=True):
    peer: PeerName
    paused: bool  # what waits for it is held back


class SetSpec(_Write, frozen=True):
    """What a peer goes by while its file is broken; None: there is no such peer any more. `folder`: see `KeptSpec`."""

    peer: PeerName
    spec: Spec | None
    folder: str = ""


class ForgetPeer(_Write, frozen=True):
    """A peer is no more: all but its messages is forgotten, so that a namesake inherits nothing; its open tasks are
    dead. Refused while a session of it has no end. What is to follow outside the store is not finished until
    `FinishRemoval`. `spec`: what its file was, "" where there was none."""

    peer: PeerName
    at: float
    why: str
    spec: str = ""


class RenamePeer(_Write, frozen=True):
    """All that is on record of a peer is its under the new name. Refused while a session of it has no end, or one of an
    earlier peer of the new name, of which only messages are kept. What is to follow outside the store is not finished
    until `FinishRename`. `spec` as of `ForgetPeer`; `text`: what it said, under the new name."""

    old: PeerName
    new: PeerName
    at: float
    spec: str = ""
    text: str | None = None


class FinishRemoval(_Write, frozen=True):
    """Nothing of a peer that was forgotten is left. That it was removed is kept."""

    peer: PeerName


class FinishRename(_Write, frozen=True):
    """Nothing of the old name is left. That it was the new one's is kept."""

    old: PeerName


class InsertSession(_Write, frozen=True):
    """Refused while its peer has a live one."""

    session: Session


class SetHost(_Write, frozen=True):
    session: SessionId
    host: Host


class SetReady(_Write, frozen=True):
    """The first time counts; another changes nothing."""

    session: SessionId
    at: float


class SetVersion(_Write, frozen=True):
    """Which version of its runtime it is."""

    session: SessionId
    version: str


class SetTyped(_Write, frozen=True):
    """What stands in its input line unless it was taken: the id of a message, as a lease says by itself, or of other
    words that peerd types there (`WORDS` and their name); None: nothing of ours."""

    session: SessionId
    typed: str | None


class SetConversation(_Write, frozen=True):
    """What the session can be resumed by. Where it could be by another id before, so can those before it that shared
    that, unless another one began in it, `anew`. `told`: its runtime said so; else it was asked to go on with that."""

    session: SessionId
    conversation: str
    told: bool = False
    anew: bool = False


class SetJournalRead(_Write, frozen=True):
    """`offset` is in bytes from the journal's start."""

    session: SessionId
    offset: int


class SetEnding(_Write, frozen=True):
    """Why the session is being ended, from before its first signal on; None: it had ended by itself. Changes nothing
    about one that is over."""

    session: SessionId
    ending: Ending | None


class EndSession(_Write, frozen=True):
    """The first end counts; another changes nothing. `of_task`: a death here does not speak against its peer."""

    session: SessionId
    end: End
    at: float
    of_task: bool = False


class AddOutlived(_Write, frozen=True):
    """What of a session, that is over or ends, could not be ended with it."""

    session: SessionId
    left: tuple[Left, ...]


class InsertMessage(_Write, frozen=True):
    """Its history begins. The same message once more changes nothing; another one under its id is refused."""

    message: Message
    task: Task | None


class SetDelivery(_Write, frozen=True):
    """One step of a delivery. `session` None keeps the one on record. What was submitted may be an earlier attempt than
    the last one made, of which the message keeps the number.

    An end is kept: the same one once more changes nothing, another is refused. Only `submitted` can become
    `accepted` again, while its task is open: its session ended, as the `outcome` of the attempt says. A message that
    ends undelivered takes its open task with it."""

    message: MessageId
    state: Delivery
    attempt: int
    session: SessionId | None
    at: float
    evidence: str
    outcome: AttemptEnd | None = None  # of the attempt that this step ends
    quoted: int = 0  # how often its header stood on the screen before it was typed


class TakeOut(_Write, frozen=True):
    """Delivered no more, what it asked for dead; all else stays, sense or not. Changes nothing that is over."""

    message: MessageId
    at: float
    evidence: str


class Revive(_Write, frozen=True):
    """A message that came to nothing waits again, at the end, its task open and its attempts kept; no other does.
    `expires_at` is in place of its old time; None: it has none."""

    message: MessageId
    at: float
    evidence: str
    expires_at: float | None = None


class SetHold(_Write, frozen=True):
    """Changes nothing about a message whose delivery has ended."""

    message: MessageId
    hold: Hold | None


class SetSaid(_Write, frozen=True):
    """How the last turn of a task ended that awaits an answer; kept until the task ends."""

    message: MessageId
    exit_status: int | None
    last_words: str | None


class SetTask(_Write, frozen=True):
    """One step of a task. None keeps the answer and exit status on record; `open` clears them.

    An end is kept: the same one once more changes nothing, another is refused. `turn_ended` may still become
    `answered`, and any end of a task whose message was not lost may become `open` again. `once`: the same one once
    more is refused too. `unless_answered`: one that was answered meanwhile stays so, and that is no fault."""

    message: MessageId
    task: Task
    at: float
    evidence: str
    answer: str | None = None
    answer_from: Literal["reply", "turn"] | None = None
    exit_status: int | None = None
    once: bool = False
    unless_answered: bool = False


Write = (
    TryDisk
    | SetHome
    | SetWant
    | ForgetPeer
    | RenamePeer
    | FinishRename
    | FinishRemoval
    | SetMark
    | SetCrashLoop
    | SetLimit
    | SetPair
    | SetRefused
    | SetApproval
    | SetPaused
    | SetSpec
    | InsertSession
    | SetHost
    | SetReady
    | SetVersion
    | SetTyped
    | SetConversation
    | SetJournalRead
    | SetEnding
    | EndSession
    | AddOutlived
    | InsertMessage
    | SetDelivery
    | TakeOut
    | Revive
    | SetDue
    | SetBeside
    | SetHold
    | SetSaid
    | SetTask
    | Noticed
    | Dropped
    | SettleReport
)
