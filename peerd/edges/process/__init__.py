"""Processes: telling them apart, seeing them die, ending them, and the marks that they show. Whose a process is that
shows none tells `kin`.

Owns pidfds and what is read of /proc; never starts a process, and never signals one without having checked its start
time through a pidfd first. Linux; on macOS kqueue EVFILT_PROC stands for the pidfd and proc_pidinfo for /proc.
"""

import asyncio
import contextlib
import fcntl
import os
import signal
import struct
from collections.abc import Callable, Iterator

import msgspec

from peerd.errors import InternalError
from peerd.model.session import Mark, Process, SessionId

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
STAT_MAX_BYTES = 4096  # 52 numbers and a name of 15 bytes take 350
MARK, PEER, SOCKET = b"PEERD_SESSION=", b"PEERD_PEER=", b"PEERD_SOCKET="
ANCESTORS_MAX = 256  # nested shells go a dozen deep; a loop in /proc cannot be, a race can look like one
KILL_WAIT_S = 5.0  # SIGKILL takes effect within ms, except in an uninterruptible sleep

PIDFD_INFO_EXIT = 1 << 3
PIDFD_INFO = struct.Struct("=QQ11Ii")  # pidfd_info, 64 bytes: mask, cgroupid, pid .. fsgid, exit_code (linux/pidfd.h)
PIDFD_GET_INFO = 3 << 30 | PIDFD_INFO.size << 16 | 0xFF << 8 | 11  # _IOWR(0xFF, 11, struct pidfd_info)


class ExitStatus(msgspec.Struct, frozen=True):
    """How a process ended: `code` when it exited, `signal` when it was killed, neither when nothing could be read."""

    code: int | None = None
    signal: int | None = None


UNKNOWN = ExitStatus()


class Stat(msgspec.Struct, frozen=True):
    """The fields of /proc/PID/stat (proc_pid_stat(5)) that are used here."""

    name: bytes
    owner: int  # root's too where it may not be looked into
    state: bytes
    parent: int
    leader: int  # of its kernel session
    terminal: int  # its controlling terminal's device; 0: it has none
    reaped: int  # page faults of the children that it has waited for: more with each of them
    used: int
    start: int
    wait_status: int


def stat_of(pid: int) -> Stat | None:
    """None when there is no such process."""
    try:
        return read_stat(pid)
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError as error:
        raise InternalError(f"cannot look at process {pid}: {error.strerror}") from error


def read_stat(pid: int) -> Stat:
    """Raises OSError. The command name may hold anything, so fields count from its last `)`."""
    fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)  # half of what open() takes
    try:
        text, owner = os.read(fd, STAT_MAX_BYTES), os.fstat(fd).st_uid
    finally:
        os.close(fd)
    name, _, rest = text.rpartition(b")")
    fields = rest.split()
    return Stat(
        name=name.partition(b"(")[2],
        owner=owner,
        state=fields[0],
        parent=int(fields[1]),
        leader=int(fields[3]),
        terminal=int(fields[4]),
        reaped=int(fields[8]) + int(fields[10]),
        used=int(fields[11]) + int(fields[12]),
        start=int(fields[19]),
        wait_status=int(fields[49]),
    )


def identify(pid: int) -> Process | None:
    """The process that has this pid now, a zombie included; None when there is none."""
    stat = stat_of(pid)
    return Process(pid, stat.start) if stat else None


def alive(process: Process) -> bool:
    """Whether this very process runs: the same start time, and no zombie."""
    stat = stat_of(process.pid)
    return stat is not None and stat.start == process.start and stat.state not in b"ZX"


def stopped(process: Process) -> bool:
    """Whether this very process stands still, by SIGSTOP, under a tracer, or for a disk that does not answer."""
    stat = stat_of(process.pid)
    return stat is not None and stat.start == process.start and stat.state in b"TtD"


def _open(process: Process) -> int | None:
    """A pidfd of this very process, a zombie included; None when it is gone or its pid has been taken by another."""
    try:
        fd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return None
    except OSError as error:
        raise InternalError(f"cannot watch process {process.pid}: {error.strerror}; it goes unwatched") from error
    if identify(process.pid) == process:
        return fd
    os.close(fd)
    return None


def _status(process: Process, fd: int) -> ExitStatus:
    """Of a dead process: from /proc while it is a zombie, from its pidfd once it was reaped (kernel >= 6.15)."""
    stat = stat_of(process.pid)
    if stat and stat.start == process.start and stat.state in b"ZX":
        return _decoded(stat.wait_status)
    asked = bytearray(PIDFD_INFO.pack(PIDFD_INFO_EXIT, *(0,) * 13))
    try:
        fcntl.ioctl(fd, PIDFD_GET_INFO, asked)
    except OSError:
        return UNKNOWN
    mask, *_, wait_status = PIDFD_INFO.unpack(asked)
    return _decoded(wait_status) if mask & PIDFD_INFO_EXIT else UNKNOWN


def _decoded(wait_status: int) -> ExitStatus:
    if os.WIFSIGNALED(wait_status):
        return ExitStatus(signal=os.WTERMSIG(wait_status))
    return ExitStatus(code=os.WEXITSTATUS(wait_status))


class Deaths:
    """Tells of deaths as they happen, about 0.2 ms later, of children and strangers alike. One descriptor a process."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._watched: dict[Process, int] = {}
        self._gone: dict[Process, asyncio.Handle] = {}

    def watch(self, process: Process, on_death: Callable[[ExitStatus], None]) -> None:
        """Call back once when it dies; at the loop's next turn when it is dead already. A second watch of the same
        process takes the place of the first. Raises InternalError when no descriptor is left."""
        self.unwatch(process)
        fd = _open(process)
        if fd is None:
            self._gone[process] = self._loop.call_soon(self._tell_gone, process, on_death)
            return
        self._watched[process] = fd
        self._loop.add_reader(fd, self._tell, process, on_death)

    def unwatch(self, process: Process) -> None:
        """Call back no more. Nothing when it was not watched."""
        fd = self._watched.pop(process, None)
        if fd is not None:
            self._loop.remove_reader(fd)
            os.close(fd)
        gone = self._gone.pop(process, None)
        if gone is not None:
            gone.cancel()

    def close(self) -> None:
        """Unwatch all."""
        for process in (*self._watched, *self._gone):
            self.unwatch(process)

    def _tell(self, process: Process, on_death: Callable[[ExitStatus], None]) -> None:
        status = _status(process, self._watched[process])
        self.unwatch(process)
        on_death(status)

    def _tell_gone(self, process: Process, on_death: Callable[[ExitStatus], None]) -> None:
        del self._gone[process]
        on_death(UNKNOWN)


async def end(
    process: Process, *, polite: tuple[signal.Signals, ...] = (signal.SIGHUP, signal.SIGTERM), grace_s: float
) -> bool:
    """End it: the polite signals (and SIGCONT, lest it be stopped), SIGKILL after `grace_s`. True when it is dead,
    also when it was before, or ends meanwhile for another cause; False when it may not be signalled or outlives SIGKILL
    by 5 s. Its children are not touched. Raises InternalError, having done nothing, for pid 1 and below and for
    ourselves."""
    if process.pid <= 1 or process.pid == os.getpid():
        raise InternalError(f"refused to signal process {process.pid}: it is not a runtime")
    fd = _open(process)
    if fd is None:
        return True
    try:
        if polite:
            _signal(fd, *polite, signal.SIGCONT)
            if await _dies(fd, grace_s):
                return True
        return _signal(fd, signal.SIGKILL) and await _dies(fd, KILL_WAIT_S)
    finally:
        os.close(fd)


def tell(process: Process, number: int) -> bool:
    """Signal this very process. False when it is gone, or not ours. Raises InternalError when no descriptor is left."""
    fd = _open(process) if process.pid > 1 else None
    if fd is None:
        return False
    try:
        return _signal(fd, number)
    finally:
        os.close(fd)


def _signal(fd: int, *signals: int) -> bool:
    """False when it is not ours to signal; True when it was signalled or is gone."""
    try:
        for each in signals:
            signal.pidfd_send_signal(fd, each)
    except PermissionError:
        return False
    except ProcessLookupError:
        return True
    return True


async def _dies(fd: int, within_s: float) -> bool:
    loop = asyncio.get_running_loop()
    died = asyncio.Event()
    loop.add_reader(fd, died.set)
    try:
        await asyncio.wait_for(died.wait(), within_s)
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(fd)
    return True


def _told(pid: int, *names: bytes) -> list[str]:
    """Of a process's environment, as it was at its exec; "" for what is not there, or may not be read."""
    entries: list[bytes] = []
    with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as file:
        entries = file.read().split(b"\0")
    return [next((os.fsdecode(each[len(name) :]) for each in entries if each.startswith(name)), "") for name in names]


def _mark(pid: int) -> str | None:
    return _told(pid, MARK)[0] or None


def _ours(*, others: bool = False) -> Iterator[int]:
    """Pids of our uid; of the others too."""
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdecimal() and (others or os.stat(f"/proc/{name}").st_uid == os.geteuid()):
                yield int(name)


def with_variable(name: str, value: str) -> tuple[Process, ...]:
    """The living processes of our uid that have this in their environment. Reads all of /proc (about 20 us each)."""
    named = os.fsencode(f"{name}=")
    found = (identify(pid) for pid in _ours() if _told(pid, named) == [value])
    # Looked at twice: the pid may have changed hands between the environment and the start time.
    return tuple(each for each in found if each and _told(each.pid, named) == [value])


def marks(*, others: bool = False) -> dict[SessionId, Mark]:
    """The sessions that living processes of our uid carry the mark of; `others`: as far as it may be read, of every
    uid. Reads all of /proc."""
    found = (_told(pid, MARK, PEER, SOCKET) for pid in _ours(others=others))
    return {SessionId(id): Mark(peer, socket) for id, peer, socket in found if id}


def ancestors(pid: int) -> tuple[int, ...]:
    """Its parent, its parent's parent and so on, 256 at most; () when it is gone."""
    line: list[int] = []
    while len(line) < ANCESTORS_MAX and (stat := stat_of(pid)) and stat.parent > 0:
        line.append(stat.parent)
        pid = stat.parent
    return tuple(line)


def session_of(pid: int) -> SessionId | None:
    """The session a process belongs to: its own mark, or that of its nearest ancestor that has one."""
    found = next(filter(None, map(_mark, (pid, *ancestors(pid)))), None)
    return SessionId(found) if found else None
