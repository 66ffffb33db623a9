"""Folders that change, are not there yet, or go and come again."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from peerd.edges.watch import Mark, follow, looks, marks
from tests.eventually import eventually

Next = Callable[[], Awaitable[frozenset[str]]]


async def changes(folder: str) -> AsyncGenerator[frozenset[str], None]:
    """By name, for who has read all of it at the first turn."""
    seen: dict[str, Mark] | None = None
    async with aclosing(looks(folder)) as turns:
        async for _ in turns:
            there = marks(folder)
            assert there is not None
            before, seen = seen, there
            changed = (before or {}).items() ^ there.items()
            if changed or before is None:
                yield frozenset(name for name, _ in changed)


def watching(folder: Path, body: Callable[[Next], Awaitable[None]]) -> None:
    async def main() -> None:
        async with aclosing(changes(str(folder))) as batches:
            await body(lambda: asyncio.wait_for(anext(batches), 5.0))

    asyncio.run(main())


def save(path: Path, text: str) -> None:
    """As an editor does: beside it, then over it."""
    new = path.with_suffix(".new")
    new.write_text(text)
    os.replace(new, path)


async def gathered(next_batch: Next, wanted: set[str]) -> set[str]:
    """All that changed until what is wanted did."""
    names: set[str] = set()
    while not wanted <= names:
        names |= await next_batch()
    return names


def test_the_first_batch_names_all_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "ada.toml").write_text("")
    (tmp_path / "bob.toml").write_text("")

    async def body(next_batch: Next) -> None:
        assert await next_batch() == {"ada.toml", "bob.toml"}

    watching(tmp_path, body)


def test_the_first_batch_comes_at_once_also_where_nothing_is_there_any_more(tmp_path: Path) -> None:
    async def body(next_batch: Next) -> None:
        assert await next_batch() == frozenset()

    watching(tmp_path, body)


def test_what_is_added_changed_and_removed_is_named_and_nothing_else(tmp_path: Path) -> None:
    for name in ("ada.toml", "bob.toml", "eve.toml"):
        (tmp_path / name).write_text("1")

    async def body(next_batch: Next) -> None:
        await next_batch()
        save(tmp_path / "ada.toml", "2")
        assert await gathered(next_batch, {"ada.toml"}) <= {"ada.toml", "ada.new"}
        save(tmp_path / "new.toml", "1")
        assert await gathered(next_batch, {"new.toml"}) <= {"new.toml", "new.new"}
        os.unlink(tmp_path / "bob.toml")
        assert await gathered(next_batch, {"bob.toml"}) == {"bob.toml"}

    watching(tmp_path, body)


def test_a_folder_that_is_not_there_yet_is_watched_once_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet" / "peers"

    async def body(next_batch: Next) -> None:
        waiting = asyncio.ensure_future(next_batch())
        for _ in range(20):  # turns of the loop: by then the nearest folder there is, is watched
            await asyncio.sleep(0)
        os.makedirs(folder)
        save(folder / "ada.toml", "1")
        assert await waiting <= {"ada.toml", "ada.new"}
        save(folder / "bob.toml", "1")
        assert "bob.toml" in await gathered(next_batch, {"bob.toml"})

    watching(folder, body)


def test_a_folder_that_went_and_came_again_is_watched_on(tmp_path: Path) -> None:
    folder = tmp_path / "peers"
    folder.mkdir()
    save(folder / "ada.toml", "1")

    async def body(next_batch: Next) -> None:
        assert await next_batch() == {"ada.toml"}
        shutil.rmtree(folder)
        assert await next_batch() == {"ada.toml"}
        os.mkdir(folder)
        save(folder / "bob.toml", "1")
        assert "bob.toml" in await gathered(next_batch, {"bob.toml"})

    watching(folder, body)


def test_a_change_behind_a_link_is_seen(tmp_path: Path) -> None:
    folder = tmp_path / "peers"
    folder.mkdir()
    (tmp_path / "dotfile").write_text("1")
    (folder / "ada.toml").symlink_to(tmp_path / "dotfile")
    (folder / "dangling.toml").symlink_to(tmp_path / "nowhere")

    async def body(next_batch: Next) -> None:
        assert await next_batch() == {"ada.toml"}
        save(tmp_path / "dotfile", "22")
        assert await next_batch() == {"ada.toml"}

    watching(folder, body)


def test_a_watch_that_is_closed_leaves_no_descriptor_and_no_thread(tmp_path: Path) -> None:
    (tmp_path / "ada.toml").write_text("")

    async def body(next_batch: Next) -> None:
        await next_batch()
        save(tmp_path / "ada.toml", "2")
        await gathered(next_batch, {"ada.toml"})

    def held() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    watching(tmp_path, body)
    descriptors, threads = held()
    for _ in range(4):
        watching(tmp_path, body)
    eventually(lambda: held()[0] <= descriptors and held()[1] <= threads)


def test_a_watch_that_is_cancelled_again_while_it_ends_has_ended(tmp_path: Path) -> None:
    """As by asyncio.run, which cancels all that is left."""

    async def main() -> None:
        began = asyncio.Event()

        async def watch() -> None:
            async for _ in looks(str(tmp_path)):
                began.set()

        watching = asyncio.create_task(watch())
        await began.wait()
        await asyncio.sleep(0)
        for _ in range(2):
            watching.cancel()
            await asyncio.sleep(0)
        done, _ = await asyncio.wait([watching], timeout=5.0)
        assert done
        assert watching.cancelled()

    asyncio.run(asyncio.wait_for(main(), 10.0))


def test_a_follower_looks_at_once_and_again_at_each_change(tmp_path: Path) -> None:
    stop = threading.Event()
    log = tmp_path / "log" / "lifecycle.log"
    looks = follow(str(log.parent), stop)

    next(looks)
    log.parent.mkdir()
    log.write_text("line\n")
    next(looks)
    stop.set()
    with pytest.raises(StopIteration):
        next(looks)


def test_ctrl_c_ends_a_follower_that_waits(tmp_path: Path) -> None:
    program = """
import sys, threading
from peerd.edges.watch import follow
try:
    for _ in follow(sys.argv[1], threading.Event()):
        print("looked", flush=True)
except KeyboardInterrupt:
    print("stopped", flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert [child.stdout.readline(), child.stdout.readline()] == ["looked\n", "looked\n"]

    child.send_signal(signal.SIGINT)

    assert child.communicate(timeout=5)[0].splitlines()[-1] == "stopped"


def test_nothing_heavy_is_imported_before_something_is_watched() -> None:
    program = "import sys, peerd.edges.watch; print('watchfiles' in sys.modules or 'anyio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"
