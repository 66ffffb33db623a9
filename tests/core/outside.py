"""What a world knows of itself, to be compared with what the core makes of it."""

from collections import defaultdict

from peerd.core.action import Deliver, Kill
from peerd.core.event import Event
from peerd.core.state import Peer
from peerd.model.message import MessageId
from peerd.model.peer import Activity, PeerName
from peerd.model.session import End, EndCause, Kind, SessionId
from tests.build import peer, spec
from tests.core.chance import Chance
from tests.core.shelf import Shelf

KINDS: tuple[Kind, ...] = ("tui", "tui", "tui", "pass", "service")
LUCK = ("any", "any", "any", "calm", "calm", "deadly")
"""Where it is calm nobody wants much of a peer, so that it comes to rest; where it is deadly sessions die early."""
FIGURES = {"idle_s": 30.0, "ephemeral_quiet_s": 20.0, "ephemeral_silent_s": 60.0, "boot_deadline_s": 80.0}


def drawn(chance: Chance) -> Peer:
    policy = chance.one_of(("warm", "ephemeral"))
    restart = chance.one_of(("temporary", "transient", "permanent"))
    front = chance.one_of(("agent", "person"))
    kind = chance.one_of(KINDS)
    known = spec(wake_policy=policy, restart=restart, front=front, **FIGURES)
    return peer(spec=known, kind=kind, task_attempts=chance.one_of((3, 2, 1)))


class Outside:
    """One peer's."""

    last_typed: Deliver | None = None  # into this session
    ready_at = active_at = 0.0
    probing = False  # the start that is under way is a try
    entered: MessageId | None = None  # into this session, and only the screen would tell that it was taken
    entering: Deliver | None = None  # the attempt
    signalled: EndCause | None = None  # by a daemon that is no more, and for what
    late = False  # the task of this session was
    joined: tuple[MessageId, ...] = ()  # taken while the turn that is open was
    shared: tuple[MessageId, ...] = ()  # of these, what was in the turn that ended last
    held_from: frozenset[PeerName] = frozenset()  # senders that it is paused with
    ready = spawning = looking = marked = hurried = resumes = counts = parked = False

    def __init__(self, chance: Chance) -> None:
        self.chance, self.now = chance, 0.0
        self.done: set[MessageId] = set()
        self.shelf = Shelf()
        self.story: list[tuple[float, Event | str]] = []  # what happened, and when
        self.peer = drawn(chance)
        self.screen = self.peer.spec.front == "agent"  # only that tells of its runtimes, by lot
        luck = self.chance.one_of(LUCK)
        self.calm, self.deadly = luck == "calm", luck == "deadly"
        self.single = self.was_single = False  # this session, or any so far, is for one task
        self.live: SessionId | None = None
        self.disowned: SessionId | None = None  # it went on with another conversation than it was to
        self.killing: Kill | None = None
        self.delivering: Deliver | None = None
        self.open_turn: MessageId | None = None
        self.activity = Activity.UNKNOWN
        self.sessions = self.tries = self.spawns = 0
        self.marked_at = 0  # of these spawns, the last one before a session was last asked for
        self.accepted: list[MessageId] = []
        self.order: list[MessageId] = []  # in which they are handed out
        self.paused = self.stopped = self.leaving = False
        self.first_submitted: list[MessageId] = []
        self.over: list[MessageId] = []
        self.answers: set[MessageId] = set()  # of those accepted: they ask for no work
        self.firsts: dict[MessageId, SessionId] = {}  # of those: what its session is given before all else
        self.seen: set[MessageId] = set()  # what was really taken
        self.unordered: set[MessageId] = set()  # handed out anew, and taken before its turn
        self.forgotten: list[Deliver] = []  # typed into this session, and nothing tells of it yet
        self.typed: defaultdict[MessageId, set[int]] = defaultdict(set)  # numbers that attempts have had
        self.doubts: list[MessageId] = []  # once for each attempt at this session of which nobody knows
        self.untold: defaultdict[MessageId, set[int]] = defaultdict(set)  # of those, what came of which nobody knows
        self.tasks_in_session = self.taken_in_session = 0
        self.deaths: list[tuple[float, float]] = []  # each when, and for how long it had been coming up
        self.not_before = 0.0
        self.barred = False  # by a crash loop, until start or a try that goes well
        self.trying = False  # until that dies
        self.runtime = self.peer.spec.runtime  # of this session
        self.conversation: str | None = None  # of the last session that was ready, by its number
        self.topics: set[str] = set()
        self.resume_failures = 0

    def _exited(self, end: End, boot_s: float) -> None:
        """A death, unless it is one of a task's, whose ephemeral session it was, or a pass's that has done its task."""
        if end.code == 0 and self.peer.kind == "pass" and self.peer.turn:
            return
        if not self.single or not (self.holds() or self.taken_in_session):
            self._die(boot_s)
        elif self.holds():
            self.not_before = self.now + self.peer.spec.backoff_base_s

    def not_entered(self, message: MessageId) -> None:
        """Or of no more interest."""
        if message not in self.doubts:
            self.shelf.letter(message).entered = False
            self.entered = None if self.entered == message else self.entered

    def overdue(self, message: MessageId) -> None:
        """Nobody will know what came of an attempt at this session."""
        self.doubts += [message] if message not in self.firsts else []

    def holds(self) -> bool:
        leased = self.peer.lease.waiting if self.peer.lease else None
        waitings = (leased, self.peer.turn, self.peer.task, *(each.waiting for each in self.peer.joined))
        return any(each is not None and each.id not in self.firsts for each in waitings)

    def _die(self, boot_s: float) -> None:
        self.deaths.append((self.now, boot_s))
        spec, often = self.peer.spec, 0
        for n, (at, _) in enumerate(reversed(self.deaths)):
            awake_s = self.now - at - sum(later for _, later in self.deaths[len(self.deaths) - n :])
            often += awake_s < spec.crash_window_s
        self.barred = self.barred or often >= spec.crash_max
        self.not_before = self.now + self.peer.spec.backoff_base_s
        self.trying = False
        if self.barred:
            self.not_before = self.now + min(3600.0, 60.0 * 2**self.tries)
            self.tries += 1
