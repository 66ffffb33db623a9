"""A peer as the core knows it: one frozen value. Deadlines are monotonic seconds."""

import msgspec

from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, Phase, Spec, Want
from peerd.model.session import Mode, SessionId


class Waiting(msgspec.Struct, frozen=True):
    """A message in a peer's queue. `attempts` have been leased so far, `deaths` of those in mid-turn;
    a `task` asks for work, so that it is open again when its session dies before its turn ends."""

    id: MessageId
    attempts: int = 0
    deaths: int = 0
    task: bool = True


class Lease(msgspec.Struct, frozen=True):
    """A message on its way into a session. Until `deadline` its evidence may still come."""

    waiting: Waiting  # with this attempt counted
    deadline: float


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """Want, phase and activity are kept apart; `hold` is what the last look at the screen found in the way."""

    spec: Spec
    task_attempts: int = 3
    want: Want = Want.ON_DEMAND
    phase: Phase = Phase.ASLEEP
    activity: Activity = Activity.UNKNOWN
    session: SessionId | None = None
    called: str | None = None  # why it should run though no message waits
    mode: Mode = "fresh"
    queue: tuple[Waiting, ...] = ()
    lease: Lease | None = None
    turn: Waiting | None = None  # submitted, its turn still open
    served: MessageId | None = None  # the last message whose turn ended in this session
    hold: Hold | None = None
    noted: Hold | None = None  # the hold last told about the head of the queue
    looks: int = 0  # looks in a row that found a hold; paces the next
    retry_at: float | None = None
    deadline: float | None = None  # of the phase: boot, backoff
    deaths: tuple[float, ...] = ()
