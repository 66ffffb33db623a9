"""What the methods of the daemon's socket answer; `table` says which belongs to which.

Readers ignore a field they do not know: newer daemons add some. Durations are seconds; `at`, `since` and `accepted_at`
are RFC 3339 UTC with milliseconds.
"""

from typing import Any, Literal

import msgspec

from peerd.model.message import Delivery, Hold, Priority
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import EndCause, Mode


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller is answered."""


class HelloResult(Result, frozen=True, kw_only=True):
    """`caller` is who the daemon takes the caller for: an identity, or `operator`."""

    protocol: int
    version: str
    pid: int
    caller: str
    unread: int = 0  # notices that hold and that nobody has read; told to the operator alone
    gravest: str = ""  # of those


class DaemonStatus(Result, frozen=True, kw_only=True, omit_defaults=True):
    pid: int
    version: str
    socket: str
    uptime_s: float
    started_at: str  # of no other daemon of this home
    peers: int  # how many are declared
    notices: list[str] = []  # what a person must know
    unwritten: str | None = None  # why what has happened is not on disk: it would be lost with the daemon


class DaemonStopped(Result, frozen=True, kw_only=True):
    """Answered before the daemon ends; it is gone when `pid` is."""

    pid: int


class DaemonRestarts(Result, frozen=True, kw_only=True):
    """Answered before it does; the next one tells another `started_at`."""

    pid: int
    started_at: str


class Worktree(Result, frozen=True, kw_only=True):
    """A git worktree, the repository it belongs to, and its branch."""

    path: str
    repository: str
    branch: str


class PeerWoken(Result, frozen=True, kw_only=True):
    """`woke` is False, and `mode` live, where the peer was up already. `message` is the task's id, `notes` what its
    sender is to know of it."""

    peer: str
    runtime: str
    identity: str
    session: str
    woke: bool
    mode: Literal["fresh", "resume", "live"]
    cause: str
    because: str = ""  # why in this mode
    elapsed_ms: float
    message: str | None = None
    notes: list[str] | None = None
    unreached: str | None = None  # its tmux: why, and what to do
    status: Literal["ready"] = "ready"


class PeerWanted(Result, frozen=True, kw_only=True, omit_defaults=True):
    """What is wanted of a peer from now on, and where it stands. `kept_up` as of `PeerAdded`."""

    peer: str
    want: Want
    phase: Phase
    service: bool = False
    kept_up: bool = False


class PeerRow(Result, frozen=True, kw_only=True):
    """A line of the list. `since` is when its phase or activity last changed; `queued` counts messages waiting;
    `unclear`: why nobody can tell whether it may run; `unreached`: why its tmux is out of reach; `session`: the one
    that runs or starts; `awaits`: to which messages its task awaits an answer, its turn being over; `limited`: why
    it is given nothing, and until when; the `groups` that it is in."""

    peer: str
    runtime: str
    want: Want
    phase: Phase
    activity: Activity | None
    hold: Hold | None
    since: str | None
    queued: int
    unclear: str | None = None
    unreached: str | None = None
    session: str | None = None
    awaits: list[str] | None = None
    limited: str | None = None
    groups: list[str] = []


class PeerListed(Result, frozen=True, kw_only=True):
    peers: list[PeerRow]
    notices: int = 0  # how many `daemon.status` tells


class PeerMarked(Result, frozen=True, kw_only=True):
    """Its next session begins afresh. `ends`: `now` where one is ended at once, `idle` where one ends when nothing is
    under way in it, `ended` where that has happened and a fresh one is there, None where none runs."""

    peer: str
    ends: Literal["now", "idle", "ended"] | None


class PeerFinished(Result, frozen=True, kw_only=True):
    """`message` is the task that was said to be done; None where none was in hand."""

    peer: str
    message: str | None


class PeerControlled(Result, frozen=True, kw_only=True):
    """`message` is the one whose turn was broken off."""

    peer: str
    what: Literal["interrupt", "compact"]
    message: str | None


class Woken(Result, frozen=True, kw_only=True):
    """How its session came to be: why it was woken, and why in this mode."""

    mode: Mode
    cause: str
    because: str
    at: str


class Evidence(Result, frozen=True, kw_only=True):
    """One thing that speaks for a verdict, and how old it is."""

    source: str
    says: str
    age_s: float | None


class Queued(Result, frozen=True, kw_only=True):
    """A message that waits for a peer."""

    id: str
    sender: str = msgspec.field(name="from")
    state: Delivery
    hold: Hold | None
    attempt: int
    accepted_at: str
    priority: Priority = "normal"
    not_before: str | None = None


class LastEnd(Result, frozen=True, kw_only=True):
    """How the peer's last session ended."""

    cause: EndCause
    code: int | None
    signal: int | None
    why: str
    at: str
    last_lines: list[str]


class PeerShown(Result, frozen=True, kw_only=True):
    """A peer explained: the verdict, and why. `awaits` as in `PeerRow`."""

    peer: str
    runtime: str
    identity: str
    want: Want
    phase: Phase
    activity: Activity | None
    verdict: str
    unclear: str | None = None
    awaits: list[str] | None = None
    evidence: list[Evidence]
    decisions: list[str]  # lines of the lifecycle log, oldest first
    queue: list[Queued]
    session: str | None
    woken: Woken | None = None  # None: none runs
    last_end: LastEnd | None
    spec: dict[str, Any]


class PeerPeeked(Result, frozen=True, kw_only=True):
    """A screen: the one of now where `live`, else the last one of the session that ended."""

    peer: str
    session: str | None
    live: bool
    lines: list[str]
    at: str | None


class PeerAttached(Result, frozen=True, kw_only=True):
    """Where a terminal can be attached: a tmux server's socket and the session on it. `tmux` is the program to do it
    by, where that is not the one on the PATH."""

    peer: str
    socket: str
    session: str
    tmux: str | None = None
