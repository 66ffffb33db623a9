"""Pairs that are paused, and what counts for that, as they are on record."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from peerd.model.message import Message, MessageId, Task, digest
from peerd.model.peer import PeerName
from peerd.store.paused import SetPair
from peerd.store.read_pairs import Exchanged, Sent
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, RenamePeer, SetTask, Write
from tests.build import ADA, S1, message
from tests.store.records import WALL, in_store

BOB, EVE = PeerName("bob"), PeerName("eve")
LATELY = Sent(BOB, ADA, WALL - 1, WALL + 99)


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
    known = {"sender": sender, "target": target, "sender_kind": "agent", "accepted_at": WALL + n, "sent_in": S1}
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
            counts.append(store.reader.repeated(LATELY, digest("Any news?")))
        await store.commit(SetTask(MessageId("m-0"), Task.ANSWERED, WALL, "reply m-9", "none"))
        counts.append(store.reader.repeated(LATELY, digest("any news?")))
        counts.append(store.reader.repeated(replace(LATELY, since=WALL + 1), digest("any news?")))
        return counts

    assert in_store(tmp_path, story) == [1, 2, 2, 2, 2, 2, 1, 0]


def test_what_went_between_two_is_told_with_what_answers_and_without_long_texts(tmp_path: Path):
    async def story(store: Store) -> tuple[list[Exchanged], ...]:
        await store.accept(sent(0, BOB, ADA, "do it"), Task.OPEN)
        done = SetTask(MessageId("m-0"), Task.ANSWERED, WALL, "reply m-1", "done")
        await store.accept(sent(1, ADA, BOB, "done", reply_to=MessageId("m-0")), None, done)
        await store.accept(sent(2, EVE, ADA, "and me"), Task.OPEN)
        await store.accept(sent(3, BOB, ADA, "x" * 20, reply_to=MessageId("m-1")), None)
        lately = store.reader.exchanged(LATELY, 9, 10)
        latest = store.reader.exchanged(Sent(ADA, BOB, WALL - 1, WALL + 99), 2, 10)
        await store.commit(paused(ADA, BOB), released(ADA, BOB))
        return lately, latest, store.reader.exchanged(LATELY, 9, 10)

    whole, latest, after = in_store(tmp_path, story)
    assert whole == [Exchanged(BOB, None, False), Exchanged(ADA, "done", True), Exchanged(BOB, "do it", False)]
    assert latest == whole[:2]
    assert after == []


async def counted(store: Store, until: float = WALL + 99) -> tuple[int, int, bool]:
    """Of what bob sent ada: how many say the same, how many went between them, and whether there were two."""
    sent, reader = replace(LATELY, until=until), store.reader
    lately = len(reader.exchanged(sent, 9, 10))
    return reader.repeated(sent, digest("any news?")), lately, reader.nth_last_sent(sent, 2) is not None


async def twice_asked(store: Store, sender: PeerName = BOB) -> None:
    for n in range(2):
        await store.accept(sent(n, sender, ADA, "any news?"), Task.OPEN)


@pytest.mark.parametrize(
    "so",
    [
        (ForgetPeer(BOB, WALL, "removed"),),
        (ForgetPeer(ADA, WALL, "removed"),),
        (ForgetPeer(BOB, WALL, "removed"), RenamePeer(EVE, BOB, WALL)),
        (ForgetPeer(ADA, WALL, "removed"), RenamePeer(EVE, ADA, WALL)),
        (paused(ADA, BOB), released(BOB, ADA)),
    ],
    ids=["sender-removed", "target-removed", "its-name-given", "the-targets-name-given", "let-go-on"],
)
def test_what_was_sent_counts_no_more_once_one_of_them_is_another_or_they_were_let_go_on(
    tmp_path: Path, so: tuple[Write, ...]
):
    async def story(store: Store) -> list[object]:
        await twice_asked(store)
        before = await counted(store)
        await store.commit(*so)
        return [before, await counted(store)]

    assert in_store(tmp_path, story) == [(2, 2, True), (0, 0, False)]


def test_what_a_service_sends_counts_too(tmp_path: Path):
    async def story(store: Store) -> tuple[int, int, bool]:
        for n in range(2):
            await store.accept(sent(n, BOB, ADA, "any news?", sender_kind="service"), Task.OPEN)
        return await counted(store)

    assert in_store(tmp_path, story) == (2, 2, True)


def test_it_goes_with_its_sender_to_the_name_of_one_that_was_removed(tmp_path: Path):
    async def story(store: Store) -> tuple[int, int, bool]:
        await twice_asked(store, EVE)
        await store.commit(ForgetPeer(BOB, WALL, "removed"), RenamePeer(EVE, BOB, WALL))
        return await counted(store)

    assert in_store(tmp_path, story) == (2, 2, True)


def test_what_was_sent_before_the_clock_was_set_back_counts_no_more(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await store.accept(sent(0, BOB, ADA, "any news?"), Task.OPEN)
        await store.accept(sent(50, BOB, ADA, "any news?"), Task.OPEN)
        before, back = await counted(store), await counted(store, WALL + 10)
        await store.accept(sent(11, BOB, ADA, "any news?"), Task.OPEN)
        return [before, back, await counted(store, WALL + 12)]

    assert in_store(tmp_path, story) == [(2, 2, True), (0, 0, False), (1, 1, False)]


def test_the_newest_between_two_are_told_in_the_order_accepted_whatever_the_clock_said(tmp_path: Path):
    async def story(store: Store) -> list[str | None]:
        for n, at in enumerate((50, 51, 11, 12)):
            said = sent(n, BOB, ADA, f"said {n}", accepted_at=WALL + at)
            await store.accept(said, None)
        return [each.text for each in store.reader.exchanged(LATELY, 3, 10)]

    assert in_store(tmp_path, story) == ["said 3", "said 2", "said 1"]
