"""A peer as the core knows it: one frozen value. Deadlines are monotonic seconds."""

import enum

import msgspec
from msgspec.structs import replace

from peerd.core.tally import Tally
from peerd.model.limit import LimitKind
from peerd.model.message import Hold, MessageId, Priority
from peerd.model.peer import Activity, PeerName, Phase, Spec, Want
from peerd.model.session import Kind, Mode, SessionId


class Look(enum.Enum):
    """What is known of a session's surroundings: nobody may be at it, and nothing at work in it, when it is ended."""

    NOT_YET = "not yet"
    ASKED = "asked"
    AT_REST = "at rest"
    AT_WORK = "at work"


class Waiting(msgspec.Struct, frozen=True):
    """A message in a peer's queue. `attempts` have been leased so far; `tally` is what those came to that have ended. A
    `task` asks for work, so that it is open again when its session dies before its turn ends. The `first` one of a
    fresh session is given before all others, and to no other session. `sender` is None of that one."""

    id: MessageId
    attempts: int = 0
    tally: Tally = Tally()
    task: bool = True
    topic: str | None = None
    expires_at: float | None = None  # monotonic; not handed out after this
    not_before: float | None = None  # monotonic; nor before this: until then it is in no queue
    deadline_s: float | None = None  # from its submission to its end
    key: str | None = None
    reply_to: MessageId | None = None
    asked_in: str | None = None  # the conversation of its peer's that asked what it answers, where that is known
    for_session: SessionId | None = None  # given to no other
    first: bool = False
    sender: PeerName | None = None
    priority: Priority = "normal"
    wakes: bool = True  # it is a reason for its peer to run
    forgiven: int = 0  # attempts before it was last handed out anew

    @property
    def tried(self) -> bool:
        """Since it was last handed out anew."""
        return self.attempts > self.forgiven


class Joined(msgspec.Struct, frozen=True):
    """A message that was submitted while the turn of another was open. `due` (monotonic) is its own deadline."""

    waiting: Waiting
    due: float | None = None


class Lease(msgspec.Struct, frozen=True):
    """A message on its way into a session. Until `deadline` its evidence may still come. `watched`: from its beginning;
    else what nobody saw may have come of it."""

    waiting: Waiting  # with this attempt counted
    deadline: float
    watched: bool = True


class Said(msgspec.Struct, frozen=True):
    """How a turn ended, as far as its runtime told."""

    exit_status: int | None = None
    last_words: str | None = None


class Limited(msgspec.Struct, frozen=True):
    """A limit that its runtime has met so many `times` with no turn between them that went well. It holds `until` then
    (monotonic); None: no more. `told`: by the runtime, when it is reset."""

    kind: LimitKind
    until: float | None
    told: bool = False
    times: int = 1


class Past(msgspec.Struct, frozen=True):
    """What speaks for going on with a conversation, or against it. Kept until the next session is ready."""

    parked: bool = False  # the last session that was ready ended by our choice
    marked: bool = False  # the next session begins afresh
    conversation: str | None = None  # what the last session that was ready can be resumed by
    topics: tuple[str, ...] = ()  # of that conversation, the latest last
    resume_failures: int = 0  # in a row
    again: str | None = None  # who wants the next session at once


class Terms(msgspec.Struct, frozen=True):
    """What a session is, and how often its task may die."""

    kind: Kind
    task_attempts: int


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Want, phase and activity are kept apart; `hold` is what the last look at the screen found in the way."""

    spec: Spec
    kind: Kind = "tui"
    task_attempts: int = 3
    edited: Terms | None = None  # of the next session, where an edit changed them since this one began
    want: Want = Want.ON_DEMAND
    leaving: bool = False  # it is being removed or renamed, so nothing of it runs; the next daemon knows nothing of it
    unclear: bool = False  # what is on record of it makes no sense: stopped, but a session that lives is left alone
    phase: Phase = Phase.ASLEEP
    activity: Activity = Activity.UNKNOWN
    session: SessionId | None = None
    called: str | None = None  # why it should run though no message waits
    asked: Mode | None = None  # the mode that wake is to be in, where its caller said so
    mode: Mode = "fresh"  # of the session that starts or runs
    single: bool | None = None  # whether that session is for one task, as it was begun; None: there is none
    ready: bool = False  # the session that runs or ends was
    adopted: bool = False  # that session outlived the daemon that began it, before it was ready
    past: Past = Past()
    limited: Limited | None = None  # until a turn goes well, or somebody wants to know
    hurry: bool = False  # this session is to be replaced whatever is under way in it
    active_at: float = 0.0  # the last sign of work
    considered: Look = Look.NOT_YET  # whether it may be parked
    probes: int = 0  # tries since the crash loop began; until one goes well it is not over
    queue: tuple[Waiting, ...] = ()  # in the order accepted; `order.in_turn` is that of its handing over
    later: tuple[Waiting, ...] = ()  # in the order accepted; each joins the queue when it is due
    given: tuple[PeerName, ...] = ()  # senders of what it has taken, who was given to least recently first
    paused: bool = False  # the queue is held back
    held_from: frozenset[PeerName] = frozenset()  # senders that it is paused with: what they sent waits
    lease: Lease | None = None
    turn: Waiting | None = None  # submitted, its turn still open
    joined: tuple[Joined, ...] = ()  # submitted while that is: into it, or to have one of their own after it
    served: MessageId | None = None  # the last message whose turn ended in this session
    sent: bool = False  # it wrote to somebody in the turn that is open
    doubts: tuple[MessageId, ...] = ()  # typed into this session, once each time that nobody knows whether it was taken
    entered: MessageId | None = None  # into this session, of which only the screen tells, and not seen taken so far
    said: Said = Said()  # in the last turn of the task whose answer is awaited
    questions: tuple[MessageId, ...] = ()  # what an ephemeral session sent, the latest last
    task: Waiting | None = None  # of an ephemeral session: its turn is over, but not the task; an answer is awaited
    due: float | None = None  # of the open task, where it has a deadline
    finished: bool = False  # an ephemeral session's task has its end
    hold: Hold | None = None
    held_since: float | None = None  # when looks began to find that
    attended: bool = False  # somebody sits at the session that starts
    noted: Hold | None = None  # the hold last told about the head of the queue
    looks: int = 0  # looks in a row that found a hold; paces the next
    retry_at: float | None = None
    deadline: float | None = None  # of the phase: boot, backoff
    deaths: tuple[float, ...] = ()
    no_room: tuple[float, ...] = ()  # starts in a row that found none on the disk; the last ones

    @property
    def held_down(self) -> bool:
        """Whether nothing of it is to run, whatever waits for it."""
        return self.want is Want.DOWN or self.leaving

    @property
    def waits(self) -> tuple[Waiting, ...]:
        """All that waits for it, also what is not due yet."""
        return (*self.queue, *self.later)

    @property
    def terms(self) -> Terms:
        """Of the next session."""
        return self.edited or Terms(self.kind, self.task_attempts)

    @property
    def ephemeral(self) -> bool:
        """A session of its own for every task; that of a pass is its run. An edit holds from the next session on."""
        return one_task(self.spec, self.kind) if self.single is None else self.single


def without_session(peer: Peer) -> Peer:
    """What was edited meanwhile holds from here on."""
    terms = peer.terms
    return replace(peer, single=None, kind=terms.kind, task_attempts=terms.task_attempts, edited=None)


def one_task(spec: Spec, kind: Kind) -> bool:
    """Whether each session of such a peer is for one task."""
    return spec.wake_policy == "ephemeral" or kind == "pass"
