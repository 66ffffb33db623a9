"""A team that cannot be brought about whole: not begun where that can be seen before, else told how far it came."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_removed_in_trouble import held, removed_by_halves, start
from tests.live.test_repeated import names
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux

TEAM = "".join(f"[peers.{name}]\nruntime = 'shell'\ndir = '.'\n" for name in ("ann", "bob", "eve"))


def folder(file: Path) -> None:
    file.mkdir()


def dangling(file: Path) -> None:
    file.symlink_to(file.parent / "nowhere")


def pipe(file: Path) -> None:
    os.mkfifo(file)


def wrong(file: Path) -> None:
    file.write_text("name = 3\n")


def brought(team: Team, *words: str) -> tuple[int, str]:
    file = team.work / "team.toml"
    file.write_text(TEAM)
    ran = team.run("up", str(file), *words)
    return ran.code, ran.err


@pytest.mark.parametrize("put", [folder, dangling, pipe, wrong])
@pytest.mark.parametrize("word", ["--dry-run", "--yes"])
def test_no_team_is_planned_or_begun_while_something_is_in_the_place_of_a_spec_of_it(
    up: Team, put: Callable[[Path], None], word: str
):
    put(file_of(up, "bob"))

    code, told = brought(up, word)

    assert (code, str(file_of(up, "bob")) in told, names(up)) == (78, True, [])


def test_a_spec_that_was_written_just_now_is_changed_by_a_team_and_not_added(up: Team):
    file_of(up, "bob").write_text(f"name = 'bob'\nruntime = 'shell'\ndir = '{up.work}'\nidle_s = 77\n")

    assert brought(up, "--yes")[0] == 0

    assert names(up) == ["ann", "bob", "eve"]
    assert up.show("bob")["spec"]["idle_s"] == 77


def test_no_team_is_begun_of_which_the_file_of_a_removed_peer_is_in_the_way(team: Team):
    start(team)
    team.add("ada", "shell")
    held(team).touch()
    removed_by_halves(team)
    file = team.work / "team.toml"
    file.write_text(TEAM + "[peers.ada]\nruntime = 'shell'\ndir = '.'\n")

    ran = team.run("up", str(file), "--yes")
    assert (ran.code, "the spec of the removed peer ada still exists" in ran.err) == (75, True)
    assert (ran.err.rstrip().endswith("Nothing was done."), names(team)) == (True, [])

    held(team).unlink()
    assert team.run("up", str(file), "--yes").code == 0
    assert names(team) == ["ada", "ann", "bob", "eve"]


FULL = f"""
import os
right = os.fsync
def fsync(descriptor):
    if "bob" in os.readlink(f"/proc/self/fd/{{descriptor}}"):
        raise OSError(28, "No space left on device")
    return right(descriptor)
os.fsync = fsync
{RUN_DAEMON}
"""
"""A daemon whose disk is full whenever it is bob's turn."""


def test_who_brings_a_team_about_that_stops_in_the_middle_is_told_what_was_done(team: Team):
    team.start(sys.executable, "-c", FULL)

    code, told = brought(team, "--yes")

    assert (code, names(team)) == (75, ["ann"])
    assert "Of bob nothing was added; make room, then try again." in told
    assert told.rstrip().endswith("What comes before it is done: ann; `peerd up` again plans the rest.")
