"""kill -9 at a chosen moment, of a chosen part of a team; and an eye that never sees two sessions at once."""

import os
import signal
import threading
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal

from peerd.edges import process
from peerd.model.session import Process, SessionId
from tests.eventually import eventually
from tests.live.conftest import Team

Victim = Literal["runtime", "server", "daemon"]
AWAKE = ("wake", "session-started", "session-ready", "leased", "handed-over", "submitted", "turn-ended")
MOMENTS: dict[Victim, tuple[str, ...]] = {
    "runtime": (*AWAKE, "answered"),
    "server": (*AWAKE, "answered"),
    "daemon": (*AWAKE, "session-ended"),
}
"""As the logs tell of them. The kill comes a few ms later, wherever things are by then; of a session that has ended
there is nothing to kill."""

SERVER = b"tmux: server"
LOOK_EVERY_S = 0.001


class Tail:
    """What the logs say from now on."""

    def __init__(self, team: Team) -> None:
        logs = (Path(team.home.logs, f"{name}.log") for name in ("lifecycle", "delivery"))
        self._from = {path: path.stat().st_size if path.exists() else 0 for path in logs}

    def tells(self, event: str) -> bool:
        return any(f"ev={event} ".encode() in _after(path, offset) for path, offset in self._from.items())


def _after(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read()


def kill(team: Team, victim: Victim, moment: str) -> None:
    """At this moment, or at the next such one, until something is there to be killed. A daemon is started again."""
    eventually(partial(_strike, team, victim, moment), within_s=30)


def _strike(team: Team, victim: Victim, moment: str) -> bool:
    tail = Tail(team)
    eventually(lambda: tail.tells(moment), within_s=20, every_s=LOOK_EVERY_S)
    if victim == "daemon":
        team.kill_daemon()
        team.start()
        return True
    sessions = Path(team.home.sessions)
    if moment == "wake":  # it is about to be begun
        eventually(lambda: _hosts(sessions, victim), every_s=LOOK_EVERY_S)
    struck = [process.tell(host, signal.SIGKILL) for host in _hosts(sessions, victim)]
    return any(struck)


def _hosts(sessions: Path, victim: Victim) -> list[Process]:
    """By their marks, so also before they are on record. What a tmux server with our mark has begun is the runtime."""
    servers = {pid for pid in map(int, filter(str.isdecimal, os.listdir("/proc"))) if _is_server(pid)}
    ours = {pid for pid in servers if (id := _session(pid)) and (sessions / id).exists()}
    begun = {child for pid in ours for child in _children(pid)}
    found = (process.identify(pid) for pid in (begun if victim == "runtime" else ours - begun))
    return [host for host in found if host is not None and process.alive(host)]


def _is_server(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_bytes().strip() == SERVER
    except OSError:
        return False


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


class Watch:
    """Looks at processes all the time; `pairs` are sessions of this team that were alive at the same moment."""

    def __init__(self, team: Team) -> None:
        self._sessions = Path(team.home.sessions)
        self._others = frozenset(os.listdir("/proc"))
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.looks = 0
        self.pairs: list[frozenset[SessionId]] = []

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.01):
            self.looks += 1
            living = alive(self._sessions, self._others)
            if len(living) > 1:
                self.pairs.append(living)


def alive(sessions: Path, others: frozenset[str] = frozenset()) -> frozenset[SessionId]:
    """Sessions with a folder here that have processes, all of them at the moment of the return. `others` are not looked
    at: they were there before."""
    pids = [int(name) for name in os.listdir("/proc") if name not in others and name.isdecimal()]
    found = {pid: id for pid in pids if (id := _session(pid)) and (sessions / id).exists()}
    return frozenset(id for pid, id in found.items() if _session(pid) == id)


def _session(pid: int) -> SessionId | None:
    """By its mark; None of one that is dead."""
    try:
        with open(f"/proc/{pid}/environ", "rb", buffering=0) as file:
            environ = b"\0" + file.read()
    except OSError:
        return None
    _, marked, rest = environ.partition(b"\0PEERD_SESSION=")
    return SessionId(rest.partition(b"\0")[0].decode()) if marked else None
