"""Whose a process is that shows no mark of its own, and that it ends with its session."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.process import alive, ancestors, identify
from peerd.edges.process.kin import Kin, Seen, Swept, children, members, sweep
from peerd.model.session import Process, SessionId
from tests.edges.children import GIVES_BIRTH, Start, first_line, known, press_enter
from tests.eventually import eventually

BARE = ("env", "-i", "/bin/sleep", "60")
ONE, OTHER = SessionId("s-one"), SessionId("s-other")


@pytest.fixture
def bare() -> Iterator["list[Process]"]:
    """Processes that show no mark: ended with the test."""
    found: list[Process] = []
    yield found
    for each in filter(alive, found):
        os.kill(each.pid, signal.SIGKILL)


def gives_birth(start: Start, bare: list[Process], *argv: str, mark: str | None) -> tuple[Process, Process]:
    """A process, and a child of it with this command line."""
    parent = start(sys.executable, "-c", GIVES_BIRTH, *argv, mark=mark)
    bare.append(asleep(int(first_line(parent))))
    return known(parent.pid), bare[-1]


def asleep(pid: int) -> Process:
    """Once it is what it is to become."""
    eventually(lambda: Path(f"/proc/{pid}/cmdline").read_text().split("\0") == ["/bin/sleep", "60", ""])
    return known(pid)


def leaves(start: Start, bare: list[Process], script: str, mark: str) -> tuple[Process, Process]:
    """The leader of a kernel session, and what the script there tells the pid of, whose parent is dead."""
    leader = start("setsid", "/bin/sh", "-c", f"({script}); exec sleep 60", mark=mark)
    bare.append(asleep(int(first_line(leader))))
    eventually(lambda: leader.pid not in ancestors(bare[-1].pid))
    return known(leader.pid), bare[-1]


ORPHAN = f"{' '.join(BARE)} >/dev/null & echo $!"


def test_a_child_with_another_environment_is_of_its_parents_session(
    start: Start, session: SessionId, bare: list[Process]
):
    parent, child = gives_birth(start, bare, *BARE, mark=session)

    assert set(children({})[session]) == {parent, child}
    assert members(session) == {parent, child}


def test_a_runtime_is_its_sessions_whatever_its_environment_shows(
    start: Start, session: SessionId, bare: list[Process]
):
    runtime, child = gives_birth(start, bare, *BARE, mark=None)

    assert set(children({runtime: session})[session]) == {runtime, child}
    assert session not in children({})
    assert session not in children({Process(runtime.pid, runtime.start - 1): session})


WAITS = "echo; read -r _; /bin/true; echo; read -r _"


def test_a_process_that_waited_for_a_child_is_seen_to_have(start: Start, session: SessionId):
    loop = start("/bin/sh", "-c", WAITS, mark=session)
    first_line(loop)
    before = children({})[session][known(loop.pid)].reaped

    press_enter(loop)
    first_line(loop)

    assert children({})[session][known(loop.pid)].reaped > before


def test_a_child_with_another_mark_or_nobodys_is_not_of_its_parents_session(
    start: Start, session: SessionId, bare: list[Process]
):
    large = ("env", "-i", f"A={'x' * 100_000}", f"PEERD_SESSION={session}0")
    parent, adopted = gives_birth(start, bare, *large, "/bin/sleep", "60", mark=session)
    aunt, nobodys = gives_birth(start, bare, "env", "PEERD_SESSION=", "/bin/sleep", "60", mark=session)

    assert members(session) == {parent, aunt}
    assert members(session, {parent, adopted, nobodys}) == {parent, aunt}
    assert asyncio.run(sweep(session, known={parent, adopted, nobodys}, grace_s=5.0)) == Swept(2)
    assert (alive(adopted), alive(nobodys)) == (True, True)


def test_an_orphan_is_of_the_session_that_the_leader_of_its_kernel_session_is_of(
    start: Start, session: SessionId, bare: list[Process]
):
    leader, orphan = leaves(start, bare, ORPHAN, session)

    assert members(session) == {leader, orphan}
    assert asyncio.run(sweep(session, grace_s=5.0)) == Swept(2)
    assert not alive(orphan)


def test_an_orphan_of_a_runtime_that_just_died_ends_with_its_session(
    start: Start, session: SessionId, bare: list[Process]
):
    leader, orphan = leaves(start, bare, ORPHAN, session)
    os.kill(leader.pid, signal.SIGKILL)
    eventually(lambda: not alive(leader))

    assert members(session) == frozenset()
    assert asyncio.run(sweep(session, known={leader}, grace_s=5.0)) == Swept(1)
    assert not alive(orphan)


def test_a_child_in_a_kernel_session_of_its_own_ends_with_its_session_where_it_was_seen_before(
    start: Start, session: SessionId, bare: list[Process]
):
    parent, child = gives_birth(start, bare, "setsid", *BARE, mark=session)
    seen = members(session)
    os.kill(parent.pid, signal.SIGKILL)
    eventually(lambda: not alive(parent))

    assert members(session) == frozenset()
    assert members(session, seen) == {child}
    assert asyncio.run(sweep(session, known=seen, grace_s=5.0)) == Swept(1)
    assert not alive(child)


SWEEPS = """
import asyncio, subprocess, sys
from peerd.edges.process.kin import sweep
own = subprocess.Popen(["/bin/sleep", "60"], env={})
asyncio.run(sweep(sys.argv[1], grace_s=5.0))
print(own.pid, own.poll(), flush=True)
own.kill()
own.wait()
"""


def test_whoever_sweeps_spares_itself_its_ancestors_and_what_it_started(
    start: Start, session: SessionId, bare: list[Process]
):
    sweeps = f'env -i {sys.executable} -c "$0" "$1"; read done'
    top = start("/bin/sh", "-c", f"{' '.join(BARE)} >/dev/null & echo $!; {sweeps}", SWEEPS, session, mark=session)
    sibling = identify(int(first_line(top)))
    assert sibling is not None
    bare.append(sibling)

    _, own = first_line(top).split()

    assert (own, top.poll(), alive(sibling)) == ("None", None, False)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a process of another user")
NOBODY = 65534


@as_root
def test_a_child_of_another_user_ends_with_its_session(start: Start, session: SessionId, bare: list[Process]):
    argv = ("setpriv", f"--reuid={NOBODY}", "--clear-groups", *BARE)
    _, child = gives_birth(start, bare, *argv, mark=session)

    assert asyncio.run(sweep(session, grace_s=5.0)) == Swept(2)
    assert not alive(child)


@as_root
def test_one_of_another_user_that_is_nobodys_is_left_alone(start: Start, session: SessionId, bare: list[Process]):
    """As a daemon is that somebody else starts from within a session."""
    argv = ("setpriv", f"--reuid={NOBODY}", "--clear-groups", "env", "-i", "PEERD_SESSION=", "/bin/sleep", "60")
    _, child = gives_birth(start, bare, *argv, mark=session)

    assert asyncio.run(sweep(session, grace_s=5.0)) == Swept(1)
    assert alive(child)


def test_a_session_without_a_name_is_not_that_of_what_is_nobodys(start: Start, bare: list[Process]):
    nobodys = asleep(start("env", "PEERD_SESSION=", "/bin/sleep", "60").pid)
    bare.append(nobodys)

    assert nobodys not in members(SessionId(""))


BECOMES_NOBODY = f"""
import os, subprocess
print(subprocess.Popen({BARE!r}, stdout=subprocess.DEVNULL).pid, flush=True)
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
os.execv("/bin/sleep", ["sleep", "60"])
"""
SWEEPS_AS_NOBODY = f"""
import asyncio, concurrent.futures.thread, os, sys  # what is imported late is not for nobody to read
from peerd.edges.process.kin import sweep
os.setresuid({NOBODY}, {NOBODY}, {NOBODY})
swept = asyncio.run(sweep(sys.argv[1], grace_s=0.2))
print(swept.ended, *(f"{{each.who}}: {{each.why}}" for each in swept.left), flush=True)
"""


@as_root
def test_what_may_not_be_signalled_is_told(start: Start, session: SessionId, bare: list[Process]):
    parent = start(sys.executable, "-c", BECOMES_NOBODY, mark=session)
    child = asleep(int(first_line(parent)))
    bare.append(child)
    eventually(lambda: Path(f"/proc/{parent.pid}/comm").read_text() == "sleep\n")

    told = first_line(start(sys.executable, "-c", SWEEPS_AS_NOBODY, session))

    assert told == f"1 pid {child.pid} (sleep): Operation not permitted"
    assert (parent.wait(5), alive(child)) == (-signal.SIGTERM, True)


def seen(**fields: int) -> Seen:
    return Seen(**({"parent": 1, "leader": 0, "start": 100} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param({7: seen(start=200), 8: seen(parent=7)}, id="a parent younger than its child"),
        pytest.param({7: seen(start=200), 8: seen(leader=7)}, id="a leader younger than who is in its session"),
        pytest.param({7: seen(start=60), 8: seen(leader=7)}, id="another one with the runtime's pid"),
        pytest.param({8: seen(leader=7, start=40)}, id="a kernel session older than the runtime that is gone"),
        pytest.param({8: seen(parent=9), 9: seen(parent=8)}, id="a circle"),
    ],
)
def test_who_has_a_dead_ones_pid_has_none_of_its_children(table: dict[int, Seen]):
    runtimes = {Process(7, 200): ONE} if table.get(7, seen()).start == 200 else {Process(7, 50): ONE}

    assert Kin(table, runtimes).of(8) is None


def test_what_is_in_the_kernel_session_of_a_runtime_that_is_gone_is_its_sessions():
    assert Kin({8: seen(leader=7), 9: seen(parent=8)}, {Process(7, 50): ONE}).of(9) == ONE


def test_what_has_no_parent_and_no_kernel_session_here_is_of_none():
    """A thread of the kernel's, or what was put into this container from outside."""
    table = {8: Seen(parent=0, leader=0, start=100), 9: Seen(parent=1, leader=1, start=100)}
    kin = Kin(table, {Process(0, 0): ONE, Process(1, 1): OTHER})

    assert (kin.of(8), kin.of(9)) == (None, None)


def test_the_nearest_ancestor_tells_also_of_a_line_of_thousands():
    top = 10_000_000  # no process has such a pid
    line = {top + n: seen(parent=top + n - 1, leader=top) for n in range(1, 9000)}
    table = {top: Seen(1, top, 50, mark=ONE), **line, top + 5000: Seen(top + 4999, top, 100, mark=OTHER)}
    kin = Kin(table, {})

    assert (kin.of(top + 8999), kin.of(top + 4999)) == (OTHER, ONE)
