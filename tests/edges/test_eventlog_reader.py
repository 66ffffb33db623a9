"""Readers of the event logs: they lose no line that is kept, and say so when one is gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.edges.eventlog import Gap, Reader
from tests.edges.logs import TS, events, held, ids, log_in, numbered
from tests.eventually import eventually


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_reader_goes_back_through_all_files_and_on_from_where_it_began(folder: Path) -> None:
    log = log_in(folder, max_bytes=400, keep=50)
    held(log, *range(20))

    with Reader(str(folder), "delivery") as reader:
        held(log, *range(20, 40))
        assert ids(reader.before()) == numbered(0, 19)[::-1]
        assert ids(reader.fresh()) == numbered(20, 39)
        assert ids(reader.fresh()) == []


def test_a_reader_loses_no_line_when_the_log_is_rotated_several_times_between_its_looks(folder: Path) -> None:
    log = log_in(folder, max_bytes=300, keep=9)
    held(log, "first")
    with Reader(str(folder), "delivery") as reader:
        for burst in range(10):
            numbers = range(burst * 20, burst * 20 + 20)
            held(log, *numbers)
            assert ids(reader.fresh()) == [str(n) for n in numbers]


def test_a_reader_that_came_too_late_says_how_many_files_it_missed(folder: Path) -> None:
    log = log_in(folder, max_bytes=300, keep=3)
    held(log, 0)
    with Reader(str(folder), "delivery") as reader:
        held(log, 1, *range(2, 40))
        seen = ids(reader.fresh())

    seq = int(events(folder / "delivery.log.2")[0]["seq"])
    gap = seen.index(Gap(seq - 2))
    assert seen[:gap] == numbered(1, gap)
    assert seen[gap + 1 :] == numbered(40 - len(seen[gap + 1 :]), 39)


def test_a_reader_finishes_a_file_that_was_removed_under_it(folder: Path) -> None:
    log = log_in(folder, max_bytes=300, keep=1)
    held(log, 0)
    with Reader(str(folder), "delivery") as reader:
        held(log, 1, 2, 3, 4, 5, 6)
        assert ids(reader.fresh()) == numbered(1, 6)


def test_a_reader_that_was_there_first_sees_the_log_begin(folder: Path) -> None:
    with Reader(str(folder), "delivery") as reader:
        assert (ids(reader.before()), ids(reader.fresh())) == ([], [])
        held(log_in(folder, max_bytes=300), *range(10))
        assert ids(reader.fresh()) == numbered(0, 9)


def test_a_log_that_was_taken_away_is_not_read_twice(folder: Path) -> None:
    log = log_in(folder, max_bytes=300, keep=9)
    held(log, *range(10))
    with Reader(str(folder), "delivery") as reader:
        (folder / "delivery.log").unlink()
        held(log, 10)
        assert ids(reader.fresh()) == ["10"]


def test_a_log_that_was_cut_short_is_read_from_its_start(folder: Path) -> None:
    log = log_in(folder)
    held(log, *range(10))
    with Reader(str(folder), "delivery") as reader:
        os.truncate(folder / "delivery.log", 0)
        held(log, 10)
        assert ids(reader.fresh()) == ["10"]


def test_a_line_being_written_is_shown_once_it_is_whole(folder: Path) -> None:
    folder.mkdir()
    path = folder / "delivery.log"
    path.write_bytes(f"ts={TS} ev=held id=1\nts={TS} ev=he".encode())
    with Reader(str(folder), "delivery") as reader:
        assert (ids(reader.before()), ids(reader.fresh())) == (["1"], [])
        with path.open("ab") as file:
            file.write(b"ld id=2\n")
        assert ids(reader.fresh()) == ["2"]


@given(lengths=st.lists(st.sampled_from([0, 1, 2, 10, 65_535, 65_536, 65_537, 200_000]), max_size=6))
def test_going_back_cuts_lines_of_any_length_right(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    wanted = [f"{n}é" * 1 + "x" * length for n, length in enumerate(lengths)]
    (folder / "delivery.log").write_text("".join(f"{line}\n" for line in wanted) + "torn")

    with Reader(str(folder), "delivery") as reader:
        assert list(reader.before()) == wanted[::-1]


WRITER = """
import sys
from peerd.edges.eventlog import EventLog
log = EventLog(sys.argv[1], 20_000, 1_000, stamp=lambda: "2026-01-02T03:04:05.678Z")
for id in range(int(sys.argv[2])):
    log.write("held", id=str(id), to="ada", hold="busy")
"""


def test_a_follower_of_ten_thousand_lines_loses_none_to_rotation(folder: Path) -> None:
    with Reader(str(folder), "delivery") as reader:
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(folder), "10000"])
        seen: list[str | Gap] = []

        def caught_up() -> bool:
            seen.extend(ids(reader.fresh()))
            return len(seen) >= 10_000

        try:
            eventually(caught_up, every_s=0.001)
        finally:
            writer.kill()
            writer.wait()

    assert seen == numbered(0, 9_999)
    assert len(os.listdir(folder)) > 20


def test_a_reader_leaves_no_descriptor_behind(folder: Path) -> None:
    log = log_in(folder, max_bytes=300, keep=5)
    held(log, *range(40))
    before = len(os.listdir("/proc/self/fd"))
    with Reader(str(folder), "delivery") as reader:
        assert ids(reader.before())
        for n in range(40):
            held(log, n)
            ids(reader.fresh())
        assert len(os.listdir("/proc/self/fd")) == before + 1
    assert len(os.listdir("/proc/self/fd")) == before
    log.close()
    assert len(os.listdir("/proc/self/fd")) == before - 1
