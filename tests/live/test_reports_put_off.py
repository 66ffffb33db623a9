"""What a sender is owed and cannot be told just now is told once it can be, without a try after the other meanwhile."""

import sys
import threading
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_reports import parent, report, said

pytestmark = pytest.mark.tmux

TAKES_NO_REPORT = """
import os, time
from peerd.daemon import main
from peerd.errors import DiskFull
from peerd.store.store import Store
right = Store.accept
async def accept(self, message, task, *along):
    if message.sender == "daemon" and os.path.exists({full!r}):
        with open({tries!r}, "a") as tries:
            print(time.monotonic(), file=tries)
        raise DiskFull("the disk is full")
    return await right(self, message, task, *along)
Store.accept = accept
main.run()
"""

RENAMES_SLOWLY = """
import asyncio, os
from peerd.daemon import main, rename
right = rename.finish_rename
async def finish(*args):
    while os.path.exists({slow!r}):
        await asyncio.sleep(0.01)
    return await right(*args)
rename.finish_rename = finish
main.run()
"""


def test_what_a_full_disk_refuses_is_tried_again_together_and_told_once(team: Team):
    full, tries = team.work / "full", team.work / "tries"
    team.start(sys.executable, "-c", TAKES_NO_REPORT.format(full=str(full), tries=str(tries)))
    parent(team)
    full.touch()
    for n in range(3):
        said(team, "bob", "count the beans", id=f"m-{n}")
        team.call("message.cancel", id=f"m-{n}")

    first, *_, last = eventually(lambda: _at_least(3, tries), within_s=20)
    full.unlink()

    assert last - first > 1.5
    assert all("failed: " in report(team, f"m-{n}")["body"] for n in range(3))
    assert team.log().count("action=tell") == 1
    assert 'action=tell why="the disk is full; it is tried again until it is on disk"' in team.log()


def _at_least(count: int, tries: Path) -> list[float]:
    """When the first few of them were."""
    at = [float(each) for each in tries.read_text().split()] if tries.exists() else []
    return at[:count] if len(at) >= count else []


def test_who_is_just_renamed_is_told_as_soon_as_that_is_over(team: Team):
    slow = team.work / "slow"
    team.start(sys.executable, "-c", RENAMES_SLOWLY.format(slow=str(slow)))
    parent(team)
    said(team, "bob", "count the beans", id="m-1", report=True)
    slow.touch()
    renaming = threading.Thread(target=team.call, args=("peer.rename",), kwargs={"peer": "ada", "name": "eve"})
    renaming.start()
    eventually(lambda: "ev=peer-renamed" in team.log())

    team.call("message.cancel", id="m-1")
    slow.unlink()
    renaming.join()

    assert report(team)["to"] == "eve"
