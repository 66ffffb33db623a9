"""Sockets that listen for others to accept from: had, refused, made as they were, let go."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges import listening
from peerd.errors import PeerdError
from peerd.model.endpoint import Endpoint, Tcp, Unix, endpoint


def free(family: socket.AddressFamily, host: str) -> Endpoint:
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        return endpoint(f"{host if family == socket.AF_INET else f'[{host}]'}:{probe.getsockname()[1]}")


@pytest.fixture(params=["IPv4", "IPv6", "unix"])
def at(request: pytest.FixtureRequest, tmp_path: Path) -> Endpoint:
    if request.param == "unix":
        return Unix(str(tmp_path / "s"))
    family, host = (socket.AF_INET, "127.0.0.1") if request.param == "IPv4" else (socket.AF_INET6, "::1")
    return free(family, host)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "s")


@pytest.fixture
def had(at: Endpoint) -> Iterator[socket.socket]:
    with listening.bound(at) as sock:
        yield sock


def connected(at: Endpoint) -> socket.socket:
    """Raises OSError for a caller that is refused."""
    family = socket.AF_UNIX if isinstance(at, Unix) else socket.AF_INET6 if at.six else socket.AF_INET
    sock = socket.socket(family)
    try:
        sock.connect((at.host, at.port) if isinstance(at, Tcp) else at.path)
    except OSError:
        sock.close()
        raise
    return sock


def test_a_socket_listens_where_it_was_asked_for(at: Endpoint, had: socket.socket):
    with connected(at):
        assert listening.endpoint_of(had) == at


def test_no_child_inherits_it(had: socket.socket):
    assert not had.get_inheritable()


def test_who_connects_before_anybody_accepts_is_served_later(at: Endpoint, had: socket.socket):
    with connected(at) as caller:
        caller.sendall(b"hello")
        met, _ = had.accept()
        with met:
            assert met.recv(9) == b"hello"


def test_an_address_that_somebody_listens_on_is_refused(at: Endpoint, had: socket.socket):
    with pytest.raises(PeerdError) as refused:
        listening.bound(at)

    assert f"cannot listen on {at}: another program" in str(refused.value)
    connected(at).close()


def test_a_unix_socket_is_its_owners_alone(path: str):
    with listening.bound(Unix(path)):
        assert os.stat(path).st_mode & 0o777 == 0o600


def test_a_stale_socket_file_is_replaced(path: str):
    listening.bound(Unix(path)).close()

    with listening.bound(Unix(path)):
        connected(Unix(path)).close()


def test_a_socket_whose_backlog_is_full_is_not_stale(path: str):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(path)
        other.listen(0)
        with connected(Unix(path)), pytest.raises(PeerdError, match="another program"):
            listening.bound(Unix(path))


def test_a_file_that_is_no_socket_is_left_alone(path: str):
    Path(path).write_text("kept")

    with pytest.raises(PeerdError, match="that is not a socket. Move it away"):
        listening.bound(Unix(path))

    assert Path(path).read_text() == "kept"


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (Unix("/no/where/s"), "cannot listen on /no/where/s: its folder does not exist"),
        (Unix(f"/tmp/{'x' * 200}"), "AF_UNIX path too long"),
        (Tcp("192.0.2.1", 8765), "cannot listen on 192.0.2.1:8765: Cannot assign requested address"),
    ],
    ids=["no folder", "a long path", "not this machine's"],
)
def test_an_address_that_cannot_be_had_says_why(at: Endpoint, told: str):
    with pytest.raises(PeerdError, match=told):
        listening.bound(at)


def test_an_ipv6_address_leaves_the_ipv4_one_free():
    at = free(socket.AF_INET6, "::")
    assert isinstance(at, Tcp)

    with listening.bound(at), listening.bound(Tcp("0.0.0.0", at.port)):
        connected(Tcp("127.0.0.1", at.port)).close()


def test_the_next_one_gets_it_as_the_first_one_did(at: Endpoint, had: socket.socket):
    with socket.socket(fileno=os.dup(had.fileno())) as lent:
        lent.setblocking(False)
        lent.listen(0)

    assert listening.renewed(had, at)

    assert os.get_blocking(had.fileno())
    callers = [connected(at) for _ in range(5)]
    for caller in callers:
        caller.close()


def test_one_that_was_shut_down_listens_again():
    at = free(socket.AF_INET, "127.0.0.1")
    with listening.bound(at) as had:
        had.shutdown(socket.SHUT_RDWR)
        with pytest.raises(ConnectionRefusedError):
            connected(at)

        assert listening.renewed(had, at)

        connected(at).close()


def test_one_whose_file_was_removed_is_no_good(path: str):
    with listening.bound(Unix(path)) as had:
        assert listening.renewed(had, Unix(path))
        os.unlink(path)

        assert not listening.renewed(had, Unix(path))


def test_what_is_let_go_is_free_again(at: Endpoint):
    listening.let_go(listening.bound(at), at)

    with pytest.raises((ConnectionRefusedError, FileNotFoundError)):
        connected(at)
    if isinstance(at, Unix):
        assert not os.path.exists(at.path)


def test_a_file_that_somebody_else_answers_on_is_left(path: str):
    had = listening.bound(Unix(path))
    os.unlink(path)
    with listening.bound(Unix(path)):
        listening.let_go(had, Unix(path))

        connected(Unix(path)).close()
