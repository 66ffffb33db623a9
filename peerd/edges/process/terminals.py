"""The terminal that a process is on. Reads /proc; on macOS proc_pidinfo has its device (e_tdev)."""

from peerd.edges.process import stat_of

PTS_MAJOR, PTS_MAJORS = 136, 8  # Linux numbers pseudo-terminals through so many (admin-guide/devices)


def terminal(pid: int) -> str | None:
    """The name of its controlling terminal; None where it has none, or there is no such process."""
    stat = stat_of(pid)
    if stat is None or stat.terminal == 0:
        return None
    major, minor = stat.terminal >> 8 & 0xFFF, stat.terminal & 0xFF | stat.terminal >> 12 & 0xFFF00
    return f"pts/{(major - PTS_MAJOR << 8) + minor}" if 0 <= major - PTS_MAJOR < PTS_MAJORS else f"{major}:{minor}"
