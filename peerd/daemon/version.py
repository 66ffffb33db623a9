"""Which version of its runtime a session is started with: asked of the program, once for as long as its file is the
same.

A version that no adapter was proved against is driven in the safe mode: no dialog is answered, no Enter is repeated.
"""

import os
import shutil
from typing import NamedTuple

from peerd.adapter import Adapter
from peerd.edges import program as programs

ASK_WITHIN_S = 5.0  # measured: 0.02 to 0.06 s
ANY = "*"


class File(NamedTuple):
    """A program, told from another one in its place."""

    path: str
    mtime_ns: int
    size: int


class Versions:
    """What each program said of itself; one that did not tell is asked again."""

    def __init__(self, ask_within_s: float = ASK_WITHIN_S) -> None:
        self._within_s = ask_within_s
        self._known: dict[File, str] = {}

    async def of(self, adapter: Adapter, file: File, env: dict[str, str]) -> str | None:
        """None where it cannot be told."""
        if ANY in adapter.proved:
            return None
        if file not in self._known:
            said = await programs.output((file.path, "--version"), env, self._within_s)
            version = adapter.version(said) if said is not None else None
            if version is None:
                return None
            self._known[file] = version
        return self._known[file]


def proved(adapter: Adapter, version: str | None) -> bool:
    """Whether this adapter was tried against this version: one of those it lists, or a patch of it."""
    if ANY in adapter.proved:
        return True
    return version is not None and any(version == each or version.startswith(f"{each}.") for each in adapter.proved)


def file_of(program: str, path: str) -> File | None:
    """None where none of this name can be run. Blocks."""
    file = shutil.which(program, path=path)
    if file is None:
        return None
    found = os.stat(file)
    return File(file, found.st_mtime_ns, found.st_size)
