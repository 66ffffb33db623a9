"""What still writes into a folder that git was making, told from what merely outlived it."""

import os
import sys
from pathlib import Path

import pytest

from peerd.edges.atwork import Working, at_work
from tests.edges.children import Start, first_line
from tests.eventually import eventually

pytestmark = pytest.mark.git

OPENS = "import os, sys; os.open(sys.argv[1], getattr(os, sys.argv[2]) | os.O_CREAT); print(flush=True); input()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "ada").mkdir()
    return tmp_path / "ada"


def test_a_git_is_at_work_and_named_but_not_where_the_folder_is_gone(start: Start, folder: Path):
    child = start("git", "-c", "a.b=c", "hash-object", "--stdin")
    eventually(lambda: at_work([child.pid], str(folder)) == [Working(child.pid, "git hash-object --stdin")])

    folder.rmdir()
    assert at_work([child.pid], str(folder)) == []


def test_the_git_that_makes_it_is_at_work_before_there_is_a_folder_and_by_whatever_name_it_runs(
    start: Start, folder: Path
):
    (folder.parent / "git").write_text("read line\n")
    child = start("/bin/sh", str(folder.parent / "git"), "worktree", "add", str(folder))
    folder.rmdir()

    eventually(lambda: [each.pid for each in at_work([child.pid], str(folder))] == [child.pid])


def test_a_daemon_of_gits_own_is_not_at_work(start: Start, folder: Path):
    (folder.parent / "run").mkdir(mode=0o700)
    child = start("git", "-C", str(folder), "credential-cache--daemon", str(folder.parent / "run" / "socket"))
    assert first_line(child) == "ok"

    assert at_work([child.pid], str(folder)) == []


@pytest.mark.parametrize(("mode", "at_it"), [("O_WRONLY", True), ("O_RDWR", True), ("O_RDONLY", False)])
def test_what_has_a_file_in_it_open_for_writing_is_at_work(start: Start, folder: Path, mode: str, at_it: bool):
    child = start(sys.executable, "-c", OPENS, str(folder / "file"), mode)
    first_line(child)

    (folder.parent / "link").symlink_to(folder)
    assert bool(at_work([child.pid], str(folder.parent / "link"))) is at_it
    assert at_work([child.pid], str(folder.parent / "link") + "2") == []


def test_what_merely_runs_in_the_folder_or_is_dead_is_not_at_work(start: Start, folder: Path):
    child = start("env", "-C", str(folder), "cat")
    eventually(lambda: os.readlink(f"/proc/{child.pid}/cwd") == str(folder))
    dead = start("true")
    eventually(lambda: not Path(f"/proc/{dead.pid}/cmdline").read_bytes())

    assert at_work([child.pid, dead.pid], str(folder)) == []
