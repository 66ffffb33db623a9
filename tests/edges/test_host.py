"""The lock that makes one daemon the owner of a home."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.host import OwnerLock, boot_id
from peerd.errors import AlreadyRunning, ConfigError

TAKER = """
import sys
from peerd.edges.host import OwnerLock
from peerd.errors import AlreadyRunning
sys.stdin.readline()
try:
    lock = OwnerLock.take(sys.argv[1])
except AlreadyRunning as error:
    print(error, flush=True)
else:
    print("taken", flush=True)
sys.stdin.read()
"""


class Taker:
    """A process that takes the lock when told, and holds it until its input ends."""

    def __init__(self, path: Path) -> None:
        argv = [sys.executable, "-c", TAKER, str(path)]
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def said(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()


@pytest.fixture
def takers(tmp_path: Path) -> Iterator[list[Taker]]:
    takers = [Taker(tmp_path / "state" / "lock") for _ in range(4)]
    yield takers
    for taker in takers:
        taker.process.kill()
        taker.process.communicate()


def test_of_racing_daemons_one_owns_the_home(takers: list[Taker], tmp_path: Path) -> None:
    for taker in takers:
        taker.go()
    said = [taker.said() for taker in takers]

    (owner,) = (taker for taker, words in zip(takers, said, strict=True) if words == "taken")
    losers = [words for words in said if words != "taken"]
    assert len(losers) == 3
    for words in losers:
        assert str(tmp_path / "state") in words
        assert "peerd daemon stop" in words
    with pytest.raises(AlreadyRunning, match=rf"\(pid {owner.process.pid}\)"):
        OwnerLock.take(str(tmp_path / "state" / "lock"))


def test_a_killed_owner_leaves_the_home_to_the_next(takers: list[Taker], tmp_path: Path) -> None:
    path = tmp_path / "state" / "lock"
    takers[0].go()
    assert takers[0].said() == "taken"
    inode = path.stat().st_ino

    takers[0].process.send_signal(signal.SIGKILL)
    takers[0].process.wait(5)

    lock = OwnerLock.take(str(path))
    assert (path.stat().st_ino, path.read_text()) == (inode, f"{os.getpid()}\n")
    lock.release()


def test_a_released_home_is_free_at_once_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first = OwnerLock.take(str(path))
    first.release()
    first.release()
    inode = path.stat().st_ino

    second = OwnerLock.take(str(path))
    assert path.stat().st_ino == inode
    second.release()


def test_a_child_does_not_keep_its_daemons_home(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = OwnerLock.take(str(path))
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    try:
        lock.release()
        OwnerLock.take(str(path)).release()
    finally:
        child.kill()
        child.wait()


def test_a_child_that_does_not_run_yet_does_not_keep_a_released_home(tmp_path: Path) -> None:
    """It has every descriptor of its daemon until it runs, and stands still where its folder's disk does not answer."""
    path = str(tmp_path / "state" / "lock")
    lock = OwnerLock.take(path)
    of_the_child = os.dup(lock.fd)

    lock.release()

    OwnerLock.take(path).release()
    os.close(of_the_child)


def test_reading_the_lock_file_does_not_drop_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = OwnerLock.take(str(path))
    assert path.read_text() == f"{os.getpid()}\n"

    with pytest.raises(AlreadyRunning):
        OwnerLock.take(str(path))
    lock.release()


def test_a_lock_file_full_of_garbage_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.write_bytes(b"\xff\x00not a pid\n" * 100)
    lock = OwnerLock.take(str(path))
    path.write_bytes(b"\xff\x00")

    with pytest.raises(AlreadyRunning, match="a daemon owns"):
        OwnerLock.take(str(path))
    lock.release()


def test_the_lock_and_its_folder_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "lock"
    lock = OwnerLock.take(str(path))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    lock.release()


def test_a_home_that_cannot_be_locked_is_a_matter_of_configuration(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file, no folder")

    with pytest.raises(ConfigError, match="PEERD_HOME"):
        OwnerLock.take(str(tmp_path / "state" / "lock"))


def test_a_boot_has_one_id() -> None:
    assert len(boot_id()) == 36
    assert boot_id() == boot_id()
