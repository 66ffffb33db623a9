"""Whether a home is a copy of another one."""

from pathlib import Path

import pytest

from peerd.edges.homes import Where, is_copy, where


@pytest.mark.parametrize(
    ("held", "there", "copied"),
    [("1 2:3 /run/a", "1 2:3 /run/a", False), ("1 2:3 /run/a", "7 2:4 /run/b", True), ("", "", True)],
    ids=["one folder on two file systems", "a copy", "nothing tells"],
)
def test_the_lock_that_is_held_here_is_seen_there_where_both_are_one_home(
    tmp_path: Path, held: str, there: str, copied: bool
):
    lock, of = tmp_path / "lock", tmp_path / "of"
    of.mkdir()
    lock.write_text(held)
    (of / "lock").write_text(there)

    assert is_copy(Where("/elsewhere", "0:0"), where(str(of)), lambda folder: folder == str(of), str(lock)) is copied


def test_one_whose_record_is_not_where_it_was_is_no_copy(tmp_path: Path):
    assert not is_copy(Where("/elsewhere", "0:0"), where(str(tmp_path)), lambda _: False, str(tmp_path / "lock"))
    assert not is_copy(Where("/elsewhere", "0:0"), Where(str(tmp_path / "gone"), "1:1"), lambda _: False, "/lock")
