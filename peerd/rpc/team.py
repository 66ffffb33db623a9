"""What is asked and answered about who is in the team."""

from typing import Literal

from msgspec import field

from peerd.model.peer import Want
from peerd.rpc.params import Params, Seconds
from peerd.rpc.results import Result, Worktree


class PeerAdded(Result, frozen=True, kw_only=True):
    """`waiting` counts the messages to an earlier peer of this name, which it is given. `kept_up`: it is started though
    nothing asks for it."""

    peer: str
    runtime: str
    kind: str
    file: str
    worktree: Worktree | None = None
    waiting: int = 0
    kept_up: bool = False


class PeerEditParams(Params, frozen=True, kw_only=True):
    """`set` as of `PeerAddParams`; `unset` names fields to leave out; or the whole new `text`, which is
    refused where the spec is not `base` any more."""

    peer: str
    set: dict[str, str] = field(default_factory=dict)
    unset: list[str] = field(default_factory=list)
    text: str | None = None
    base: str | None = None


class PeerRemoveParams(Params, frozen=True, kw_only=True):
    """`now`: also in the middle of a turn. `timeout_s` is for its end, and again for git to remove its worktree."""

    peer: str
    now: bool = False
    timeout_s: Seconds = 30.0


class PeerRenameParams(Params, frozen=True, kw_only=True):
    """`name` is the new one. `now`: also in the middle of a turn."""

    peer: str
    name: str
    now: bool = False
    timeout_s: Seconds = 30.0


class TeamParams(Params, frozen=True, kw_only=True):
    """A team's file: its text, its folder, from which folders in it count, and what it is called in errors. `worktree`:
    each peer that is added gets one; git has `timeout_s` for it."""

    text: str
    dir: str
    where: str
    dry_run: bool = False
    worktree: bool = False
    timeout_s: Seconds = 120.0


class PeerSpec(Result, frozen=True, kw_only=True):
    peer: str
    file: str
    text: str


class PeerEdited(Result, frozen=True, kw_only=True):
    """Fields that hold `at_once`, and others from the `next_session` on. `live`: a session runs or starts, which keeps
    the others as it was begun. `cancelled`: so many messages waited, and it is a service now;
    `barred`: and what it is sent is run, and it takes none from who sent them."""

    peer: str
    file: str
    changed: bool
    at_once: list[str]
    next_session: list[str]
    live: bool
    cancelled: int = 0
    barred: int = 0


class WorktreeRemoved(Worktree, frozen=True, kw_only=True):
    """What became of a removed peer's worktree: `stays` and `branch_stays` say why they do, and are None where they are
    no more. `commands` remove what stays, whatever is in it."""

    stays: str | None = None
    branch_stays: str | None = None
    commands: list[str] = field(default_factory=list)


class PeerRemoved(Result, frozen=True, kw_only=True):
    """`cancelled` counts the messages that waited for it. `led_to`: what its spec led to, where that was a link; it
    stays. `login`: the folder of a login of its own, which is gone. `named_in` as of `PeerRenamed`."""

    peer: str
    file: str
    cancelled: int
    worktree: WorktreeRemoved | None = None
    led_to: str | None = None
    login: str | None = None
    named_in: dict[str, list[str]] = field(default_factory=dict)


class PeerRenamed(Result, frozen=True, kw_only=True):
    """`named_by` are peers whose specs still speak of the old name, `named_in` tells in which fields. `want`: it
    stays stopped where it was."""

    peer: str
    was: str
    file: str
    named_by: list[str]
    named_in: dict[str, list[str]] = field(default_factory=dict)
    want: Want


class TeamStep(Result, frozen=True, kw_only=True):
    """`fields` are those that the file gives; a peer that is added is given `worktree`, and the messages that wait for
    an earlier one of its name, of which `waiting` is the count. `live`: one that is changed has a session, which keeps
    what is not changed `at_once` as it was begun."""

    peer: str
    does: Literal["add", "change", "keep"]
    file: str
    wake: bool
    fields: list[str]
    worktree: Worktree | None = None
    waiting: int = 0
    live: bool = False
    at_once: tuple[str, ...] = ()


class TeamPlanned(Result, frozen=True, kw_only=True):
    steps: list[TeamStep]
