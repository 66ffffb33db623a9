"""What is asked beside everything else, by threads of this process or by another: what it comes to, what is late."""

import asyncio
import contextlib
import errno
import os
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from peerd import scout
from peerd.aside import Aside
from peerd.errors import ContentLost, NoAnswer
from peerd.scout import Scout
from tests.eventually import eventually

Test = Callable[[Aside], Coroutine[Any, Any, None]]


def refused(path: str) -> None:
    raise OSError(errno.EACCES, "not for you", path)


def lost(path: str) -> None:
    raise ContentLost(f"{path} is gone")


def comes_with(path: str) -> str:
    """Waits for a file, as one does for a disk."""
    while not Path(path).exists():
        time.sleep(0.01)
    return Path(path).read_text()


def in_steps(path: str, steps: int, goes_on: Callable[[], None]) -> str:
    for _ in range(steps):
        time.sleep(0.05)
        goes_on()
    Path(path).touch()
    return path


def leaves_no_room(times: int) -> None:
    """So often no thread can be begun in the process that looks."""
    left, start = [times], threading.Thread.start

    def refused(thread: threading.Thread) -> None:
        left[0] -= 1
        if not left[0]:
            threading.Thread.start = start  # type: ignore[method-assign]
        raise RuntimeError("can't start new thread")

    threading.Thread.start = refused  # type: ignore[method-assign, assignment]


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def name() -> str:
    return Path("/proc/self/comm").read_text().strip()


async def once_some_came_back(aside: Aside) -> None:
    async with asyncio.timeout(5):
        while True:
            with contextlib.suppress(NoAnswer):
                await aside.ask("y", name)
                return
            await asyncio.sleep(0.01)


@pytest.fixture(params=["of this process", "of another"])
def asked(request: pytest.FixtureRequest) -> Callable[[Test], None]:
    def run(test: Test, late_max: int = 2) -> None:
        asyncio.run(test(Aside(late_max=late_max)))

    def run_beside(test: Test) -> None:
        async def main() -> None:
            await test(Aside((await Scout.met(at)).begin, late_max=2))

        at = scout.begun()
        asyncio.run(main())

    return run if request.param == "of this process" else run_beside


def test_what_is_asked_comes_to_what_it_returns_or_raises(asked: Callable[[Test], None], tmp_path: Path):
    async def test(aside: Aside) -> None:
        assert await aside.ask("x", os.path.isdir, str(tmp_path)) is True
        with pytest.raises(PermissionError, match="not for you"):
            await aside.ask("x", refused, "x")
        with pytest.raises(ContentLost, match="x is gone"):
            await aside.ask("x", lost, "x")

    asked(test)


def test_what_is_late_is_left_to_itself_and_so_many_at_most(asked: Callable[[Test], None], tmp_path: Path):
    one, other = (tmp_path / name for name in ("one", "other"))

    async def test(aside: Aside) -> None:
        for file in (one, other, one):
            with pytest.raises(NoAnswer, match=f"{file.name}: no answer within 0.1 s. Is its disk there"):
                await aside.ask(file.name, comes_with, str(file), within_s=0.1)
        with pytest.raises(NoAnswer, match="y: skipped, as 2 earlier looks still hang"):
            await aside.ask("y", os.path.isdir, "y")
        one.write_text("here")
        await once_some_came_back(aside)
        assert await aside.ask("x", comes_with, str(one)) == "here"

    asked(test)


def test_what_is_asked_again_while_it_is_late_is_the_same_question(asked: Callable[[Test], None], tmp_path: Path):
    file = tmp_path / "one"

    async def test(aside: Aside) -> None:
        for _ in range(5):
            with pytest.raises(NoAnswer, match="no answer"):
                await aside.ask("x", comes_with, str(file), within_s=0.05)
        again = asyncio.ensure_future(aside.ask("x", comes_with, str(file)))
        await asyncio.sleep(0)
        file.write_text("here")
        assert await again == "here"

    asked(test)


def test_what_goes_on_may_take_its_time(asked: Callable[[Test], None], tmp_path: Path):
    async def test(aside: Aside) -> None:
        assert await aside.go_on("x", in_steps, str(tmp_path / "done"), 20, still_s=0.5) == str(tmp_path / "done")

    asked(test)


def test_what_nobody_waits_for_any_more_is_ended_as_it_goes_on(asked: Callable[[Test], None], tmp_path: Path):
    async def test(aside: Aside) -> None:
        for _ in range(2):
            begun = asyncio.ensure_future(aside.go_on("x", in_steps, str(tmp_path / "done"), 10**6))
            await asyncio.sleep(0)
            begun.cancel()
            await asyncio.wait((begun,))
        await once_some_came_back(aside)

    asked(test)
    assert not (tmp_path / "done").exists()


def test_where_no_thread_can_be_begun_that_is_told_and_the_next_question_is_answered(
    asked: Callable[[Test], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(threading.Thread, "start", threading.Thread.start)  # put back in any case

    async def test(aside: Aside) -> None:
        await aside.ask("x", leaves_no_room, 2)
        for _ in range(2):
            with pytest.raises(NoAnswer, match="x: skipped, as this machine has no room for one more thread"):
                await aside.ask("x", name)
        assert await aside.ask("x", name)

    asked(test)


def test_where_the_process_that_looks_is_lost_this_one_looks_itself():
    at = scout.begun()

    async def main() -> list[str]:
        aside = Aside((await Scout.met(at)).begin)
        before = await aside.ask("x", name)
        with pytest.raises(NoAnswer, match="lost"):
            await aside.ask("x", killed)
        return [before, await aside.ask("x", name)]

    before, after = asyncio.run(main())

    assert (before, after != before) == (scout.NAME, True)


def test_the_process_that_looks_ends_with_whoever_asks(tmp_path: Path):
    at = scout.begun()

    async def its_pid() -> int:
        return await Aside((await Scout.met(at)).begin).ask("x", os.getpid)

    pid = asyncio.run(its_pid())
    assert at is not None
    at.close()

    eventually(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])


def test_where_there_is_no_room_for_another_process_this_one_looks_itself(monkeypatch: pytest.MonkeyPatch):
    def full() -> int:
        raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(os, "fork", full)
    at = scout.begun()

    async def looked() -> str:
        return await Aside((await Scout.met(at)).begin).ask("x", name)

    assert (at, asyncio.run(looked()) == name()) == (None, True)
