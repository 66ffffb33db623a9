"""Services whose listening sockets the daemon holds: whoever connects is served, whatever dies."""

import contextlib
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peerd.edges.process.kin import children
from peerd.errors import PeerdError
from peerd.model.endpoint import Tcp, Unix, endpoint
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare

pytestmark = pytest.mark.tmux

ANSWERS = Path(__file__).parents[2] / "fixtures" / "bin" / "answers"
PATIENCE_S = 20.0
CALLERS, CALLS, DEATHS = 4, 50, 5
NOT_BY_ITSELF: dict[str, Any] = {"backoff_base_s": 1000.0, "backoff_cap_s": 1000.0}  # one that died stays down


@pytest.fixture
def tcp() -> str:
    """An address of the loopback network that no other test uses."""
    host = "127.1.{}.{}".format(*divmod(os.getpid() & 0xFFFF, 256))
    with socket.socket() as probe:
        probe.bind((host, 0))
        return f"{host}:{probe.getsockname()[1]}"


@pytest.fixture
def unix() -> Iterator[str]:
    folder = tempfile.mkdtemp(prefix="peerd-", dir="/tmp")
    yield f"{folder}/web.sock"
    shutil.rmtree(folder)


@pytest.fixture(params=["tcp", "unix"])
def at(request: pytest.FixtureRequest) -> str:
    """Where the service is met, once in each way."""
    where: str = request.getfixturevalue(request.param)
    return where


def serves(*at: str, team: Team, fields: str = "") -> None:
    argv = json.dumps([sys.executable, "-I", "-S", str(ANSWERS)])
    declare(team, f'name = "site"\nkind = "service"\nargv = {argv}\nlisten = {json.dumps(at)}\n{fields}', "site")


def up(team: Team, *at: str, args: tuple[str, ...] = (), **figures: Any) -> None:
    serves(*at, team=team)
    team.start()
    team.add("web", "site", *args, **({"backoff_base_s": 0.05, "backoff_cap_s": 0.05, "crash_max": 100} | figures))
    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)


def connected(at: str) -> socket.socket:
    """Raises OSError for a caller that is refused."""
    where = endpoint(at)
    sock = socket.socket(socket.AF_UNIX if isinstance(where, Unix) else socket.AF_INET)
    sock.settimeout(PATIENCE_S)
    try:
        sock.connect((where.host, where.port) if isinstance(where, Tcp) else where.path)
    except OSError:
        sock.close()
        raise
    return sock


def answer(caller: socket.socket, line: str) -> dict[str, Any]:
    """What the service says. Raises OSError for a caller that is reset, ValueError for one that was not served."""
    caller.sendall(f"{line}\n".encode())
    told: dict[str, Any] = json.loads(caller.makefile().read())
    return told


def ask(at: str, line: str = "hello") -> dict[str, Any]:
    with connected(at) as caller:
        return answer(caller, line)


def served(at: str) -> dict[str, Any]:
    """What it says; nothing while it cannot be met."""
    try:
        return ask(at)
    except (OSError, ValueError):
        return {}


def held(team: Team) -> list[str]:
    """What the daemon holds, as it is shown."""
    says = [each["says"] for each in team.show("web")["evidence"] if each["source"] == "listening"]
    assert all(each.endswith(" is held for it, also while it is down") for each in says)
    return [each.split()[0] for each in says]


def listened_on(at: str) -> bool:
    """A unix socket's file counts."""
    where = endpoint(at)
    if isinstance(where, Unix):
        return os.path.exists(where.path)
    with socket.socket() as sock:
        return sock.connect_ex((where.host, where.port)) == 0


def test_a_service_is_given_what_it_declares_in_order(team: Team, tcp: str):
    up(team, tcp, "{own}/web.sock")
    own = f"{team.home.state}/logins/web/site/web.sock"

    told = [ask(tcp), ask(own)]

    pid = team.session("web").host.runtime.pid
    assert held(team) == [tcp, own]
    assert told == [{"pid": pid, "nth": nth, "names": "web:web"} for nth in range(2)]
    assert os.stat(own).st_mode & 0o777 == 0o600


def test_a_service_that_is_killed_again_and_again_refuses_nobody(team: Team, at: str):
    up(team, at)

    def caller(number: int) -> list[int]:
        dies = range(5, CALLS, CALLS // DEATHS) if number == 0 else ()
        return [ask(at, "die" if nth in dies else "hello")["pid"] for nth in range(CALLS)]

    with ThreadPoolExecutor(CALLERS) as pool:
        pids = [pid for each in pool.map(caller, range(CALLERS)) for pid in each]

    assert len(pids) == CALLERS * CALLS
    assert len(set(pids)) == DEATHS + 1
    assert team.log().count("ev=session-ended") == DEATHS


def test_who_connects_while_it_is_down_is_served_by_the_next_session(team: Team, at: str):
    up(team, at, **NOT_BY_ITSELF)
    before = ask(at, "die")["pid"]
    eventually(lambda: team.show("web")["phase"] == "backoff", within_s=10)

    with connected(at) as caller:
        team.call("peer.start", peer="web")
        assert answer(caller, "hello")["pid"] != before


def test_a_stopped_service_lets_its_address_go_and_a_started_one_has_it_again(team: Team, at: str):
    up(team, at)

    team.call("peer.stop", peer="web")

    assert not listened_on(at)
    team.call("peer.start", peer="web")
    assert eventually(lambda: served(at), within_s=10)


def test_a_removed_service_lets_its_address_go(team: Team, at: str):
    up(team, at)

    team.call("peer.remove", peer="web")

    assert not listened_on(at)


def test_an_address_that_is_declared_no_more_is_let_go_at_the_end_of_the_session(team: Team, tcp: str, unix: str):
    up(team, tcp)
    serves(unix, team=team)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    assert ask(tcp)

    ask(tcp, "die")

    assert eventually(lambda: served(unix), within_s=10)["nth"] == 0
    assert not listened_on(tcp)


def test_an_address_that_is_declared_no_more_is_let_go_while_the_service_is_down(team: Team, tcp: str, unix: str):
    up(team, tcp, **NOT_BY_ITSELF)
    ask(tcp, "die")
    eventually(lambda: team.show("web")["phase"] == "backoff", within_s=10)

    serves(unix, team=team)

    eventually(lambda: not listened_on(tcp), within_s=10)


def test_a_service_that_outlives_its_daemon_serves_on_and_so_does_its_successor(team: Team, at: str):
    up(team, at)
    before, session = ask(at)["pid"], team.session("web").id
    team.kill_daemon()
    assert ask(at)["pid"] == before
    team.start()

    assert (ask(at)["pid"], team.session("web").id) == (before, session)
    ask(at, "die")
    after = eventually(lambda: served(at), within_s=10)["pid"]

    assert after != before
    assert ask(at, "die")["pid"] == after
    assert ask(at)["pid"] not in (before, after)


@pytest.mark.parametrize("leaves", ["--stubborn", "--fork"])
def test_what_a_service_leaves_behind_does_not_keep_its_address_from_the_next_daemon(team: Team, at: str, leaves: str):
    """Had at once, though a child takes long to end; or when the child that has it too has ended."""
    grace_s = 30.0 if leaves == "--stubborn" else 0.5
    up(team, at, args=(leaves,), stop_grace_s=grace_s, **NOT_BY_ITSELF)
    team.kill_daemon()
    team.start()
    assert held(team) == []

    ask(at, "die")

    assert eventually(lambda: held(team), within_s=10) == [at]


def test_a_service_that_died_while_no_daemon_ran_has_its_address_again(team: Team, at: str):
    up(team, at)
    team.kill_daemon()
    ask(at, "die")

    team.start()

    assert eventually(lambda: served(at), within_s=10)
    assert "ev=boot-failed" not in team.log()


def test_a_daemon_that_stops_leaves_a_living_service_its_socket(team: Team, at: str):
    up(team, at)
    before = ask(at)["pid"]
    team.call("daemon.stop")
    assert team.daemon is not None
    team.daemon.wait(20)

    assert ask(at)["pid"] == before


def test_an_address_of_another_program_is_a_failed_boot_that_names_it(team: Team, tcp: str):
    host, _, port = tcp.partition(":")
    serves(tcp, team=team)
    team.start()
    with socket.create_server((host, int(port))):
        team.add("web", "site", backoff_base_s=0.05, backoff_cap_s=0.05, crash_max=100)
        with pytest.raises(PeerdError, match=f"cannot listen on {tcp}: another program has that address"):
            team.call("peer.wake", peer="web")

    assert eventually(lambda: served(tcp), within_s=10)


def test_a_living_socket_of_another_program_is_not_replaced(team: Team, unix: str):
    serves(unix, team=team)
    team.start()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(unix)
        other.listen()
        team.add("web", "site")
        with pytest.raises(PeerdError, match=f"cannot listen on {unix}: another program does"):
            team.call("peer.wake", peer="web")

        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(unix)


def test_nobody_else_has_the_socket(team: Team, tcp: str):
    up(team, tcp)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    service = team.session("web").host.runtime.pid
    assert team.daemon is not None
    others = [team.session(name).host.server.pid for name in ("web", "ada")]
    ours = [each.pid for id in (team.session("web").id, team.session("ada").id) for each in children({})[id]]

    lent = os.readlink(f"/proc/{service}/fd/3")

    assert lent.startswith("socket:")
    assert {pid for pid in {*others, *ours, team.daemon.pid} if lent in descriptors(pid)} == {service, team.daemon.pid}


def descriptors(pid: int) -> Iterator[str]:
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            yield os.readlink(each)


def test_a_service_that_cannot_be_run_says_so(team: Team, tcp: str):
    text = f'name = "site"\nkind = "service"\nargv = ["/no/such"]\nnotify = true\nlisten = ["{tcp}"]\n'
    declare(team, text, "site")
    team.start()
    team.add("web", "site", backoff_base_s=0.05)

    end = eventually(lambda: team.show("web")["last_end"], within_s=10)

    assert "cannot run /no/such: No such file or directory" in end["why"]
