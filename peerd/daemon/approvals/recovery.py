"""The permissions that stand on record as a daemon begins. What it knows of each is what the one before had heard: that
is in the session's journal, from where that was as it was opened."""

import asyncio

from msgspec.structs import replace

from peerd.daemon import ingest
from peerd.daemon.approvals import answering
from peerd.daemon.approvals.outcome import AT_THE_PANE, ENDED, how_ended, how_gone
from peerd.daemon.approvals.watcher import gone, put
from peerd.daemon.context import Daemon
from peerd.daemon.journal_tail import UNHEARD_MAX_BYTES, read_from
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.model.approval import Approval, ApprovalState
from peerd.model.fact import Fact
from peerd.model.session import SessionId

UNHEARD = "it is not known what was said since it was asked for: the prompt there may be another that looks the same"


async def recall(daemon: Daemon, live: Live) -> None:
    """As the last daemon left it, with all it had heard; what was said since is heard after this. One that it was just
    answering is over: another may stand there by now that looks the same."""
    stand = daemon.store.reader.standing_approvals(live.id)
    for each in stand[:-1]:
        gone(daemon, live.peer, each, AT_THE_PANE)
    last = stand[-1] if stand else None
    said = None if last is None else await _said_since(daemon, live, last)
    over = last is not None and (said is None or last.state is ApprovalState.ANSWERING)
    if last is not None and over:
        gone(daemon, live.peer, last, UNHEARD if said is None and last.by is None else how_gone(last))
    live.asks.recall(last, clock.now_with_sleep(), clock.wall(), over=over)
    for fact in said or ():
        live.asks.hear(fact)


async def _said_since(daemon: Daemon, live: Live, approval: Approval) -> tuple[Fact, ...] | None:
    """What the last daemon had heard since this was opened; None where that is not to be known any more, or no hook
    tells of it: then nobody has seen whether it was away meanwhile."""
    begin, end = approval.heard_to, live.session.journal_read
    if approval.tool is None or begin is None or not 0 <= end - begin <= UNHEARD_MAX_BYTES:
        return None
    said = await asyncio.to_thread(read_from, live.place.journal, begin, end - begin)
    if len(said) < end - begin:
        return None
    return tuple(ingest.facts(daemon, live, said.decode("utf-8", "replace").split("\n")))


def forget_strangers(daemon: Daemon) -> None:
    """On boot: what stands on record of sessions that are over. Of one that could not be adopted, and may live, it
    stands; one that was is buried with what it asks for."""
    for approval in daemon.store.reader.left_standing():
        if approval.session not in daemon.live:
            _forget(daemon, approval)


def forget(daemon: Daemon, session: SessionId) -> None:
    """What stands of one that is over, and was never in our hands."""
    for approval in daemon.store.reader.standing_approvals(session):
        _forget(daemon, approval)


def _forget(daemon: Daemon, approval: Approval) -> None:
    """Whether a daemon that was killed had pressed a key, nobody knows."""
    if approval.state is not ApprovalState.ANSWERING:
        gone(daemon, approval.peer, approval, how_ended(approval))
        return
    how, now = f"a key may have been pressed; then {ENDED}", clock.wall()
    done = put(daemon, replace(approval, state=ApprovalState.UNKNOWN, ended_at=now, evidence=how))
    answering.log_answered(daemon, approval.peer, done)
