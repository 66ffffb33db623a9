"""What the record keeps of sessions and wants."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from peerd.errors import InternalError
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery, MessageId, Task
from peerd.model.peer import PeerName
from peerd.model.session import REAPED, End, EndCause, Ending, Mode, Session, SessionId
from peerd.store.decode import Death
from peerd.store.store import Store
from peerd.store.write import (
    EndSession,
    InsertMessage,
    InsertSession,
    SetConversation,
    SetEnding,
    SetHost,
    SetJournalRead,
    SetReady,
    Write,
)
from tests.build import ADA, M1, M2, S1, S2, message, spec
from tests.store.records import HOST, WALL, delivery, in_store, session

BOB = PeerName("bob")
PARKED = End(EndCause.PARKED)
KILLED = End(EndCause.KILLED, signal=9, why="oom suspected", last_lines=("$ make", "Killed\udc80"))


def test_a_session_is_read_back_as_it_went_on(tmp_path: Path):
    steps = (SetHost(S1, HOST), SetReady(S1, WALL + 1), SetJournalRead(S1, 99), EndSession(S1, KILLED, WALL + 2))

    async def story(store: Store) -> list[Session | None]:
        await store.commit(InsertSession(session()))
        seen = [store.reader.session(S1)]
        for step in steps:
            assert await store.commit(step) == (True,)
            seen.append(store.reader.session(S1))
        return seen

    begun = session()
    hosted = replace(begun, host=HOST)
    ready = replace(hosted, ready_at=WALL + 1)
    read = replace(ready, journal_read=99)
    ended = replace(read, ended_at=WALL + 2, end=replace(KILLED, last_lines=("$ make", "Killed�")))
    assert in_store(tmp_path, story) == [begun, hosted, ready, read, ended]


def test_why_a_session_is_ended_is_kept_until_it_is_over_or_had_ended_by_itself(tmp_path: Path):
    parks, stops = Ending(EndCause.PARKED), Ending(EndCause.STOPPED, "by \udc80")
    steps = (SetEnding(S1, parks), SetEnding(S1, None), SetEnding(S1, stops), EndSession(S1, PARKED, WALL + 2))

    async def story(store: Store) -> list[Ending | None]:
        await store.commit(InsertSession(session()))
        seen = []
        for step in (*steps, SetEnding(S1, parks)):
            await store.commit(step)
            found = store.reader.session(S1)
            assert found is not None
            seen.append(found.ending)
        return seen

    assert in_store(tmp_path, story) == [parks, None, replace(stops, why="by �"), None, None]


def test_what_came_first_counts(tmp_path: Path):
    again = (SetReady(S1, WALL + 8), EndSession(S1, End(EndCause.EXITED, code=1), WALL + 9))

    async def story(store: Store) -> tuple[object, Session | None]:
        end = EndSession(S1, End(EndCause.STOPPED), WALL + 2)
        await store.commit(InsertSession(session()), SetReady(S1, WALL + 1), end)
        return await store.commit(*again), store.reader.session(S1)

    ended = session(ready_at=WALL + 1, ended_at=WALL + 2, end=End(EndCause.STOPPED))
    assert in_store(tmp_path, story) == ((False, False), ended)


def test_a_peer_has_one_live_session(tmp_path: Path):
    async def story(store: Store) -> list[Session]:
        await store.commit(InsertSession(session()), InsertSession(session(id=SessionId("s-b"), peer=BOB)))
        with pytest.raises(InternalError, match="ada is live in s-1"):
            await store.commit(InsertSession(session(id=S2)))
        await store.commit(EndSession(S1, KILLED, WALL + 1), InsertSession(session(id=S2)))
        return store.reader.live_sessions()

    assert in_store(tmp_path, story) == [session(id="s-b", peer=BOB), session(id=S2)]


def test_the_ended_sessions_of_a_peer_are_told_newest_first(tmp_path: Path):
    async def story(store: Store) -> tuple[object, object, object]:
        for id in (S1, S2):
            await store.commit(InsertSession(session(id=id)), EndSession(id, End(EndCause.PARKED), WALL + 1))
        await store.commit(InsertSession(session(id=SessionId("s-3"))))
        read = store.reader
        return read.ended_sessions(ADA), read.last_ended(ADA), read.last_ended(BOB)

    ended = session(id=S2, ended_at=WALL + 1, end=End(EndCause.PARKED))
    assert in_store(tmp_path, story) == ([S2, S1], ended, None)


def test_a_token_dies_with_its_session(tmp_path: Path):
    async def story(store: Store) -> list[Session | None]:
        await store.commit(InsertSession(session(token_hash="ab")))
        found = [store.reader.session_by_token("ab"), store.reader.session_by_token("cd")]
        await store.commit(EndSession(S1, KILLED, WALL + 1))
        return [*found, store.reader.session_by_token("ab")]

    assert in_store(tmp_path, story) == [session(token_hash="ab"), None, None]


def test_a_death_is_an_end_that_the_daemon_did_not_bring_nor_a_task(tmp_path: Path):
    ends = {WALL + n: cause for n, cause in enumerate(reversed(EndCause))}

    async def story(store: Store) -> list[float]:
        for at, cause in ends.items():
            id = SessionId(f"s-{at}")
            await store.commit(InsertSession(session(id=id)), EndSession(id, End(cause), at, of_task=at > WALL + 3))
        return [each.at for each in store.reader.deaths(WALL + 2) if each.peer == ADA]

    died = [at for at, cause in ends.items() if cause not in REAPED]
    assert in_store(tmp_path, story) == died[2:4]
    assert died == [WALL, WALL + 1, WALL + 2, WALL + 3, WALL + 4]


def test_a_start_that_found_no_room_on_the_disk_is_no_death(tmp_path: Path):
    async def story(store: Store) -> list[Death]:
        end = End(EndCause.BOOT_FAILED, why="No space left on device", full=True)
        await store.commit(InsertSession(session()), EndSession(S1, end, WALL))
        return store.reader.deaths(WALL - 1)

    assert in_store(tmp_path, story) == []


def test_tries_to_go_on_that_died_are_counted_since_a_session_was_last_ready(tmp_path: Path):
    failed, full = End(EndCause.BOOT_FAILED), End(EndCause.BOOT_FAILED, full=True)
    forsaken = End(EndCause.BOOT_FAILED, forsaken=True)
    tries: list[tuple[Mode, End, bool]] = [
        ("resume", failed, False),
        ("fresh", KILLED, True),
        ("resume", failed, False),
        ("fresh", failed, False),
        ("resume", full, False),
        ("resume", End(EndCause.STOPPED), False),
        ("resume", forsaken, False),
        ("resume", End(EndCause.MACHINE_RESTARTED), False),
        ("resume", KILLED, False),
        ("resume", PARKED, True),
    ]

    async def story(store: Store) -> list[int]:
        seen = []
        for n, (mode, end, ready) in enumerate(tries):
            id = SessionId(f"s-{n}")
            came = (SetReady(id, WALL),) if ready else ()
            await store.commit(InsertSession(session(id=id, mode=mode)), *came, EndSession(id, end, WALL + n))
            seen.append(store.reader.failed_resumes(ADA))
        return seen

    assert in_store(tmp_path, story) == [1, 0, 1, 1, 1, 1, 1, 1, 2, 0]


@pytest.mark.parametrize(
    "write",
    [SetHost(S1, HOST), SetReady(S1, WALL), SetJournalRead(S1, 1), EndSession(S1, KILLED, WALL)],
    ids=lambda write: type(write).__name__,
)
def test_nothing_is_written_of_an_unknown_session(tmp_path: Path, write: Write):
    async def story(store: Store) -> None:
        with pytest.raises(InternalError, match="no session s-1"):
            await store.commit(write)

    in_store(tmp_path, story)


@pytest.mark.parametrize(("anew", "topics"), [(False, ["tax", "cats"]), (True, ["cats"])], ids=["same", "another"])
def test_what_was_said_before_another_conversation_began_in_a_session_is_none_of_its_topics(
    tmp_path: Path, anew: bool, topics: list[str]
):
    async def story(store: Store) -> tuple[list[str], str | None]:
        await store.commit(InsertSession(session()), SetConversation(S1, "c-1"), EndSession(S1, PARKED, WALL))
        await store.commit(InsertSession(session(id=S2)), SetConversation(S2, "c-1"))
        another = SetConversation(S2, "c-2", told=True, anew=anew)
        for id, topic, then in ((M1, "tax", another), (M2, "cats", SetConversation(S2, "c-2", told=True))):
            await store.commit(InsertMessage(message(id=id, topic=topic), None))
            await store.commit(delivery(Delivery.SUBMITTED, id, session=S2), then)
        before, after = store.reader.session(S1), store.reader.session(S2)
        return store.reader.topics(after, 16) if after else [], before.conversation if before else None

    assert in_store(tmp_path, story) == (topics, "c-1" if anew else "c-2")


def test_a_peers_conversation_that_goes_on_under_another_id_takes_what_was_said_in_it_along(tmp_path: Path):
    strangers = ((BOB, "actor", "c-1"), (ADA, "codex", "c-1"), (ADA, "actor", "c-9"))
    others = {SessionId(f"s-{nth}"): each for nth, each in enumerate(strangers, 3)}

    async def story(store: Store) -> dict[str, str | None]:
        for id in (S1, S2):
            await store.commit(InsertSession(session(id=id)), SetConversation(id, "c-1"), EndSession(id, PARKED, WALL))
        for id, (peer, runtime, conversation) in others.items():
            begun = session(id=id, peer=peer, runtime=runtime, conversation=conversation)
            await store.commit(InsertSession(begun), EndSession(id, PARKED, WALL))
        await store.commit(SetConversation(S2, "c-2"))
        found = (store.reader.session(id) for id in (S1, S2, *others))
        return {each.id: each.conversation for each in found if each}

    unchanged = {id: conversation for id, (_, _, conversation) in others.items()}
    assert in_store(tmp_path, story) == {S1: "c-2", S2: "c-2", **unchanged}


def test_what_a_session_was_begun_as_is_kept_where_its_spec_which_may_hold_keys_ends_with_it(tmp_path: Path):
    async def story(store: Store) -> Session | None:
        begun = session(spec=spec(env={"KEY": "secret"}), kind="pass", task_attempts=1)
        await store.commit(InsertSession(begun), EndSession(S1, KILLED, WALL + 1))
        return store.reader.session(S1)

    told = replace(KILLED, last_lines=("$ make", "Killed�"))
    over = session(kind="pass", task_attempts=1, ended_at=WALL + 1, end=told)
    assert in_store(tmp_path, story) == over


def test_what_was_spoken_of_is_kept_the_latest_last_also_where_it_waits_again_and_no_name_was_told_yet(tmp_path: Path):
    async def story(store: Store) -> list[str]:
        await store.commit(InsertSession(session()))
        for id, topic in ((M1, "tax"), (M2, "cats"), (MessageId("m-3"), "tax")):
            await store.commit(InsertMessage(message(id=id, topic=topic), Task.OPEN), delivery(Delivery.SUBMITTED, id))
        await store.commit(delivery(Delivery.ACCEPTED, M2, outcome=AttemptEnd.BROKEN_OFF))
        begun = store.reader.session(S1)
        return store.reader.topics(begun, 16) if begun else []

    assert in_store(tmp_path, story) == ["cats", "tax"]
