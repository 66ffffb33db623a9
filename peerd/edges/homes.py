"""Which folder a home is. Of two with one record the one whose path is on it is the original: programs know a home by
its path, and a copy may have been given the inode's place. One that was moved, or is reached by a link, is the only one
of its mark."""

import os
from collections.abc import Callable
from typing import NamedTuple

READ_BYTES = 1 << 13


class Where(NamedTuple):
    """Of the folder with its record: the path, links followed, and device and inode."""

    folder: str
    id: str


def where(folder: str) -> Where:
    real = os.path.realpath(folder)
    found = os.stat(real)
    return Where(real, f"{found.st_dev}:{found.st_ino}")


def is_copy(here: Where, of: Where, is_its_record: Callable[[str], bool], lock: str) -> bool:
    """Whether `here` is a copy of `of`. `is_its_record` tells of a folder whether the same record is in it; `lock`: the
    path of the one that is held here, which is seen in both where they are one folder on two file systems. What cannot
    be looked at is not there."""
    if here.folder == of.folder:
        return False
    try:
        one = where(of.folder).id == here.id or _is_one(lock, os.path.join(of.folder, os.path.basename(lock)))
    except OSError:
        one = False
    return not one and is_its_record(of.folder)


def _is_one(held: str, there: str) -> bool:
    """By what its holder wrote into it just now. Raises OSError."""
    with open(held, "rb") as ours, open(there, "rb") as other:
        said = ours.read(READ_BYTES)
        return bool(said) and said == other.read(READ_BYTES)
