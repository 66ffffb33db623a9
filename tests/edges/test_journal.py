"""Journals as the daemon follows them: real files, real inotify."""

import asyncio
import json
import tracemalloc
from pathlib import Path

import pytest

from peerd.edges.journal import LINE_MAX_BYTES, READ_BYTES
from peerd.model.session import SessionId
from tests.edges.ear import S1, S2, Ear, append, listening, mode, size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_an_absent_journal_is_created_for_its_owner_only(path: Path) -> None:
    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)

        assert mode(path) == 0o600
        assert (ear.heard, ear.troubles) == ([], [])

    listening(body)


def test_lines_written_while_nobody_watched_are_delivered_first(path: Path) -> None:
    append(path, "one\ntwo\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        assert ear.heard == [(S1, ["one", "two"], 8)]

        append(path, "three\n")
        await ear.until(lambda: len(ear.heard) == 2)
        assert ear.heard[1] == (S1, ["three"], 14)

    listening(body)


def test_an_adopted_session_is_read_from_where_it_was_left(path: Path) -> None:
    append(path, "old\nnew\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 4)
        assert (ear.heard, ear.troubles) == ([(S1, ["new"], 8)], [])

    listening(body)


def test_a_torn_line_waits_for_its_end(path: Path) -> None:
    append(path, '{"ev":"rea')

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        append(path, 'dy"}')
        ear.journals.poll(S1)
        assert ear.heard == []

        append(path, '\n{"ev"')
        await ear.until(lambda: bool(ear.heard))
        assert ear.heard == [(S1, ['{"ev":"ready"}'], 15)]

    listening(body)


def test_a_million_byte_line_is_one_line_however_it_is_written(path: Path) -> None:
    whole = json.dumps({"ev": "turn_ended", "last": "x" * (1 << 20)})

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        append(path, whole + "\n")
        await ear.until(lambda: len(ear.lines()) == 1)
        for at in range(0, len(whole), 100_000):
            append(path, whole[at : at + 100_000])
            await asyncio.sleep(0)
        append(path, "\nnext\n")
        await ear.until(lambda: len(ear.lines()) == 3)

        assert ear.lines() == [whole, whole, "next"]
        assert ear.heard[-1][2] == size(path)

    listening(body)


@pytest.mark.parametrize("excess", [1, READ_BYTES + 1], ids=["by a byte", "by more than a share"])
def test_a_line_over_the_limit_is_skipped_and_said(path: Path, excess: int) -> None:
    length = LINE_MAX_BYTES + excess
    append(path, b"before\n" + b"x" * length + b"\nafter\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)

        assert ear.lines() == ["before", "after"]
        assert ear.troubles == [f"{path}: skipped a line of {length} bytes"]
        assert ear.heard[-1][2] == size(path)

    listening(body)


def test_a_line_of_the_limit_is_not_skipped(path: Path) -> None:
    append(path, b"x" * LINE_MAX_BYTES + b"\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        assert (ear.lines(), ear.troubles) == (["x" * LINE_MAX_BYTES], [])

    listening(body)


def test_an_endless_line_is_not_kept_and_its_offset_stays_before_it(path: Path) -> None:
    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        append(path, b"first\n" + b"x" * (5 * LINE_MAX_BYTES))
        await ear.until(lambda: ear.lines() == ["first"])
        ear.journals.poll(S1)
        assert ear.heard == [(S1, ["first"], 6)]
        assert tracemalloc.get_traced_memory()[0] < 2 * LINE_MAX_BYTES

        append(path, b"\n")
        await ear.until(lambda: len(ear.heard) == 2)
        assert ear.heard[1] == (S1, [], size(path))

    tracemalloc.start()
    try:
        listening(body)
    finally:
        tracemalloc.stop()


def test_a_flood_of_one_journal_does_not_hold_up_another(path: Path, tmp_path: Path) -> None:
    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        ear.journals.watch(S2, str(tmp_path / "other"), 0)
        append(path, b"flood\n" * 500_000)
        append(tmp_path / "other", "quiet\n")
        await ear.until(lambda: len(ear.lines()) == 500_000)

        assert ear.lines(S2) == ["quiet"]
        before_the_quiet_one = [session for session, _, _ in ear.heard].index(S2)
        assert before_the_quiet_one == 1
        assert len(ear.heard) > 10

    listening(body)


def test_a_session_that_is_unwatched_in_the_middle_of_a_flood_hears_no_more(path: Path) -> None:
    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        append(path, b"flood\n" * 200_000)
        await ear.until(lambda: bool(ear.heard))
        ear.journals.unwatch(S1)
        heard = len(ear.heard)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(ear.heard) == heard

    listening(body)


def test_each_session_hears_its_own_journal(tmp_path: Path) -> None:
    sessions = [SessionId(f"s-{n}") for n in range(50)]

    async def body(ear: Ear) -> None:
        for session in sessions:
            ear.journals.watch(session, str(tmp_path / session), 0)
        for session in sessions:
            append(tmp_path / session, f"{session}\n")
        await ear.until(lambda: len(ear.heard) == 50)

        assert sorted(ear.heard) == sorted((each, [each], len(each) + 1) for each in sessions)

    listening(body)
