"""How often the kernel has killed for want of memory: on the whole machine, and in the control group of a session.

Reads counters and nothing else. Linux; elsewhere nothing is known, and nothing is suspected.
"""

import os

from peerd.model.session import OomKills

KEY = "oom_kill"


class OomCounters:
    """Where the kernel counts: `proc` has vmstat and each process's groups, `groups` the control groups themselves."""

    def __init__(self, proc: str = "/proc", groups: str = "/sys/fs/cgroup") -> None:
        self._proc = proc
        self._groups = groups

    def begin(self, *pids: int) -> OomKills:
        """The counts as a session begins, whose processes these are. Its group's only where they share one that
        counts: what is in another may be killed unseen by it."""
        counters = {self._counter(pid) for pid in pids}
        return self.now(OomKills(counter=counters.pop() if len(counters) == 1 else None))

    def now(self, begun: OomKills) -> OomKills:
        """The same counts now. None for what cannot be read any more, as of a group that is gone."""
        group = self._count(begun.counter) if begun.counter is not None else None
        return OomKills(self._count(os.path.join(self._proc, "vmstat")), group, begun.counter)

    def _counter(self, pid: int) -> str | None:
        paths = counters(_read(os.path.join(self._proc, str(pid), "cgroup")))
        return next((path for name in paths if self._count(path := os.path.join(self._groups, name)) is not None), None)

    def _count(self, path: str) -> int | None:
        return kills(_read(path))


def kills(text: str) -> int | None:
    """Of /proc/vmstat, a group's memory.events (v2) or its memory.oom_control (v1): all three name it alike."""
    words = (line.split() for line in text.splitlines())
    return next((int(each[1]) for each in words if len(each) == 2 and each[0] == KEY and each[1].isdecimal()), None)


def counters(text: str) -> tuple[str, ...]:
    """The files that may count for a process, below where the groups are mounted, by its /proc/PID/cgroup."""
    lines = (line.split(":", 2) for line in text.splitlines() if line.count(":") >= 2)
    found = []
    for number, controllers, path in lines:
        if number == "0" and not controllers:
            found.append(os.path.join(path, "memory.events").lstrip("/"))
        elif "memory" in controllers.split(","):
            found.append(os.path.join(f"memory{path}", "memory.oom_control"))
    return tuple(found)


def _read(path: str) -> str:
    """Empty where it cannot be read: then nothing is known."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
