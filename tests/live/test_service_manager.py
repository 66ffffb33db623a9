"""The daemon under a service manager, played by the test: it holds the socket, hears signs of life, and starts it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.process import with_variable
from peerd.errors import NotYet
from peerd.rpc.listen import bound_socket, file_id
from peerd.rpc.start import end, listener
from tests.eventually import eventually
from tests.live.conftest import Team

ROOT = Path(__file__).parents[2]
RUN = (sys.executable, "-m", "peerd", "daemon", "run")
WATCHDOG_S = 0.2
SILENCE_S = 5 * WATCHDOG_S
TOLD = ("LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")


class Ear:
    """Where the daemon's words arrive."""

    def __init__(self, path: Path) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path))

    def words(self, within_s: float = 15.0) -> dict[str, str]:
        """The next datagram. Raises TimeoutError."""
        self.sock.settimeout(within_s)
        lines = self.sock.recv(1000).decode().split("\n")
        return dict(line.split("=", 1) for line in lines)

    def until(self, word: str) -> dict[str, str]:
        return eventually(lambda: found if word in (found := self.words()) else {}, within_s=15.0, every_s=0)

    def drain(self) -> None:
        self.sock.setblocking(False)
        try:
            while self.sock.recv(1000):
                pass
        except BlockingIOError:
            return


@pytest.fixture
def ear(team: Team) -> Iterator[Ear]:
    """The team's daemon is told where to talk."""
    path = team.root / "notify"
    ear = Ear(path)
    team.env |= {"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": str(round(WATCHDOG_S * 1e6))}
    yield ear
    ear.sock.close()


@pytest.fixture
def held(team: Team) -> Iterator[socket.socket]:
    """The daemon's socket, as a manager holds it."""
    sock = bound_socket(team.home.socket, os.getuid())
    sock.listen()
    yield sock
    sock.close()


def activate(team: Team, sock: socket.socket) -> "subprocess.Popen[bytes]":
    """A daemon that was passed this socket, perhaps not serving yet."""
    command = (sys.executable, "-m", "tests.live.activated", str(sock.fileno()))
    team.daemon = subprocess.Popen(
        command,
        cwd=ROOT,
        env=team.env,
        pass_fds=(sock.fileno(),),
        stdin=subprocess.DEVNULL,
        stdout=(team.root / "daemon.out").open("ab"),
        stderr=subprocess.STDOUT,
    )
    return team.daemon


def ended(team: Team) -> int:
    assert team.daemon is not None
    team.daemon.send_signal(signal.SIGTERM)
    return team.daemon.wait(20)


def test_the_manager_hears_when_it_serves_and_when_it_stops(team: Team, ear: Ear):
    team.start(*RUN)

    first = ear.words()
    code = ended(team)

    assert first == {"READY": "1", "STATUS": "0 peers, 0 sessions"}
    assert ear.until("STOPPING") == {"STOPPING": "1", "STATUS": "stopping; sessions live on"}
    assert code == 0


def test_signs_of_life_come_with_what_it_keeps(team: Team, ear: Ear):
    team.declare("ada", "actor")
    team.start(*RUN)

    assert ear.until("WATCHDOG") == {"WATCHDOG": "1", "STATUS": "1 peer, 0 sessions"}
    ear.words(within_s=SILENCE_S)
    ear.words(within_s=SILENCE_S)


def test_a_daemon_that_hangs_gives_no_sign_of_life(team: Team, ear: Ear):
    team.start(*RUN)
    ear.until("WATCHDOG")
    assert team.daemon is not None
    team.daemon.send_signal(signal.SIGSTOP)
    eventually(lambda: stopped(team.daemon.pid if team.daemon else 0))
    ear.drain()

    with pytest.raises(TimeoutError):
        ear.words(within_s=SILENCE_S)

    team.daemon.send_signal(signal.SIGCONT)
    assert "WATCHDOG" in ear.words(within_s=SILENCE_S)


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("T")


def test_a_socket_that_was_passed_is_served_and_its_file_stays(team: Team, held: socket.socket):
    before = file_id(team.home.socket)

    daemon = activate(team, held)

    assert team.call("daemon.status")["pid"] == daemon.pid == listener(team.home.socket)
    assert ended(team) == 0
    assert file_id(team.home.socket) == before


def test_nobody_is_refused_while_the_daemon_is_away(team: Team, held: socket.socket):
    activate(team, held)
    first = team.call("daemon.status")["pid"]
    ended(team)
    told: list[int] = []
    waiting = threading.Thread(target=lambda: told.append(team.call("daemon.status")["pid"]))
    waiting.start()

    second = activate(team, held)
    waiting.join(20)

    assert told == [second.pid] != [first]


def test_a_daemon_that_was_killed_leaves_the_socket_to_the_next(team: Team, held: socket.socket):
    activate(team, held)
    team.call("daemon.status")
    team.kill_daemon()

    assert team.daemon is not None
    assert activate(team, held).pid == team.call("daemon.status")["pid"]


def test_a_socket_of_another_home_is_refused_by_name(team: Team):
    (team.root / "x").mkdir(mode=0o700)
    with bound_socket(str(team.root / "x" / "s"), os.getuid()) as sock:
        sock.listen()
        daemon = activate(team, sock)

        assert daemon.wait(20) == 78
    out = (team.root / "daemon.out").read_text()
    assert f"the service manager passed {team.root}/x/s, and this home's socket is {team.home.socket}." in out


def test_a_socket_for_another_process_is_not_taken(team: Team):
    team.env |= {"LISTEN_FDS": "1", "LISTEN_PID": "1"}

    team.start(*RUN)

    assert team.daemon is not None
    assert listener(team.home.socket) == team.daemon.pid


def test_what_listens_and_owns_no_home_is_never_ended(team: Team, held: socket.socket):
    """Such as the manager itself, as long as the daemon it holds the socket for does not listen: here this test."""
    assert listener(team.home.socket) == os.getpid()

    with pytest.raises(NotYet, match="could not be ended"):
        end(team.env)


@pytest.mark.tmux
@pytest.mark.usefixtures("ear")
def test_a_session_sees_nothing_of_the_manager(team: Team, held: socket.socket):
    team.declare("ada", "actor")
    activate(team, held)
    team.call("peer.wake", peer="ada")

    session = team.session("ada")
    processes = list(with_variable("PEERD_SESSION", session.id))

    assert processes
    for process in processes:
        names = {pair.partition("=")[0] for pair in Path(f"/proc/{process.pid}/environ").read_text().split("\0")}
        assert names.isdisjoint(TOLD)
        assert inode(held) not in descriptors(process.pid)


def inode(sock: socket.socket) -> str:
    return f"socket:[{os.fstat(sock.fileno()).st_ino}]"


def descriptors(pid: int) -> set[str]:
    found = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.add(os.readlink(each))
    return found
