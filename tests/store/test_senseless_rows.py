"""A row that makes no sense: told and left out, and never taken for a session that is over."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from peerd.model.message import MessageId, Task
from peerd.model.peer import OPERATOR, Want
from peerd.model.session import End, EndCause
from peerd.store.decode import Senseless
from peerd.store.read import Reader
from peerd.store.store import Store
from peerd.store.write import EndSession, InsertSession, SetWant, TakeOut
from tests.build import ADA, M1, M2, S1, S2, message
from tests.store.records import WALL, in_store, session, store_file

END = End(EndCause.EXITED)


async def lived(store: Store) -> None:
    await store.commit(InsertSession(session()), SetWant(ADA, Want.ON_DEMAND, WALL))
    await store.accept(message(), Task.OPEN)
    await store.accept(message(id=M2), Task.OPEN)


def spoiled(folder: Path, damage: str) -> Reader:
    in_store(folder, lived)
    with closing(sqlite3.connect(store_file(folder))) as connection:
        connection.execute(damage)
        connection.commit()
    return Reader.open(store_file(folder))


@pytest.mark.parametrize(
    "field",
    [
        "mode = 'odd'",
        "started_at = 'noon'",
        "started_at = 1e300",
        "ready_at = -1e300",
        "ended_at = 'noon'",
        "host = '{'",
        "spec = '{'",
        "boot_id = 'strewn'",
        "boot_id = ''",
    ],
)
def test_a_session_is_no_live_one_and_not_over_either(tmp_path: Path, field: str):
    with closing(spoiled(tmp_path, f"UPDATE session SET {field}")) as reader:
        assert ([each.id for each in reader.unclear_sessions()], reader.live_sessions()) == ([S1], [])
        with pytest.raises(Senseless):
            reader.session(S1)
        assert (reader.last_ended(ADA), reader.ended_sessions(ADA)) == (None, [])

    async def again(store: Store) -> None:
        with pytest.raises(PeerdError, match="is live in s-1"):
            await store.commit(InsertSession(session(id=S2)))
        await store.commit(EndSession(S1, END, WALL), InsertSession(session(id=S2)))

    in_store(tmp_path, again)


@pytest.mark.parametrize("peer", ["'bob'", "'no\n name'", "x'fffe'"])
def test_a_session_whose_row_names_another_than_its_spec_is_unclear_for_that_of_its_spec(tmp_path: Path, peer: str):
    spec = """'{"name": "ada", "runtime": "actor", "dir": "/"}'"""
    with closing(spoiled(tmp_path, f"UPDATE session SET spec = {spec}, peer = {peer}")) as reader:
        assert [(each.id, each.peer) for each in reader.unclear_sessions()] == [(S1, ADA)]
        assert (reader.live_sessions(), list(reader.unclear_peers())) == ([], [ADA])


@pytest.mark.parametrize("peer", ["'bob'", "'no\n name'", "x'fffe'"])
def test_a_session_whose_row_names_another_than_its_mark_is_unclear_for_that_of_its_mark(tmp_path: Path, peer: str):
    with closing(spoiled(tmp_path, f"UPDATE session SET peer = {peer}")) as reader:
        found = reader.may_live({S1: ADA})
        assert ([(each.id, each.peer) for each in found.unclear], found.live) == ([(S1, ADA)], [])


@pytest.mark.parametrize("spec", ["5", "'[]'", """'{"name": 5}'"""])
def test_a_session_whose_spec_alone_makes_no_sense_is_a_live_one_without_it(tmp_path: Path, spec: str):
    with closing(spoiled(tmp_path, f"UPDATE session SET spec = {spec}")) as reader:
        assert [(each.id, each.spec) for each in reader.live_sessions()] == [(S1, None)]
        assert reader.unclear_sessions() == []


@pytest.mark.parametrize("field", ["want = 'maybe'", "at = 'noon'", "stopped_at = 'noon'"])
def test_a_want_is_none(tmp_path: Path, field: str):
    with closing(spoiled(tmp_path, f"UPDATE want SET {field}")) as reader:
        assert (reader.wants(), reader.wanted_after(), list(reader.unclear_peers())) == ({}, {}, [ADA])


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE message SET state = 'odd' WHERE id = 'm-1'",
        "UPDATE message SET attempt = 'often' WHERE id = 'm-1'",
        "UPDATE step SET at = 'noon' WHERE message = 1",
        "UPDATE step SET at = 1e300 WHERE message = 1",
        "UPDATE message SET accepted_at = 1e300 WHERE id = 'm-1'",
        "UPDATE message SET target = x'fffe' WHERE id = 'm-1'",
        "UPDATE message SET target = 'no name' WHERE id = 'm-1'",
        "UPDATE message SET place = x'fffe' WHERE id = 'm-1'",
        "UPDATE message SET place = 'first' WHERE id = 'm-1'",
        "UPDATE message SET place = 1e300 WHERE id = 'm-1'",
        "UPDATE message SET place = 9223372036854775807 WHERE id = 'm-1'",
    ],
)
def test_a_message_is_left_out_and_taken_out(tmp_path: Path, damage: str):
    with closing(spoiled(tmp_path, damage)) as reader:
        listing = reader.receipts()
        assert ([each.message.id for each in listing.receipts], listing.left_out) == ([M2], [M1])
        assert list(reader.senseless()) == [M1]

    async def out(store: Store) -> tuple[bool, ...]:
        return await store.commit(TakeOut(M1, WALL, "cancelled"), TakeOut(M1, WALL, "cancelled"))

    assert in_store(tmp_path, out) == (True, False)
    with closing(Reader.open(store_file(tmp_path))) as reader:
        assert (reader.senseless(), reader.queue_depths()) == ({}, {ADA: 1})


@pytest.mark.parametrize("damage", ["DELETE FROM body", "UPDATE body SET text = x'fffe'"])
def test_that_a_text_is_gone_is_seen_also_where_none_is_read(tmp_path: Path, damage: str):
    with closing(spoiled(tmp_path, f"{damage} WHERE message = 1")) as reader:
        assert [(each.message.id, each.message.body) for each in reader.open_messages()] == [(M2, "")]
        assert [each and each.message.body for each in map(reader.without_text, (M1, M2))] == [None, ""]
        assert list(reader.senseless()) == [M1]


@pytest.mark.parametrize("place", ["x'fffe'", "'first'", "1e300", "9223372036854775807"])
def test_a_message_that_is_in_no_place_costs_none_that_comes_after_it(tmp_path: Path, place: str):
    with closing(spoiled(tmp_path, f"UPDATE message SET place = {place} WHERE id = 'm-1'")):
        pass

    async def another(store: Store) -> None:
        await store.accept(message(id=MessageId("m-3")), Task.OPEN)

    in_store(tmp_path, another)
    with closing(Reader.open(store_file(tmp_path))) as reader:
        assert [each.message.id for each in reader.open_messages()] == [M2, "m-3"]
        assert reader.unfinished(ADA).left_out == [M1]


@pytest.mark.parametrize("target", ["x'fffe'", "'no\n name'"])
def test_messages_to_nobody_are_counted_for_nobody(tmp_path: Path, target: str):
    with closing(spoiled(tmp_path, f"UPDATE message SET target = {target} WHERE id = 'm-1'")) as reader:
        assert (reader.queue_depths(), reader.unfinished_counts(), reader.dead_counts()) == ({ADA: 1}, {ADA: 1}, {})


@pytest.mark.parametrize("damage", ["accepted_at = 'noon'", "accepted_at = x'fffe'", "id = x'fffe'"])
def test_a_message_costs_none_that_its_sender_sent_after_it(tmp_path: Path, damage: str):
    column, _, value = damage.partition(" = ")
    spoil = f"UPDATE message SET taken_after = 0, {column} = iif(id = 'm-1', {value}, {column})"
    with closing(spoiled(tmp_path, spoil)) as reader:
        assert reader.sent_since(OPERATOR, M2, 10)[0] == M2


def test_text_that_is_no_unicode_costs_nothing(tmp_path: Path):
    with closing(spoiled(tmp_path, "UPDATE message SET topic = CAST(x'ff' AS TEXT) WHERE id = 'm-1'")) as reader:
        assert [each.message.topic for each in reader.open_messages()] == ["\N{REPLACEMENT CHARACTER}", None]
