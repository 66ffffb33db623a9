"""A restart in place: the daemon's process becomes the next daemon, and nobody notices but by what it tells."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from peerd.edges.host import OwnerLock
from peerd.errors import AlreadyRunning, NotPermitted, UsageError
from peerd.rpc.client import call, connected
from peerd.rpc.start import listener
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_held_sockets import NOT_BY_ITSELF, answer, ask, held, serves
from tests.live.test_held_sockets import connected as caller_of

pytestmark = pytest.mark.tmux

HELLO = b'{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1,"version":"0"}}\n'
RUN = (sys.executable, "-m", "peerd", "daemon", "run")
RESTARTS = 4


@pytest.fixture
def up(team: Team) -> Team:
    """Run as a command runs it, so that it can be run again."""
    team.start(*RUN)
    return team


def restart(team: Team, **env: str) -> dict[str, Any]:
    ran = team.run("daemon", "restart", "--json", env=env)
    assert ran.code == 0, ran.err
    facts: dict[str, Any] = ran.json
    return facts


@contextmanager
def all_the_while(does: Callable[[], str]) -> Iterator[list[str]]:
    """Again and again until the block is left; what it said is told."""
    over, told = threading.Event(), list[str]()

    def again() -> None:
        while not over.is_set():
            told.append(does())

    with ThreadPoolExecutor(1) as beside:
        doing = beside.submit(again)
        try:
            yield told
        finally:
            over.set()
        doing.result(60)


def test_a_restart_is_another_daemon_in_the_same_process(up: Team):
    before = up.call("daemon.status")

    after = restart(up)

    assert after["pid"] == before["pid"] == listener(up.home.socket)
    assert after["started_at"] != before["started_at"]
    assert up.log().count("ev=daemon-started") == 2
    assert 'ev=daemon-stopped why="operator restarts it"' in up.log()


@pytest.mark.parametrize(("until", "on"), [("submitted", ""), ("ended", " --for ended")])
def test_who_waits_while_it_is_killed_is_told_how_to_wait_on(up: Team, until: str, on: str):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    id = up.send("ada", "hello", wait="accepted")["id"]
    command = (sys.executable, "-m", "peerd", "wait", id, "--for", until)
    waiting = subprocess.Popen(command, env=up.env, stderr=subprocess.PIPE, text=True)
    eventually(lambda: callers(up) == 1)

    up.kill_daemon()

    told = f"no daemon answers on {up.home.socket}. `peerd daemon start` starts one. "
    told += f"`peerd wait {id}{on}` then waits on."
    assert (waiting.communicate(timeout=20)[1], waiting.returncode) == (f"peerd: {told}\n", 69)


def callers(team: Team) -> int:
    """How many the daemon is connected to."""
    lines = Path("/proc/net/unix").read_text().splitlines()
    return sum(line.endswith(f" {team.home.socket}") and line.split()[5] == "03" for line in lines)


def test_nobody_is_refused_while_it_restarts(up: Team):
    def knock() -> str:
        with contextlib.closing(connected(up.home.socket)) as sock:
            sock.settimeout(30)  # it is slow to restart where all tests run at once
            try:
                sock.sendall(HELLO)
                return "let in" if sock.recv(1) else "hung up on"
            except ConnectionError:
                return "hung up on"

    with all_the_while(knock) as told:
        for _ in range(RESTARTS):
            restart(up)

    assert told.count("let in") > 10 * RESTARTS
    assert told.count("hung up on") <= RESTARTS  # let in by the one that was ending


def test_nobody_else_can_take_the_home_while_it_restarts(up: Team):
    def grab() -> str:
        try:
            OwnerLock.take(up.home.lock).release()
        except AlreadyRunning:
            return "owned"
        return "free"

    with all_the_while(grab) as told:
        for _ in range(RESTARTS):
            restart(up)

    assert set(told) == {"owned"}


def test_messages_sent_all_the_while_arrive_once_each_and_in_order(up: Team):
    up.add("ada")
    sent = iter(range(1000))

    with all_the_while(lambda: up.run("send", "ada", f"note {next(sent)}", "--timeout", "30").err) as told:
        for _ in range(RESTARTS):
            restart(up)

    assert {each for each in told if not each.startswith("peerd: the answer is unread: ")} <= {""}
    listed = up.call("message.list", peer="ada", limit=1000)["messages"]
    rows = [row for row in listed if row["to"] == "ada"]
    bodies = [up.call("message.show", id=row["id"])["body"] for row in rows]
    assert bodies == [f"note {n}" for n in range(len(told))]
    assert {(row["state"], row["attempt"]) for row in rows} == {("submitted", 1)}
    assert len(bodies) > 1


def test_who_waits_for_an_answer_waits_on(up: Team):
    up.add("ada", "actor", "--busy-s", "2")
    asking = subprocess.Popen(
        (sys.executable, "-m", "peerd", "ask", "ada", "hello", "--json"), env=up.env, stdout=subprocess.PIPE, text=True
    )
    eventually(lambda: up.show("ada")["activity"] == "busy", within_s=15)

    restart(up)

    out, _ = asking.communicate(timeout=30)
    told = json.loads(out)
    assert (asking.returncode, told["task"], told["attempt"]) == (0, "answered", 1)


def test_who_waits_for_a_new_session_waits_on_and_one_is_begun(up: Team):
    up.add("ada", "actor", "--busy-s", "4")
    old = up.send("ada", "work", timeout_s=20)["session"]
    command = (sys.executable, "-m", "peerd", "new", "ada", "--json")
    waiting = subprocess.Popen(command, env=up.env, stdout=subprocess.PIPE, text=True)
    eventually(lambda: "ev=refresh peer=ada" in up.log())

    restart(up)

    out, _ = waiting.communicate(timeout=40)
    assert (waiting.returncode, json.loads(out)["session"]) == (0, up.session("ada").id)
    assert up.session("ada").id != old
    assert up.log().count("ev=session-started") == 2


def test_a_session_and_its_work_outlive_it(up: Team):
    up.add("ada", "actor", "--busy-s", "1")
    sent = up.send("ada", "hello")
    session = up.session("ada").id

    restart(up)

    over = up.call("message.wait", id=sent["id"], until="ended", timeout_s=20)
    assert (over["state"], over["attempt"], over["session"]) == ("submitted", 1, session)


def test_it_goes_on_in_the_environment_of_who_restarts_it(up: Team):
    restart(up, WHO="bob")

    assert b"WHO=bob" in Path(f"/proc/{up.call('daemon.status')['pid']}/environ").read_bytes().split(b"\0")


def test_sessions_still_get_the_descriptor_limit_that_there_was(up: Team):
    pid = up.call("daemon.status")["pid"]
    raised = resource.prlimit(pid, resource.RLIMIT_NOFILE)

    restart(up)
    up.add("sh", "shell")
    limit = up.send("sh", "ulimit -S -n", wait="ended", timeout_s=20)["answer"]

    assert limit == str(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    assert resource.prlimit(pid, resource.RLIMIT_NOFILE) == raised


def test_its_socket_is_gone_once_it_is_stopped_after_a_restart(up: Team):
    restart(up)

    assert up.run("daemon", "stop").code == 0

    assert not os.path.exists(up.home.socket)
    OwnerLock.take(up.home.lock).release()


def test_a_daemon_that_was_restarted_and_killed_leaves_a_home_that_can_be_taken(up: Team):
    restart(up)
    os.kill(up.call("daemon.status")["pid"], signal.SIGKILL)
    assert up.daemon is not None
    up.daemon.wait()

    up.start(*RUN)

    assert up.run("daemon", "status").code == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"python": "/nowhere/python"}, "/nowhere/python: no such program"),
        ({"env": {"PEERD_HOME": "/elsewhere"}}, "that environment's home is /elsewhere/state, this daemon's is"),
        ({"env": {"A=B": "c"}}, "cannot be passed to a program"),
        ({"env": {"A": "b\0"}}, "cannot be passed to a program"),
    ],
)
def test_what_cannot_be_is_refused_and_it_goes_on_as_it_is(up: Team, given: dict[str, object], told: str):
    before = up.call("daemon.status")["started_at"]

    with pytest.raises(UsageError, match=told):
        up.call("daemon.restart", **{"python": sys.executable, "env": up.env, **given})

    assert up.call("daemon.status")["started_at"] == before


def test_a_session_may_not_restart_it(up: Team):
    up.add("sh", "shell")
    token = up.send("sh", 'echo "$PEERD_TOKEN"', wait="ended", timeout_s=20)["answer"]

    with pytest.raises(NotPermitted, match="only the operator"):
        params = {"python": sys.executable, "env": up.env}
        call("daemon.restart", params, timeout_s=10, socket_path=up.home.socket, token=token)


def test_settings_that_are_wrong_are_told_and_the_daemon_goes_on(up: Team):
    before = up.call("daemon.status")["started_at"]
    Path(up.home.settings_file).write_text("nonsense = 1\n")

    ran = up.run("daemon", "restart")

    assert (ran.code, "nonsense" in ran.err) == (78, True)
    assert up.call("daemon.status")["started_at"] == before


def test_who_waits_for_a_service_is_served_though_the_daemon_restarts(team: Team):
    at = f"{team.root}/web.sock"
    serves(at, team=team)
    team.start(*RUN)
    team.add("web", "site", **NOT_BY_ITSELF)
    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)
    ask(at, "die")
    eventually(lambda: team.show("web")["phase"] == "backoff", within_s=10)

    with caller_of(at) as caller:
        restart(team)
        team.call("peer.start", peer="web")  # its backoff goes on over the restart

        assert answer(caller, "hello")["nth"] == 0
    assert held(team) == [at]


def test_a_service_that_lives_has_the_same_session_and_socket_after_a_restart(team: Team):
    at = f"{team.root}/web.sock"
    serves(at, team=team)
    team.start(*RUN)
    team.add("web", "site", crash_max=100)
    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)
    before = ask(at)["pid"]

    restart(team)

    assert (held(team), ask(at, "die")["pid"]) == ([at], before)
    assert ask(at)["pid"] != before
