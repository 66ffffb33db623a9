"""Taking charge of a message: refused before anything is stored, or on disk and in a queue."""

import contextlib
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from peerd.core.event import MessageSent, TaskOver, WakeRequested
from peerd.core.origin import Aside, aside, aside_of_a_person
from peerd.core.queries import taken_by_nobody
from peerd.daemon import attachments, authorization, calls, implicit_ack, quota, replying
from peerd.daemon.accepted import accepted, log_accepted
from peerd.daemon.admit import admit, is_a_service
from peerd.daemon.compose import composed
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker, by_now
from peerd.daemon.notices import notify
from peerd.daemon.send_notes import notes
from peerd.daemon.unread import is_later
from peerd.edges import clock
from peerd.errors import (
    ConfigError,
    PeerdError,
    StoreError,
    TryAgain,
    UnknownPeer,
    UsageError,
)
from peerd.model.message import (
    Attachment,
    Delivery,
    Message,
    MessageId,
    Receipt,
    Task,
)
from peerd.model.peer import GROUP_MARK, OPERATOR, PEER_NAME, PeerName, Phase
from peerd.model.session import SessionId
from peerd.rpc.params import MessageSendParams
from peerd.store.store import Accepted
from peerd.store.write import SetDelivery, Write


class Taken(Struct, frozen=True):
    """A message's receipt, on disk, whether it is `new` and woke its target, and what its sender is told of it."""

    receipt: Receipt
    new: bool = False
    woke: bool = False
    notes: tuple[str, ...] = ()


async def send(
    daemon: Daemon,
    asker: Asker,
    params: MessageSendParams,
    call: WakeRequested | None = None,
    group: str | None = None,
    copies: attachments.Copies | None = None,
) -> Taken:
    """The same id with the same content is one message. `call`: the wake it comes with; `group`: it goes to all of
    that, with the same `copies` of files. Raises what makes it refused; then nothing was stored or begun."""
    known = await _known(daemon, asker, params)
    if known is not None:
        _call(daemon, call)
        return Taken(known)
    named(daemon, replying.to(daemon, params, replying.question(daemon, params)))
    if asker.session is not None:
        await implicit_ack.heed(daemon, asker)
    if params.attach:
        _drafted(daemon, asker, params, attachments.unread(params.attach))  # for one that is refused nothing is copied
    async with attachments.taken(daemon, params.attach, copies) as files:
        draft = _drafted(daemon, asker, params, files, group)
        while (taken := await _taken(daemon, draft, call)) is None:
            draft = _drafted(daemon, asker, params, files, group)
    return replace(taken, notes=await _notes(daemon, draft)) if taken.new else taken


class _Draft(NamedTuple):
    """A message that may be accepted. `new`: none is on record under its id."""

    asker: Asker
    message: Message
    task: Task | None
    question: Receipt | None
    answers: tuple[Write, ...]
    new: bool
    aside: Aside | None  # it goes another way than what its sender was asked came
    for_command: MessageId | None = None  # what a command of its target's waits for the answer to


async def _notes(daemon: Daemon, draft: _Draft) -> tuple[str, ...]:
    in_vain = None if draft.answers else replying.ends_nothing(draft.asker, draft.message, draft.question)
    told = await notes(daemon, draft.asker, draft.message, draft.aside)
    return told if in_vain is None else (in_vain, *told)


def _drafted(
    daemon: Daemon,
    asker: Asker,
    params: MessageSendParams,
    files: tuple[Attachment, ...],
    group: str | None = None,
) -> _Draft:
    """As everything stands at this moment. Raises what makes it refused."""
    asker = by_now(daemon, asker)
    question = replying.question(daemon, params)
    target = named(daemon, replying.to(daemon, params, question))
    message = composed(daemon, asker, params, target, question, files)
    answers = replying.answers(daemon, asker, message, question)
    if answers and message.not_before is not None:
        id = message.reply_to
        raise UsageError(f"an answer to {id} is delivered at once: leave --not-before out. Nothing was sent.")
    wakes = bool(answers) or authorization.may_wake(daemon, asker, target)
    message = replace(message, wakes=wakes, to_group=group, for_session=_for_session(daemon, message, question))
    new = daemon.store.reader.receipt(message.id) is None
    if new:
        admit(daemon, asker, message, bool(answers), queue=params.queue)
    task = None if message.reply_to else Task.OPEN
    aside, for_command = _aside(daemon, asker, message, question), None
    if question is not None and answers and _is_to_a_service(daemon, message):
        for_command = question.message.id if calls.awaits_answer(daemon, question) else None
        answers = answers if for_command else (*answers, _on_record_alone(message, question.message.id))
    return _Draft(asker, message, task, question, answers, new, aside, for_command)


def _is_to_a_service(daemon: Daemon, message: Message) -> bool:
    """An answer to one ends the task, and is handed over to no session: a command that waits to print it takes it."""
    peer = daemon.loop.peers.get(message.target)
    return peer is not None and is_a_service(peer)


def _on_record_alone(message: Message, question: MessageId) -> SetDelivery:
    why = taken_by_nobody(message.target, question)
    return SetDelivery(message.id, Delivery.CANCELLED, 0, None, message.accepted_at, why)


def _for_session(daemon: Daemon, message: Message, question: Receipt | None) -> SessionId | None:
    """The run of a pass that asked: any other would take the answer for a task."""
    peer = daemon.loop.peers.get(message.target)
    if question is None or question.message.sender != message.target:
        return None
    return question.message.sent_in if peer is not None and peer.kind == "pass" else None


def _aside(daemon: Daemon, asker: Asker, message: Message, question: Receipt | None) -> Aside | None:
    """Not of what a removed peer asked: nobody awaits that."""
    reader = daemon.store.reader
    if asker.name == OPERATOR:
        found = aside_of_a_person(message, question, reader.asked_operator(message.target))
    else:
        found = _aside_of_session(daemon, asker, message, question)
    asked = reader.sensible(found.asked) if found is not None and found.asked is not None else None
    return None if asked is not None and asked.message.sender_is_gone else found


def _aside_of_session(daemon: Daemon, asker: Asker, message: Message, question: Receipt | None) -> Aside | None:
    """Of one that converses: what is said in a shell, or by a program, is no answer to anybody."""
    live, peer = daemon.living(asker.name), daemon.loop.peers.get(asker.name)
    if asker.session is None or peer is None or live is None or live.id != asker.session:
        return None
    converses = live.adapter.kind == "tui" and not live.adapter.turn_ends_task
    return aside(peer, message, question) if converses else None


async def _taken(daemon: Daemon, draft: _Draft, call: WakeRequested | None) -> Taken | None:
    """None where what it answers has just come to another end, by another answer say: it is to be judged anew, as a
    message that nobody awaits."""
    asker, message, task, question, answers, new, _, for_command = draft
    with quota.kept(daemon, message) if new else contextlib.nullcontext():
        taken = await _stored(daemon, draft)
        if taken is None:
            return None
        if not taken.new:
            _call(daemon, call)
            return Taken(taken.receipt)
        log_accepted(daemon, message, task)
        if asker.session is None and question is not None and not answers:
            with contextlib.suppress(StoreError):  # it lies unread, then
                await _was_read(daemon, question.message.id, f"answered by {message.id}")
        if asker.session is not None:
            daemon.loop.feed(MessageSent(asker.name, message.id))
        if question is not None and answers:
            daemon.log.write("answered", id=question.message.id, by=asker.name, reply=message.id)
            daemon.loop.feed(TaskOver(asker.name, question.message.id, replying.prove_taken(answers)))
            daemon.receipts.changed(question.message.id)
        waits = taken.receipt.state is Delivery.ACCEPTED and for_command is None
        return Taken(taken.receipt, new=True, woke=waits and _queue(daemon, message, task, call))


async def _known(daemon: Daemon, asker: Asker, params: MessageSendParams) -> Receipt | None:
    """What was accepted stands, whatever would be in its way today: a peer that is renamed, removed or stopped, a full
    queue or disk; but for a peer that has the name of the removed one."""
    said = (params.to, params.body, params.topic, params.reply_to)
    known = daemon.store.reader.sent_before(MessageId(params.id), *said) if params.id else None
    if known is None or known.message.sender != asker.name:
        return None
    return known if await attachments.are_those(daemon, known.message.attachments, params.attach) else None


async def _stored(daemon: Daemon, draft: _Draft) -> Accepted | None:
    """With what it answers, and whom a command is to tell of it. None where that is not to be answered any more; then
    nothing was stored."""
    message = draft.message
    try:
        with (
            notify.stored_with(daemon, message, asks=draft.task is not None) as pending,
            calls.kept(daemon, message, draft.for_command) if draft.for_command else contextlib.nullcontext(),
        ):
            return await daemon.store.accept(message, draft.task, *draft.answers, *pending)
    except StoreError as error:
        raise TryAgain(f"{error}. The message was not accepted; make room, then send it again.") from error
    except PeerdError:
        question = daemon.store.reader.receipt(message.reply_to) if message.reply_to and draft.answers else None
        if question is None or replying.answers(daemon, draft.asker, message, question):
            raise
        return None


def named(daemon: Daemon, name: str) -> PeerName:
    """The peer of this name. Raises UnknownPeer with the nearest one that there is."""
    if name in daemon.leaving:
        raise TryAgain(f"{name} is just being removed or renamed; nothing was done, try again")
    if name == OPERATOR or name in daemon.loop.peers:
        return PeerName(name)
    if name.startswith(GROUP_MARK):
        raise UsageError(f"{name!r} is a group: this takes one peer. `peerd send` and `peerd ask` take a group.")
    if not PEER_NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a peer name: a-z, 0-9 and -, a letter first, at most 32 characters.")
    if name in daemon.found.wrong:
        raise ConfigError(str(daemon.found.wrong[name]))
    since = daemon.store.reader.renamed(name)
    called = f" It is called {since} now." if since in daemon.loop.peers else _nearest(daemon, name)
    raise UnknownPeer(f"no peer {name!r}.{called}")


def _nearest(daemon: Daemon, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, [*daemon.loop.peers, OPERATOR], n=1)
    return (
        f" Did you mean {near[0]!r}?" if near else f" `peerd ls` lists them; `peerd add {name} --runtime R` adds one."
    )


def _queue(daemon: Daemon, message: Message, task: Task | None, call: WakeRequested | None) -> bool:
    if message.target == OPERATOR:
        daemon.receipts.of_people.set()
        return False
    asleep = daemon.loop.peers[message.target].phase in (Phase.ASLEEP, Phase.BACKOFF)
    _call(daemon, call)  # first: the message by itself would begin a session in a mode of its own
    daemon.loop.feed(accepted(daemon, message, task is not None))
    return asleep and daemon.loop.peers[message.target].phase is Phase.STARTING


def _call(daemon: Daemon, call: WakeRequested | None) -> None:
    if call is not None:
        daemon.loop.feed(call)


async def read_by_operator(daemon: Daemon, receipt: Receipt, shown_by: str) -> None:
    """A message to the operator is submitted when it was shown to them, and was due."""
    if not is_later(receipt):
        await _was_read(daemon, receipt.message.id, f"shown to the operator by {shown_by}")


async def _was_read(daemon: Daemon, id: MessageId, evidence: str) -> None:
    """Nothing where it is not the operator's, or was read. Raises StoreError."""
    receipt = daemon.store.reader.sensible(id)
    if receipt is None or receipt.message.target != OPERATOR or receipt.state is not Delivery.ACCEPTED:
        return
    seen = SetDelivery(id, Delivery.SUBMITTED, 1, None, clock.wall(), evidence)
    try:
        await daemon.store.commit(seen)
    except StoreError:
        raise
    except PeerdError:  # it was cancelled meanwhile
        return
    daemon.receipts.of_people.set()
    daemon.receipts.changed(id)
