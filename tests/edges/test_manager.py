"""What a service manager passes and is told, as sd_listen_fds(3) and sd_notify(3) have it."""

import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.manager import FIRST_PASSED, Manager, Passed

PID = 4711


@pytest.fixture(params=["in a file", "abstract"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "notify") if request.param == "in a file" else f"@peerd-test-{os.getpid()}"


@pytest.fixture
def ear(address: str) -> Iterator[socket.socket]:
    """Where the manager listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.settimeout(5)
        sock.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        yield sock


def test_the_manager_is_told_in_one_datagram(address: str, ear: socket.socket):
    manager = Manager.taken_from({"NOTIFY_SOCKET": address}, PID)

    assert manager.tell(READY=1, STATUS="2 peers, 1 session")
    assert ear.recv(1000) == b"READY=1\nSTATUS=2 peers, 1 session"


def test_without_a_manager_nobody_is_told():
    manager = Manager.taken_from({}, PID)

    assert (manager.listens, manager.tell(READY=1), manager.watchdog_s, manager.passed) == (False, False, None, ())


@pytest.mark.parametrize("told", ["vsock:2:1234", "relative", ""])
def test_an_address_that_is_no_unix_socket_is_nobody(told: str):
    assert not Manager.taken_from({"NOTIFY_SOCKET": told}, PID).listens


def test_a_manager_that_is_gone_is_no_fault_of_ours(tmp_path: Path):
    assert not Manager.taken_from({"NOTIFY_SOCKET": str(tmp_path / "gone")}, PID).tell(READY=1)


def test_a_manager_that_no_descriptor_is_left_for_is_told_nothing(address: str, ear: socket.socket):
    manager = Manager.taken_from({"NOTIFY_SOCKET": address}, PID)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (ear.fileno(), limits[1]))
    try:
        told = manager.tell(READY=1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)

    assert (told, manager.tell(READY=1)) == (False, True)


def test_what_the_manager_said_is_gone_from_the_environment():
    env = {
        "LISTEN_FDS": "0",
        "LISTEN_PID": "1",
        "LISTEN_PIDFDID": "1",
        "LISTEN_FDNAMES": "peerd",
        "NOTIFY_SOCKET": "/n",
        "WATCHDOG_USEC": "1",
        "WATCHDOG_PID": "1",
        "PATH": "/bin",
    }

    Manager.taken_from(env, PID)

    assert env == {"PATH": "/bin"}


@pytest.mark.parametrize(
    ("env", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(PID)}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_ours_when_it_names_us_or_nobody(env: dict[str, str], watchdog_s: float | None):
    assert Manager.taken_from(env, PID).watchdog_s == watchdog_s


@pytest.mark.parametrize(
    "env",
    [
        {"LISTEN_FDS": "1", "LISTEN_PID": str(PID + 1)},
        {"LISTEN_FDS": "1"},
        {"LISTEN_FDS": "one", "LISTEN_PID": str(PID)},
        {"LISTEN_FDS": "-1", "LISTEN_PID": str(PID)},
    ],
)
def test_descriptors_that_are_not_for_us_are_left_alone(env: dict[str, str]):
    assert Manager.taken_from(env, PID).passed == ()


def test_descriptors_come_with_their_names_and_no_child_inherits_them():
    told = os.pipe()
    held = os.dup(FIRST_PASSED) if _open(FIRST_PASSED) else None
    os.dup2(told[0], FIRST_PASSED)
    try:
        manager = Manager.taken_from({"LISTEN_FDS": "1", "LISTEN_PID": str(PID), "LISTEN_FDNAMES": "peerd:x"}, PID)

        assert manager.passed == (Passed(FIRST_PASSED, "peerd"),)
        assert not os.get_inheritable(FIRST_PASSED)
    finally:
        os.close(FIRST_PASSED) if held is None else os.dup2(held, FIRST_PASSED, inheritable=False)
        for each in {*told, *({held} if held is not None else ())} - {FIRST_PASSED}:
            os.close(each)


def _open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True
