"""The files of a system prompt, as they are found: read in order, bounded, and never a failure."""

import os
from pathlib import Path

import pytest

from peerd.core.systemprompt import Written
from peerd.daemon.systemprompt import FRAGMENTS_MAX, Found, read
from peerd.paths import Home, home


@pytest.fixture
def here(tmp_path: Path) -> Home:
    made = home({"PEERD_HOME": str(tmp_path / "p")})
    Path(made.fragments).mkdir(parents=True)
    return made


@pytest.fixture
def work(tmp_path: Path) -> Path:
    (tmp_path / "work" / ".peerd" / "fragments").mkdir(parents=True)
    return tmp_path / "work"


def test_what_is_for_all_comes_before_what_is_the_folders_own_by_name(here: Home, work: Path):
    Path(here.doctrine).write_text("all")
    (work / ".peerd" / "doctrine.md").write_text("own")
    for folder, names in ((Path(here.fragments), "ba"), (work / ".peerd" / "fragments", "dc")):
        for name in names:
            (folder / f"{name}.md").write_text(name)
        (folder / "notes.txt").write_text("no fragment")
        (folder / ".hidden.md").write_text("no fragment either")

    assert read(here, str(work)) == Found(Written(("all", "own"), ("a", "b", "c", "d")), ())


def test_where_nothing_is_nothing_is_missed(tmp_path: Path):
    assert read(home({"PEERD_HOME": str(tmp_path)}), "/nowhere") == Found(Written(("", ""), ()), ())


def test_what_cannot_be_read_is_told_and_costs_only_itself(here: Home, work: Path):
    Path(here.doctrine).mkdir()
    os.mkfifo(Path(here.fragments) / "a.md")
    (Path(here.fragments) / "b.md").write_text("kept")
    (work / ".peerd" / "fragments").rmdir()
    (work / ".peerd" / "fragments").write_text("no folder")

    found = read(here, str(work))

    assert found.written == Written(("", ""), ("", "kept"))
    assert [each.partition(".md")[2] or each for each in found.wrong[:2]] == [
        " is a folder. Put a readable file there, or remove it.",
        ": not a regular file. Put a readable file there, or remove it.",
    ]
    assert found.wrong[2].endswith("fragments: Not a directory. Make it a readable folder, or remove it.")


def test_a_link_in_the_folder_leads_to_no_file_elsewhere(here: Home, work: Path, tmp_path: Path):
    (tmp_path / "secret").write_text("a key")
    (work / "within.md").write_text("within")
    (work / ".peerd" / "doctrine.md").symlink_to(tmp_path / "secret")
    (work / ".peerd" / "fragments" / "a.md").symlink_to(work / "within.md")
    Path(here.doctrine).symlink_to(tmp_path / "secret")  # the person's own

    found = read(here, str(work))

    assert found.written == Written(("a key", ""), ("within",))
    assert found.wrong == (f"{work}/.peerd/doctrine.md leads out of its folder; it is not used. Put a file there.",)


def test_a_long_file_is_cut_and_a_long_list_too_and_both_are_told(here: Home, work: Path):
    Path(here.doctrine).write_text("line\n" * 20_000)
    for n in range(FRAGMENTS_MAX + 1):
        (Path(here.fragments) / f"{n:03}.md").write_text(str(n))

    found = read(here, str(work))

    assert len(found.written.doctrine[0]) < 65_700
    assert found.written.fragments[-1] == str(FRAGMENTS_MAX - 1)
    assert found.wrong == (
        f"{here.doctrine} is over 65536 bytes; the rest is not used. Shorten it.",
        f"{here.fragments} has {FRAGMENTS_MAX + 1} fragments; only the first {FRAGMENTS_MAX} are used.",
    )
