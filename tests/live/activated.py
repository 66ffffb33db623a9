"""Runs `peerd daemon run` as a service manager would: passes it one descriptor, and becomes it.

`python -m tests.live.activated FD [NAME]`; what else the manager says is in the environment already.
"""

import os
import sys

from peerd.edges.manager import FIRST_PASSED


def main(fd: int, name: str) -> None:
    os.dup2(fd, FIRST_PASSED, inheritable=True)
    told = {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": name}
    command = (sys.executable, "-m", "peerd", "daemon", "run")
    os.execve(command[0], command, os.environ | told)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:] or ["peerd"])
