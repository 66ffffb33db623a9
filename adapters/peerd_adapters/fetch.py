"""What a service with listening sockets is started by: it fetches them from the daemon, which holds them, and becomes
the service. To that it says what sd_listen_fds(3) reads.

Run by Python with nothing but its own library: `fetch.py SOCKET PROGRAM ...`.
"""

import fcntl
import os
import socket
import sys

FIRST = 3  # SD_LISTEN_FDS_START
NAMES_MAX_BYTES, DESCRIPTORS_MAX = 65_536, 253  # SCM_MAX_FD


def main() -> None:
    names, fetched = _fetched(sys.argv[1])
    if not fetched:
        sys.exit("the daemon ended before it handed the listening sockets over; the next one starts this anew")
    _put_in_place(fetched)
    told = {"LISTEN_FDS": str(len(fetched)), "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": names}
    try:
        os.execvpe(sys.argv[2], sys.argv[2:], os.environ | told)
    except OSError as error:
        sys.exit(f"cannot run {sys.argv[2]}: {error.strerror}")


def _fetched(path: str) -> tuple[str, list[int]]:
    """Nothing where the daemon is gone."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemon:
        try:
            daemon.connect(path)
            names, descriptors, _, _ = socket.recv_fds(daemon, NAMES_MAX_BYTES, DESCRIPTORS_MAX)
        except OSError:
            return "", []
    return names.decode(), descriptors


def _put_in_place(fetched: list[int]) -> None:
    """From FIRST on, in their order; first out of the way, for one may sit where another belongs."""
    aside = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, FIRST + len(fetched)) for each in fetched]
    for each in fetched:
        os.close(each)
    for place, each in enumerate(aside, FIRST):
        os.dup2(each, place, inheritable=True)


if __name__ == "__main__":
    main()
