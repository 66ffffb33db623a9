"""Whose messages a peer has taken, as the next daemon reads it."""

from pathlib import Path

from peerd.model.message import Delivery, MessageId, first_id
from peerd.model.peer import SENDERS_KNOWN, PeerName, removed
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, InsertMessage, RenamePeer
from tests.build import ADA, S1, S2, message
from tests.store.records import WALL, delivery, in_store

BOB, EVE = PeerName("bob"), PeerName("eve")


async def taken(store: Store, *senders: PeerName) -> None:
    for n, sender in enumerate(senders):
        id = MessageId(f"m-{n}")
        await store.commit(InsertMessage(message(id=id, sender=sender, sent_in=S2), None))
        await store.commit(delivery(Delivery.LEASED, id), delivery(Delivery.SUBMITTED, id))


def test_who_was_given_to_least_recently_is_first(tmp_path: Path):
    async def story(store: Store) -> tuple[PeerName, ...]:
        await taken(store, EVE, BOB, EVE)
        await store.commit(InsertMessage(message(id=MessageId("m-9"), sender=PeerName("waits")), None))
        return store.reader.given(ADA)

    assert in_store(tmp_path, story) == (BOB, EVE)


def test_the_first_message_of_a_session_counts_for_nobody(tmp_path: Path):
    async def story(store: Store) -> tuple[PeerName, ...]:
        id = first_id(S1)
        await store.commit(InsertMessage(message(id=id), None))
        await store.commit(delivery(Delivery.LEASED, id, session=S1), delivery(Delivery.SUBMITTED, id, session=S1))
        return store.reader.given(ADA)

    assert in_store(tmp_path, story) == ()


def test_it_goes_with_another_name_and_ends_with_a_peer(tmp_path: Path):
    async def story(store: Store) -> list[tuple[PeerName, ...]]:
        await taken(store, EVE, BOB)
        await store.commit(RenamePeer(EVE, PeerName("eva"), WALL), RenamePeer(ADA, PeerName("adam"), WALL))
        renamed = store.reader.given(PeerName("adam"))
        await store.commit(ForgetPeer(BOB, WALL, "gone"))
        without = store.reader.given(PeerName("adam"))
        await store.commit(ForgetPeer(PeerName("adam"), WALL, "gone"))
        return [renamed, without, store.reader.given(PeerName("adam")), store.reader.given(ADA)]

    assert in_store(tmp_path, story) == [("eva", "bob"), ("eva",), (), ()]


def test_what_a_removed_peer_sent_counts_for_no_namesake(tmp_path: Path):
    async def story(store: Store) -> tuple[PeerName, ...]:
        left = MessageId("m-left")
        await store.commit(InsertMessage(message(id=left, sender=BOB, sent_in=S2), None))
        await store.commit(ForgetPeer(BOB, WALL, "gone"))
        await store.commit(InsertMessage(message(id=MessageId("m-new"), sender=BOB, sent_in=S2), None))
        for id in (MessageId("m-new"), left):
            await store.commit(delivery(Delivery.LEASED, id), delivery(Delivery.SUBMITTED, id))
        return store.reader.given(ADA)

    assert in_store(tmp_path, story) == (BOB, removed(BOB))


def test_no_more_senders_are_kept_than_a_queue_knows(tmp_path: Path):
    async def story(store: Store) -> tuple[PeerName, ...]:
        await taken(store, *(PeerName(f"p{n}") for n in range(SENDERS_KNOWN)), PeerName("p0"), EVE, BOB)
        return store.reader.given(ADA)

    known = in_store(tmp_path, story)

    assert (len(known), known[0], known[-3:]) == (SENDERS_KNOWN, "p3", ("p0", "eve", "bob"))
