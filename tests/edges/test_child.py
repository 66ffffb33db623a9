"""A program that is begun in a thread runs once that returns, or never: who waits no longer has nothing left of it."""

import asyncio
from pathlib import Path
from subprocess import DEVNULL

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


def _is_marked(pid: Path, mark: str) -> bool:
    try:
        return f"MARK={mark}".encode() in (pid / "environ").read_bytes()
    except OSError:
        return False
