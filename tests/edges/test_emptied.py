"""A folder that is nobody's any more goes with all that is in it, and nothing beside it does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges import emptied


def test_a_folder_goes_and_what_its_links_lead_to_stays(tmp_path: Path):
    kept, folder = tmp_path / "kept", tmp_path / "folder"
    (kept / "within").mkdir(parents=True)
    (folder / "deep" / "deeper").mkdir(parents=True)
    (folder / "deep" / "link").symlink_to(kept)
    (folder / "deep" / "deeper" / "file").touch()

    emptied.remove(str(folder))

    assert sorted(os.listdir(tmp_path)) == ["kept"]
    assert (kept / "within").exists()


def test_of_a_link_only_the_link_goes_and_nothing_is_nothing(tmp_path: Path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    (tmp_path / "file").touch()

    for name in ("link", "file", "none"):
        emptied.remove(str(tmp_path / name))

    assert os.listdir(tmp_path) == ["kept"]


REMOVE = "import sys; from peerd.edges import emptied; emptied.remove(sys.argv[1])"


@pytest.mark.parametrize("mode", [0o500, 0o000], ids=["written to", "looked into"])
def test_folders_that_their_owner_may_not_open_go_too_and_others_keep_their_mode(tmp_path: Path, mode: int):
    """As of a cache of modules. Root may write anywhere, so somebody else removes it."""
    kept, folder = tmp_path / "kept", tmp_path / "folder"
    kept.mkdir(mode=0o555)
    (folder / "sealed" / "deeper").mkdir(parents=True)
    (folder / "sealed" / "deeper" / "file").touch()
    (folder / "sealed" / "link").symlink_to(kept)
    for each in ("sealed/deeper", "sealed"):
        (folder / each).chmod(mode)
    nobody = 65534
    command = [sys.executable, "-c", REMOVE, str(folder)]
    if os.geteuid() == 0:
        for root, _, _ in os.walk(tmp_path):
            os.chown(root, nobody, -1)
        for above in (tmp_path, *tmp_path.parents[:-2]):
            above.chmod(0o755)
        command = ["setpriv", f"--reuid={nobody}", "--clear-groups", *command]

    subprocess.run(command, check=True, env={"PYTHONPATH": os.getcwd()}, timeout=20)

    assert os.listdir(tmp_path) == ["kept"]
    assert kept.stat().st_mode & 0o777 == 0o555


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A folder of somebody's, mounted deep in another, by a name that wants escaping."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "file").touch()
    point = tmp_path / "folder" / "a b" / "c\\d"
    point.mkdir(parents=True)
    try:
        subprocess.run(["mount", "--bind", tmp_path / "theirs", point], check=True, capture_output=True, timeout=20)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only who may mount can try this")
    yield tmp_path / "folder"
    subprocess.run(["umount", point], check=True, timeout=20)


def test_a_folder_in_which_something_is_mounted_is_left_as_it_is(tmp_path: Path, mounted: Path):
    (mounted.with_name("folder-2")).mkdir()

    with pytest.raises(OSError, match="something is mounted in it"):
        emptied.remove(str(mounted))

    assert (tmp_path / "theirs" / "file").exists()
    assert not emptied.mounted_in(str(mounted.with_name("folder-2")))
