"""Deaths, ends and marks, of real processes."""

import asyncio
import os
import platform
import resource
import signal
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable, Iterator

import pytest

from peerd.edges import process as edge
from peerd.edges.process import Deaths, ExitStatus
from peerd.errors import InternalError
from peerd.model.session import Process, SessionId
from tests.eventually import eventually

KERNEL = tuple(int(part) for part in platform.release().split(".")[:2])

STUBBORN = """
import signal
for each in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(each, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""
GIVES_BIRTH = """
import subprocess, sys
print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)
sys.stdin.read()
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a child of this test; whatever it starts is ended with the test."""
    children: list[subprocess.Popen[str]] = []

    def start(*argv: str, mark: str | None = None) -> "subprocess.Popen[str]":
        env = {"PATH": os.environ["PATH"]} | ({"PEERD_SESSION": mark} if mark else {})
        child = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture
def session() -> Iterator[SessionId]:
    """The id of a session nobody else has; what carries its mark is ended with the test."""
    session = SessionId(f"s-{uuid.uuid4().hex}")
    yield session
    for each in edge.marked(session):
        os.kill(each.pid, signal.SIGKILL)


def known(pid: int) -> Process:
    process = edge.identify(pid)
    assert process is not None
    return process


def first_line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def press_enter(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    os.write(child.stdin.fileno(), b"\n")


def in_loop(body: Callable[[Deaths], Awaitable[None]]) -> None:
    async def main() -> None:
        deaths = Deaths()
        try:
            await body(deaths)
        finally:
            deaths.close()

    asyncio.run(main())


def death_of(process: Process, then: Callable[[], object] = lambda: None) -> ExitStatus:
    """What the daemon is told about a process that dies by what `then` does."""
    told: list[ExitStatus] = []

    async def body(deaths: Deaths) -> None:
        died: asyncio.Future[ExitStatus] = asyncio.get_running_loop().create_future()
        deaths.watch(process, died.set_result)
        then()
        told.append(await asyncio.wait_for(died, 5.0))

    in_loop(body)
    return told[0]


def ended(process: Process, *polite: signal.Signals, grace_s: float = 5.0) -> bool:
    return asyncio.run(edge.end(process, polite=polite, grace_s=grace_s))


def command_name(pid: int) -> str:
    with open(f"/proc/{pid}/comm") as file:
        return file.read()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_an_exit_is_noticed_with_its_code(start: Start) -> None:
    child = start("/bin/sh", "-c", "read line; exit 7")

    assert death_of(known(child.pid), lambda: press_enter(child)) == ExitStatus(code=7)


def test_a_kill_is_noticed_with_its_signal(start: Start) -> None:
    child = start("sleep", "60")

    assert death_of(known(child.pid), child.kill) == ExitStatus(signal=signal.SIGKILL)


def test_a_strangers_child_is_noticed_while_nobody_reaps_it(start: Start) -> None:
    parent = start(sys.executable, "-c", GIVES_BIRTH, "/bin/sh", "-c", "sleep 60 & wait; exit 1")
    pid = int(first_line(parent))

    assert death_of(known(pid), lambda: os.kill(pid, signal.SIGSEGV)) == ExitStatus(signal=signal.SIGSEGV)


def test_an_orphan_is_noticed_however_fast_it_is_reaped(start: Start, session: SessionId) -> None:
    parent = start("/bin/sh", "-c", "sleep 60 >/dev/null & echo $!", mark=session)
    pid = int(first_line(parent))
    parent.wait(5)

    status = death_of(known(pid), lambda: os.kill(pid, signal.SIGKILL))

    assert status == ExitStatus(signal=signal.SIGKILL) or (status == ExitStatus() and KERNEL < (6, 15))


@pytest.mark.skipif(KERNEL < (6, 15), reason="the kernel keeps no exit status in a pidfd before 6.15")
def test_the_status_of_what_was_reaped_before_we_looked_is_in_its_pidfd(start: Start) -> None:
    child = start("/bin/sh", "-c", "read line; exit 9")
    process = known(child.pid)

    status = death_of(process, lambda: child.communicate(timeout=5))

    assert status == ExitStatus(code=9)


def test_what_was_dead_before_is_told_at_once_without_a_status(start: Start) -> None:
    child = start("true")
    process = known(child.pid)
    child.wait(5)

    assert death_of(process) == ExitStatus()


def test_a_zombie_is_dead_and_its_status_known(start: Start) -> None:
    child = start("/bin/sh", "-c", "exit 3")
    process = known(child.pid)
    eventually(lambda: not edge.alive(process))

    assert edge.identify(child.pid) == process
    assert death_of(process) == ExitStatus(code=3)


def test_another_process_under_the_same_pid_is_not_taken_for_ours(start: Start) -> None:
    child = start("sleep", "60")
    stale = Process(child.pid, known(child.pid).start - 1)

    assert not edge.alive(stale)
    assert death_of(stale) == ExitStatus()
    assert ended(stale, signal.SIGTERM)
    assert child.poll() is None


def test_an_unwatched_death_is_not_told(start: Start) -> None:
    child, gone = start("sleep", "60"), start("true")
    process, dead = known(child.pid), known(gone.pid)
    gone.wait(5)
    told: list[ExitStatus] = []

    async def body(deaths: Deaths) -> None:
        deaths.watch(process, told.append)
        deaths.watch(dead, told.append)
        deaths.unwatch(process)
        deaths.unwatch(dead)
        child.kill()
        child.wait(5)
        await edge.end(process, polite=(), grace_s=0)
        await asyncio.sleep(0)

    in_loop(body)
    assert told == []


def test_a_second_watch_takes_the_place_of_the_first(start: Start) -> None:
    child = start("sleep", "60")
    process = known(child.pid)
    first: list[ExitStatus] = []

    async def body(deaths: Deaths) -> None:
        second = asyncio.get_running_loop().create_future()
        deaths.watch(process, first.append)
        deaths.watch(process, second.set_result)
        child.kill()
        assert await asyncio.wait_for(second, 5.0) == ExitStatus(signal=signal.SIGKILL)

    in_loop(body)
    assert first == []


def test_a_hundred_deaths_leave_no_descriptor_behind(start: Start) -> None:
    children = [start("sleep", "60") for _ in range(20)]
    processes = [known(child.pid) for child in children]

    async def body(deaths: Deaths) -> None:
        before = descriptors()
        for _ in range(4):
            for process in processes:
                deaths.watch(process, lambda status: None)
        assert descriptors() == before + len(processes)
        told: asyncio.Queue[ExitStatus] = asyncio.Queue()
        for process, child in zip(processes, children, strict=True):
            deaths.watch(process, told.put_nowait)
            child.kill()
        for _ in processes:
            await asyncio.wait_for(told.get(), 5.0)
        assert await edge.end(processes[0], grace_s=0)
        assert descriptors() == before

    in_loop(body)


def test_a_polite_end_is_enough_for_who_listens(start: Start) -> None:
    child = start("sleep", "60")

    assert ended(known(child.pid), signal.SIGTERM)
    assert child.wait(5) == -signal.SIGTERM


def test_who_ignores_sighup_and_sigterm_is_killed_after_the_grace(start: Start) -> None:
    child = start(sys.executable, "-c", STUBBORN)
    assert first_line(child) == "ready"

    assert ended(known(child.pid), signal.SIGHUP, signal.SIGTERM, grace_s=0.05)
    assert child.wait(5) == -signal.SIGKILL


def test_a_stopped_process_gets_the_chance_to_end_politely(start: Start) -> None:
    child = start("sleep", "60")
    child.send_signal(signal.SIGSTOP)

    assert ended(known(child.pid), signal.SIGTERM)
    assert child.wait(5) == -signal.SIGTERM


@pytest.mark.parametrize("pid", [os.getpid(), 1, 0, -1], ids=["ourselves", "init", "our group", "everybody"])
def test_nothing_that_is_no_runtime_is_signalled(pid: int) -> None:
    with pytest.raises(InternalError, match="refused to signal"):
        ended(edge.identify(pid) if pid > 0 else Process(pid, 0))  # type: ignore[arg-type]


def test_children_are_found_by_their_mark_after_they_were_reparented(start: Start, session: SessionId) -> None:
    parent = start("/bin/sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $!", mark=session)
    other = start("sleep", "60", mark=f"{session}0")
    orphan = int(first_line(parent))
    parent.wait(5)

    eventually(lambda: edge.marked(session) == (known(orphan),))
    assert edge.marked(SessionId(f"{session}0")) == (known(other.pid),)
    assert edge.marked(SessionId("s-nobody")) == ()


def test_a_sweep_ends_all_that_is_marked_and_spares_what_it_is_told_to(start: Start, session: SessionId) -> None:
    meek, spared, other = start("sleep", "60", mark=session), start("sleep", "60", mark=session), start("sleep", "60")
    stubborn = start(sys.executable, "-c", STUBBORN, mark=session)
    assert first_line(stubborn) == "ready"

    assert asyncio.run(edge.sweep(session, spare=frozenset({spared.pid}), grace_s=0.05)) == 2

    assert (meek.wait(5), stubborn.wait(5)) == (-signal.SIGTERM, -signal.SIGKILL)
    assert (spared.poll(), other.poll()) == (None, None)


def test_a_sweep_of_nothing_ends_nothing() -> None:
    assert asyncio.run(edge.sweep(SessionId("s-nobody"), spare=frozenset(), grace_s=1.0)) == 0


def test_a_process_belongs_to_the_session_of_its_nearest_marked_ancestor(start: Start, session: SessionId) -> None:
    marked = start(sys.executable, "-c", GIVES_BIRTH, "env", "-u", "PEERD_SESSION", "sleep", "60", mark=session)
    child = int(first_line(marked))
    eventually(lambda: command_name(child) == "sleep\n")

    assert edge.session_of(child) == session
    assert edge.session_of(marked.pid) == session
    assert edge.ancestors(child)[:2] == (marked.pid, os.getpid())
    assert edge.session_of(start("sleep", "60").pid) == edge.session_of(os.getpid())
    os.kill(child, signal.SIGKILL)


def test_a_name_full_of_parentheses_is_read_right(start: Start, tmp_path: object) -> None:
    odd = os.path.join(str(tmp_path), ") Z 1 (x")
    os.symlink("/bin/sleep", odd)
    child = start(odd, "60")
    eventually(lambda: "Z 1" in command_name(child.pid))

    assert edge.alive(known(child.pid))
    assert edge.ancestors(child.pid)[0] == os.getpid()


def test_a_child_gets_the_descriptor_limit_as_it_was() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = min(256, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (low, hard))
    try:
        limits = edge.raise_descriptor_limit()
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        argv = edge.restored(("/bin/sh", "-c", 'ulimit -S -n; ulimit -H -n; echo "$1"', "sh", "a b"), limits)
        told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split("\n")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert limits == (low, hard)
    assert raised == min(hard, edge.DESCRIPTORS)
    assert told == [str(low), str(hard), "a b", ""]
