"""What belongs to a session, and its end. A process does by its own mark; else by its nearest ancestor that does; else
by the leader of its kernel session. A session's runtime is its own whatever its environment shows.

Parentage from what carries our mark is the mark. One's own other mark wins over it, also an empty one: nobody's.
"""

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import Collection, Mapping

import msgspec

from peerd.edges.process import ancestors, end, read_stat, stat_of, tell
from peerd.model.session import Left, Process, SessionId

MARK = b"\0PEERD_SESSION="
NOBODYS = "\0"
"""An empty mark, as no environment can say it, and no session is called, whatever a record says."""

CHUNK_BYTES = 32768  # an environment has a few KB as a rule
SWEEPS_MAX = 8  # what forks faster than eight rounds of SIGKILL is left, and counted by the next census


class Seen(msgspec.Struct, frozen=True):
    """A process in one look. `mark`: None where it shows none, or may not be read."""

    parent: int
    leader: int  # of its kernel session
    start: int
    used: int = 0
    reaped: int = 0
    dead: bool = False
    mark: str | None = None


class Swept(msgspec.Struct, frozen=True):
    ended: int
    left: tuple[Left, ...] = ()


def look() -> dict[int, Seen]:
    """All processes, of whichever uid, with the marks of those that may be read: what is another user's, or nobody's,
    may say so to root too. About 25 us a process. Raises OSError where that cannot be told."""
    found = {}
    for pid in (int(name) for name in os.listdir("/proc") if name.isdecimal()):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            stat = read_stat(pid)
            dead = stat.state in b"ZX"
            found[pid] = Seen(stat.parent, stat.leader, stat.start, stat.used, stat.reaped, dead, _mark(pid))
    return found


def _mark(pid: int) -> str | None:
    try:
        _, shown, rest = (b"\0" + _environ(pid)).partition(MARK)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise  # it may show another one
        return None
    return (os.fsdecode(rest.partition(b"\0")[0]) or NOBODYS) if shown else None


def _environ(pid: int) -> bytes:
    fd = os.open(f"/proc/{pid}/environ", os.O_RDONLY | os.O_CLOEXEC)
    try:
        data = os.read(fd, CHUNK_BYTES)
        while len(data) % CHUNK_BYTES == 0 and (more := os.read(fd, CHUNK_BYTES)):
            data += more
        return data
    finally:
        os.close(fd)


class Kin:
    """Whose each process is, in one look. `roots` are known to be of their session, whatever they show. What this
    process starts is nobody's; nor is what init has adopted."""

    def __init__(self, seen: Mapping[int, Seen], roots: Mapping[Process, SessionId]) -> None:
        self._seen = seen
        self._roots = {each.pid: (each.start, id) for each, id in roots.items() if each.pid > 1}
        self._known: dict[int, str | None] = {os.getpid(): NOBODYS, 0: None, 1: None}  # in this order: it may be init

    def of(self, pid: int) -> str | None:
        line = []
        while pid not in self._known:
            line.append(pid)
            self._known[pid] = None  # whoever comes by here again goes round in a circle: a race
            pid = self._parent(pid)
        whose = self._known[pid]
        for each in reversed(line):
            whose = self._known[each] = self._whose(each, whose)
        return whose

    def _parent(self, pid: int) -> int:
        """0 where that is not known. What is younger than its child has another's pid by now."""
        child = self._seen.get(pid)
        parent = self._seen.get(child.parent) if child is not None else None
        return child.parent if child is not None and parent is not None and parent.start <= child.start else 0

    def _whose(self, pid: int, parents: str | None) -> str | None:
        seen = self._seen.get(pid)
        if seen is None:
            return None
        start, id = self._roots.get(pid, (None, None))
        if start == seen.start:
            return id
        if seen.mark is not None or parents is not None:
            return parents if seen.mark is None else seen.mark
        return self._led(seen) if seen.leader != pid else None

    def _led(self, seen: Seen) -> str | None:
        """By the leader of its kernel session. A root that is gone led it as long as its pid is nobody else's: the
        kernel gives none anew that is still the number of a session of living processes."""
        leader = self._seen.get(seen.leader)
        if leader is not None:
            return self.of(seen.leader) if leader.start <= seen.start else None
        start, id = self._roots.get(seen.leader, (seen.start + 1, None))
        return id if start <= seen.start else None


def children(runtimes: Mapping[Process, SessionId]) -> dict[SessionId, dict[Process, Seen]]:
    """The living processes of every session. Reads all of /proc."""
    seen = look()
    kin, found = Kin(seen, runtimes), dict[SessionId, dict[Process, Seen]]()
    for pid, each in seen.items():
        id = None if each.dead else kin.of(pid)
        if id:
            found.setdefault(SessionId(id), {})[Process(pid, each.start)] = each
    return found


def members(session: SessionId, known: Collection[Process] = ()) -> frozenset[Process]:
    """The living processes of a session, but for ourselves and our ancestors. `known`: what is of it as long as it
    shows no other mark; it may be dead, if it was just seen to live. Reads all of /proc."""
    seen, ours = look(), {os.getpid(), *ancestors(os.getpid())}
    kin = Kin(seen, {each: session for each in known if _showed(seen, each) in (None, session)})
    found = (pid for pid, each in seen.items() if pid > 1 and not each.dead and kin.of(pid) == session)
    return frozenset(Process(pid, seen[pid].start) for pid in found if pid not in ours)


def _showed(seen: Mapping[int, Seen], process: Process) -> str | None:
    there = seen.get(process.pid)
    return there.mark if there is not None and there.start == process.start else None


async def sweep(session: SessionId, *, known: Collection[Process] = (), grace_s: float) -> Swept:
    """End all `members` of a session: SIGTERM, SIGKILL after `grace_s`, again without grace for what was forked
    meanwhile."""
    family, ended, left = set(known), set[Process](), list[Process]()
    for _ in range(SWEEPS_MAX):
        found = await asyncio.to_thread(members, session, family)
        dead = await asyncio.gather(*(end(each, polite=(signal.SIGTERM,), grace_s=grace_s) for each in found))
        outcome = list(zip(found, dead, strict=True))
        ended.update(each for each, gone in outcome if gone)
        left = [each for each, gone in outcome if not gone]
        if not any(dead):
            break
        family |= found
        grace_s = 0.0
    return Swept(len(ended), tuple(filter(None, map(_left, left))))


def _left(process: Process) -> Left | None:
    stat = stat_of(process.pid)
    if stat is None or stat.start != process.start:
        return None
    why = "it outlives SIGKILL" if tell(process, 0) else os.strerror(errno.EPERM)
    return Left(process, os.fsdecode(stat.name), why)
