"""Deaths and ends of real processes."""

import asyncio
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable

import pytest

from peerd.edges import process as edge
from peerd.edges.process import Deaths, ExitStatus
from peerd.errors import InternalError
from peerd.model.session import Process, SessionId
from tests.edges.children import (
    GIVES_BIRTH,
    POLITE,
    STUBBORN,
    Start,
    first_line,
    known,
    press_enter,
)
from tests.eventually import eventually

KERNEL = tuple(int(part) for part in platform.release().split(".")[:2])


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
    child = start(sys.executable, "-c", POLITE)
    assert first_line(child) == "ready"
    child.send_signal(signal.SIGSTOP)

    assert ended(known(child.pid), signal.SIGTERM)
    assert child.wait(5) == 5


def test_a_process_that_no_signal_would_wake_stands_still(start: Start, session: SessionId) -> None:
    """As one that waits for a disk that does not answer: here, for the child of a vfork."""
    child = start(sys.executable, "-c", "import ctypes; c = ctypes.CDLL(None); c.vfork() or c.pause()", mark=session)
    waits = known(child.pid)
    try:
        assert eventually(lambda: edge.stopped(waits))
    finally:
        for each in edge.with_variable("PEERD_SESSION", session):
            os.kill(each.pid, signal.SIGKILL)


@pytest.mark.parametrize("pid", [os.getpid(), 1, 0, -1], ids=["ourselves", "init", "our group", "everybody"])
def test_nothing_that_is_no_runtime_is_signalled(pid: int) -> None:
    with pytest.raises(InternalError, match="refused to signal"):
        ended(edge.identify(pid) if pid > 0 else Process(pid, 0))  # type: ignore[arg-type]


def test_a_process_that_has_a_dead_ones_pid_is_never_signalled(start: Start):
    child = start("sleep", "1000")
    here = known(child.pid)

    assert not edge.tell(Process(here.pid, here.start - 1), signal.SIGUSR1)
    assert edge.tell(here, signal.SIGTERM)

    assert child.wait(10) == -signal.SIGTERM
    assert not edge.tell(here, signal.SIGTERM)
    assert not edge.tell(Process(0, 0), signal.SIGTERM)
