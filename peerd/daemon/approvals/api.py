"""Permissions that are asked for, as a person sees and answers them."""

from peerd.core.state import Peer
from peerd.daemon.approvals import answering, watcher
from peerd.daemon.approvals.keypress import NOTHING
from peerd.daemon.approvals.outcome import how_over
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.edges.process.terminals import terminal as terminal_of
from peerd.errors import NotPermitted, NotPressed, UnknownApproval
from peerd.model.approval import Approval, ApprovalId
from peerd.model.message import MessageId
from peerd.model.notice import Notice, Severity
from peerd.rpc.approvals import ApprovalAnswered, ApprovalAnswerParams, ApprovalListed, ApprovalListParams
from peerd.rpc.approvals import listed as of_list
from peerd.rpc.caller import Caller
from peerd.visible import visible

NEXT_WITHIN_S = 1.5
LOOK_AGAIN_S = 0.1


def listed(daemon: Daemon, params: ApprovalListParams) -> ApprovalListed:
    reader, expires_s = daemon.store.reader, daemon.settings.approval_expires_s
    if params.id is not None:
        found = reader.approval(ApprovalId(params.id))
        return of_list([] if found is None else [found], expires_s)
    return of_list(reader.approvals(limit=params.limit) if params.all else reader.standing_approvals(), expires_s)


async def answered(daemon: Daemon, who: Asker, caller: Caller, params: ApprovalAnswerParams) -> ApprovalAnswered:
    """Raises NotPermitted for all but a person at a terminal outside every session; PeerdError where nothing was
    pressed, with what stands there now."""
    by = f"{who.name} on {_terminal(daemon, who, caller)}"
    approval = daemon.store.reader.approval(ApprovalId(params.id))
    if approval is None:
        raise UnknownApproval(f"no approval {params.id!r}. `peerd approvals` lists the open ones.")
    live = daemon.living(approval.peer)
    if not approval.stands:
        raise NotPressed(f"{approval.id} is over: {how_over(approval)}. {NOTHING}{_other(live, approval.id)}")
    if live is None or live.id != approval.session:
        over = (
            "is over" if approval.session in daemon.live else "may live, and is not in the daemon's hands: `peerd ls`"
        )
        raise NotPressed(f"{approval.id}: its session {over}. {NOTHING}")
    try:
        done = await answering.answer(daemon, live, approval.id, params.answer, by)
    except NotPressed as error:
        raise NotPressed(f"{error}{await _instead(live, approval.id)}") from error
    return ApprovalAnswered(id=done.id, peer=done.peer, state=done.state, by=by, evidence=done.evidence)


def _terminal(daemon: Daemon, who: Asker, caller: Caller) -> str:
    """The caller's own. What shares a pane's is in a session, whatever its environment says."""
    if who.session is not None:
        raise NotPermitted(f"a permission is given by a person, outside every session; this is {who.name}'s session.")
    terminal = terminal_of(caller.pid)
    if terminal is None:
        raise NotPermitted(
            "a permission is given by a person at a terminal, and this has none. Run it in one, or answer at the pane: "
            "`peerd attach`. Rules in peerd.toml can answer without a person."
        )
    for live in daemon.live.values():
        if terminal_of(live.host.runtime.pid) == terminal:
            raise NotPermitted(f"this runs on the terminal of {live.peer}'s session: a permission is given outside.")
    return terminal


async def _instead(live: Live, id: ApprovalId) -> str:
    """What is asked there by now."""
    give_up = clock.now() + NEXT_WITHIN_S
    while clock.now() < give_up and (live.asks.open is None or live.asks.open.id == id):
        await clock.pause(LOOK_AGAIN_S)
    return _other(live, id)


def _other(live: Live | None, id: ApprovalId) -> str:
    open = None if live is None else live.asks.open
    if live is None or open is None or open.id == id:
        return ""
    return f" {live.peer} asks for {asked_for(open)} now: {open.id}."


def asked_for(approval: Approval) -> str:
    """In a word or two, without the arguments."""
    return visible(approval.tool or "a permission")


def told(daemon: Daemon, peer: Peer) -> str | None:
    """For a person, of a peer that asks."""
    live = daemon.living(peer.spec.name)
    open = None if live is None else live.asks.open
    if open is None:
        return None
    return f"blocked: it asks for {asked_for(open)}; `peerd approvals` shows it, `peerd approve {open.id}` answers it"


def told_in_its_turn(daemon: Daemon, peer: Peer, message: MessageId) -> str | None:
    """To whoever waits for a message, in the middle of which its peer asks: it goes on once a person has answered."""
    own = [*((peer.turn,) if peer.turn else ()), *(each.waiting for each in peer.joined)]
    live = daemon.living(peer.spec.name)
    if live is None or live.asks.open is None or not any(each.id == message for each in own):
        return None
    asks = f"{peer.spec.name} asks for {asked_for(live.asks.open)} in the middle of it, which a person has to answer"
    return f"{asks}: `peerd approvals` shows it"


def told_otherwise(daemon: Daemon, peer: Peer) -> bool:
    """Whether what blocks this peer has a notice of its own, or is not known to be a matter yet."""
    live = daemon.living(peer.spec.name)
    return live is not None and (live.asks.open is not None or live.asks.undecided(clock.now()))


def notices(daemon: Daemon) -> list[Notice]:
    """One for each that stands, and that somebody must answer; the longer, the more urgent."""
    lives, now = (live for live in daemon.live.values() if live.burial is None), clock.now()
    stands = [(live.asks.open, live) for live in lives if live.asks.open and not live.asks.undecided(now)]
    return [_notice(daemon, live, open) for open, live in sorted(stands, key=lambda each: each[0].id)]


def _notice(daemon: Daemon, live: Live, open: Approval) -> Notice:
    again, urgent = watcher.late(daemon, live), watcher.age_s(live) >= daemon.settings.approval_remind_s
    late = ", and nobody has answered in time" if again else ""
    return Notice(
        kind="approval",
        about=open.id,
        text=f"{open.peer} asks for {asked_for(open)}{late}",
        remedy=f"`peerd approvals` shows it; `peerd approve {open.id}` or `peerd deny {open.id}` answers it",
        severity=Severity.URGENT if urgent or again else Severity.WARNING,
        again=again,
        peer=open.peer,
    )
