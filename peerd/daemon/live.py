"""A session in the daemon's hands: its tmux, its journal, its processes. Made on start or adoption, gone at burial."""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from peerd.adapter import Adapter, Place, Probe
from peerd.core.state import Waiting, one_task
from peerd.daemon.approvals.requests import Asks
from peerd.daemon.version import proved
from peerd.edges import clock
from peerd.edges.process import ExitStatus
from peerd.edges.tmux.control import Control
from peerd.edges.tmux.pane import Pane
from peerd.errors import TmuxError
from peerd.model.fact import INTERRUPTED, Fact
from peerd.model.message import MessageId
from peerd.model.peer import PeerName, Spec
from peerd.model.screen import Screen
from peerd.model.session import End, Ending, Host, Process, Session, SessionId, boot_s


class Missed(msgspec.Struct, frozen=True):
    """The last try to attach, which failed, and when who looks over and over may have the next."""

    error: TmuxError
    wait_s: float
    due: float


class ChildrenSeen(msgspec.Struct, frozen=True):
    """When they were looked at (monotonic), and the CPU ticks that each had used by then."""

    at: float
    ticks: Mapping[Process, int]


class Stood(msgspec.Struct, frozen=True):
    """From which look on (monotonic) a child was seen to have waited for no other, and what those before had used."""

    since: float
    reaped: int


class Still(msgspec.Struct, frozen=True):
    """What a turn's screen was first seen to show, and when (monotonic)."""

    turn: MessageId
    lines: tuple[str, ...]
    since: float


class Unheard(msgspec.Struct, frozen=True):
    """What it last took by its own record, having told nothing of that, nor of anything since. One more message is
    typed to it once this is `due` (monotonic), which is at `due_at` (Unix seconds): `wait_s` after the last."""

    took: MessageId
    wait_s: float
    due: float
    due_at: float


class Unready(msgspec.Struct, frozen=True):
    """The last message that could not be made ready to be typed, why, and for what reasons that was told."""

    message: MessageId
    why: str
    told: frozenset[str]


def same_attempt(one: Waiting, other: Waiting) -> bool:
    return (one.id, one.attempts) == (other.id, other.attempts)


class Live:
    """`ending` is the end that a daemon has begun, with its reason; None: whatever ends it now is a death."""

    lost_keys = 0
    put_off = ""  # why it was not ended when that was last looked at: each second, where it is to be replaced
    drew: tuple[float, float] | None = None  # when its log was last written to, by the file and by our clock
    seen_drawn: tuple[int, int] | None = None  # what `drawn` said when its screen was last looked at for that
    looking: asyncio.Task[None] | None = None  # for that
    killing: asyncio.Task[None] | None = None  # the last try to end it
    expected_until = 0.0  # monotonic: somebody was told where to sit down, and is on the way
    unended: Ending | None = None  # what it was last to be ended for, also where that was not begun
    unready: Unready | None = None
    server_died: ExitStatus | None = None  # how, where that was before we ended it
    spoke: MessageId | None = None  # it was seen to have this in hand by its own word
    typed_of: tuple[MessageId, int] | None = None  # the attempt that was typed last
    probe: Probe | None = None  # typed beside that, and not seen to be taken back
    leased: tuple[MessageId, int] | None = None  # the one that was put on record last, where it was one
    still: Still | None = None  # a screen that nobody knows, in the middle of a turn
    had_turn = False  # as it told
    drawn_anew: str | None = None  # a draft that stayed as its prompt was drawn anew
    quiet = True  # nothing was heard from it since Enter was last pressed at a message, or since this daemon has it
    unheard: Unheard | None = None
    untold: MessageId | None = None  # it may have taken this, and had told nothing since it began
    recorded: MessageId | None = None  # it was seen to have taken this by its runtime's own record
    record: str | None = None  # the file in which its runtime keeps the conversation, as it told
    shown: Screen | None = None  # when it was last looked at whether its input line is free, or what its boot shows
    seen_alive = False  # by this daemon
    stood: Mapping[Process, Stood] = MappingProxyType({})  # of its children in the last look
    members: frozenset[Process] = frozenset()  # all that was of it before its first signal
    broken_off: Waiting | None = None  # whose turn we pressed the keys at that break one off
    broken_off_for: MessageId | None = None  # so that this message be given
    broke_off: bool = False  # that was over by them, as far as is known

    def __init__(self, session: Session, host: Host, spec: Spec, adapter: Adapter, place: Place) -> None:
        self.session = session
        self.host = host
        self.spec = spec
        self.adapter = adapter
        self.place = place
        self.control: Control | None = None
        self.pane: Pane | None = None
        self.heard: asyncio.Queue[tuple[list[str], int]] = asyncio.Queue()
        self.heard_to = session.journal_read  # of its journal, in bytes: all before that was taken
        self.conversation = session.conversation
        self.expects = session.conversation if session.mode == "resume" and not session.told else None
        self.wrong = False  # in another conversation than that
        self.children: tuple[ChildrenSeen, ...] = ()  # in the last two looks that were a while apart
        self.proved = proved(adapter, session.version)
        self.ready_at = session.ready_at
        self.unanswered = False  # a key at a dialog had no effect: a person's turn
        self.booting: asyncio.Task[None] | None = None
        self.turning: asyncio.Task[None] | None = None
        self.prompted: asyncio.Task[None] | None = None
        self.asks = Asks()
        self.reaching: asyncio.Task[Pane] | None = None
        self.notify: socket.socket | None = None  # a service's
        self.notified: asyncio.Task[None] | None = None
        self.fetched: asyncio.Task[None] | None = None
        self.hearing: asyncio.Task[None] | None = None
        self.typing: asyncio.Task[None] | None = None
        self.taken_in_hand = clock.ticks()
        self.entered: dict[MessageId, int] = {}  # when it first was, in such ticks, as far as only the screen tells
        self.typed: tuple[str, ...] = ()  # what we typed last and did not see go: ours to clear, whoever's turn it is
        self.unproved: set[tuple[MessageId, int]] = set()  # attempts at the screen, neither seen taken nor taken back
        self.taken: defaultdict[MessageId, asyncio.Event] = defaultdict(asyncio.Event)
        self.turn: str | None = None  # the runtime's own name for the open turn, where it tells
        self.took: dict[MessageId, int] = {}  # which attempt the evidence was of
        self.last_fact: tuple[Fact, float] | None = None  # and when (monotonic)
        self.ending = session.ending
        self.burial: asyncio.Task[None] | None = None
        self.out_of_reach: str | None = None  # what tmux said, where its server lives and could not be attached to
        self.missed: Missed | None = None
        self.tell_reach: Callable[[], None] = lambda: None  # that it got out of reach, or is back

    @cached_property
    def quoted(self) -> dict[tuple[MessageId, int], int]:
        """How often the header of an attempt stood on the screen before it was typed: other messages may quote it."""
        return {}

    @cached_property
    def turns(self) -> dict[str, MessageId | None]:
        """Each that its runtime named, and the message of ours that began it."""
        return {}

    @cached_property
    def entered_in(self) -> dict[MessageId, str]:
        """While that turn of its runtime's was open: for that one, or for the next."""
        return {}

    @cached_property
    def entered_at(self) -> dict[MessageId, int]:
        """From where on its record may tell of that."""
        return {}

    @cached_property
    def in_others(self) -> set[MessageId]:
        """Taken while a turn was open that no message of ours began."""
        return set()

    def ended(self, turn: Waiting | None, told: int | None) -> int | None:
        """The exit status of a turn, of which its runtime told this. One that we broke off did not end well, whatever
        that says of it; nor did one that went on after our keys, unless that tells how it ended."""
        ours = turn is not None and self.broken_off is not None and same_attempt(turn, self.broken_off)
        return INTERRUPTED if ours and (self.broke_off or told is None) else told

    def forget_taken(self) -> None:
        """A turn is over: what was taken before it is of no more interest. What is not taken yet may be waited for."""
        for message in [message for message, taken in self.taken.items() if taken.is_set()]:
            del self.taken[message]
        self.took.clear()

    @property
    def ready(self) -> bool:
        return self.ready_at is not None

    def boot_s(self, end: End) -> float:
        """How long it took to come up, where it ends now."""
        return boot_s(self.session.started_at, self.ready_at, clock.wall(), end.cause)

    @property
    def lasting(self) -> tuple[asyncio.Task[None], ...]:
        """Tasks that last as long as the session, or as long as something stands in it."""
        tasks = (
            self.hearing,
            self.booting,
            self.prompted,
            self.turning,
            self.notified,
            self.fetched,
            self.asks.watching,
        )
        return tuple(task for task in tasks if task is not None)

    @property
    def ephemeral(self) -> bool:
        """As it was begun."""
        return one_task(self.session.spec or self.spec, self.adapter.kind)

    @property
    def id(self) -> SessionId:
        return self.session.id

    @property
    def session_name(self) -> str:
        """The tmux session's: the identity it was started under."""
        return f"{self.session.runtime}-{self.session.peer}"

    @property
    def peer(self) -> PeerName:
        return self.session.peer
