"""What is to be done, and a decision: the peer as it is now, and the actions that follow, in order."""

import msgspec

from peerd.core.state import Limited, Peer, Said
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, Hold, MessageId
from peerd.model.peer import PeerName, Want
from peerd.model.session import EndCause, Mode, SessionId


class _Action(msgspec.Struct, frozen=True, tag=True):
    peer: PeerName


class Spawn(_Action, frozen=True):
    """`because` says why this mode; `conversation` is what to go on with, None where the newest on record is meant.
    `probes`: which try after a crash loop it is; 0: none."""

    mode: Mode
    cause: str
    because: str
    conversation: str | None = None
    probes: int = 0


class LookForWork(_Action, frozen=True):
    """Before it is ended: is somebody at it, does a child of it work? Answered by `FoundAtRest` or `FoundAtWork`. One
    that was silent for `silent_s` in the middle of a turn shows it too that its screen changes."""

    session: SessionId
    silent_s: float | None = None


class Kill(_Action, frozen=True):
    """End the session's whole process tree, politely first."""

    session: SessionId
    cause: EndCause
    why: str = ""


class CountReady(_Action, frozen=True):
    """A service that outlived its daemon before it was ready: what it said meanwhile may have been lost."""

    session: SessionId


class Deliver(_Action, frozen=True):
    session: SessionId
    message: MessageId
    attempt: int


class RecordSubmitted(_Action, frozen=True):
    """`beside`: whose turn was open then, and is."""

    session: SessionId
    message: MessageId
    attempt: int
    beside: MessageId | None = None


class NoteShared(_Action, frozen=True):
    """These had one turn, which is over; of some that may be."""

    session: SessionId
    messages: tuple[MessageId, ...]
    unclear: frozenset[MessageId] = frozenset()


class NoteLate(_Action, frozen=True):
    """It was seen to be taken, and is in no queue any more."""

    session: SessionId
    message: MessageId


class RecordTurn(_Action, frozen=True):
    session: SessionId
    message: MessageId
    exit_status: int | None
    last_words: str | None
    silent_s: float | None = None  # it is over since it was silent for so long


class RecordSaid(_Action, frozen=True):
    """The turn of a task is over that awaits an answer: how, should it end by that."""

    message: MessageId
    said: Said


class RecordDone(_Action, frozen=True):
    """The task's own session said so."""

    session: SessionId
    message: MessageId


class Requeue(_Action, frozen=True):
    """The message waits again, for its last attempt came to this; the next one says so."""

    message: MessageId
    attempt: int
    why: str
    outcome: AttemptEnd


class Drop(_Action, frozen=True):
    """The message is not delivered: it was cancelled, or it expired."""

    message: MessageId
    attempt: int
    state: Delivery
    why: str


class BecomeDue(_Action, frozen=True):
    """A message that was not to be handed over before its time waits in the queue from now on, as its last."""

    message: MessageId


class GiveUp(_Action, frozen=True):
    """A dead letter. `submitted`: it was delivered, its task is what died. `outcome` is its last attempt's, None where
    that is told already."""

    message: MessageId
    attempt: int
    why: str
    submitted: bool
    outcome: AttemptEnd | None = None


class SaveWant(_Action, frozen=True):
    want: Want


class SavePaused(_Action, frozen=True):
    paused: bool


class SaveMark(_Action, frozen=True):
    """Whether the next session begins afresh whatever else is said, and who wants it at once."""

    marked: bool
    again: str | None = None


class NoteHold(_Action, frozen=True):
    message: MessageId
    hold: Hold | None


class NoteLimit(_Action, frozen=True):
    """What is known of a limit of its runtime's; one without an end holds no more. None: nothing. `held`: it did so
    far."""

    limited: Limited | None
    held: bool = True


class NoteBackoff(_Action, frozen=True):
    delay_s: float
    deaths: int


class NoteCrashLoop(_Action, frozen=True):
    deaths: int
    window_s: float
    probe_s: float  # until it is tried once more
    probes: int = 0  # tries since it began


class NoteProbe(_Action, frozen=True):
    """One more try after a crash loop, once its turn to start comes."""

    probes: int


class NoteUntried(_Action, frozen=True):
    """The last try was none: so many are left, and their wait of `waited_s` is over."""

    probes: int
    waited_s: float


class NoteRecovered(_Action, frozen=True):
    """That try went well: the crash loop is over."""

    probes: int


Recorded = (
    RecordSubmitted
    | NoteShared
    | NoteLate
    | RecordTurn
    | RecordSaid
    | RecordDone
    | Requeue
    | Drop
    | BecomeDue
    | GiveUp
    | SaveWant
    | SaveMark
    | SavePaused
    | NoteHold
    | NoteLimit
    | NoteBackoff
    | NoteCrashLoop
    | NoteProbe
    | NoteUntried
    | NoteRecovered
)
"""What goes on record, in the order decided."""

Action = Spawn | LookForWork | Kill | CountReady | Deliver | Recorded


class Decision(msgspec.Struct, frozen=True):
    """A verdict: nothing has been done yet."""

    peer: Peer
    actions: tuple[Action, ...] = ()
