"""What waits for peers, and what came to nothing, as the store tells while no daemon answers."""

import os

from peerd.cli.offline.targets import Targets, named
from peerd.core.order import on_record
from peerd.daemon.stale_specs import file_of
from peerd.errors import UsageError
from peerd.model.peer import OPERATOR, PeerName, Spec
from peerd.rpc.mail import QueueListed, QueueRow
from peerd.store.read import Reader

Specs = dict[PeerName, Spec]


def listed(folder: str, reader: Reader, specs: Specs, name: str | None, limit: int) -> QueueListed:
    """As `queue.list`. `folder`: where the specs lie."""
    dead, targets = reader.dead_counts(), Targets(reader, specs)
    gone = {each: _gone(each, count, dead) for each, count in _without_peer(folder, reader, specs).items()}
    rows = {each: _row(reader, targets, each, dead.get(each, 0)) for each in sorted(specs)}
    if name is None:
        return QueueListed(queues=[*rows.values(), *gone.values()])
    if name == OPERATOR:
        raise UsageError(f"{OPERATOR} is a person: `peerd messages --peer {OPERATOR}` lists what was sent there.")
    row = gone.get(PeerName(name)) or rows[named(specs, name).name]
    peer = PeerName(row.peer)
    waiting = reader.unfinished(peer) if row.gone else reader.waiting_for(peer)
    unseen, lost = reader.unseen_of(peer), reader.dead_letters(peer, limit)
    return QueueListed(
        queues=[row],
        waiting=[targets.row(each) for each in on_record(waiting.receipts, reader.given(peer))],
        dead=[targets.row(each) for each in lost.receipts],
        unseen=[each for each in lost.ids if each in unseen],
        more=lost.more,
        left_out=[*dict.fromkeys((*waiting.left_out, *lost.left_out))],
    )


def _row(reader: Reader, targets: Targets, name: PeerName, dead: int) -> QueueRow:
    waiting = len(reader.waiting_for(name).receipts)
    return QueueRow(
        peer=name,
        waiting=waiting,
        paused=targets.paused(name),
        hold=targets.hold(name) if waiting else None,
        dead=dead,
        want=targets.want(name),
    )


def _gone(name: PeerName, waiting: int, dead: dict[PeerName, int]) -> QueueRow:
    return QueueRow(peer=name, waiting=waiting, paused=False, hold=None, dead=dead.get(name, 0), gone=True)


def _without_peer(folder: str, reader: Reader, specs: Specs) -> dict[PeerName, int]:
    """By name, how many messages are not over; one whose spec is there and wrong is a peer."""
    found = reader.unfinished_counts().items()
    known = {OPERATOR, *specs}
    return {
        name: count for name, count in sorted(found) if name not in known and not os.path.lexists(file_of(folder, name))
    }
