"""Whether the kernel, short of memory, may have been what killed a session."""

from peerd.model.session import OomKills

KILLED = 9
SAID_KILLED = 128 + KILLED
"""What a shell exits with whose own child was killed so."""


def looks_killed(code: int | None, signal: int | None) -> bool:
    """By SIGKILL: the process itself, or what it ran, by its own exit status."""
    return signal == KILLED or code == SAID_KILLED


def suspicion(begun: OomKills, now: OomKills) -> str:
    """What speaks for it, in words; "" where the kernel has killed nothing since the session began. Its own control
    group's count decides, where there is one: the machine's rises for strangers too."""
    counts = ((begun.group, now.group, "in its control group"), (begun.machine, now.machine, "on this machine"))
    for before, after, where in counts:
        if before is not None and after is not None:
            return _said(after - before, where) if after > before else ""
    return ""


def _said(count: int, where: str) -> str:
    what = "a process" if count == 1 else f"{count} processes"
    return f"oom suspected: since it began the kernel has killed {what} {where} for want of memory"
