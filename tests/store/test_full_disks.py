"""A disk without room for a byte more: what has happened goes on record all the same, on the room held for it."""

import subprocess
import sys
from pathlib import Path

import pytest

from peerd.store.reserve import SIZE_BYTES, Reserve
from tests.store.test_commits import files_at_most

APART = ("unshare", "--map-root-user", "--mount")


def a_disk_of_its_own() -> bool:
    return subprocess.run((*APART, "true"), capture_output=True, check=False).returncode == 0


def test_room_that_is_held_in_part_only_is_not_held(tmp_path: Path):
    path = str(tmp_path / "peerd.db")
    Path(f"{path}-reserve").write_bytes(bytes(SIZE_BYTES - 1))
    reserve = Reserve(path)
    assert not reserve.held

    reserve.hold()

    assert (reserve.held, Reserve(path).held) == (True, True)


def test_room_that_can_be_held_in_part_only_is_given_back(tmp_path: Path):
    path = str(tmp_path / "peerd.db")
    reserve = Reserve(path)

    with files_at_most(SIZE_BYTES - 1):
        reserve.hold()

    assert (reserve.held, list(tmp_path.iterdir())) == (False, [])


@pytest.mark.skipif(not a_disk_of_its_own(), reason="no mount namespace may be made here")
def test_a_store_that_ends_on_a_full_disk_loses_nothing_that_has_happened(tmp_path: Path):
    command = (*APART, sys.executable, "-m", "tests.store.filling", str(tmp_path))

    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert ran.stdout.split() == ["refused", "refused", "down", "taken"], ran.stderr
