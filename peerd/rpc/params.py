"""What the methods of the daemon's socket take; `table` says which belongs to which.

A field that is not known is refused: better that than half obeyed. Durations are seconds; times are RFC 3339 UTC.
"""

from typing import Annotated, Literal

import msgspec

from peerd.model.message import Delivery, Priority
from peerd.model.session import Mode

WAIT_MAX_S = 7 * 86400
"""Longer waits are refused: nobody is there any more to be told."""
AHEAD_MAX_S = 366 * 86400
"""What is to be handed over later than that is no message any more."""

Seconds = Annotated[float, msgspec.Meta(ge=0, le=WAIT_MAX_S)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=WAIT_MAX_S)]
Ahead = Annotated[float, msgspec.Meta(ge=0, le=AHEAD_MAX_S)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class Params(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a caller asks with."""


class HelloParams(Params, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """Unknown fields pass: a newer caller must get as far as being told of the skew."""

    protocol: int
    version: str
    token: str | None = None


class Nothing(Params, frozen=True, kw_only=True):
    pass


class DaemonRestartParams(Params, frozen=True, kw_only=True):
    """With which Python, by its absolute path, and in which environment the daemon goes on."""

    python: str
    env: dict[str, str]


class PeerAddParams(Params, frozen=True, kw_only=True):
    """`set` has spec fields as text: TOML values, or bare words. `worktree`: it works in a git worktree of its own, for
    which git has `timeout_s`."""

    name: str
    runtime: str
    dir: str | None = None
    bin: str | None = None
    env: dict[str, str] = {}
    policy: Literal["warm", "ephemeral"] = "warm"
    set: dict[str, str] = {}
    worktree: bool = False
    timeout_s: Seconds = 120.0


class PeerWakeParams(Params, frozen=True, kw_only=True):
    """`mode` None: resume where that can be, else fresh. `task_id` is the task's message id, if its sender names it;
    `attach`: files beside the task, as of `MessageSendParams`."""

    peer: str
    task: str | None = None
    task_id: str | None = None
    attach: tuple[str, ...] = ()
    mode: Mode | None = None
    timeout_s: Seconds = 300.0


class PeerNewParams(Params, frozen=True, kw_only=True):
    """`now`: also in the middle of a turn. `instead_of` is the session that is to go, None where none runs: where it is
    named, another one that has begun afresh is the one asked for, and to ask twice is the same."""

    peer: str
    now: bool = False
    instead_of: str | msgspec.UnsetType | None = msgspec.UNSET
    timeout_s: Seconds = 300.0


class PeerRefreshParams(Params, frozen=True, kw_only=True):
    """`instead_of` as of `PeerNewParams`; where none ran, one that has begun since is to be followed by a fresh one:
    it may have been about to begin by then."""

    peer: str
    instead_of: str | msgspec.UnsetType | None = msgspec.UNSET


class PeerControlParams(Params, frozen=True, kw_only=True):
    peer: str
    what: Literal["interrupt", "compact"]
    timeout_s: Seconds = 60.0


class PeerStopParams(Params, frozen=True, kw_only=True):
    peer: str
    timeout_s: Seconds = 30.0


class PeerStartParams(Params, frozen=True, kw_only=True):
    """`resume`: the next session is begun at once, on with the last conversation, and waited for."""

    peer: str
    resume: bool = False
    timeout_s: Seconds = 300.0


class PeerParams(Params, frozen=True, kw_only=True):
    """Of methods that take a peer's name alone."""

    peer: str


class MessageSendParams(Params, frozen=True, kw_only=True):
    """`queue` sends to a stopped peer too. A taken `id` with the same content answers what became of it. It is not
    delivered before `not_before`; not delivered until `expires`, or not done within `deadline_s` of its delivery, it
    comes to nothing: each `_s` from its acceptance, or `_at` a time. Of those with one `key` at most one waits, the
    latest. Of what waits a higher `priority` is handed over first. `to` None: whoever sent the message that this one
    replies to. `attach`: absolute paths of files, which are copied before it is accepted. `report`: whether the peer
    that sends it is told of an end without a reply too; None: where it is up then.
    `interrupt`: the turn that is open is broken off first, and this is given next. `wait` None: until its peer took it;
    what is for a person until it is on disk. `prints`: who waits for the end shows the answer."""

    to: str | None = None
    body: str
    topic: str | None = None
    reply_to: str | None = None
    id: str | None = None
    queue: bool = False
    not_before_s: Ahead | None = None
    not_before_at: str | None = None
    expires_s: Annotated[float, msgspec.Meta(gt=0, le=AHEAD_MAX_S)] | None = None
    expires_at: str | None = None
    deadline_s: Positive | None = None
    key: str | None = None
    report: bool | None = None
    interrupt: bool = False
    priority: Priority = "normal"
    attach: tuple[str, ...] = ()
    wait: Literal["accepted", "submitted", "ended"] | None = None
    prints: bool = True
    timeout_s: Seconds = 60.0


class GroupSendParams(MessageSendParams, frozen=True, kw_only=True):
    """`to` is a group, with its @, and `id` what each message's id begins with."""


class MessageWaitParams(Params, frozen=True, kw_only=True):
    id: str
    until: Literal["submitted", "ended"] = "submitted"
    timeout_s: Seconds = 60.0


class MessageParams(Params, frozen=True, kw_only=True):
    """`look`: it is not read by that, whoever it is to."""

    id: str
    look: bool = False


class MessageReadParams(MessageParams, frozen=True, kw_only=True):
    """`by`: the command that showed it."""

    by: Literal["inbox", "ask", "wait", "send"] = "inbox"


class InboxParams(Params, frozen=True, kw_only=True):
    """What was sent to the operator and is unread or awaits an answer, or `everything`; `since` is RFC 3339."""

    everything: bool = False
    sender: str | None = None
    since: str | None = None
    limit: Count = 50


class MessagePurgeParams(Params, frozen=True, kw_only=True):
    """What was over so long ago, None: as long as the settings say; with `receipts` what became of it, too. `peer`: its
    sender or target."""

    older_than_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    peer: str | None = None
    receipts: bool = False


class QueueParams(Params, frozen=True, kw_only=True):
    """None: of every peer, without the messages. `limit`: of what came to nothing."""

    peer: str | None = None
    limit: Count = 100


class MessageLookedParams(Params, frozen=True, kw_only=True):
    """What was shown to the operator of what came to nothing."""

    ids: Annotated[list[str], msgspec.Meta(max_length=1024)]


class MessageListParams(Params, frozen=True, kw_only=True):
    """`since` is RFC 3339; the newest `limit` messages are answered, oldest first: of those accepted before the message
    `before`, where that is given."""

    peer: str | None = None
    state: Delivery | None = None
    since: str | None = None
    before: str | None = None
    limit: Count = 50
