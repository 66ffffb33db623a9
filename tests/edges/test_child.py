"""A program that is begun in a thread runs once that returns, or never: who waits no longer has nothing left of it."""

import asyncio
import contextlib
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import pytest

from peerd.child import begun
from tests.eventually import eventually


def test_it_runs_once_it_was_begun_and_tells_how_it_ended(tmp_path: Path):
    async def story(says: int) -> int:
        return await (await begun(("/bin/sh", "-c", "pwd; exit 3"), env={}, stdout=says, cwd=str(tmp_path))).wait()

    with open(tmp_path / "said", "wb") as said:
        code = asyncio.run(story(said.fileno()))

    assert (code, (tmp_path / "said").read_text()) == (3, f"{tmp_path}\n")


def test_what_cannot_be_run_is_told_and_may_be_run_later(tmp_path: Path):
    program = tmp_path / "program"

    async def story() -> int:
        with pytest.raises(FileNotFoundError):
            await begun((str(program),), env={}, stdout=DEVNULL)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
        return await (await begun((str(program),), env={}, stdout=DEVNULL)).wait()

    assert asyncio.run(story()) == 0


def test_what_nobody_waits_for_any_more_before_it_runs_leaves_nothing(tmp_path: Path):
    """However far it has come by then."""

    mark = str(tmp_path)

    async def story(steps: int) -> None:
        beginning = asyncio.ensure_future(begun(("/bin/sleep", "600"), env={"MARK": mark}, stdout=DEVNULL))
        for _ in range(steps):
            await asyncio.sleep(0)
        beginning.cancel()
        await asyncio.wait((beginning,))
        if not beginning.cancelled() and beginning.exception() is None:
            beginning.result().kill()

    for steps in (1, 2, 3, 5, 8):
        asyncio.run(story(steps))

    eventually(lambda: [pid for pid in Path("/proc").glob("[0-9]*") if _is_marked(pid, mark)] == [])


class Disk:
    """Where nothing begins, as in a folder on a network's disk that is gone."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._answers, self._begin = str(folder), threading.Semaphore(0), subprocess.Popen
        monkeypatch.setattr(subprocess, "Popen", self._begun)

    def _begun(self, argv: tuple[str, ...], *, cwd: str, **others: Any) -> "subprocess.Popen[bytes]":
        if cwd == self.folder:
            self._answers.acquire()
        return self._begin(argv, cwd=cwd, **others)

    def answers(self, times: int) -> None:
        self._answers.release(times)

    async def is_late(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._run(), 0.05)

    async def is_refused(self) -> bool:
        try:
            await self._run()
        except OSError as error:
            return f"Is its disk there, and that of {self.folder}?" in str(error)
        return False

    async def _run(self) -> None:
        await begun(("/bin/true",), env={}, stdout=DEVNULL, cwd=self.folder)


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk(tmp_path, monkeypatch)
    yield disk
    disk.answers(10)


def test_a_program_that_does_not_begin_in_one_folder_is_run_in_every_other(disk: Disk):
    async def story() -> tuple[int, bool]:
        await disk.is_late()
        elsewhere = await (await begun(("/bin/true",), env={}, stdout=DEVNULL)).wait()
        return elsewhere, await disk.is_refused()

    assert asyncio.run(story()) == (0, True)


def test_a_program_is_not_begun_in_a_folder_until_every_late_run_there_is_over(disk: Disk):
    async def story() -> list[bool]:
        await asyncio.gather(disk.is_late(), disk.is_late())
        refused = []
        for left, answers in ((1, 1), (0, 2)):
            disk.answers(answers)
            await asyncio.to_thread(eventually, lambda left=left: _beginning() == left)
            refused.append(await disk.is_refused())
        return refused

    assert asyncio.run(story()) == [True, False]


def _beginning() -> int:
    return sum(each.name == "begin" for each in threading.enumerate())


def _is_marked(pid: Path, mark: str) -> bool:
    try:
        return f"MARK={mark}".encode() in (pid / "environ").read_bytes()
    except OSError:
        return False
