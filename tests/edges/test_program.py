"""A program that is asked something is waited for by its own end, and for no longer than that."""

import asyncio
import contextlib
import itertools
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.process import alive, identify
from peerd.edges.program import SAID_MAX_BYTES, Ended, output, told
from peerd.model.session import Process
from tests.eventually import eventually

WITHIN_S = 0.5
PATIENCE_S = 5.0


def script(folder: Path, *lines: str) -> tuple[str]:
    path = folder / "program"
    path.write_text("\n".join(("#!/bin/sh", *lines)))
    path.chmod(0o755)
    return (str(path),)


async def asked(argv: tuple[str, ...], within_s: float = WITHIN_S) -> str | None:
    return await asyncio.wait_for(output(argv, dict(os.environ), within_s), PATIENCE_S)


def helper(folder: Path) -> Process:
    """What the program began, once it wrote that down."""
    noted = folder / "helper"
    found = identify(int(eventually(lambda: noted.exists() and noted.read_text())))
    assert found is not None
    return found


def test_a_program_whose_child_holds_its_output_is_given_up_in_time_and_its_child_ended(tmp_path: Path):
    argv = script(tmp_path, f"sleep 30 & echo $! >{tmp_path}/helper", "wait")

    async def story() -> tuple[str | None, Process]:
        asking = asyncio.create_task(asked(argv))
        found = await asyncio.to_thread(helper, tmp_path)
        return await asking, found

    said, child = asyncio.run(story())

    assert said is None
    assert eventually(lambda: not alive(child))


def test_of_a_program_whose_answer_nobody_waits_for_any_more_nothing_is_left(tmp_path: Path):
    argv = script(tmp_path, f"sleep 30 & echo $! >{tmp_path}/helper", "wait")

    async def story() -> Process:
        asking = asyncio.create_task(asked(argv, within_s=60.0))
        found = await asyncio.to_thread(helper, tmp_path)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        return found

    child = asyncio.run(story())

    assert eventually(lambda: not alive(child))


def test_what_a_program_left_running_does_not_keep_its_answer_back(tmp_path: Path):
    argv = script(tmp_path, f"sleep 30 & echo $! >{tmp_path}/helper", "echo 1.2.3")

    try:
        assert asyncio.run(asked(argv, within_s=4.0)) == "1.2.3\n"
    finally:
        os.kill(helper(tmp_path).pid, 9)


@pytest.mark.parametrize(
    ("lines", "said"),
    [(("echo out; echo err >&2",), "out\nerr\n"), ((":",), ""), (("echo no; exit 3",), None)],
    ids=["both outputs", "nothing", "fails"],
)
def test_what_a_program_prints_counts_where_it_succeeds(tmp_path: Path, lines: tuple[str, ...], said: str | None):
    assert asyncio.run(asked(script(tmp_path, *lines), within_s=4.0)) == said


MUCH = 4 * SAID_MAX_BYTES


def test_a_program_that_prints_much_comes_to_its_end_and_the_last_of_that_is_kept(tmp_path: Path):
    argv = script(tmp_path, f"head -c {MUCH} /dev/zero | tr '\\0' x", "printf end")

    ended = asyncio.run(asyncio.wait_for(told(argv, dict(os.environ), b"", 4.0), PATIENCE_S))
    said = asyncio.run(asked(argv, within_s=4.0))

    assert (ended.failed, len(ended.said), ended.said[-3:]) == ("", SAID_MAX_BYTES, "end")
    assert said is not None
    assert said.endswith("xend")


def test_a_program_that_never_stops_printing_is_given_up_in_time(tmp_path: Path):
    ended = asyncio.run(asyncio.wait_for(told(("yes",), dict(os.environ), b"", WITHIN_S), PATIENCE_S))

    assert (ended.failed, ended.said[:4]) == ("no end within 0.5 s", "y\ny\n")


@pytest.mark.parametrize("left", range(5))
def test_a_program_that_no_descriptor_is_left_for_is_not_run_and_that_is_told(left: int):
    """Each that is missing may be another one."""

    async def story() -> tuple[Ended, str | None]:
        with descriptors_left(left):
            return await told(("true",), dict(os.environ), b"", WITHIN_S), await output(("true",), {}, WITHIN_S)

    assert asyncio.run(story()) == (Ended("Too many open files", ""), None)


@contextlib.contextmanager
def descriptors_left(count: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = (fd for fd in itertools.count() if not os.path.exists(f"/proc/self/fd/{fd}"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (next(itertools.islice(free, count, None)), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
