"""What is sent while much that is old is purged: how long it takes to be on disk, against the same with nothing purged.

`python contrib/bench/purge.py [--messages N] [--json]`. Everything happens in a temporary home and is ended afterwards.
The store is filled with messages that were answered long ago, of 4 KiB, with answers of 1 KiB. Then `peerd purge` takes
their texts, and then what became of them, while one message after the other is sent to a peer that is stopped.
Milliseconds.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from peerd.model.message import Delivery, Message, MessageId, Task
from peerd.model.peer import PeerName
from peerd.rpc.client import Connection
from peerd.store.store import Store
from peerd.store.write import InsertMessage, SetDelivery, SetTask
from tests.live.conftest import Team, a_team

DAY_S = 86_400.0
AT_ONCE = 500
TEXT, ANSWER = "what was to be done " * 205, "what came of it " * 64
BEFORE = 300  # sent with nothing purged
EVERY_S = 0.01


async def fill(path: str, messages: int) -> None:
    """With what was over twenty days ago, which is kept by the settings."""
    store, at = Store.open(path, wall=time.time()), time.time() - 20 * DAY_S
    for first in range(0, messages, AT_ONCE):
        await asyncio.gather(*(_over(store, n, at) for n in range(first, min(first + AT_ONCE, messages))))
    await store.close()


async def _over(store: Store, number: int, at: float) -> None:
    id = MessageId(f"old-{number:07}")
    sent = Message(
        id=id,
        sender=PeerName("ada"),
        sender_identity="actor-ada",
        sender_kind="agent",
        target=PeerName("sink"),
        body=TEXT,
        accepted_at=at,
    )
    done = (
        SetDelivery(id, Delivery.LEASED, 1, None, at, "the input line is empty"),
        SetDelivery(id, Delivery.SUBMITTED, 1, None, at, "told by its journal"),
        SetTask(id, Task.TURN_ENDED, at, "told by its journal", answer=ANSWER, answer_from="turn"),
    )
    await store.commit(InsertMessage(sent, Task.OPEN), *done)


def sends(connection: Connection, goes_on: threading.Event | None) -> list[float]:
    """What each takes to be accepted; `goes_on` is set once no more are wanted."""
    took: list[float] = []
    while (not goes_on.is_set()) if goes_on is not None else len(took) < BEFORE:
        began = time.perf_counter()
        asked = {"to": "sink", "body": "look", "queue": True, "wait": "accepted"}
        connection.call("message.send", asked, timeout_s=10)
        took.append((time.perf_counter() - began) * 1000)
        time.sleep(EVERY_S)
    return took


def purge(team: Team, receipts: bool, over: threading.Event) -> None:
    try:
        more = True
        while more:
            more = team.call("message.purge", older_than_s=DAY_S, receipts=receipts)["more"]
    finally:
        over.set()


def while_purged(team: Team, connection: Connection, *, receipts: bool) -> dict[str, float]:
    over, began = threading.Event(), time.perf_counter()
    purging = threading.Thread(target=purge, args=(team, receipts, over))
    purging.start()
    took = sends(connection, over)
    purging.join()
    return {"s": time.perf_counter() - began, **told(took)}


def told(took: list[float]) -> dict[str, float]:
    return {"median": statistics.median(took), "p99": statistics.quantiles(took, n=100)[98], "n": len(took)}


def measure(messages: int) -> dict[str, Any]:
    with a_team() as team:
        os.makedirs(os.path.dirname(team.home.store), exist_ok=True)
        asyncio.run(fill(team.home.store, messages))
        size_mib = os.path.getsize(team.home.store) >> 20
        team.declare("sink", "actor", queue_max=1_000_000)
        team.start()
        team.call("peer.stop", peer="sink")
        with Connection(team.home.socket) as connection:
            rows = {
                "nothing": {"s": 0.0, **told(sends(connection, None))},
                "texts": while_purged(team, connection, receipts=False),
                "receipts": while_purged(team, connection, receipts=True),
            }
        return {"messages": messages, "mib": size_mib, "mib_after": os.path.getsize(team.home.store) >> 20, **rows}


def main() -> int:
    parser = argparse.ArgumentParser(description="Sends while much is purged.")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = measure(args.messages)
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{found['messages']} messages, {found['mib']} MiB, {found['mib_after']} MiB afterwards")
    print("| purged meanwhile | in | sent, median | p99 | n |\n|---|---|---|---|---|")
    for what in ("nothing", "texts", "receipts"):
        row = found[what]
        print(f"| {what} | {row['s']:.0f} s | {row['median']:.1f} ms | {row['p99']:.1f} ms | {row['n']} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
