"""Pairs of peers that are paused, as the store tells while no daemon answers."""

import os
from typing import Any

import msgspec

from peerd import rfc3339
from peerd.model.peer import PeerName
from peerd.paths import home
from peerd.rpc.pairs import PairListed, PairRow
from peerd.store.paused import PausedPair
from peerd.store.read import Reader


def pairs() -> dict[str, Any]:
    """As `pair.list`; what was refused lately the daemon alone knows."""
    reader = Reader.open(home(os.environ).store)
    try:
        rows = [_row(reader, each) for each in reader.paused_pairs()]
    finally:
        reader.close()
    built: dict[str, Any] = msgspec.to_builtins(PairListed(pairs=rows))
    return built


def _row(reader: Reader, pair: PausedPair) -> PairRow:
    waits = _from(reader, pair.one, pair.other) + _from(reader, pair.other, pair.one)
    since = rfc3339.stamp(pair.since)
    return PairRow(one=pair.one, other=pair.other, paused=True, since=since, why=pair.why, by=pair.by, waiting=waits)


def _from(reader: Reader, sender: PeerName, target: PeerName) -> int:
    return sum(each.message.sender == sender for each in reader.waiting_for(target).receipts)
