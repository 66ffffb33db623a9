"""What a session left behind, and whose a process is."""

import asyncio
import os
import resource
import signal
import subprocess
import sys

from peerd.edges import limits as open_files
from peerd.edges import process as edge
from peerd.edges.process.kin import Swept, sweep
from peerd.model.session import SessionId
from tests.edges.children import GIVES_BIRTH, STUBBORN, Start, command_name, first_line, known
from tests.eventually import eventually


def test_children_are_found_by_their_mark_after_they_were_reparented(start: Start, session: SessionId) -> None:
    parent = start("/bin/sh", "-c", "setsid sleep 60 >/dev/null 2>&1 & echo $!", mark=session)
    other = start("sleep", "60", mark=f"{session}0")
    orphan = int(first_line(parent))
    parent.wait(5)

    eventually(lambda: edge.with_variable("PEERD_SESSION", session) == (known(orphan),))
    assert edge.with_variable("PEERD_SESSION", SessionId(f"{session}0")) == (known(other.pid),)
    assert edge.with_variable("PEERD_SESSION", SessionId("s-nobody")) == ()


def test_a_sweep_ends_all_that_is_marked_and_nothing_else(start: Start, session: SessionId) -> None:
    meek, other = start("sleep", "60", mark=session), start("sleep", "60")
    stubborn = start(sys.executable, "-c", STUBBORN, mark=session)
    assert first_line(stubborn) == "ready"

    assert asyncio.run(sweep(session, grace_s=0.05)) == Swept(2)

    assert (meek.wait(5), stubborn.wait(5)) == (-signal.SIGTERM, -signal.SIGKILL)
    assert other.poll() is None


def test_a_sweep_of_nothing_ends_nothing() -> None:
    assert asyncio.run(sweep(SessionId("s-nobody"), grace_s=1.0)) == Swept(0)


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
        limits = open_files.raised()
        raised = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        argv = open_files.restored(("/bin/sh", "-c", 'ulimit -S -n; ulimit -H -n; echo "$1"', "sh", "a b"), limits)
        told = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split("\n")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert limits == (low, hard)
    assert raised == min(hard, open_files.DESCRIPTORS)
    assert told == [str(low), str(hard), "a b", ""]
