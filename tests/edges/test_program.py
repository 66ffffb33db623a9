"""A program that is asked something is waited for by its own end, and for no longer than that."""

import asyncio
import os
from pathlib import Path

import pytest

from peerd.edges.process import alive, identify
from peerd.edges.program import output
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
