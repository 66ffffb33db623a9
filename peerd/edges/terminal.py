"""What a process reads as its standard input. macOS: proc_pidfdinfo tells."""

import os


def read_by(pid: int) -> str | None:
    """Its name, such as `/dev/pts/3`; None for a process that is gone, or may not be looked at."""
    try:
        return os.readlink(f"/proc/{pid}/fd/0")
    except OSError:
        return None
