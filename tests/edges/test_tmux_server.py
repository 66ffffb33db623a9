"""Servers of ours: started, seen, ended; on real tmux."""

import contextlib
import os
import resource
import shutil
import signal
import socket
from pathlib import Path

import pytest

from peerd.edges.tmux import server
from peerd.edges.tmux.control import CLIENT
from peerd.errors import TmuxError
from tests.edges.tmux_home import ENV, TmuxHome, fake_tmux
from tests.eventually import eventually

pytestmark = pytest.mark.tmux

OF_TMUX = {"SHELL", "TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "TMUX_PANE", "PWD"}


def environ(path: Path) -> dict[str, str]:
    """Of a process that wrote its own to a file; empty until it has."""
    text = path.read_text() if path.exists() else ""
    return dict(pair.split("=", 1) for pair in text.split("\0") if pair)


def ended(pid: int) -> bool:
    """Gone, or waiting for a slow init to take note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_the_runtime_is_the_panes_own_process(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")

    eventually(lambda: Path(f"/proc/{begun.pane_pid}/cmdline").read_bytes() == b"sleep\x001000\x00")
    parent = Path(f"/proc/{begun.pane_pid}/stat").read_text().rpartition(")")[2].split()[1]
    assert (begun.pane, int(parent)) == ("%0", begun.server_pid)
    assert begun.tmux_version == tmux_home.tmux("display-message", "-p", "#{version}")


def test_a_runtime_of_one_word_has_no_shell_around_it_either(tmux_home: TmuxHome) -> None:
    program = tmux_home.folder / "my $program;"
    program.symlink_to("/bin/cat")

    begun = tmux_home.start(str(program))

    eventually(lambda: Path(f"/proc/{begun.pane_pid}/cmdline").read_text() == f"{program}\0")


@pytest.mark.parametrize("argv", [(), ("a=b",), ("-x",)], ids=str)
def test_a_command_line_that_cannot_be_run_without_a_shell_is_refused(
    argv: tuple[str, ...], tmux_home: TmuxHome
) -> None:
    with pytest.raises(TmuxError, match="not a command line"):
        tmux_home.start(*argv)

    assert not tmux_home.run(server.alive(tmux_home.socket))


def test_the_environment_of_a_pane_is_the_one_given(tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAKED", "from whoever starts it")
    monkeypatch.setenv("TMUX", "/tmp/somebody/else,1,0")
    given, out = {**ENV, "SPACE D": "a b", "EMPTY": "", "QUOTES": "'\"$x\n;"}, tmux_home.folder / "environ"

    tmux_home.start("/bin/cp", "/proc/self/environ", str(out), env=given)

    got = eventually(lambda: environ(out))
    assert {name: value for name, value in got.items() if name not in OF_TMUX} == given
    assert (got["TMUX"].split(",")[0], got["TMUX_PANE"]) == (tmux_home.socket, "%0")


def test_no_value_of_the_environment_is_in_a_command_line(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000", env={**ENV, "PEERD_TOKEN": "s3cret"}, log=str(tmux_home.folder / "log"))
    client = tmux_home.attach()

    lines = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in (begun.server_pid, begun.pane_pid, client.pid)]

    assert [b"s3cret" in line for line in lines] == [False] * 3
    assert b"s3cret" in Path(f"/proc/{begun.server_pid}/environ").read_bytes()
    told = Path(f"/proc/{client.pid}/environ").read_bytes()
    assert told == f"{CLIENT}={client.socket}".encode() + b"\0"
    tmux_home.run(client.close())


def test_the_users_tmux_configuration_is_not_read(tmux_home: TmuxHome) -> None:
    seen = tmux_home.folder / "it-was-read"
    for path in (tmux_home.folder / ".tmux.conf", tmux_home.folder / "tmux" / "tmux.conf"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"set -g status on\nset -g history-limit 7\nrun-shell 'touch {seen}'\n")
    hostile = {**ENV, "HOME": str(tmux_home.folder), "XDG_CONFIG_HOME": str(tmux_home.folder)}

    tmux_home.start("sleep", "1000", env=hostile)
    tmux_home.run(tmux_home.attach().close())

    assert tmux_home.tmux("show-options", "-gv", "status") == "off"
    assert tmux_home.tmux("show-options", "-gv", "history-limit") == "5000"
    assert not seen.exists()


def test_our_configuration_is_taken_without_a_complaint(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")

    facts = (
        "#{pane_in_mode} #{window_width}x#{window_height} #{status} #{remain-on-exit} #{window-size} #{@peerd_session}"
    )
    assert tmux_home.tmux("display-message", "-p", "-t", "%0", facts) == "0 220x50 off on manual s-1"
    bound = {
        line.split()[line.split().index("prefix") + 1]
        for line in tmux_home.tmux("list-keys", "-T", "prefix").split("\n")
    }
    assert bound & {'\\"', "\\%", "!", "c", "\\$", ".", "<", ">", "]", "="} == set()
    assert bound >= {"d", "[", ":", "?", "C-b"}


def test_the_configuration_is_for_its_owner_only_and_replaced_whole(tmux_home: TmuxHome) -> None:
    first = server.write_conf(str(tmux_home.folder), "s-1")
    second = server.write_conf(str(tmux_home.folder), "s-2 \"$x'")

    assert (first, os.stat(first).st_mode & 0o777) == (second, 0o600)
    assert Path(first).read_text() == f'{server.CONF}set-option -g @peerd_session "s-2 \\"\\$x\'"\n'
    assert os.listdir(tmux_home.folder) == ["tmux.conf"]


def test_a_stale_socket_is_no_hindrance(tmux_home: TmuxHome) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(tmux_home.socket)
    before = tmux_home.run(server.alive(tmux_home.socket))

    tmux_home.start("sleep", "1000")

    assert (before, tmux_home.run(server.alive(tmux_home.socket))) == (False, True)


def test_a_server_left_by_kill_9_is_no_hindrance(tmux_home: TmuxHome) -> None:
    first = tmux_home.start("sleep", "1000")
    os.kill(first.server_pid, signal.SIGKILL)
    eventually(lambda: not tmux_home.run(server.alive(tmux_home.socket)))

    second = tmux_home.start("sleep", "1000")

    assert second.server_pid != first.server_pid


def test_a_live_server_on_the_socket_is_said_and_left_alone(tmux_home: TmuxHome) -> None:
    first = tmux_home.start("sleep", "1000")

    with pytest.raises(TmuxError, match="a live server already sits on"):
        tmux_home.start("sleep", "1000")

    assert tmux_home.tmux("list-panes", "-a", "-F", "#{pane_pid}") == str(first.pane_pid)


def test_a_file_that_is_no_socket_is_said_and_left_alone(tmux_home: TmuxHome) -> None:
    Path(tmux_home.socket).write_text("precious")

    for attempt in (tmux_home.start, lambda: tmux_home.run(server.kill(tmux_home.socket))):
        with pytest.raises(TmuxError, match="is not a socket"):
            attempt()

    assert Path(tmux_home.socket).read_text() == "precious"


@pytest.mark.parametrize("path", ["/dev/null/x", "/tmp/" + "x" * 200], ids=["no folder", "too long"])
def test_what_cannot_be_asked_is_not_called_dead(path: str, tmux_home: TmuxHome) -> None:
    with pytest.raises(TmuxError):
        tmux_home.run(server.alive(path))


@pytest.mark.parametrize("fault", ["no such folder", "no configuration", "no room for the log"])
def test_a_start_that_fails_leaves_nothing_behind(fault: str, tmux_home: TmuxHome) -> None:
    conf = server.write_conf(str(tmux_home.folder), "s-1") if fault != "no configuration" else "/nonexistent/conf"
    cwd = "/nonexistent" if fault == "no such folder" else "/"
    log = "/nonexistent/log" if fault == "no room for the log" else None

    with pytest.raises(TmuxError, match="/nonexistent"):
        tmux_home.run(server.start(tmux_home.socket, conf, "a", ("sleep", "9"), cwd=cwd, env=ENV, log=log))

    assert not os.path.exists(tmux_home.socket)


def test_a_server_that_does_not_come_up_in_time_is_given_up(
    tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_tmux(tmux_home.folder, monkeypatch, f"echo $$ > {tmux_home.folder}/pid; exec sleep 1000")
    conf = server.write_conf(str(tmux_home.folder), "s-1")

    with pytest.raises(TmuxError, match="no answer within 0.3 s"):
        argv = ("sleep", "9")
        tmux_home.run(server.start(tmux_home.socket, conf, "a", argv, cwd="/", env=ENV, deadline_s=0.3))

    eventually(lambda: ended(int((tmux_home.folder / "pid").read_text())))


def test_ending_a_server_ends_that_one_and_removes_its_socket(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    other, tmux_home.socket = tmux_home.socket, str(tmux_home.folder / "other.sock")
    kept = tmux_home.start("sleep", "1000")

    tmux_home.run(server.kill(other))

    assert (tmux_home.run(server.alive(other)), os.path.exists(other)) == (False, False)
    assert tmux_home.tmux("display-message", "-p", "#{pid}") == str(kept.server_pid)
    eventually(lambda: ended(begun.server_pid))


def test_ending_what_is_not_there_is_silent(tmux_home: TmuxHome) -> None:
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(tmux_home.socket)

    tmux_home.run(server.kill(tmux_home.socket))
    tmux_home.run(server.kill(tmux_home.socket))

    assert not os.path.exists(tmux_home.socket)


def test_a_server_that_hangs_is_alive_and_cannot_be_ended_by_asking(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    os.kill(begun.server_pid, signal.SIGSTOP)

    with pytest.raises(TmuxError, match=r"within 0\.2 s"):
        tmux_home.run(server.kill(tmux_home.socket, 0.2))

    assert tmux_home.run(server.alive(tmux_home.socket))


def test_a_server_too_busy_to_take_a_connection_is_alive(tmux_home: TmuxHome) -> None:
    with socket.socket(socket.AF_UNIX) as busy, contextlib.ExitStack() as others:
        busy.bind(tmux_home.socket)
        busy.listen(0)
        with pytest.raises(BlockingIOError):
            for _ in range(10):
                other = others.enter_context(socket.socket(socket.AF_UNIX))
                other.setblocking(False)
                other.connect(tmux_home.socket)

        assert tmux_home.run(server.alive(tmux_home.socket))


def test_a_server_is_ended_only_once_nobody_listens(tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = tmux_home.start("sleep", "1000")
    said, real = tmux_home.folder / "said", shutil.which("tmux")
    fake_tmux(tmux_home.folder, monkeypatch, f'[ -e {said} ] && exec {real} "$@"; touch {said}')

    tmux_home.run(server.kill(tmux_home.socket))

    eventually(lambda: ended(begun.server_pid))


def test_a_start_on_a_socket_just_ended_succeeds_every_time(tmux_home: TmuxHome) -> None:
    for _ in range(10):
        tmux_home.start("sleep", "1000")
        tmux_home.run(server.kill(tmux_home.socket))

    assert not tmux_home.run(server.alive(tmux_home.socket))


def test_umask_and_limits_are_those_of_whoever_starts_it(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")

    soft = f"{resource.getrlimit(resource.RLIMIT_NOFILE)[0]}"
    limits = Path(f"/proc/{begun.pane_pid}/limits").read_text().splitlines()
    assert next(line for line in limits if line.startswith("Max open files")).split()[3] == soft
