"""What is wanted of a peer, its crash loops, renames and removals, as the next daemon reads it."""

from pathlib import Path
from typing import Any

import pytest

from peerd.model.peer import CrashLoop, PeerName, Want
from peerd.model.session import End, EndCause
from peerd.store.store import Store
from peerd.store.write import (
    EndSession,
    FinishRemoval,
    ForgetPeer,
    InsertSession,
    RenamePeer,
    SetCrashLoop,
    SetWant,
    Write,
)
from tests.build import ADA, S1, S2
from tests.store.records import WALL, in_store, session

BOB = PeerName("bob")
KILLED = End(EndCause.KILLED, signal=9, why="oom suspected", last_lines=("$ make", "Killed\udc80"))


def test_the_last_want_of_a_peer_is_kept(tmp_path: Path):
    wants = (SetWant(ADA, Want.ON_DEMAND, WALL), SetWant(BOB, Want.DOWN, WALL), SetWant(ADA, Want.DOWN, WALL + 1))

    async def before(store: Store) -> tuple[bool, ...]:
        return await store.commit(*wants, SetWant(ADA, Want.DOWN, WALL + 2))

    async def after(store: Store) -> dict[PeerName, Want]:
        return store.reader.wants()

    assert in_store(tmp_path, before) == (True, True, True, True)
    assert in_store(tmp_path, after) == {"ada": Want.DOWN, "bob": Want.DOWN}


@pytest.mark.parametrize("back_s", [0, 3600], ids=["right", "set back"])
def test_which_session_had_ended_when_a_peer_was_stopped_and_started_is_kept_whatever_the_clock(
    tmp_path: Path, back_s: float
):
    async def story(store: Store) -> list[dict[PeerName, int]]:
        await store.commit(SetWant(BOB, Want.ON_DEMAND, WALL))
        for id, want in ((S1, Want.DOWN), (S2, Want.ON_DEMAND)):
            await store.commit(InsertSession(session(id=id)), EndSession(id, KILLED, WALL - back_s))
            await store.commit(SetWant(ADA, want, WALL - 2 * back_s), SetCrashLoop(ADA, 1, WALL, lasts=True))
        loops = {peer: each.after for peer, each in store.reader.crash_loops().items()}
        return [store.reader.stopped_after(), store.reader.wanted_after(), loops]

    assert in_store(tmp_path, story) == [{"ada": 1}, {"ada": 2, "bob": 0}, {"ada": 2}]


def test_what_was_wanted_of_a_peer_and_when_goes_with_it_when_it_is_renamed(tmp_path: Path):
    async def story(store: Store) -> tuple[dict[PeerName, Want], dict[PeerName, int], dict[PeerName, int]]:
        await store.commit(SetWant(ADA, Want.DOWN, WALL))
        await store.commit(InsertSession(session()), EndSession(S1, KILLED, WALL))
        await store.commit(SetWant(ADA, Want.ON_DEMAND, WALL + 1))
        await store.commit(SetWant(BOB, Want.DOWN, WALL), RenamePeer(ADA, BOB, WALL + 2))
        return store.reader.wants(), store.reader.stopped_after(), store.reader.wanted_after()

    assert in_store(tmp_path, story) == ({"bob": Want.ON_DEMAND}, {"bob": 0}, {"bob": 1})


def test_a_crash_loop_goes_with_its_peer_when_that_is_renamed(tmp_path: Path):
    async def story(store: Store) -> dict[PeerName, CrashLoop]:
        await store.commit(LOOP, SetCrashLoop(BOB, 7, WALL, lasts=True), RenamePeer(ADA, BOB, WALL + 2))
        return store.reader.crash_loops()

    assert in_store(tmp_path, story) == {BOB: CrashLoop(2, WALL, lasts=True)}


def test_a_removal_is_on_record_until_it_is_finished(tmp_path: Path):
    async def story(store: Store) -> list[Any]:
        await store.commit(SetWant(ADA, Want.DOWN, WALL), ForgetPeer(ADA, WALL + 1, "removed", "7:80:9"))
        before = store.reader.removals()
        await store.commit(FinishRemoval(ADA))
        return [before, store.reader.removals(), dict(store.reader.wants()), store.reader.was_removed(ADA)]

    assert in_store(tmp_path, story) == [{ADA: "7:80:9"}, {}, {}, True]


@pytest.mark.parametrize("write", [RenamePeer(ADA, BOB, WALL + 2), RenamePeer(BOB, ADA, WALL + 2)])
def test_whoever_had_a_name_after_one_that_was_removed_was_not(tmp_path: Path, write: RenamePeer):
    async def story(store: Store) -> list[Any]:
        await store.commit(ForgetPeer(ADA, WALL + 1, "removed", "7:80:9"), write)
        return [store.reader.was_removed(ADA), store.reader.removals()]

    assert in_store(tmp_path, story) == [False, {}]


LOOP = SetCrashLoop(ADA, 2, WALL, lasts=True)


@pytest.mark.parametrize(
    "write",
    [
        SetWant(ADA, Want.ON_DEMAND, WALL + 1),
        ForgetPeer(ADA, WALL + 1, "removed"),
    ],
    ids=["started", "removed"],
)
def test_a_crash_loop_is_on_record_until_it_is_lifted(tmp_path: Path, write: Write):
    async def story(store: Store) -> list[dict[PeerName, CrashLoop]]:
        await store.commit(SetCrashLoop(ADA, 1, WALL - 1, lasts=True), LOOP)
        before = store.reader.crash_loops()
        await store.commit(write)
        return [before, store.reader.crash_loops()]

    assert in_store(tmp_path, story) == [{ADA: CrashLoop(2, WALL, lasts=True)}, {}]
