"""Where a team lives, and who may ask it for what."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.errors import NotPermitted, PeerdError
from peerd.paths import SOCKET_PATH_MAX_BYTES
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


@pytest.fixture
def deep() -> Iterator[Team]:
    """A home whose sockets would not fit."""
    top = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"))
    root = Path(top, "deep" * 30, "deeper" * 20)
    root.mkdir(parents=True)
    runtime = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"))
    team = Team(root)
    team.use_runtime_folder(runtime)
    team.folders.append(top)
    try:
        yield team
    finally:
        team.end()


def test_a_deep_home_has_short_sockets(deep: Team):
    deep.start()
    deep.add("sh", "shell")

    done = deep.send("sh", "true", wait="ended")

    assert done["exit_status"] == 0
    sockets = (deep.home.socket, deep.session("sh").host.socket)
    assert all(len(os.fsencode(path)) <= SOCKET_PATH_MAX_BYTES for path in sockets)
    assert len({*sockets}) == 2


def test_two_homes_share_nothing(up: Team, deep: Team):
    deep.start()
    up.add("sh", "shell")

    assert deep.call("peer.list")["peers"] == []
    with pytest.raises(PeerdError, match="no peer 'sh'"):
        deep.send("sh", "true")


def test_a_forged_token_gets_nothing_done(up: Team):
    up.add("sh", "shell")

    with pytest.raises(NotPermitted, match="token"):
        call("message.send", {"to": "sh", "body": "id"}, timeout_s=10, socket_path=up.home.socket, token="forged")

    assert up.call("message.list")["messages"] == []


def test_a_token_is_worth_nothing_once_its_session_is_over(up: Team):
    up.add("sh", "shell")
    up.send("sh", f'printf %s "$PEERD_TOKEN" > {up.work}/token', wait="ended")
    token = Path(up.work, "token").read_text()
    up.call("peer.stop", peer="sh")

    with pytest.raises(NotPermitted, match="token"):
        call("peer.list", {}, timeout_s=10, socket_path=up.home.socket, token=token)


def test_a_session_sends_as_itself_and_not_as_the_operator(up: Team):
    up.add("sh", "shell")
    up.add("other", "shell", accepts_from=["sh"])

    done = up.send("sh", "peerd send other 'true' --wait accepted --json", wait="ended", timeout_s=20)

    assert done["exit_status"] == 0, done["answer"]
    (row,) = up.call("message.list", peer="other")["messages"]
    assert row["from"] == "sh"


def test_a_session_without_its_token_is_known_by_its_processes(up: Team):
    up.add("sh", "shell")
    up.add("other", "shell", accepts_from=["sh"])

    up.send("sh", "env -u PEERD_TOKEN peerd send other true --wait accepted", wait="ended", timeout_s=20)

    (row,) = up.call("message.list", peer="other")["messages"]
    assert row["from"] == "sh"


def test_a_session_cannot_stop_the_daemon_or_a_peer(up: Team):
    up.add("sh", "shell")

    for command in ("peerd daemon stop", "peerd stop sh", "peerd add x --runtime shell"):
        done = up.send("sh", command, wait="ended", timeout_s=20)
        assert done["exit_status"] == 1, command
    assert up.answers()


def test_a_session_is_told_of_a_peer_without_what_may_be_secret_of_its_spec(up: Team):
    up.add("sh", "shell")
    up.add("other", "shell", env={"API_KEY": "s3cr3t"}, initial_prompt="of a s3cr3t")

    done = up.send("sh", "peerd show other --json > shown", wait="ended", timeout_s=20)

    assert done["exit_status"] == 0, done["answer"]
    shown = Path(up.work, "shown").read_text()
    assert ("s3cr3t" in shown, json.loads(shown)["spec"]["runtime"]) == (False, "shell")
    assert up.show("other")["spec"]["env"] == {"API_KEY": "s3cr3t"}


def test_inside_a_session_nothing_starts_the_daemon(up: Team):
    up.add("sh", "shell")
    up.send("sh", "true")
    up.send("sh", "until [ ! -S $PEERD_SOCKET ]; do :; done; peerd send other x; echo $? > code")

    up.kill_daemon()
    os.unlink(up.home.socket)

    code = Path(up.work, "code")
    assert eventually(lambda: code.exists() and code.read_text(), within_s=10) == "75\n"


HOLDS_ALL = """
import socket, sys, time
held = [socket.socket(socket.AF_UNIX) for _ in range(600)]
for each in held:
    each.connect(sys.argv[1])
open("held", "w").close()
time.sleep(60)
"""


def test_a_session_that_opens_all_connections_keeps_nobody_out(up: Team):
    script = up.work / "holds.py"
    script.write_text(HOLDS_ALL)
    up.add("sh", "shell")
    up.send("sh", f"ulimit -n 1024; {sys.executable} {script} {up.home.socket}", wait="submitted")
    eventually((up.work / "held").exists, within_s=20)

    assert up.run("daemon", "status").code == 0
    stopped = up.run("daemon", "stop")

    assert (stopped.code, stopped.err) == (0, "")


def test_no_secret_is_in_an_argv_or_a_log(up: Team):
    up.add("sh", "shell")
    up.send("sh", f'printf %s "$PEERD_TOKEN" > {up.work}/token; echo the body', wait="ended")
    token = Path(up.work, "token").read_text()
    session = up.session("sh")

    for process in (session.host.server, session.host.runtime):
        assert token not in Path(f"/proc/{process.pid}/cmdline").read_text()
    for log in ("lifecycle", "delivery"):
        assert token not in up.log(log)
        assert "the body" not in up.log(log)
    assert token.encode() not in Path(up.home.store).read_bytes()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere an argv stays as it was given")
@pytest.mark.parametrize("command", [("ask", "ada"), ("send", "ada", "--wait", "ended")], ids=["ask", "send"])
def test_a_text_is_not_in_the_argv_of_the_command_that_waits_for_its_end(up: Team, command: tuple[str, ...]):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")

    waits = up.popen(*command, "the body", "--id", "m-1")
    eventually(lambda: up.call("message.list")["messages"])

    words = Path(f"/proc/{waits.pid}/cmdline").read_bytes().split(b"\0")
    assert words[-4:] == [b"*" * len("the body"), b"--id", b"m-1", b""]
    up.call("queue.resume", peer="ada")
    assert waits.wait(30) == 0
    assert up.call("message.show", id="m-1")["body"] == "the body"


RAN = """
import sys
from peerd.cli import main
main(sys.argv[2:])
open(sys.argv[1], "wb").write(open("/proc/self/cmdline", "rb").read())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere an argv stays as it was given")
@pytest.mark.parametrize("option", ["--task=", "--tell=", "--tell"])
def test_nor_is_a_text_that_is_given_by_an_option(up: Team, tmp_path: Path, option: str):
    words = [f"{option}the= body"] if option.endswith("=") else [option, "the= body"]
    command = ["deny", "a-1"] if option.startswith("--te") else ["wake", "nobody"]
    left = str(tmp_path / "words")

    subprocess.run([sys.executable, "-c", RAN, left, *command, *words], env=up.env, timeout=30, check=True)

    stars = "*" * len("the= body")
    seen = Path(left).read_text().split("\0")[4:-1]
    assert seen == [*command, *([f"{option}{stars}"] if option.endswith("=") else [option, stars])]


def test_the_environment_of_a_session_is_built_and_not_inherited(team: Team):
    nested = {"CLAUDECODE": "1", "CLAUDE_CODE_ENTRYPOINT": "cli", "CODEX_SANDBOX": "x", "ANTHROPIC_API_KEY": "leaked"}
    team.env |= {"SOME_SECRET": "leaked", "TMUX": "/tmp/x,1,0"} | nested
    team.start()
    team.call("peer.add", name="sh", runtime="shell", dir=str(team.work), env={"GIVEN": "by the spec"})

    done = team.send("sh", 'echo "$GIVEN,${SOME_SECRET-unset}"; echo $PEERD_IDENTITY', wait="ended")

    assert done["answer"] == "by the spec,unset\nshell-sh"
    seen = Path(f"/proc/{team.session('sh').host.runtime.pid}/environ").read_text()
    assert [name for name in nested if f"{name}=" in seen] == []


def test_a_session_has_the_limit_of_open_files_that_the_daemon_was_started_with(team: Team):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (777, limits[1]))
    try:
        team.start(sys.executable, "-m", "peerd", "daemon", "run")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    team.add("sh", "shell")

    assert team.send("sh", "ulimit -S -n", wait="ended")["answer"] == "777"


def test_a_bad_spec_file_costs_only_its_own_peer(team: Team):
    team.start()
    team.add("sh", "shell")
    team.kill_daemon()
    Path(team.home.peers, "bad.toml").write_text("name = 'bad'\nrestat = 1\n")

    team.start()

    assert [row["peer"] for row in team.call("peer.list")["peers"]] == ["sh"]
    assert "bad.toml" in team.log()
    assert "ev=spec-rejected" in team.log()


def test_a_spec_that_a_person_edits_counts_from_the_next_session_on(up: Team):
    up.add("ada", "actor")
    file = Path(up.home.peers, "ada.toml")
    file.write_text(file.read_text() + "crash_max = 7  # mine\n")

    eventually(lambda: up.show("ada")["spec"].get("crash_max") == 7)
    Path(up.home.peers, "bob.toml").write_text(file.read_text().replace('"ada"', '"bob"'))
    eventually(lambda: [row["peer"] for row in up.call("peer.list")["peers"]] == ["ada", "bob"])
    file.write_text("name = 'ada'\nnonsense")
    eventually(lambda: "ev=spec-rejected" in up.log())

    assert up.show("ada")["spec"]["crash_max"] == 7


def test_a_damaged_store_is_set_aside_and_said(team: Team):
    team.start()
    team.add("sh", "shell")
    team.kill_daemon()
    for name in ("peerd.db-wal", "peerd.db-shm"):
        Path(team.home.state, name).unlink(missing_ok=True)
    Path(team.home.store).write_bytes(b"no database at all" * 1000)

    team.start()

    assert "ev=store-set-aside" in team.log()
    assert "damaged" in team.call("daemon.status")["notices"][0]
    assert any("corrupt" in name for name in os.listdir(team.home.state))
    assert team.send("sh", "true", wait="ended")["exit_status"] == 0


def test_a_socket_that_is_named_is_the_one_the_daemon_listens_on(team: Team):
    folder = team.root / "elsewhere"
    folder.mkdir(mode=0o700)
    team.env["PEERD_SOCKET"] = str(folder / "s")

    started = team.run("daemon", "start")
    status = team.run("daemon", "status", "--json").json

    assert started.code == 0
    assert status["socket"] == str(folder / "s")
    assert team.run("daemon", "stop").code == 0


def test_a_daemon_whose_sockets_folder_was_a_file_for_a_while_is_reached_again(up: Team):
    folder = Path(up.home.socket).parent
    folder.rename(up.root / "aside")
    folder.write_text("")
    eventually(lambda: 'action="listen again"' in up.log(), within_s=10)

    folder.unlink()

    eventually(lambda: os.path.exists(up.home.socket), within_s=10)
    assert up.call("peer.list")["peers"] == []
