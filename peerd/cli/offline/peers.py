"""What the store and the specs tell while no daemon answers, in the shape the daemon would answer in. Read-only.

Nobody tells of the sessions meanwhile: a session without an end on record is told as running, its activity as unknown.
Imported only when it is needed: it loads the store.
"""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from peerd import rfc3339
from peerd.cli.offline import queues as offline_queues
from peerd.cli.offline.phase import Down, verdict
from peerd.cli.offline.targets import Targets, named
from peerd.config import read_settings
from peerd.daemon.decisions import last_decisions
from peerd.daemon.stale_specs import declared, file_of, with_undeclared
from peerd.errors import ConfigError, UnknownMessage, UsageError
from peerd.model.message import Delivery, MessageId
from peerd.model.peer import OPERATOR, Activity, PeerName, Phase, Spec, Want
from peerd.model.session import Session
from peerd.paths import Home, home
from peerd.rpc import mail, rows
from peerd.rpc import results as r
from peerd.specfile import Found, missing, read_specs
from peerd.store.read import Reader

DECISIONS_SHOWN = 10
DAY_S = 86400.0
Fields = dict[str, Any]


def peers() -> Fields:
    """As `peer.list`."""
    with _reader() as (here, reader):
        specs = _specs(here, reader, _found(here))
        targets, depths, down = Targets(reader, specs), reader.queue_depths(), Down(reader, specs)
        live = {session.peer: session for session in reader.live_sessions()}
        listed = [
            _row(spec, targets, live.get(name), down, depths.get(name, 0)) for name, spec in sorted(specs.items())
        ]
    return _built(r.PeerListed(peers=listed))


def peer(name: str, *, silent: bool = False) -> Fields:
    """As `peer.show`. `silent`: a daemon is there and does not answer."""
    with _reader() as (here, reader):
        found = _found(here)
        specs = _specs(here, reader, found)
        spec, targets = named(specs, name), Targets(reader, specs)
        unclear = targets.unclear.get(spec.name)
        live = {session.peer: session for session in reader.live_sessions()}.get(spec.name)
        phase = _phase(live, Down(reader, {spec.name: spec}).phase(spec))
        shown = r.PeerShown(
            peer=spec.name,
            runtime=_runtime(spec, live),
            identity=f"{_runtime(spec, live)}-{spec.name}",
            want=targets.want(spec.name) or Want.ON_DEMAND,
            phase=phase,
            activity=_activity(phase),
            verdict=verdict(spec.name, phase, silent=silent),
            unclear=_says(unclear) if unclear else None,
            evidence=[
                *_of_its_file(here, found, name),
                *([_evidence(live)] if live else []),
                *([_unclear(unclear)] if unclear else []),
            ],
            decisions=last_decisions(here.logs, spec.name, DECISIONS_SHOWN),
            queue=[rows.queued(each, targets.held(each)) for each in targets.waiting(spec.name)],
            session=live.id if live else None,
            woken=rows.woken(live) if live else None,
            last_end=rows.last_end(reader.last_ended(spec.name)),
            spec=msgspec.to_builtins(spec),
        )
    return _built(shown)


def queues(peer: str | None, limit: int = 100) -> Fields:
    """As `queue.list`."""
    with _reader() as (here, reader):
        found = offline_queues.listed(here.peers, reader, _specs(here, reader, _found(here)), peer, limit)
    return _built(found)


def messages(params: Fields) -> Fields:
    """As `message.list`."""
    since = _unix(params["since"]) if params["since"] is not None else None
    state = Delivery(params["state"]) if params["state"] else None
    before = params.get("before")
    with _reader() as (here, reader):
        if before is not None and reader.receipt(before) is None:
            raise UnknownMessage(f"no message {before!r}. `peerd messages` lists them.")
        found = reader.receipts(params["peer"], state, since, params["limit"], before)
        if params["peer"] is not None:
            _check_on_record(here, reader, params["peer"])
        targets = _targets(here, reader)
        told = [targets.row(each) for each in reversed(found.receipts)]
    return _built(mail.MessageListed(messages=told, left_out=[*found.left_out]))


def message(id: str) -> Fields:
    """As `message.show`."""
    with _reader() as (here, reader):
        receipt = reader.receipt(MessageId(id))
        if receipt is None:
            raise UnknownMessage(f"no message {id!r}. `peerd messages` lists them.")
        targets = _targets(here, reader)
        row, paused = _built(targets.row(receipt)), targets.paused(receipt.message.target)
        late, no_peer = reader.late_reply(receipt), targets.no_peer(receipt)
    later = rows.not_before(receipt)
    rest = {
        "woke": False,
        "paused": paused,
        "answer": receipt.answer,
        "answer_from": receipt.answer_from,
        "exit_status": receipt.exit_status,
        "because": no_peer or (f"Not before {later}" if later is not None else None),
        "no_peer": no_peer is not None,
        "expires_at": rows.expires_at(receipt),
        "late_reply": late,
        "history": rows.history(receipt),
        **rows.whence(receipt.message),
        "body": receipt.message.body if receipt.gone_at is None else None,
        "gone_at": rows.gone_at(receipt),
        "gave_way_to": rows.gave_way_to(receipt),
        "attached": rows.attached(receipt, home(os.environ).attachments),
    }
    return _built(msgspec.convert(row | _built(rest), mail.MessageShown))


def old(params: Fields) -> Fields:
    """What `message.purge` would remove, as it stands; contents of files that nobody has are not counted."""
    here = home(os.environ)
    kept, now, asked = read_settings(here.settings_file), datetime.now(UTC).timestamp(), params["older_than_s"]
    texts_s = asked if asked is not None else kept.keep_messages_days * DAY_S
    receipts_s = asked if asked is not None else kept.keep_receipts_days * DAY_S
    with _reader() as (_, reader):
        _, texts, size = reader.count_old(now - texts_s, params["peer"]) if asked is not None or texts_s else (0, 0, 0)
        rows = reader.count_old(now - receipts_s, params["peer"])[0] if asked is not None or receipts_s else 0
    return {"texts": texts, "receipts": rows if params["receipts"] else 0, "bytes": size}


def inbox(params: Fields) -> Fields:
    """As `inbox.list`."""
    since = _unix(params["since"]) if params["since"] is not None else None
    with _reader() as (here, reader):
        if params["sender"] is not None:
            _check_on_record(here, reader, params["sender"])
        found = reader.inbox(params["everything"], params["sender"], since, params["limit"])
        listed = [rows.inbox_row(each, reader.question(each)) for each in found.receipts]
        unread, lost = reader.unread(), reader.unseen_of(OPERATOR) if params["everything"] else frozenset()
    return _built(
        mail.InboxListed(
            messages=listed,
            unread=unread,
            more=found.more,
            unseen=[each for each in found.ids if each in lost],
            left_out=[*found.left_out],
        )
    )


def has_message(id: str, to: str | None, body: str, topic: str | None, reply_to: str | None) -> bool:
    """Whether this very message is on record."""
    with _reader() as (_, reader):
        return reader.sent_before(MessageId(id), to, body, topic, reply_to) is not None


def has_of_group(id: str, body: str, topic: str | None) -> bool:
    """Whether one of the messages to a group is on record."""
    with _reader() as (_, reader):
        each = ((own, peer, body, topic) for own, peer in reader.of_group(id).items() if peer is not None)
        return any(reader.sent_before(*sent) is not None for sent in each)


@contextlib.contextmanager
def _reader() -> Iterator[tuple[Home, Reader]]:
    here = home(os.environ)
    reader = Reader.open(here.store)
    try:
        yield here, reader
    finally:
        reader.close()


def _built(value: Any) -> Fields:
    built: Fields = msgspec.to_builtins(value)
    return built


def _found(here: Home) -> Found:
    return read_specs(here.peers, read_settings(here.settings_file).peers)


def _specs(here: Home, reader: Reader, found: Found) -> dict[PeerName, Spec]:
    return with_undeclared(declared(here.peers, reader, found), reader, reader.may_live())


def _check_on_record(here: Home, reader: Reader, name: str) -> None:
    """Also one that is no peer any more, where there are messages of it. Raises UnknownPeer."""
    found = reader.receipts(peer=PeerName(name), limit=1)
    if name != OPERATOR and not found.receipts and not found.left_out:
        named(_specs(here, reader, read_specs(here.peers)), name)


def _targets(here: Home, reader: Reader) -> Targets:
    """A message is told also where no spec can be read: then nothing of whom it is for."""
    try:
        found = read_specs(here.peers)
        return Targets(reader, _specs(here, reader, found), found.wrong)
    except ConfigError:
        return Targets(reader, {})


def _row(spec: Spec, targets: Targets, live: Session | None, down: Down, queued: int) -> r.PeerRow:
    phase, unclear = _phase(live, down.phase(spec)), targets.unclear.get(spec.name)
    since = (live.ready_at or live.started_at) if live else down.since(spec.name)
    return r.PeerRow(
        peer=spec.name,
        runtime=_runtime(spec, live),
        want=targets.want(spec.name) or Want.ON_DEMAND,
        phase=phase,
        activity=_activity(phase),
        hold=targets.hold(spec.name) if queued else None,
        since=rfc3339.stamp(since) if since else None,
        queued=queued,
        unclear=_says(unclear) if unclear else None,
        session=live.id if live else None,
        groups=[*spec.groups],
    )


def _runtime(spec: Spec, live: Session | None) -> str:
    return live.runtime if live else spec.runtime


def _phase(live: Session | None, down: Phase) -> Phase:
    if live is None:
        return down
    return Phase.RUNNING if live.ready_at is not None else Phase.STARTING


def _activity(phase: Phase) -> Activity | None:
    return Activity.UNKNOWN if phase is Phase.RUNNING else None


def _unclear(why: str) -> r.Evidence:
    return r.Evidence(source="record", says=_says(why), age_s=None)


def _of_its_file(here: Home, found: Found, name: str) -> list[r.Evidence]:
    """What is wrong with a peer's spec."""
    says, file = "", file_of(here.peers, name)
    if not os.path.exists(file):
        says = f"{missing(file)}; its last known spec holds"
    elif name in found.wrong:
        says = f"not taken up: {found.wrong[name]} The spec before it still holds."
    return [r.Evidence(source="spec", says=says, age_s=None)] if says else []


def _says(why: str) -> str:
    return f"its record is invalid: {why}. With a daemon running, `peerd show` says what to do"


def _evidence(live: Session) -> r.Evidence:
    where = f"pid {live.host.runtime.pid}" if live.host else "no process yet"
    age_s = round(max(0.0, datetime.now(UTC).timestamp() - live.started_at), 1)
    return r.Evidence(source="store", says=f"session {live.id} began, {where}, no end on record", age_s=age_s)


def _unix(text: str) -> float:
    try:
        return rfc3339.unix(text)
    except ValueError as error:
        raise UsageError(f"--since {text!r}: give a time such as 2026-01-02T03:04:05Z.") from error
