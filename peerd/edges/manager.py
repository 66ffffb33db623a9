"""The service manager that started this process: the sockets it passes, and what it is told. And the next program that
this process becomes, which is passed sockets in the same way.

The protocols of sd_listen_fds(3) and sd_notify(3), which systemd and others speak; launchd has neither. Owns the
variables they come in, and takes them out of the environment: what this process starts is no service of the manager's.
"""

import fcntl
import os
import socket
from collections.abc import Mapping, MutableMapping
from types import MappingProxyType
from typing import NamedTuple, NoReturn, Self

FIRST_PASSED = 3
"""SD_LISTEN_FDS_START: the descriptors passed are this one and those after it."""

TELLING = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
VARIABLES = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDNAMES", *TELLING)
NOTHING: Mapping[str, str] = MappingProxyType({})

TELL_WITHIN_S = 1.0
"""For a manager that reads nothing; its queue holds hundreds of our words."""


class Passed(NamedTuple):
    """A descriptor that the manager opened for us. `name` is FileDescriptorName= of its socket unit, or empty."""

    fd: int
    name: str


class Manager:
    """`watchdog_s`: within which time it wants to hear of us each time, else it ends us; None: it does not watch.
    `told_by`: the variables that a program which this process becomes needs to go on telling it."""

    def __init__(
        self,
        address: str,
        watchdog_s: float | None,
        passed: tuple[Passed, ...] = (),
        told_by: Mapping[str, str] = NOTHING,
    ) -> None:
        self._address = _socket_address(address)
        self.watchdog_s = watchdog_s
        self.passed = passed
        self.told_by = told_by

    @classmethod
    def taken_from(cls, env: MutableMapping[str, str], pid: int) -> Self:
        """What `env` says to the process `pid`. Its variables are gone from it afterwards, and no descriptor that was
        passed is inherited by a child."""
        given = {name: env.pop(name) for name in VARIABLES if name in env}
        passed = _passed(given) if _is_for(given.get("LISTEN_PID"), pid) else ()
        for each in passed:
            os.set_inheritable(each.fd, False)
        told_by = {name: given[name] for name in TELLING if name in given}
        return cls(given.get("NOTIFY_SOCKET", ""), _watchdog_s(given, pid), passed, told_by)

    @property
    def listens(self) -> bool:
        """Whether there is anybody to tell."""
        return self._address is not None

    def tell(self, **words: str | int) -> bool:
        """`tell(READY=1, STATUS="2 peers")`: the assignments of sd_notify(3), in one datagram. False where nobody is to
        be told or nobody took it, which is no fault of ours."""
        if self._address is None:
            return False
        text = "\n".join(f"{name}={value}" for name, value in words.items())
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.settimeout(TELL_WITHIN_S)
                sock.sendto(text.encode(), self._address)
        except OSError:
            return False
        return True


def become(argv: tuple[str, ...], env: Mapping[str, str], held: Mapping[str, int]) -> NoReturn:
    """This process goes on as another program (execve(2)), which is passed the descriptors `held` by their names.
    Nothing else of this one may still run: the descriptors from 3 on are replaced. Raises OSError where the program
    cannot be run."""
    out_of_the_way = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, FIRST_PASSED + len(held)) for fd in held.values()]
    for n, fd in enumerate(out_of_the_way):
        os.dup2(fd, FIRST_PASSED + n)
    passed = {"LISTEN_FDS": str(len(held)), "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": ":".join(held)}
    os.execve(argv[0], argv, {**env, **passed})


def _socket_address(told: str) -> str | None:
    """A leading @ stands for the NUL of an abstract socket (unix(7)); what is no unix socket (vsock) is not spoken."""
    if told.startswith("@"):
        return f"\0{told[1:]}"
    return told if told.startswith("/") else None


def _is_for(told: str | None, pid: int) -> bool:
    return told == str(pid)


def _passed(given: MutableMapping[str, str]) -> tuple[Passed, ...]:
    told = given.get("LISTEN_FDS", "")
    count = int(told) if told.isascii() and told.isdecimal() else 0
    names = given.get("LISTEN_FDNAMES", "").split(":")
    return tuple(Passed(FIRST_PASSED + n, names[n] if n < len(names) else "") for n in range(count))


def _watchdog_s(given: MutableMapping[str, str], pid: int) -> float | None:
    """sd_watchdog_enabled(3): WATCHDOG_PID may be missing, and then everybody is meant."""
    told = given.get("WATCHDOG_USEC", "")
    if not (told.isascii() and told.isdecimal() and int(told)) or not _is_for(given.get("WATCHDOG_PID", str(pid)), pid):
        return None
    return int(told) / 1e6
