"""A message as it will be on record: what its sender gave, checked, and where it comes from."""

import secrets

from peerd.daemon import calls, schedule, validation
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.edges import clock
from peerd.ids import new_id
from peerd.model.message import Attachment, Message, MessageId, Receipt
from peerd.model.peer import PeerName
from peerd.rpc.params import MessageSendParams


def composed(
    daemon: Daemon,
    asker: Asker,
    params: MessageSendParams,
    target: PeerName,
    question: Receipt | None,
    files: tuple[Attachment, ...] = (),
) -> Message:
    """`question`: what it replies to. Raises UsageError."""
    now, before = clock.wall(), _before(daemon, asker, question)
    return Message(
        id=validation.id(params.id) or MessageId(new_id("m", now, secrets.token_bytes(5))),
        sender=asker.name,
        sender_identity=asker.identity,
        sender_kind=asker.kind,
        sent_in=asker.session,
        target=target,
        body=validation.body(params.body),
        accepted_at=now,
        topic=validation.topic(params.topic),
        reply_to=question.message.id if question else None,
        descends_from=before.message.id if before else None,
        hops=_hops(before) + 1 if before else 0,
        expires_at=schedule.expires(daemon, params, target, now),
        not_before=schedule.not_before(params, now),
        deadline_s=params.deadline_s,
        key=validation.key(params.key),
        priority=params.priority,
        report=calls.report_of(daemon, asker, params),
        attachments=files,
    )


def _before(daemon: Daemon, asker: Asker, question: Receipt | None) -> Receipt | None:
    """What it descends from: the message it replies to, or one in whose turn its sender is, whichever came the longer
    way. Who replies to the first of a chain again and again goes on with that chain."""
    peer = daemon.loop.peers.get(asker.name)
    turns = (peer.turn, *(each.waiting for each in peer.joined)) if peer is not None else ()
    given = (daemon.store.reader.receipt(each.id) for each in turns if each is not None)
    return max((each for each in (question, *given) if each is not None), key=_hops, default=None)


def _hops(receipt: Receipt) -> int:
    return receipt.message.hops
