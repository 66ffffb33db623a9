"""The permissions that stand on record as a daemon begins: it knows what they are, and not what the last one heard."""

from msgspec.structs import replace

from peerd.daemon import answering
from peerd.daemon.asks import AT_THE_PANE, ENDED, gone, how_gone, put
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.model.approval import Approval, ApprovalState
from peerd.model.message import Delivery


def recall(daemon: Daemon, live: Live) -> None:
    """As the last daemon left it; what was said since is heard after this. What that heard of one that it was just
    answering, or of an earlier turn's, is not known: another may stand there by now that looks the same."""
    stand = daemon.store.reader.standing_approvals(live.id)
    for each in stand[:-1]:
        gone(daemon, live.peer, each, AT_THE_PANE)
    last = stand[-1] if stand else None
    over = last is not None and (last.state is ApprovalState.ANSWERING or _is_of_earlier_turn(daemon, live, last))
    if last is not None and over:
        gone(daemon, live.peer, last, how_gone(last))
    live.asks.recall(last, clock.now_with_sleep(), clock.wall(), over=over)


def _is_of_earlier_turn(daemon: Daemon, live: Live, approval: Approval) -> bool:
    """Nothing is leased while a permission is asked for."""
    turn = daemon.loop.peers[live.peer].turn
    receipt = daemon.store.reader.receipt(turn.id) if turn is not None else None
    steps = receipt.history if receipt is not None else ()
    leased = [each.at for each in steps if each.state == Delivery.LEASED.value and each.session == live.id]
    return bool(leased) and approval.opened_at < leased[-1]


def forget_strangers(daemon: Daemon) -> None:
    """What stands on record of sessions that are over. Whether a daemon that was killed had pressed a key, nobody
    knows."""
    for approval in daemon.store.reader.standing_approvals():
        if approval.session in daemon.live:
            continue
        if approval.state is not ApprovalState.ANSWERING:
            gone(daemon, approval.peer, approval, ENDED)
            continue
        how, now = f"a key may have been pressed; then {ENDED}", clock.wall()
        done = put(daemon, replace(approval, state=ApprovalState.UNKNOWN, ended_at=now, evidence=how))
        answering.log_answered(daemon, approval.peer, done)
