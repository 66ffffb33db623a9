"""A disk that does not answer, as a network's that is gone: `python -m tests.live.hungdisk FOLDER` is a daemon that has
one there, in a mount namespace of its own. It is a FUSE whose server takes every question and answers none; where that
is ended, all that is asked of it fails. With `--goes` it has a folder `there`, and answers until `goes_away`; the
kernel keeps for a while what it told of that folder, as it does for sshfs.
"""

import contextlib
import ctypes
import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live.conftest import Team

PROBE, GOES, ASKED, GONE = "--probe", "--goes", ".asked", ".gone"
NEWNS, NEWUSER = 0x20000, 0x10000000
RECURSIVELY, PRIVATE = 1 << 14, 1 << 18
NOSUID, NODEV = 2, 4
PR_SET_PDEATHSIG = 1
LOOKUP, GETATTR, INIT, ACCESS = 1, 3, 26, 34
HEADER, INITIAL = struct.Struct("<IIQ"), struct.Struct("<IIII2HII2HI7I")
ANSWER, ENTRY, ATTRIBUTES = struct.Struct("<IiQ"), struct.Struct("<QQQQII"), struct.Struct("<6Q10I")
KEPT_S, A_FOLDER, THERE = 20, 0o40777, 2
NOT_THERE = -2


def started(team: Team, *how: str) -> Path:
    """A daemon that has such a disk; returns a folder on it. Everybody else finds an empty folder in its place."""
    disk = team.root / "hung"
    disk.mkdir()
    here = (sys.executable, "-m", "tests.live.hungdisk")
    if subprocess.run((*here, PROBE, str(disk)), capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a FUSE")
    team.start(*here, *how, str(disk))
    return disk / "there"


def serves(team: Team, peer: str) -> None:
    """While something on it is asked for: another peer is given a message."""
    sent = team.send(peer, "hello", wait="submitted", timeout_s=10)
    assert sent["state"] == "submitted"


def questions(team: Team) -> int:
    """So many it was asked."""
    asked = team.root / f"hung{ASKED}"
    return asked.stat().st_size if asked.exists() else 0


def goes_away(team: Team) -> None:
    """It answers nothing from now on."""
    (team.root / f"hung{GONE}").touch()


def comes_back(team: Team) -> None:
    """All that was asked of it fails now."""
    for pid in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            asked = (pid / "cmdline").read_bytes().split(b"\0")
            if f"{team.root}/hung".encode() in asked and (pid / "comm").read_text().strip() == "hungdisk":
                os.kill(int(pid.name), signal.SIGKILL)


def _mount(folder: str) -> int:
    """The descriptor of its server."""
    libc, ids = ctypes.CDLL(None, use_errno=True), (os.getuid(), os.getgid())
    _checked(libc.unshare(NEWNS if ids[0] == 0 else NEWNS | NEWUSER))
    if ids[0]:
        Path("/proc/self/uid_map").write_text(f"{ids[0]} {ids[0]} 1")
    _checked(libc.mount(b"none", b"/", None, RECURSIVELY | PRIVATE, None))
    server = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={server},rootmode=40000,user_id={ids[0]},group_id={ids[1]}"
    _checked(libc.mount(b"hung", folder.encode(), b"fuse", NOSUID | NODEV, options.encode()))
    return server


def _checked(failed: int) -> None:
    if failed:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _serve(server: int, folder: str, *, goes: bool) -> None:
    """Says that it is there, and nothing more; or as long as it is not gone."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    Path("/proc/self/comm").write_text("hungdisk")
    while asked := os.read(server, 1 << 20):
        _, what, id = HEADER.unpack_from(asked)
        if what == INIT:
            answer = INITIAL.pack(7, 31, 0, 0, 12, 9, 4096, 1, 0, 0, 0, *[0] * 7)
            os.write(server, HEADER.pack(HEADER.size + len(answer), 0, id) + answer)
        elif goes and not os.path.exists(f"{folder}{GONE}"):
            error, told = _told(what, asked)
            os.write(server, ANSWER.pack(ANSWER.size + len(told), error, id) + told)
        else:
            with open(f"{folder}{ASKED}", "ab") as questions:
                questions.write(b"?")


def _told(what: int, asked: bytes) -> tuple[int, bytes]:
    """An errno, and an answer."""
    folder = ATTRIBUTES.pack(THERE, 0, 0, 0, 0, 0, 0, 0, 0, A_FOLDER, 2, os.getuid(), os.getgid(), 0, 0, 0)
    if what == LOOKUP and asked[40:].rstrip(b"\0") == b"there":
        return 0, ENTRY.pack(THERE, 0, KEPT_S, KEPT_S, 0, 0) + folder
    if what == GETATTR:
        return 0, struct.pack("<QII", KEPT_S, 0, 0) + folder
    return (0 if what == ACCESS else NOT_THERE), b""


def main() -> None:
    from peerd.daemon.main import run

    server = _mount(sys.argv[-1])
    if PROBE in sys.argv:
        return
    if not os.fork():
        _serve(server, sys.argv[-1], goes=GOES in sys.argv)
    os.close(server)
    sys.exit(run())


if __name__ == "__main__":
    main()
