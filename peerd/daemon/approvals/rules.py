"""What rules answer of what a session asks its user a permission for."""

from contextlib import suppress

from peerd.adapter import Prompt
from peerd.core.policy import ruled
from peerd.daemon.approvals import answering
from peerd.daemon.approvals.keypress import NOTHING
from peerd.daemon.approvals.matching import shows
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.edges import clock, matching
from peerd.errors import NoEffect, NotPressed, PeerdError
from peerd.model.approval import Answer, Approval

OVERLOOKED_MAX = 2  # measured: Claude 2.1.330 may overlook a key that comes with its question


def ask(daemon: Daemon, live: Live, open: Approval, prompt: Prompt) -> None:
    """Also of one that stood as this daemon came: it must show what it is asked for as it did."""
    due = live.asks.due(open, clock.now_with_sleep())
    if due is None or not shows(prompt, open.tool, open.input):
        return
    found = ruled(daemon.settings.approve, open, matching.is_whole)
    if found is None:
        return
    if found.rule.answer != "ask" and due == "first":
        live.asks.by_rule = open.id
        _answer_by_rule(daemon, live, open, found.rule.answer, found.called)
    elif found.rule.on_expiry == "deny" and open.expired:
        _answer_by_rule(daemon, live, open, "deny", f"{found.called}, as nobody answered")


def _answer_by_rule(daemon: Daemon, live: Live, approval: Approval, answer: Answer, by: str) -> None:
    daemon.task(_answered_by_rule(daemon, live, approval, answer, by), f"answer {approval.id}")


async def _answered_by_rule(daemon: Daemon, live: Live, approval: Approval, answer: Answer, by: str) -> None:
    """What cannot be done is left to a person. A runtime that drew its question just now may overlook a key: where the
    very prompt is seen to stand there still it is pressed again."""
    try:
        for _ in range(OVERLOOKED_MAX):
            with suppress(NoEffect):
                await _answered_alone(daemon, live, approval, answer, by)
                return
        await _answered_alone(daemon, live, approval, answer, by)
    except PeerdError as error:
        daemon.log.write(
            "action-failed", peer=live.peer, session=live.id, action=f"answer {approval.id}", why=str(error)
        )
    finally:
        live.asks.by_rule = None
        daemon.board.stirred.set()


async def _answered_alone(daemon: Daemon, live: Live, approval: Approval, answer: Answer, by: str) -> None:
    """Raises PeerdError."""
    if live.asks.several:
        raise NotPressed(f"more than one is asked for that looks as {approval.id}. {NOTHING}")
    await answering.answer(daemon, live, approval.id, answer, by)
