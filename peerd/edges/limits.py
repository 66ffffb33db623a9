"""How many files this process may open, and what it starts may.

Owns the soft limit of RLIMIT_NOFILE.
"""

import resource

DESCRIPTORS = 65_536  # a session costs about six; 10 000 sessions are beyond one machine


def raised() -> tuple[int, int]:
    """Raise the soft limit of open files towards the hard one; returns (soft, hard) as they were.

    Children inherit the raised limit, and programs that use select(2) break on it: start them through `restored`.
    (No preexec_fn, unsafe beside threads; no prlimit(2) afterwards, when panes may have been forked already.)"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return soft, hard


def put_back(limits: tuple[int, int]) -> None:
    """Set what `raised` found: for a program that this process becomes."""
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def restored(argv: tuple[str, ...], limits: tuple[int, int]) -> tuple[str, ...]:
    """The command line that runs `argv`, as the same process, under the soft limit of open files as it was."""
    soft = "unlimited" if limits[0] == resource.RLIM_INFINITY else str(limits[0])
    return ("/bin/sh", "-c", 'ulimit -S -n "$0" && exec "$@"', soft, *argv)
