"""The terminal that a process is on. Reads /proc; on macOS proc_pidinfo has its device (e_tdev)."""

import fcntl
import os
import struct
import termios

from peerd.edges.process import stat_of

PTS_MAJOR, PTS_MAJORS = 136, 8  # Linux numbers pseudo-terminals through so many (admin-guide/devices)


def terminal(pid: int) -> str | None:
    """The name of its controlling terminal; None where it has none, or there is no such process."""
    stat = stat_of(pid)
    if stat is None or stat.terminal == 0:
        return None
    major, minor = stat.terminal >> 8 & 0xFFF, stat.terminal & 0xFF | stat.terminal >> 12 & 0xFFF00
    return f"pts/{(major - PTS_MAJOR << 8) + minor}" if 0 <= major - PTS_MAJOR < PTS_MAJORS else f"{major}:{minor}"


def unread(pid: int) -> int:
    """How many bytes that were typed at its terminal nobody has read yet; 0 also where that cannot be told."""
    name = terminal(pid) or ""
    if not name.startswith("pts/"):
        return 0
    try:
        opened = os.open(f"/dev/{name}", os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        (count,) = struct.unpack("i", fcntl.ioctl(opened, termios.FIONREAD, bytes(4)))
        return int(count)
    except OSError:
        return 0
    finally:
        os.close(opened)
