"""A disk without room for a byte more: what has happened goes on record all the same, on the room held for it."""

import subprocess
import sys
from pathlib import Path

import pytest

APART = ("unshare", "--map-root-user", "--mount")


def a_disk_of_its_own() -> bool:
    return subprocess.run((*APART, "true"), capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not a_disk_of_its_own(), reason="no mount namespace may be made here")
def test_a_store_that_ends_on_a_full_disk_loses_nothing_that_has_happened(tmp_path: Path):
    command = (*APART, sys.executable, "-m", "tests.store.filling", str(tmp_path))

    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert ran.stdout.split() == ["refused", "down"], ran.stderr
