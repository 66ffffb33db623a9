"""Journals that are damaged, cut short, replaced or deleted, and events that never come."""

import contextlib
import os
from pathlib import Path

import pytest

from peerd.errors import InternalError
from peerd.model.session import SessionId
from tests.edges.ear import S1, S2, S3, Ear, append, listening, mode


def kernel_watches() -> int:
    """How many watches this process's inotify instances hold."""
    count = 0
    for fd in os.listdir("/proc/self/fdinfo"):
        with contextlib.suppress(FileNotFoundError), open(f"/proc/self/fdinfo/{fd}") as file:
            count += file.read().count("inotify wd:")
    return count


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def test_what_is_no_utf_8_is_replaced_and_nothing_is_lost(path: Path) -> None:
    append(path, b"a\xff\xfeb\n\xc3\xa9\n\n\xe2\x82\nlast\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        assert ear.lines() == ["a��b", "é", "", "�", "last"]

    listening(body)


def test_a_journal_that_was_cut_short_is_read_from_its_start(path: Path) -> None:
    append(path, "one\ntwo\ntorn")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        os.truncate(path, 0)
        append(path, "new\n")
        await ear.until(lambda: "new" in ear.lines())

        assert ear.heard[1:] == [(S1, ["new"], 4)]
        assert ear.troubles == [f"{path} was cut short; reading it from its start"]

    listening(body)


def test_a_journal_that_was_replaced_is_read_from_its_start(path: Path, tmp_path: Path) -> None:
    append(path, "one\n")
    append(tmp_path / "new", "another\nand more\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        os.replace(tmp_path / "new", path)
        await ear.until(lambda: "another" in ear.lines())
        append(path, "later\n")
        await ear.until(lambda: "later" in ear.lines())

        assert ear.lines() == ["one", "another", "and more", "later"]
        assert len(ear.troubles) == 1

    listening(body)


@pytest.mark.parametrize("held", [True, False], ids=["held open by its writer", "held by nobody"])
def test_a_deleted_journal_is_created_again(path: Path, held: bool) -> None:
    append(path, "one\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        holder = os.open(path, os.O_RDONLY) if held else -1
        os.unlink(path)
        await ear.until(lambda: bool(ear.troubles))
        append(path, "two\n")
        await ear.until(lambda: "two" in ear.lines())
        append(path, "three\n")
        await ear.until(lambda: "three" in ear.lines())

        assert ear.lines() == ["one", "two", "three"]
        assert mode(path) == 0o600
        if held:
            os.close(holder)

    listening(body)


def test_a_journal_that_was_deleted_and_written_anew_at_once_is_read_from_its_start(path: Path) -> None:
    append(path, "one\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        os.unlink(path)
        append(path, "another, and longer\nand more\n")
        await ear.until(lambda: "and more" in ear.lines())

        assert ear.lines() == ["one", "another, and longer", "and more"]

    listening(body)


@pytest.mark.parametrize("offset", [2, 400], ids=["in the middle of a line", "beyond the end"])
def test_an_offset_into_another_file_is_not_believed(path: Path, offset: int) -> None:
    append(path, "one\ntwo\n")

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), offset)
        assert ear.lines() == ["one", "two"]
        assert len(ear.troubles) == 1

    listening(body)


def test_a_session_folder_that_went_is_said_and_its_journal_read_once_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "session"
    folder.mkdir()
    path = folder / "journal"

    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        os.unlink(path)
        os.rmdir(folder)
        await ear.until(lambda: bool(ear.troubles))
        os.mkdir(folder)
        append(path, "back\n")
        ear.journals.poll(S1)
        append(path, "again\n")
        await ear.until(lambda: ear.lines() == ["back", "again"])

    listening(body)


def test_lines_that_no_event_told_of_are_found_after_an_overflow(tmp_path: Path) -> None:
    queue = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if queue > 100_000:
        pytest.skip("the event queue is too long to be filled here")

    async def body(ear: Ear) -> None:
        for session in (S1, S2, S3):
            ear.journals.watch(session, str(tmp_path / session), 0)
        fds = [os.open(tmp_path / session, os.O_WRONLY | os.O_APPEND) for session in (S1, S2)]
        for _ in range(queue // 2 + 1):  # events that differ from the one before are not merged
            os.write(fds[0], b"x")
            os.write(fds[1], b"x")
        append(tmp_path / S3, "unheard\n")
        await ear.until(lambda: ear.lines(S3) == ["unheard"])
        for fd in fds:
            os.close(fd)

    listening(body)


def test_an_unwatched_journal_is_not_read(path: Path, tmp_path: Path) -> None:
    async def body(ear: Ear) -> None:
        ear.journals.watch(S1, str(path), 0)
        ear.journals.watch(S2, str(tmp_path / "other"), 0)
        append(path, "unheard\n")
        ear.journals.unwatch(S1)
        ear.journals.unwatch(S1)
        ear.journals.poll(S1)
        append(tmp_path / "other", "heard\n")
        await ear.until(lambda: bool(ear.lines(S2)))

        assert ear.lines(S1) == []
        assert kernel_watches() == 1

    listening(body)


def test_a_hundred_journals_cost_one_descriptor(tmp_path: Path) -> None:
    async def body(ear: Ear) -> None:
        before = len(os.listdir("/proc/self/fd"))
        for n in range(100):
            append(tmp_path / str(n), "line\n")
            ear.journals.watch(SessionId(str(n)), str(tmp_path / str(n)), 0)
        assert len(os.listdir("/proc/self/fd")) == before
        ear.journals.close()
        assert len(os.listdir("/proc/self/fd")) == before - 1

    listening(body)


@pytest.mark.parametrize("kind", ["fifo", "folder", "link"])
def test_what_is_no_file_is_refused_or_said_and_never_blocks(path: Path, tmp_path: Path, kind: str) -> None:
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")

    async def body(ear: Ear) -> None:
        with pytest.raises(InternalError, match="cannot follow"):
            ear.journals.watch(S1, str(path), 0)
        assert os.listdir(tmp_path) == ["journal"]

    listening(body)
