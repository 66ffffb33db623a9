"""A peer and how it is declared. The closed sets here are the only words for what they name."""

import enum
import re
from typing import Literal, NewType

import msgspec

PeerName = NewType("PeerName", str)
"""A peer's personality; also its address."""

PEER_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
RUNTIME_NAME = re.compile(r"[a-z][a-z0-9]{0,31}")
DESCRIPTION_MAX_CHARS = 450
OPERATOR = PeerName("operator")
"""The person outside every session. Exists from the start; has no runtime."""
DAEMON = PeerName("daemon")
"""Who speaks where peerd itself has something to say; nobody else may have the name."""
REMOVED = " (removed)"
"""After the name of a sender that was removed, where one that has it by now could be taken for it. No name ends so."""
EVERYBODY = "*"
GROUP_MARK = "@"
"""Before the name of a group, where that stands beside names of peers."""
ALL = "all"
"""The group of every agent: not of services, nor of what runs once a task."""
NOT_OPERATOR = f"!{OPERATOR}"
"""In `may_send_to`: not even to the person in charge."""
RULES = ("accepts_from", "may_send_to", "may_wake", "may_control")
"""The fields of a spec that say who may do what to whom."""


def removed(name: PeerName) -> PeerName:
    return PeerName(f"{name}{REMOVED}")


class Want(enum.Enum):
    """What the operator asked for. Only requests change it."""

    ON_DEMAND = "on_demand"  # runs while there is a reason to
    DOWN = "down"  # stopped by the operator; nothing but `start` wakes it


class Phase(enum.Enum):
    """Where a peer's session stands. Only facts and rules change it."""

    ASLEEP = "asleep"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    BACKOFF = "backoff"  # a restart is scheduled
    FAILED = "failed"  # crash loop: left down until `start`


class Activity(enum.Enum):
    """What a running session is doing, as far as evidence goes."""

    IDLE = "idle"
    BUSY = "busy"
    BLOCKED = "blocked"  # a permission prompt or a dialog is open
    LIMITED = "limited"  # at its input line, and its service refuses it
    UNKNOWN = "unknown"  # never types, never kills


QUEUE_MAX = 1000
EXPIRES_S = 7 * 86400.0
PAIR_RATE = 60
PAIR_WINDOW_S = 60.0
SENDERS_KNOWN = 256
"""Of those that a peer was given a message from: the latest. Whoever was longer ago counts as never."""


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A peer's declaration: the TOML file `peers/NAME.toml`. Durations are seconds."""

    name: PeerName
    runtime: str
    dir: str
    worktree: str | None = None  # the repository that `dir` is in a git worktree of, made for this peer
    bin: str | None = None  # the runtime's program; None: the adapter's own
    args: tuple[str, ...] = ()
    env: dict[str, str] = {}
    description: str = ""  # what the other peers are told of it
    initial_prompt: str = ""  # the first message of every fresh session
    prompt: bool = True  # tell the runtime of itself and its team, where its adapter can
    login: Literal["shared", "own"] = "shared"  # the user's runtime configuration, left as it is, or one of its own
    permissions: Literal["ask", "edits", "plan", "bypass"] = "ask"  # what the runtime may do without asking
    trust_folder: bool = False  # answer a runtime that asks whether `dir` may be trusted
    wake_policy: Literal["warm", "ephemeral"] = "warm"  # ephemeral: a session of its own for every task
    front: Literal["agent", "person"] = "agent"  # who is met there; a person's is resumed whatever the topic
    restart: Literal["permanent", "transient", "temporary"] = "temporary"  # as OTP's: after any death, a bad one, none
    groups: tuple[str, ...] = ()  # that it is in, by their names without the @
    accepts_from: tuple[str, ...] | None = None  # None: the adapter's default; names, @groups, "*": everybody
    may_send_to: tuple[str, ...] = (EVERYBODY,)  # likewise; the operator too, unless "!operator" is there
    may_wake: tuple[str, ...] = (EVERYBODY,)  # likewise; what it sends others waits until they are up
    may_control: tuple[str, ...] = ()  # likewise: whom it may stop, start, interrupt, compact, begin anew, hold back
    idle_s: float = 3600.0  # without activity before it is parked
    ephemeral_quiet_s: float = 20.0  # after its task's end, for what is left to do
    ephemeral_silent_s: float = 600.0  # without activity before its task counts as ended
    boot_deadline_s: float = 240.0
    stop_grace_s: float = 3.0  # between the polite end and SIGKILL
    lease_s: float = 30.0  # how long a typed message may stay unconfirmed
    crash_max: int = 3
    crash_window_s: float = 300.0
    backoff_base_s: float = 0.5
    backoff_cap_s: float = 60.0
    probe_base_s: float = 60.0  # after a crash loop, before one more try; doubled from try to try
    probe_cap_s: float = 3600.0
    limit_base_s: float = 60.0  # after a limit whose end is not told, before it is tried again; doubled each time
    limit_cap_s: float = 3600.0
    queue_max: int = QUEUE_MAX  # messages waiting
    expires_s: float = EXPIRES_S  # until what waits for it, and says nothing of its own, has expired
    pair_rate: int = PAIR_RATE  # messages that it may send to one target within `pair_window_s`
    pair_window_s: float = PAIR_WINDOW_S
    pair_repeats: int = 3  # the same message to one target within `pair_watch_s`: the two are paused; 0: never for that
    pair_acks: int = 8  # messages in turn, within that, that say nothing but thanks; likewise
    pair_overruns: int = 3  # windows on end in which it was refused more; likewise
    pair_watch_s: float = 600.0
    task_attempts: int | None = None  # None: the adapter's default
    pane_log: bool = True  # keep what its pane shows, in the session's folder

    @property
    def identity(self) -> str:
        """Names the tmux session and the sender in an envelope; splits at the first dash."""
        return f"{self.runtime}-{self.name}"


NEXT_SESSION = frozenset(
    [
        "runtime",
        "dir",
        "worktree",
        "bin",
        "args",
        "env",
        "description",
        "initial_prompt",
        "prompt",
        "login",
        "permissions",
        "trust_folder",
        "wake_policy",
        "front",
        "boot_deadline_s",
        "task_attempts",
        "pane_log",
    ]
)
"""Fields of a spec that hold from the next session on: the one that runs keeps them as it was begun."""

AT_ONCE = frozenset(
    [
        "restart",
        "groups",
        "accepts_from",
        "may_send_to",
        "may_wake",
        "may_control",
        "idle_s",
        "ephemeral_quiet_s",
        "ephemeral_silent_s",
        "stop_grace_s",
        "lease_s",
        "crash_max",
        "crash_window_s",
        "backoff_base_s",
        "backoff_cap_s",
        "probe_base_s",
        "probe_cap_s",
        "limit_base_s",
        "limit_cap_s",
        "queue_max",
        "expires_s",
        "pair_rate",
        "pair_window_s",
        "pair_repeats",
        "pair_acks",
        "pair_overruns",
        "pair_watch_s",
    ]
)
"""And those that hold from now on, for the session that runs too; a wait that has begun is not changed."""


class Edited(msgspec.Struct, frozen=True):
    """Which fields an edit changes, by when that holds, each in the order declared."""

    at_once: list[str]
    next_session: list[str]


def differences(before: Spec, after: Spec) -> Edited:
    changed = [each for each in Spec.__struct_fields__ if getattr(before, each) != getattr(after, each)]
    return Edited([each for each in changed if each in AT_ONCE], [each for each in changed if each in NEXT_SESSION])


class CrashLoop(msgspec.Struct, frozen=True):
    """A peer left down after too many deaths, and tried once more `probes` times since. `at` (Unix seconds) is when it
    was last left down or tried; once it `lasts` no more, when it ended; session `after`, in the order begun, had ended
    last by then."""

    probes: int
    at: float
    lasts: bool
    after: int = 0
