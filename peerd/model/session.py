"""One run of a peer's runtime, and how it ended."""

import enum
from typing import Final, Literal, NewType

import msgspec

from peerd.model.peer import PeerName, Spec

SessionId = NewType("SessionId", str)
Mode = Literal["fresh", "resume"]
Kind = Literal["tui", "service", "pass"]


class EndCause(enum.Enum):
    """Why a session ended. The first four are of the daemon's choosing (a reap), the rest are deaths, also where it
    ended what did not come up, or a pass that hung."""

    PARKED = "parked"
    STOPPED = "stopped"
    REPLACED = "replaced"
    FINISHED = "finished"
    EXITED = "exited"
    KILLED = "killed"
    SERVER_DIED = "server-died"
    BOOT_FAILED = "boot-failed"
    MACHINE_RESTARTED = "machine-restarted"


REAPED = frozenset({EndCause.PARKED, EndCause.STOPPED, EndCause.REPLACED, EndCause.FINISHED})
"""Ends of the daemon's own choosing: no deaths, so the restart window does not count them."""


PARKS = frozenset({EndCause.PARKED, EndCause.STOPPED})
"""Ends after which the conversation may be gone on with."""


class End(msgspec.Struct, frozen=True):
    """How a session ended. `code` and `signal` are None where nothing could be read. `full`: its start found no room on
    the disk, which is no death of the peer. `forsaken`: its daemon ended in the middle of its start. `elsewhere`: it is
    another home's, of which this one is a copy, and may live there."""

    cause: EndCause
    code: int | None = None
    signal: int | None = None
    why: str = ""
    last_lines: tuple[str, ...] = ()
    full: bool = False
    forsaken: bool = False
    elsewhere: bool = False

    @property
    def of_itself(self) -> bool:
        """Whether what was begun is what failed: it was not ended, nor did its daemon, its machine or the disk fail
        it."""
        return self.cause not in REAPED | {EndCause.MACHINE_RESTARTED} and not (self.full or self.forsaken)

    @property
    def told(self) -> str:
        """For a person: what it came to and why, on one line."""
        status = f" with code {self.code}" if self.code is not None else f" by signal {self.signal}"
        known = self.cause in (EndCause.EXITED, EndCause.KILLED) and (self.code, self.signal) != (None, None)
        cause = f"{self.cause.value}{status if known else ''}"
        return f"{cause}: {self.why}" if self.why else cause


BOOT_MAX_S: Final = 86_400.0
"""A boot waits for as long as a person leaves a dialog open; it counts as no longer than this."""


def boot_s(began: float, ready: float | None, ended: float, cause: EndCause) -> float:
    """Seconds that a session took to come up: all of them where it never did, or was of no use. For how long a machine
    was off nobody knows."""
    if cause is EndCause.MACHINE_RESTARTED:
        return 0.0
    up = ended if ready is None or cause is EndCause.BOOT_FAILED else ready
    return min(max(0.0, up - began), BOOT_MAX_S)


class Ending(msgspec.Struct, frozen=True):
    """An end that a daemon has begun: it comes to this, whatever the session makes of it, and whichever daemon sees
    it."""

    cause: EndCause
    why: str = ""


class Process(msgspec.Struct, frozen=True):
    """A process as it can be recognised again: `start` is field 22 of /proc/PID/stat, in clock ticks."""

    pid: int
    start: int


class Left(msgspec.Struct, frozen=True):
    """What outlived its session, and why it could not be ended."""

    process: Process
    name: str
    why: str

    @property
    def who(self) -> str:
        return f"pid {self.process.pid} ({self.name})"


class Mark(msgspec.Struct, frozen=True):
    """Whose a session is, as its processes' environment tells: its peer, and its daemon's socket."""

    peer: str
    socket: str


class OomKills(msgspec.Struct, frozen=True):
    """How many processes the kernel has killed for want of memory since the machine started. None: it does not tell."""

    machine: int | None = None
    group: int | None = None  # of the control group
    counter: str | None = None  # the file that the group's count is read from


class Host(msgspec.Struct, frozen=True):
    """Where a session lives: its tmux server and pane, and the processes behind them."""

    socket: str
    pane: str  # tmux's %id
    runtime: Process
    server: Process
    oom: OomKills = OomKills()  # as it began


WORDS, PROBED = "=", "~"
"""Before the name of words that are no message, and before a message beside which a probe was typed, in what was typed
last; no message's id begins so."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A session as it is on record. Wall-clock stamps are Unix seconds."""

    id: SessionId
    peer: PeerName
    runtime: str
    mode: Mode
    cause: str  # why it was woken
    because: str = ""  # why in this mode
    boot_id: str  # of the machine, at the start
    token_hash: str  # sha256 hex of the session's token
    started_at: float
    host: Host | None = None  # None until tmux said where it lives
    ready_at: float | None = None
    ending: Ending | None = None  # until it is over
    ended_at: float | None = None
    end: End | None = None
    of_task: int = 0  # 1: a death there does not speak against its peer
    journal_read: int = 0  # bytes of its journal already taken
    typed: str | None = None  # last: a message, also `PROBED`, or other `WORDS` of ours
    spec: Spec | None = None  # as it was started, until it ends
    kind: Kind | None = None  # as it was begun; None: by a peerd that did not tell
    task_attempts: int | None = None  # alike
    version: str | None = None  # of the runtime
    conversation: str | None = None  # the runtime's own id of what can be resumed
    told: int = 0  # 1: it said so itself; till then that is what it was asked to go on with
