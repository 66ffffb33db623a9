"""A folder that is nobody's any more: removed with all that is in it, and nothing beside it."""

import contextlib
import errno
import os
import re
import shutil

MOUNTS = "/proc/self/mountinfo"
MOUNT_POINT = 4
ESCAPED = re.compile(rb"\\([0-7]{3})")


def remove(path: str) -> None:
    """Nothing where it is gone; of a link the link alone. Raises OSError, also where something is mounted in it."""
    if os.path.islink(path) or not os.path.isdir(path):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        return
    if mounted_in(path):
        raise OSError(errno.EBUSY, "something is mounted in it", path)
    try:
        shutil.rmtree(path)
    except PermissionError:  # of a folder that its own owner may not write to
        _open_up(path)
        shutil.rmtree(path)


def mounted_in(path: str) -> bool:
    """Also what is of the same disk. Only Linux tells; elsewhere (getmntinfo on macOS) nothing is known of it."""
    within = os.fsencode(os.path.realpath(path))
    try:
        with open(MOUNTS, "rb") as file:
            points = [ESCAPED.sub(_byte, line.split()[MOUNT_POINT]) for line in file]
    except FileNotFoundError:
        return False
    return any(point == within or point.startswith(within + b"/") for point in points)


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes((int(found[1], 8),))


def _open_up(path: str) -> None:
    """Each before what is in it is looked for."""
    os.chmod(path, 0o700)
    for root, inner, _ in os.walk(path):
        for folder in (os.path.join(root, each) for each in inner):
            if not os.path.islink(folder):
                with contextlib.suppress(OSError):
                    os.chmod(folder, 0o700)
