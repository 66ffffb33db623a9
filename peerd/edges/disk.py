"""Whether a disk takes what is written, and whether that was what failed. Leaves nothing behind."""

import errno
import os
import tempfile

from peerd.errors import DiskFull, TmuxError

NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def found_full(error: Exception) -> bool:
    """Whether this is a disk, or a quota, that takes nothing more."""
    if isinstance(error, TmuxError):
        return any(os.strerror(each) in error.why for each in NO_ROOM)
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in NO_ROOM)


def refusal(folder: str, size: int) -> str | None:
    """Why so many bytes cannot be written in this folder now; None: they can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"\0" * size)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror or str(error)
    return None
