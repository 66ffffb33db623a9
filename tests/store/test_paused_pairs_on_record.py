"""Pairs that are paused, and what counts for that, as they are on record."""

from pathlib import Path

from peerd.model.message import Message, MessageId, Task, digest
from peerd.model.peer import PeerName
from peerd.store.paused import SetPair
from peerd.store.read_pairs import Exchanged
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, RenamePeer, SetTask, Write
from tests.build import ADA, message
from tests.store.records import WALL, in_store

BOB, EVE = PeerName("bob"), PeerName("eve")


def paused(one: PeerName, other: PeerName, at: float = WALL) -> SetPair:
    return SetPair(one, other, True, at, "said too much", "daemon")


def released(one: PeerName, other: PeerName) -> SetPair:
    return SetPair(one, other, False, WALL, "", "operator")


def known(folder: Path, *writes: Write) -> dict[PeerName, frozenset[PeerName]]:
    async def story(store: Store) -> dict[PeerName, frozenset[PeerName]]:
        await store.commit(*writes)
        return store.reader.paused_with()

    return in_store(folder, story)


def sent(n: int, sender: PeerName, target: PeerName, body: str, **fields: object) -> Message:
    known = {"sender": sender, "target": target, "sender_kind": "agent", "accepted_at": WALL + n}
    return message(id=MessageId(f"m-{n}"), body=body, **(known | fields))


def test_a_pair_is_one_whichever_is_named_first_and_the_first_pause_counts(tmp_path: Path):
    assert known(tmp_path, paused(BOB, ADA), paused(ADA, BOB, WALL + 9)) == {ADA: {BOB}, BOB: {ADA}}

    async def story(store: Store) -> float:
        return store.reader.paused_pairs()[0].since

    assert in_store(tmp_path, story) == WALL
    assert known(tmp_path, released(BOB, ADA)) == {}
    assert known(tmp_path, paused(ADA, BOB)) == {ADA: {BOB}, BOB: {ADA}}


def test_a_pause_goes_with_a_peer_to_another_name_and_a_namesake_inherits_none(tmp_path: Path):
    cyd = PeerName("cyd")
    assert known(tmp_path, paused(ADA, BOB), paused(BOB, EVE), RenamePeer(BOB, cyd, WALL)) == {
        ADA: {cyd},
        cyd: {ADA, EVE},
        EVE: {cyd},
    }
    assert known(tmp_path, RenamePeer(ADA, PeerName("zoe"), WALL)) == {"zoe": {cyd}, cyd: {"zoe", EVE}, EVE: {cyd}}
    assert known(tmp_path, ForgetPeer(cyd, WALL, "removed")) == {}


def test_the_same_is_what_differs_in_case_and_white_space_alone():
    assert digest("Any  news?\n") == digest("any news?") != digest("any news")


def test_what_is_over_answers_or_may_be_repeated_is_no_repetition(tmp_path: Path):
    others = [
        (BOB, ADA, "any news?", {}, Task.OPEN),
        (BOB, ADA, "any news?", {}, None),
        (BOB, ADA, "any news?", {"key": "k"}, Task.OPEN),
        (BOB, EVE, "any news?", {}, Task.OPEN),
        (EVE, ADA, "any news?", {}, Task.OPEN),
        (BOB, ADA, "another", {}, Task.OPEN),
    ]

    async def story(store: Store) -> list[int]:
        counts = []
        for n, (sender, target, body, fields, task) in enumerate(others):
            await store.accept(sent(n, sender, target, body, **fields), task)
            counts.append(store.reader.repeated(BOB, ADA, digest("Any news?"), WALL - 1))
        await store.commit(SetTask(MessageId("m-0"), Task.ANSWERED, WALL, "reply m-9", "none"))
        counts.append(store.reader.repeated(BOB, ADA, digest("any news?"), WALL - 1))
        counts.append(store.reader.repeated(BOB, ADA, digest("any news?"), WALL + 1))
        return counts

    assert in_store(tmp_path, story) == [1, 2, 2, 2, 2, 2, 1, 0]


def test_what_went_between_two_is_told_with_what_answers_and_without_long_texts(tmp_path: Path):
    async def story(store: Store) -> tuple[list[Exchanged], ...]:
        await store.accept(sent(0, BOB, ADA, "do it"), Task.OPEN)
        done = SetTask(MessageId("m-0"), Task.ANSWERED, WALL, "reply m-1", "done")
        await store.accept(sent(1, ADA, BOB, "done", reply_to=MessageId("m-0")), None, done)
        await store.accept(sent(2, EVE, ADA, "and me"), Task.OPEN)
        await store.accept(sent(3, BOB, ADA, "x" * 20, reply_to=MessageId("m-1")), None)
        lately = store.reader.exchanged(ADA, BOB, WALL - 1, 9, 10)
        latest = store.reader.exchanged(BOB, ADA, WALL - 1, 2, 10)
        await store.commit(paused(ADA, BOB), released(ADA, BOB))
        return lately, latest, store.reader.exchanged(ADA, BOB, WALL - 1, 9, 10)

    whole, latest, after = in_store(tmp_path, story)
    assert whole == [Exchanged(BOB, None, False), Exchanged(ADA, "done", True), Exchanged(BOB, "do it", False)]
    assert latest == whole[:2]
    assert after == []
