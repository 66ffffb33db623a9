"""A daemon's part as a program: accepts messages without end and says, line by line, what is on disk.

    python author.py DATABASE PREFIX

Four callers at once; a line is printed only when the commit it tells of has returned.
"""

import asyncio
import sys

from peerd.model.message import Delivery, Message, MessageId, Task
from peerd.model.peer import PeerName
from peerd.store.store import Store
from peerd.store.write import SetDelivery


async def send(store: Store, name: str) -> None:
    for n in range(100_000):
        id = MessageId(f"{name}-{n}")
        await store.accept(
            Message(
                id=id,
                sender=PeerName("operator"),
                sender_identity="operator",
                sender_kind="person",
                target=PeerName("ada"),
                body=id * 50,
                accepted_at=float(n),
            ),
            Task.OPEN,
        )
        print(id, "accepted", flush=True)
        await store.commit(SetDelivery(id, Delivery.LEASED, 1, None, float(n), "typing"))
        print(id, "leased", flush=True)


async def main(path: str, prefix: str) -> None:
    print("opening", flush=True)
    store = Store.open(path, wall=0.0)
    await asyncio.gather(*(send(store, f"{prefix}-{caller}") for caller in range(4)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
