"""What was sent to a peer that was removed is none of those to who has its name by then."""

from pathlib import Path

import pytest

from peerd.errors import PeerdError
from peerd.model.message import Delivery, Message, MessageId, Task
from peerd.model.peer import PeerName
from peerd.model.session import SessionId
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, RenamePeer, SetDelivery, SetSpec
from tests.build import ADA, M1, M2, message, spec
from tests.store.records import WALL, in_store

BOB, BEN = PeerName("bob"), PeerName("ben")
REMOVED = ForgetPeer(BOB, WALL + 1, "bob was removed")


def is_there(name: PeerName) -> SetSpec:
    return SetSpec(name, spec(name=name))


def known(store: Store, to: PeerName) -> bool:
    return store.reader.sent_before(M1, to, "hello") is not None


def test_it_is_known_of_one_that_was_removed_until_another_has_its_name(tmp_path: Path):
    async def story(store: Store) -> list[bool]:
        await store.accept(message(target=BOB), None)
        await store.commit(is_there(BOB))
        seen = [known(store, BOB)]
        await store.commit(REMOVED)
        seen.append(known(store, BOB))
        await store.commit(is_there(BOB))
        return [*seen, known(store, BOB)]

    assert in_store(tmp_path, story) == [True, True, False]


def test_it_is_another_one_where_its_peer_was_removed_under_another_name(tmp_path: Path):
    async def story(store: Store) -> list[bool]:
        await store.accept(message(target=BOB), None)
        await store.commit(is_there(BOB), RenamePeer(BOB, BEN, WALL), ForgetPeer(BEN, WALL + 1, "ben was removed"))
        seen = [known(store, BOB), known(store, BEN)]
        await store.commit(is_there(BOB))
        return [*seen, known(store, BOB), known(store, BEN)]

    assert in_store(tmp_path, story) == [True, True, False, True]


def test_what_was_sent_to_one_that_has_a_removed_ones_name_by_a_rename_stays_its_own(tmp_path: Path):
    async def story(store: Store) -> tuple[bool, dict[MessageId, PeerName | None]]:
        await store.accept(message(id=MessageId("m.bob"), target=BOB, to_group="ours"), None)
        await store.accept(message(id=MessageId("m.ben"), target=BEN, to_group="ours"), None)
        await store.accept(message(target=BEN), None)
        await store.commit(is_there(BEN), REMOVED, RenamePeer(BEN, BOB, WALL + 2))
        return known(store, BOB), store.reader.of_group("m")

    assert in_store(tmp_path, story) == (True, {"m.bob": None, "m.ben": BOB})


def test_what_came_to_nothing_for_a_removed_peer_is_none_of_its_namesakes(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await store.accept(message(target=BOB), Task.OPEN)
        await store.accept(message(id=M2, target=BOB), None)
        await store.commit(is_there(BOB), SetDelivery(M1, Delivery.DEAD, 0, None, WALL, "why"))
        seen = [store.reader.unseen_losses(), store.reader.dead_counts()]
        await store.commit(SetDelivery(M2, Delivery.CANCELLED, 0, None, WALL, "why"), REMOVED, is_there(BOB))
        return [*seen, store.reader.unseen_losses(), store.reader.dead_counts(), dead_letters(store)]

    assert in_store(tmp_path, story) == [{BOB: 1}, {BOB: 1}, {}, {}, []]


def dead_letters(store: Store) -> list[MessageId]:
    return [each.message.id for each in store.reader.dead_letters(BOB, 10).receipts]


def test_its_id_is_taken_and_by_whom_is_told(tmp_path: Path):
    async def story(store: Store) -> list[Message]:
        await store.accept(message(target=BOB), None)
        await store.commit(REMOVED)
        told = "the id m-1 is taken by a message to the bob that was removed: nothing was stored"
        with pytest.raises(PeerdError, match=told):
            await store.accept(message(target=BOB), None)
        return [each.message for each in store.reader.open_messages()]

    assert in_store(tmp_path, story) == [message(target=BOB, body="", target_is_gone=True)]


def test_what_a_removed_peer_sent_is_nobodys_any_more(tmp_path: Path):
    async def story(store: Store) -> list[bool]:
        sent = message(sender=BOB, sender_identity="actor-bob", sender_kind="agent", sent_in=SessionId("s-1"))
        await store.accept(sent, None)
        seen = [known(store, ADA)]
        await store.commit(REMOVED, is_there(BOB))
        return [*seen, known(store, ADA)]

    assert in_store(tmp_path, story) == [True, False]


def test_what_a_removed_peer_was_sent_does_not_get_the_next_name_of_its_namesake(tmp_path: Path):
    async def story(store: Store) -> list[PeerName]:
        await store.accept(message(target=BOB), None)
        await store.commit(REMOVED, is_there(BOB))
        await store.accept(message(id=M2, target=BOB), None)
        await store.commit(RenamePeer(BOB, BEN, WALL + 2))
        return [store.reader.receipt(each).message.target for each in (M1, M2)]  # type: ignore[union-attr]

    assert in_store(tmp_path, story) == [BOB, BEN]


@pytest.mark.parametrize(("removed_after", "late"), [(False, None), (True, M2)], ids=["a namesake", "itself"])
def test_what_came_to_nothing_was_answered_late_by_who_was_asked_alone(
    tmp_path: Path, removed_after: bool, late: MessageId | None
):
    async def story(store: Store) -> MessageId | None:
        await store.accept(message(target=BOB), Task.OPEN)
        await store.commit(SetDelivery(M1, Delivery.CANCELLED, 0, None, WALL, "why"))
        if not removed_after:
            await store.commit(REMOVED, is_there(BOB))
        reply = message(id=M2, sender=BOB, target=message().sender, reply_to=M1, sent_in=SessionId("s-2"))
        await store.accept(reply, None)
        if removed_after:
            await store.commit(REMOVED, is_there(BOB))
        asked = store.reader.receipt(M1)
        return store.reader.late_reply(asked) if asked is not None else None

    assert in_store(tmp_path, story) == late
