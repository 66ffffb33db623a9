"""Who has the terminal, by /proc/PID/stat (proc_pid_stat(5), fields 5 and 8)."""

from peerd.edges.process import identify
from peerd.model.session import Process


def in_foreground(process: Process) -> bool:
    """Whether its own process group reads its terminal, and no job's; False where that cannot be told."""
    try:
        with open(f"/proc/{process.pid}/stat", "rb") as file:
            _, _, fields = file.read().rpartition(b") ")
    except OSError:
        return False
    _, _, group, _, _, foreground, *_ = fields.split()
    return group == foreground and identify(process.pid) == process
