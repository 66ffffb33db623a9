"""What became of a message, told to the peer that sent it: that it came to nothing, or ended without a reply.

The store notes with each end that it is to be told, and takes the note out in one commit with the report, so that it is
told once, whatever dies in between. A report asks for nothing, and there is none about a report; about a reply there is
where that came to nothing, also to who had asked.
"""

from peerd.core.state import Peer, one_task
from peerd.daemon import calls, daemon_mail, shell_acl
from peerd.daemon.cancellation import why_ended
from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.errors import PeerdError, StoreError, TryAgain
from peerd.model.message import TOOK_ITS_PLACE, Delivery, Message, MessageId, Receipt, Task
from peerd.model.peer import Want
from peerd.store.ends import is_lost
from peerd.store.owed import SettleReport

AGAIN_S = 1.0
"""Where the disk takes nothing."""
QUOTED_MAX_CHARS = 60
WORDS_MAX_CHARS = 4000
"""Of its last words; all of them would be a megabyte."""


async def follow(daemon: Daemon) -> None:
    """Runs as long as the daemon. A fault of ours over one message costs no other, nor this one later. What the disk
    refuses is told once, and all of it is tried again together."""
    ended, refused = daemon.receipts.ended, False
    daemon.store.tell_ends(ended.set)
    ended.set()
    while True:
        await ended.wait()
        ended.clear()
        refusal = await _round(daemon)
        if refusal is not None and not refused:
            why = f"{refusal}; it is tried again until it is on disk"
            daemon.log.write("action-failed", action="tell", why=why)
        refused = refusal is not None
        if refused:
            await clock.pause(AGAIN_S)
            ended.set()


async def _round(daemon: Daemon) -> PeerdError | None:
    """All that is owed; why some of it is owed still. A disk that takes nothing of one takes none of the others."""
    refusal: PeerdError | None = None
    try:
        owed = daemon.store.reader.owed()
        daemon.receipts.heard.intersection_update(owed)
        for id in owed:
            refusal = await _refusal(daemon, id) or refusal
    except (StoreError, TryAgain) as error:
        return error
    return refusal


async def _refusal(daemon: Daemon, id: MessageId) -> PeerdError | None:
    """Of this one alone. Raises StoreError or TryAgain, which is the disk's."""
    try:
        await _settle(daemon, id)
    except (StoreError, TryAgain):
        raise
    except PeerdError as error:
        return error
    except Exception as error:  # noqa: BLE001
        daemon.bug(f"report {id}", error)
    return None


async def _settle(daemon: Daemon, id: MessageId) -> None:
    """Told, or found to be nobody's to hear; nothing while its sender waits for it, or leaves its name: its call is
    told or kicks this again, and so does the end of its leaving. Raises PeerdError."""
    receipt = daemon.store.reader.sensible(id)
    if receipt is not None and (calls.wait_for(daemon, receipt) or receipt.message.sender in daemon.leaving):
        return
    heard = id in daemon.receipts.heard
    report = _report(daemon, receipt) if receipt is not None and not heard else None
    if report is None:
        await daemon.store.commit(SettleReport(id))
    else:
        await daemon_mail.put(daemon, report, SettleReport(id))


def _report(daemon: Daemon, receipt: Receipt) -> Message | None:
    """None where nobody is to be told."""
    message, peer = receipt.message, daemon.loop.peers.get(receipt.message.sender)
    body = _words(daemon, receipt) if peer is not None and _hears(daemon, peer, receipt) else None
    if body is None or peer is None:
        return None
    waking = _wakes(daemon, receipt)
    return daemon_mail.word(
        message.sender,
        body,
        topic=message.topic,
        reply_to=message.id,
        hops=message.hops + 1,
        expires_at=None if waking else clock.wall() + daemon_mail.OF_USE_FOR_S,
        wakes=waking,
        for_session=peer.session if one_task(peer.spec, peer.kind) else None,
    )


def _hears(daemon: Daemon, peer: Peer, receipt: Receipt) -> bool:
    """Not what runs what it is sent, as a shell does; of one with a session for each task the one that asked."""
    if peer.terms.kind != "tui" or shell_acl.is_run(daemon, peer):
        return False
    if one_task(peer.spec, peer.kind):
        return peer.session is not None and peer.session == receipt.message.sent_in and not peer.finished
    return peer.want is not Want.DOWN or _wakes(daemon, receipt)


def _wakes(daemon: Daemon, receipt: Receipt) -> bool:
    """Not for an answer that somebody took out of its queue."""
    lost = _lost_answer(daemon, receipt)
    unheard = lost is not None and lost.state is not Delivery.CANCELLED
    return unheard or _failed(receipt) or receipt.message.report == "asked"


def _lost_answer(daemon: Daemon, receipt: Receipt) -> Receipt | None:
    """The reply that ended its task, where that came to nothing."""
    ends = (step.evidence for step in receipt.history if step.state == Task.ANSWERED.value)
    if receipt.task is not Task.ANSWERED or (end := next(ends, None)) is None:
        return None
    reply = daemon.store.reader.sensible(MessageId(end.removeprefix("reply ")))
    return reply if reply is not None and is_lost(reply) else None


def _failed(receipt: Receipt) -> bool:
    return is_lost(receipt) or receipt.task is Task.DEAD


def _words(daemon: Daemon, receipt: Receipt) -> str | None:
    """None where it is no news to its sender, or no end."""
    id, why = receipt.message.id, why_ended(receipt)
    what = f"{id}, which you sent {receipt.message.target} ({_quoted(receipt.message.body)}),"
    if _failed(receipt):
        by_itself = why.startswith(f"cancelled by {receipt.message.sender_identity}") or _gave_way(daemon, receipt, why)
        return None if by_itself else f"{what} failed: {why}. `peerd message {id}` tells more. {NO_ANSWER}"
    if (lost := _lost_answer(daemon, receipt)) is not None:
        nothing = f"was answered, and the answer, {lost.message.id}, failed: {why_ended(lost)}"
        return f"{what} {nothing}. `peerd message {id}` has it. {NO_ANSWER}"
    if receipt.task not in (Task.TURN_ENDED, Task.DONE):
        return None
    how = "is done" if receipt.task is Task.DONE else "has ended without a reply"
    status = f"; exit status {receipt.exit_status}" if receipt.exit_status else ""
    return f"{what} {how}{status}. {NO_ANSWER}{_last_words(receipt)}"


NO_ANSWER = (
    "This asks for nothing, and nobody reads an answer to it. Of what you send because of it you hear such an end only "
    "where you ask for it: `peerd send --report`."
)


def _gave_way(daemon: Daemon, receipt: Receipt, why: str) -> bool:
    """To a later one of its own sender's."""
    later = daemon.store.reader.sensible(MessageId(why.partition(" ")[0])) if TOOK_ITS_PLACE in why else None
    return later is not None and later.message.sender == receipt.message.sender


def _quoted(body: str) -> str:
    line = body.strip().partition("\n")[0]
    return f'"{line[:QUOTED_MAX_CHARS]}{"..." if line[QUOTED_MAX_CHARS:] or line != body.strip() else ""}"'


def _last_words(receipt: Receipt) -> str:
    said = receipt.answer
    if not said:
        return ""
    cut = f"\n[cut; `peerd message {receipt.message.id}` has them whole]" if len(said) > WORDS_MAX_CHARS else ""
    return f" Its last words:\n\n{said[:WORDS_MAX_CHARS]}{cut}"
