"""Bringing the daemon up and waiting for it to be gone, from the caller's side.

The daemon it starts is nobody's child: a session of its own, in /, its output in the log folder. Never decides which of
two starts wins: the kernel's lock does, in the daemon. Of many callers at once one starts it and the others wait for
that, since each start costs a processor a third of a second.
"""

import _socket
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
from collections.abc import Mapping
from typing import BinaryIO, Self

from peerd import errors, paths
from peerd.rpc.client import connected
from peerd.rpc.owner import elsewhere, holder

START_S = 20.0
LOOK_EVERY_S = 0.01
LOOK_AT_OTHERS_S = 0.05
LOST_PAUSE_S = 0.25
"""Before the next start after one that found the lock taken: its owner is ending, or about to listen."""

END_S = 5.0

OF_THE_CALLER = frozenset(("TMUX", "TMUX_PANE", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"))
"""What a service or a pane was given for itself."""

OF_NO_SESSION = {"PEERD_SESSION": ""}
"""Whoever started it: it is nobody's child, also while its caller waits for it."""

UNKNOWN = 0
LOCK_TAKEN = errors.AlreadyRunning.exit_code
OUTPUT_MAX_BYTES = 1 << 20
QUOTED_LINES = 5
REFUSED_BYTES = 1 << 13  # more than may be left of a block that the file has already

NONE_RUNS = "no daemon runs, and nothing inside a session starts one"


def refuse_inside_session(env: Mapping[str, str], what: str = NONE_RUNS, command: str = "daemon start") -> None:
    """Raises TryAgain inside a session: a daemon started there would inherit its sandbox and die with it. `command` is
    what a person does instead."""
    if env.get("PEERD_SESSION"):
        raise errors.TryAgain(
            f"{what}: it would inherit the session's sandbox and die with it. Nothing was done. `peerd {command}` "
            "outside every session, then try again."
        )


def ensure_daemon(env: Mapping[str, str], within_s: float = START_S) -> None:
    """A daemon listens once this returns, ours or that of whoever was faster, and no second one is on its way.
    Raises DaemonNotRunning with its last words where none comes up in time; TryAgain inside a session."""
    path = paths.daemon_socket(env)
    if listener(path) is not None or elsewhere(env) is not None:
        return
    refuse_inside_session(env)
    said = _Output(os.path.join(paths.home(env).logs, "daemon.out"))
    with _Looking(path) as looking, said.appended() as file:
        if not _is_started_by_another(looking, file.fileno(), within_s):
            _start(env, looking, said, within_s)


def _is_started_by_another(looking: "_Looking", fd: int, within_s: float) -> bool:
    """Waits while another caller starts a daemon; False once nobody does, and the start is ours while `fd` is open. One
    that hangs at it is waited for no longer than its daemon would be."""
    waited_s = 0.0
    while not _is_locked(fd) and waited_s < within_s:
        if looking.listener() is not None:
            return True
        _pause(LOOK_AT_OTHERS_S)
        waited_s += LOOK_AT_OTHERS_S
    return looking.listener() is not None


def _is_locked(fd: int) -> bool:
    """Also where the file system knows no locks: then all start one, and the daemon's own lock decides."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not isinstance(error, BlockingIOError)
    return True


def _start(env: Mapping[str, str], looking: "_Looking", said: "_Output", within_s: float) -> None:
    child, waited_s = _spawn(env, said), 0.0
    while waited_s < within_s:
        code, pid = _exit_code(child, LOOK_EVERY_S), looking.listener()
        if pid is not None and (code is not None or pid in (child.pid, UNKNOWN)):
            return
        if code == errors.ConfigError.exit_code:
            raise errors.ConfigError(f"the daemon did not start.{said.quoted()}")
        if code not in (None, 0, LOCK_TAKEN):
            raise errors.DaemonNotRunning(f"the daemon ended at once, {_how(code)}. Nothing was done.{said.quoted()}")
        waited_s += LOOK_EVERY_S
        if code is not None and elsewhere(env) is not None:
            return
        if code is not None:
            _pause(LOST_PAUSE_S)
            waited_s += LOST_PAUSE_S
            child = child if looking.listener() is not None else _spawn(env, said)
    raise errors.DaemonNotRunning(f"the daemon does not answer on {looking.path} after {within_s:g} s.{said.quoted()}")


def _how(code: int) -> str:
    return f"with exit code {code}" if code > 0 else f"killed by signal {-code}: try again"


def listener(path: str) -> int | None:
    """The pid of the daemon that listens there; UNKNOWN where the system does not tell, None where nobody listens.
    Raises what a path that is no socket of ours raises."""
    with _Looking(path) as looking:
        return looking.listener()


class _Looking:
    """Looks for who listens there, again and again, by one connection that is kept while it lasts: a new one each time
    would lie in the way of all others that wait for the same daemon."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._sock: _socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._let_go()

    def listener(self) -> int | None:
        """As `listener`."""
        if self._sock is not None and not select.select([self._sock], [], [], 0)[0]:
            return _peer_pid(self._sock)
        self._let_go()  # nothing is to be read there but its end
        try:
            self._sock = connected(self.path)
        except errors.DaemonNotRunning:
            return None
        except errors.NoPlace:
            return UNKNOWN
        return _peer_pid(self._sock)

    def _let_go(self) -> None:
        if self._sock is not None:
            self._sock.close()
        self._sock = None


def _peer_pid(sock: _socket.socket) -> int:
    """Of whoever called listen(2), by SO_PEERCRED; macOS has LOCAL_PEERPID."""
    if sys.platform != "linux":
        return UNKNOWN
    else:
        found: int = struct.unpack("3i", sock.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12))[0]
        return found


def end(env: Mapping[str, str]) -> int:
    """End the daemon that owns the home and does not answer: SIGTERM, then SIGKILL. The pid of what is gone once this
    returns. Raises DaemonNotRunning where there is none, NotYet where it cannot be told or does not go."""
    path = paths.daemon_socket(env)
    pid = listener(path) or holder(env)
    if pid is None:
        raise errors.DaemonNotRunning(f"the daemon on {path} no longer answers.")
    for sent in (signal.SIGTERM, signal.SIGKILL) if _owns_home(env, pid) else ():
        os.kill(pid, sent)
        if gone(pid, END_S):
            return pid
    raise errors.NotYet(f"the daemon on {path} does not answer and could not be ended. Find it by its socket.")


def _owns_home(env: Mapping[str, str], pid: int) -> bool:
    """Whether the home's lock is signed by this process. A socket that a service manager holds may name the manager as
    its listener, as long as the daemon behind it does not listen yet."""
    try:
        with open(paths.home(env).lock, "rb") as file:
            return file.read(20).strip() == b"%d" % pid
    except OSError:
        return False


def gone(pid: int, within_s: float) -> bool:
    """Whether this process has ended, or does so in time. By pidfd; on macOS kqueue's NOTE_EXIT would tell, here a
    signal 0 now and then does."""
    if sys.platform != "linux":
        return _gone_by_signal(pid, within_s)
    else:
        return _gone_by_pidfd(pid, within_s)


def _gone_by_pidfd(pid: int, within_s: float) -> bool:
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([pidfd], [], [], within_s)[0])
    finally:
        os.close(pidfd)


def _gone_by_signal(pid: int, within_s: float) -> bool:
    for _ in range(int(within_s / LOOK_EVERY_S) + 1):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        _pause(LOOK_EVERY_S)
    return False


class _Output:
    """The file that a detached daemon writes its stdout and stderr to; begun anew when it has grown too long."""

    def __init__(self, path: str) -> None:
        self._path = path
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with self.appended() as file:
            if file.tell() > OUTPUT_MAX_BYTES:
                file.truncate(0)
            self._from = os.fstat(file.fileno()).st_size

    def appended(self) -> BinaryIO:
        return open(self._path, "ab", opener=lambda path, flags: os.open(path, flags, 0o600))

    def quoted(self) -> str:
        """The last lines written since this start, for the end of an error's text."""
        with open(self._path, "rb") as file:
            file.seek(self._from)
            lines = file.read(OUTPUT_MAX_BYTES).decode(errors="backslashreplace").splitlines()[-QUOTED_LINES:]
        said = "".join(f"\n  {line}" for line in lines)
        if lines:
            return f" {self._path} ends with:{said}"
        why = self._refused()
        return f" It wrote nothing to {self._path}{f', where nothing can be written: {why}' if why else ''}."

    def _refused(self) -> str | None:
        """Why the disk takes no word of it."""
        try:
            with self.appended() as file:
                file.write(b"\n" * REFUSED_BYTES)
                file.flush()
                file.truncate(self._from)
        except OSError as error:
            return error.strerror
        return None


def daemon_env(env: Mapping[str, str]) -> dict[str, str]:
    """The environment of a daemon that a caller with this one starts."""
    kept = {name: value for name, value in env.items() if name not in OF_THE_CALLER}
    for name in ("PEERD_HOME", "PEERD_SOCKET"):
        if kept.get(name):
            kept[name] = os.path.abspath(kept[name])  # it runs in another folder
    return kept | OF_NO_SESSION


def _spawn(env: Mapping[str, str], output: _Output) -> "subprocess.Popen[bytes]":
    with output.appended() as file:
        return subprocess.Popen(
            [sys.executable, "-m", "peerd", "daemon", "run"],
            cwd="/",
            env=daemon_env(env),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )


def _exit_code(child: "subprocess.Popen[bytes]", within_s: float) -> int | None:
    try:
        return child.wait(within_s)
    except subprocess.TimeoutExpired:
        return None


def _pause(seconds: float) -> None:
    select.select([], [], [], seconds)
