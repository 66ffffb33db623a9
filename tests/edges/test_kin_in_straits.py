"""Whose processes are, told by a daemon that is the init of its container, or is short of descriptors."""

import subprocess
import sys

import pytest

from peerd.model.session import SessionId
from tests.edges.children import Start, first_line

AS_INIT = """
import asyncio, os, subprocess, sys
from peerd.edges.process import identify
from peerd.edges.process.kin import members, sweep
own = subprocess.Popen(["/bin/sleep", "60"], env={})
script = "(env -i /bin/sleep 60 >/dev/null & echo $!); exec sleep 60"
argv = ["setsid", "sh", "-c", script]
leader = subprocess.Popen(argv, env={**os.environ, "PEERD_SESSION": sys.argv[1]}, stdout=subprocess.PIPE)
orphan = int(leader.stdout.readline())
def parent():
    return open(f"/proc/{orphan}/stat").read().rpartition(")")[2].split()[1]
while os.readlink(f"/proc/{orphan}/exe") != os.path.realpath("/bin/sleep") or parent() != "1":
    os.sched_yield()
found = members(sys.argv[1]) == {identify(leader.pid), identify(orphan)}
swept = asyncio.run(sweep(sys.argv[1], grace_s=5.0))
print(os.getpid(), found, swept.ended, own.poll(), flush=True)
"""
APART = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


@pytest.mark.skipif(subprocess.run((*APART, "true"), stderr=-1).returncode != 0, reason="needs a pid namespace")
def test_an_orphan_that_whoever_looks_has_adopted_as_init_of_a_container_ends_with_its_session(
    start: Start, session: SessionId
):
    told = first_line(start(*APART, sys.executable, "-c", AS_INIT, session))

    assert told == "1 True 2 None"


WANTS_FOR_DESCRIPTORS = """
import errno, os, resource
from peerd.edges.process import kin
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
right = os.open
def at_another_threads_worst(path, *how):
    taken = []
    try:
        while path == f"/proc/{os.getpid()}/environ":
            taken.append(os.dup(0))
    except OSError:
        pass
    try:
        return right(path, *how)
    finally:
        list(map(os.close, taken))
os.open = at_another_threads_worst
try:
    print("seen as", kin.look()[os.getpid()].mark, flush=True)
except OSError as error:
    print(errno.errorcode[error.errno], flush=True)
"""


def test_what_cannot_be_read_for_want_of_descriptors_is_not_taken_for_one_without_a_mark(
    start: Start, session: SessionId
):
    assert first_line(start(sys.executable, "-c", WANTS_FOR_DESCRIPTORS, mark=session)) == "EMFILE"
