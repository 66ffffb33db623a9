"""What was sent to the person in charge ends in time, also where a fault of ours keeps another from it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from peerd.daemon import inbox_expiry
from peerd.edges import clock
from peerd.model.message import Delivery, MessageId, Task
from peerd.model.peer import OPERATOR, PeerName
from tests.build import M1, M2, message
from tests.daemon.test_ends_over_files import begun


def test_a_fault_over_one_message_to_the_operator_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    right = inbox_expiry.due_at

    def faulty(receipt: Any) -> float | None:
        if receipt.message.id == M1:
            raise RuntimeError("a fault of ours")
        return right(receipt)

    monkeypatch.setattr(inbox_expiry, "due_at", faulty)
    assert ends(tmp_path) == (Delivery.ACCEPTED, Delivery.EXPIRED)


def ends(root: Path) -> tuple[Delivery, Delivery]:
    """Of two that nobody has read in time."""

    async def main() -> tuple[Delivery, Delivery]:
        daemon = begun(root)
        for id in (M1, M2):
            asked = message(
                id=id, sender=PeerName("bob"), target=OPERATOR, sent_in="s-1", expires_at=clock.wall() - 1.0
            )
            await daemon.store.accept(asked, Task.OPEN)
        following = asyncio.create_task(inbox_expiry.follow(daemon))
        await daemon.receipts.until(M2, lambda receipt: receipt.state is not Delivery.ACCEPTED, 10.0)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        found = _state(daemon, M1), _state(daemon, M2)
        await daemon.store.close()
        return found

    return asyncio.run(main())


def _state(daemon: Any, id: MessageId) -> Delivery:
    state: Delivery = daemon.store.reader.receipt(id).state
    return state
