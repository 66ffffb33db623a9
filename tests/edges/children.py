"""Real processes of a test's own, ended with it."""

import os
import subprocess
from collections.abc import Callable

from peerd.edges.process import identify
from peerd.model.session import Process

Start = Callable[..., "subprocess.Popen[str]"]

STUBBORN = """
import signal
for each in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
    signal.signal(each, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""
POLITE = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
print("ready", flush=True)
signal.pause()
"""
GIVES_BIRTH = """
import subprocess, sys
print(subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL).pid, flush=True)
sys.stdin.read()
"""


def known(pid: int) -> Process:
    process = identify(pid)
    assert process is not None
    return process


def first_line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def press_enter(child: "subprocess.Popen[str]") -> None:
    assert child.stdin is not None
    os.write(child.stdin.fileno(), b"\n")


def command_name(pid: int) -> str:
    with open(f"/proc/{pid}/comm") as file:
        return file.read()
