"""A session that lives, as the last daemon left it: from what is on record, and from the last word of its journal."""

from msgspec.structs import replace

from peerd.core.event import SessionAdopted
from peerd.core.history import all_told, behind
from peerd.core.order import first_waiting
from peerd.core.queue import due_at
from peerd.core.record import QUESTIONS_MAX
from peerd.core.state import Joined, Said, Terms, Waiting
from peerd.core.wakemode import REFRESHED
from peerd.daemon.context import Daemon
from peerd.daemon.journal_tail import last_word
from peerd.daemon.live import Live
from peerd.daemon.stored_peers import Record, waiting
from peerd.model.message import Delivery, MessageId, first_id
from peerd.model.peer import PeerName, Spec
from peerd.model.session import Session


def as_left(
    daemon: Daemon, live: Live, taken: tuple[Waiting, ...], leased: Waiting | None, record: Record
) -> SessionAdopted:
    """As the last daemon left it; `taken` are the tasks that have no end on record."""
    turn = next(iter(taken), None)
    said = last_word(daemon, live, turn)
    live.had_turn = said.had_turn
    task, since = turn, record.submitted.get(turn.id) if turn is not None else None
    awaiting = turn if said.over and _told_of_turns(live) else None
    joined = tuple(Joined(each, due_at(each, record.submitted[each.id])) for each in taken[1:])
    if awaiting is not None and joined:
        turn, joined = joined[0].waiting, joined[1:]
    elif awaiting is not None:
        turn = _taken(daemon, live, said.taken)
    elif turn is None and said.taken == first_id(live.id):
        turn = _first(daemon, live)
    typed = leased.id if leased is not None else _entered(daemon, live)
    return SessionAdopted(
        live.peer,
        live.id,
        live.session.ready_at is not None,
        said.activity,
        turn,
        served=daemon.store.reader.served(live.id),
        mode=live.session.mode,
        task=awaiting,
        since=since,
        single=live.ephemeral,
        sent=bool(_sent_since(daemon, live.peer, turn)),
        leased=leased,
        questions=_sent_since(daemon, live.peer, task),
        doubts=doubts(daemon, live, leased),
        terms=begun_with(daemon, live.session) or terms_of(daemon, live.spec),
        refreshed=live.session.because == REFRESHED,
        entered=typed if live.adapter.confirms == "screen" else None,
        ending=live.ending,
        said=_said(daemon, awaiting),
        lost=live.ephemeral and daemon.store.reader.lost(live.id),
        failed=daemon.store.reader.limited_in(live.id) if live.ephemeral else None,
        joined=joined,
    )


def begun_with(daemon: Daemon, session: Session) -> Terms | None:
    """Its own, whatever its peer is by now; None where an older peerd began it, and it is over."""
    if session.kind is not None and session.task_attempts is not None:
        return Terms(session.kind, session.task_attempts)
    return terms_of(daemon, session.spec) if session.spec is not None else None


def terms_of(daemon: Daemon, spec: Spec) -> Terms:
    """Of a session that was begun by this spec."""
    return Terms(daemon.kind(spec), daemon.task_attempts(spec))


def doubts(daemon: Daemon, live: Live, leased: Waiting | None) -> tuple[MessageId, ...]:
    """What was typed into this very session, whatever became of it since, once each time that nobody knows whether it
    was taken; that of what is on its way is still to be told."""
    known = ((each.message.id, behind(each.history)) for each in daemon.store.reader.not_submitted_in(live.id))
    told = ((id, each if leased is not None and leased.id == id else all_told(each)) for id, each in known)
    return tuple(id for id, each in told for _ in each.unproved_in(live.id))


def _entered(daemon: Daemon, live: Live) -> MessageId | None:
    """The head of the queue, where it may have been taken by this very session since it was last handed out anew."""
    waits = first_waiting(daemon.loop.peers[live.peer])
    receipt = daemon.store.reader.receipt(waits.id) if waits is not None and not waits.first else None
    may_be = receipt is not None and all_told(behind(receipt.history)).may_be_taken_in(live.id)
    return receipt.message.id if receipt is not None and may_be else None


def _said(daemon: Daemon, awaiting: Waiting | None) -> Said:
    """In the last turn of what awaits an answer."""
    told = daemon.store.reader.said(awaiting.id) if awaiting is not None else None
    return Said() if told is None else Said(*told)


def _taken(daemon: Daemon, live: Live, message: MessageId | None) -> Waiting | None:
    """What an open turn was begun by while a task awaits an answer."""
    receipt = daemon.store.reader.receipt(message) if message is not None else None
    if receipt is None or (receipt.state, receipt.session) != (Delivery.SUBMITTED, live.id):
        return None
    return waiting(daemon, receipt)


def _first(daemon: Daemon, live: Live) -> Waiting | None:
    """Its first message, in the turn of which it is: it may hang there."""
    taken = _taken(daemon, live, first_id(live.id))
    return None if taken is None else replace(taken, first=True)


def _sent_since(daemon: Daemon, peer: PeerName, taken: Waiting | None) -> tuple[MessageId, ...]:
    """Since that was. The latest last."""
    return daemon.store.reader.sent_since(peer, taken.id, QUESTIONS_MAX)[::-1] if taken is not None else ()


def _told_of_turns(live: Live) -> bool:
    """Whether its journal tells that a turn is over: then a task that is open all the same awaits an answer."""
    return live.adapter.confirms == "journal" and live.ephemeral
