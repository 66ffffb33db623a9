"""What can happen to a peer. Requests ask, facts tell; one about a session names it, so that a late one is stale."""

import msgspec

from peerd.core.holds import ScreenSeen
from peerd.core.limit import TurnLimited
from peerd.core.pair import SenderHeld
from peerd.core.printed_answer import AnswerHeard
from peerd.core.state import Joined, Said, Terms, Waiting
from peerd.core.wakemode import Conversed
from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, PeerName, Spec
from peerd.model.session import End, Ending, Kind, Mode, SessionId


class _Event(msgspec.Struct, frozen=True, tag=True):
    peer: PeerName


class _OfSession(_Event, frozen=True):
    session: SessionId


class WakeRequested(_Event, frozen=True):
    """`mode` None: by the table of wake modes."""

    cause: str
    mode: Mode | None = None


class RefreshRequested(_Event, frozen=True):
    """The next session begins afresh; this one ends once nothing is under way in it. `again`: who wants it at once."""

    again: str | None = None
    now: bool = False  # whatever is under way
    itself: bool = False  # the session that is to go wants it


class StartRequested(_Event, frozen=True):
    """Lifts a stop, a crash loop, a backoff. `resume`: the next session begins at once, and goes on with the last."""

    resume: bool = False
    cause: str = "operator"


class StopRequested(_Event, frozen=True):
    pass


class LeaveRequested(_Event, frozen=True):
    """The peer is to be removed or renamed: its session ends, and none begins. Or it is not, and goes on as it was."""

    leaving: bool


class MessageAccepted(_Event, frozen=True):
    """Its row is on disk. Of one that is handed out anew `attempts` were made before."""

    message: Waiting


class CancelRequested(_Event, frozen=True):
    """A message that waits is not wanted any more."""

    message: MessageId
    why: str


class PauseRequested(_Event, frozen=True):
    paused: bool  # the queue is held back, or let go on


class SpecChanged(_Event, frozen=True):
    spec: Spec
    task_attempts: int
    kind: Kind = "tui"


class DeadlinePassed(_Event, frozen=True):
    """Time for another look at the rules."""


class SessionStarted(_OfSession, frozen=True):
    pass


class SpawnFailed(_Event, frozen=True):
    """`full`: the disk took nothing of it. `boot_s`: how long it was tried, in seconds."""

    why: str
    full: bool = False
    boot_s: float = 0.0


class SpawnCalledOff(_Event, frozen=True):
    """It was held down before its turn to start: nothing was begun. `probe`: it was to be a try after a crash loop."""

    probe: bool = False


class SessionAdopted(_OfSession, frozen=True):
    """On boot: a session on record. `turn` was open when the last daemon looked, `served` a message whose turn in it is
    over. Submitted at `since` (monotonic); None: now. `single`: for one task, as begun; None: as the spec has it.
    `sent`: it wrote to somebody since. `leased` was on its way into it. `questions`: sent since its task was. `doubts`
    were typed into it, and may have been taken; `entered` too, as only the screen tells. `terms`: as begun; None: as
    now. `ending`: being ended. `said`: in its task's last turn. `lost`: a task it took came to nothing."""

    ready: bool
    activity: Activity
    turn: Waiting | None
    served: MessageId | None = None
    mode: Mode = "fresh"
    task: Waiting | None = None
    since: float | None = None
    single: bool | None = None
    sent: bool = False
    leased: Waiting | None = None
    questions: tuple[MessageId, ...] = ()
    doubts: tuple[MessageId, ...] = ()
    terms: Terms | None = None
    refreshed: bool = False  # begun for the mark
    entered: MessageId | None = None
    ending: Ending | None = None
    said: Said = Said()
    lost: bool = False
    failed: MessageId | None = None  # of a task, by a limit
    joined: tuple[Joined, ...] = ()  # beside the turn


class WrongConversation(_OfSession, frozen=True):
    """It was to go on with a conversation and is in another one; `why` names both."""

    why: str


class FoundAtRest(_OfSession, frozen=True):
    """Nobody is at the session and nothing works in it."""


class FoundAtWork(_OfSession, frozen=True):
    """A sign of work that no turn tells of: somebody sits at it, a child of it works, or it drew. `ago_s`: when."""

    ago_s: float = 0.0


class MessageSent(_Event, frozen=True):
    """The peer wrote to somebody."""

    message: MessageId | None = None


class SelfDone(_OfSession, frozen=True):
    """The session says that its task is done."""


class TaskOver(_Event, frozen=True):
    """Its answer came: it is handed over no more. What is on its way was `taken`, as that shows, or is called off."""

    message: MessageId
    taken: bool = True


class TurnLost(_OfSession, frozen=True):
    """On boot: its session has an end on record, the task none. Not `taken`: on its way; `entered` may have been."""

    turn: Waiting
    end: End
    taken: bool = True
    terms: Terms | None = None  # as it was begun; None: as now
    entered: bool = False  # in a runtime of which only the screen tells


class SessionReady(_OfSession, frozen=True):
    """`first`, on disk, is given before all else. `topics`: of the conversation it goes on with; None: as is known."""

    first: MessageId | None = None
    conversation: str | None = None
    topics: tuple[str, ...] | None = None


class SessionExited(_OfSession, frozen=True):
    end: End
    boot_s: float = 0.0  # how long it had taken to come up, in seconds


class ActivitySeen(_OfSession, frozen=True):
    """`hold` says what blocks it, where that is known. `attended`: somebody sits at it, as it starts."""

    activity: Activity
    hold: Hold | None = None
    attended: bool = False


class _OfDelivery(_OfSession, frozen=True):
    message: MessageId


class DeliveryHeld(_OfDelivery, frozen=True):
    """Something stands in the way; nothing was typed."""

    hold: Hold


class DeliverySpoilt(_OfDelivery, frozen=True):
    """What goes with it is gone for good; nothing was typed."""

    why: str


class DeliveryBarred(_OfDelivery, frozen=True):
    """Its session runs what it is given, and takes nothing from who sent it; nothing was typed."""

    why: str


class Entered(_OfDelivery, frozen=True):
    """It is entered now, in a runtime of which only the screen tells: from here on it may have been taken."""


class DeliveryLost(_OfDelivery, frozen=True):
    """Typed, but surely not submitted: the composer was cleared again."""

    why: str


class TakenBack(_Event, frozen=True):
    """A message that may have been taken was not: it stood in the input line still. On record."""

    message: MessageId


class DeliveryVanished(_OfDelivery, frozen=True):
    """An earlier attempt is nowhere to be seen any more: it may have been taken. Nothing was typed since."""

    why: str


class MessageSubmitted(_OfDelivery, frozen=True):
    """The runtime's own words carried the id, and the attempt where they tell. `beside`: the turn of that one goes on:
    it is taken into it, or has one of its own after it."""

    attempt: int | None = None
    beside: MessageId | None = None


class TurnEnded(_OfSession, frozen=True):
    """`message` None: a human's. That of another turn than the open one is nothing. `final`: nobody takes answers.
    `next`: of what was submitted meanwhile, those that have a turn of their own now; all others were in this one, or it
    is `unclear` whether they were."""

    message: MessageId | None
    exit_status: int | None = None
    last_words: str | None = None
    final: bool = False
    next: frozenset[MessageId] = frozenset()
    unclear: frozenset[MessageId] = frozenset()


Event = (
    WakeRequested
    | RefreshRequested
    | StartRequested
    | StopRequested
    | LeaveRequested
    | MessageAccepted
    | CancelRequested
    | PauseRequested
    | SenderHeld
    | AnswerHeard
    | SpecChanged
    | DeadlinePassed
    | SessionStarted
    | SpawnFailed
    | SpawnCalledOff
    | SessionAdopted
    | Conversed
    | WrongConversation
    | FoundAtRest
    | FoundAtWork
    | MessageSent
    | SelfDone
    | TaskOver
    | TurnLost
    | TakenBack
    | SessionReady
    | SessionExited
    | ActivitySeen
    | ScreenSeen
    | DeliveryHeld
    | DeliverySpoilt
    | DeliveryBarred
    | Entered
    | DeliveryLost
    | DeliveryVanished
    | MessageSubmitted
    | TurnEnded
    | TurnLimited
)
