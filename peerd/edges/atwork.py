"""What is still at work in a folder that git was making, among what git began: read of /proc, nothing is signalled."""

import contextlib
import os
from collections.abc import Iterable

import msgspec

BACKGROUND = frozenset({"credential-cache--daemon", "daemon", "fsmonitor--daemon", "gc", "maintenance"})
"""What git leaves running by design, perhaps forever; none writes into a worktree."""

COMMAND_MAX_CHARS = 80


class Working(msgspec.Struct, frozen=True):
    pid: int
    command: str


def at_work(pids: Iterable[int], folder: str) -> list[Working]:
    """Those of the pids that make the folder, or still write into it: the git that adds it, also before it is there;
    any other git, such as its checkout; and what has a file in it open for writing. Not what merely outlived its git: a
    filter, whose output nobody takes any more, or a helper of one. A file that such a one leaves there is looked at as
    anybody's is."""
    found = ((pid, _words(pid)) for pid in pids)
    return [Working(pid, _shown(words)) for pid, words in found if words and _works(pid, words, folder)]


def _works(pid: int, words: list[str], folder: str) -> bool:
    if folder in words and "worktree" in words:  # also a wrapper of git
        return True
    return os.path.lexists(folder) and (_is_git(pid, words) or _writes(pid, folder))


def _words(pid: int) -> list[str]:
    """Its command line; empty where it is dead."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
        return [os.fsdecode(each) for each in file.read().split(b"\0")[:-1]]
    return []


def _shown(words: list[str]) -> str:
    told = [each for before, each in zip(["", *words], words, strict=False) if "-c" not in (before, each)]
    text = " ".join([os.path.basename(words[0]), *told[1:]])
    return text if len(text) <= COMMAND_MAX_CHARS else f"{text[:COMMAND_MAX_CHARS]}..."


def _is_git(pid: int, words: list[str]) -> bool:
    """What cannot be told counts as git."""
    try:
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
    except OSError:
        return os.path.lexists(f"/proc/{pid}/exe")
    return program.strip(".").removesuffix("-wrapped") == "git" and BACKGROUND.isdisjoint(words)


def _writes(pid: int, folder: str) -> bool:
    below, descriptors = os.path.join(os.path.realpath(folder), ""), f"/proc/{pid}/fd"
    with contextlib.suppress(OSError):
        return any(_is_written(pid, each, below) for each in os.listdir(descriptors))
    return False


def _is_written(pid: int, descriptor: str, below: str) -> bool:
    with contextlib.suppress(OSError):
        if os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith(below):
            with open(f"/proc/{pid}/fdinfo/{descriptor}", encoding="ascii") as file:
                flags = next(line.split()[1] for line in file if line.startswith("flags:"))
            return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
    return False
