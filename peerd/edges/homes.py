"""Which folder a home is. A copy has neither the path nor the inode of the one it was made from, which is there still.
One that was moved, is reached by a link or was put back has one of the two, or is the only one."""

import os
from typing import NamedTuple


class Where(NamedTuple):
    """Of the folder with its record: the path, links followed, and device and inode."""

    folder: str
    id: str


def where(folder: str) -> Where:
    real = os.path.realpath(folder)
    found = os.stat(real)
    return Where(real, f"{found.st_dev}:{found.st_ino}")


def is_copy(here: Where, of: Where, record: str) -> bool:
    """Whether `here` is a copy of `of`. `record`: the name of the file in it that makes a folder a home's. What cannot
    be looked at is there."""
    if here.id == of.id:
        return False
    try:
        os.stat(os.path.join(of.folder, record))
        return where(of.folder).id != here.id
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
