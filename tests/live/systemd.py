"""A systemd of a test's own: `systemd --user`, which asks for a machine that was booted with it, and a control group.

Both are given to it in a mount namespace (unshare(1)): a /run of its own with what sd_booted(3) looks for, and the
control groups, of which it is in an empty one. Needs root, and a systemd that is installed; it need not run.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.eventually import eventually

SYSTEMD = "/lib/systemd/systemd"
BEGIN = """
set -e
mount --make-rprivate /
echo $$ >"$1/cgroup.procs"
mount -t tmpfs none /run && mkdir -p /run/systemd/system
umount -R /sys/fs/cgroup && mount -t cgroup2 none /sys/fs/cgroup
exec {systemd} --user
"""


def can_run() -> bool:
    above = cgroups()
    if os.geteuid() or not os.path.exists(SYSTEMD) or above is None or not os.access(above, os.W_OK):
        return False
    return shutil.which("unshare") is not None and not subprocess.run(("unshare", "-m", "true"), check=False).returncode


def cgroups() -> Path | None:
    """Where control groups of the second kind are mounted."""
    mounts = (line.split() for line in Path("/proc/mounts").read_text().splitlines())
    return next((Path(at) for _, at, kind, *_ in mounts if kind == "cgroup2"), None)


class Systemd:
    """What speaks to it is run inside, with this `env`."""

    def __init__(self, root: Path, env: Mapping[str, str]) -> None:
        above = cgroups()
        assert above is not None
        self._above, self._group = above, above / f"peerd-test-{root.name}"
        self._group.mkdir()
        folder = root / "x"
        folder.mkdir(mode=0o700)
        self.env = {**env, "XDG_RUNTIME_DIR": str(folder)}
        self._process = subprocess.Popen(
            ("unshare", "-m", "sh", "-c", BEGIN.format(systemd=SYSTEMD), "sh", str(self._group)),
            env=self.env,
            stdout=(root / "systemd.out").open("wb"),
            stderr=subprocess.STDOUT,
        )

    def run(self, *argv: str) -> "subprocess.CompletedProcess[str]":
        inside = ("nsenter", "-t", str(self._process.pid), "-m", *argv)
        return subprocess.run(inside, env=self.env, capture_output=True, text=True, check=False, timeout=60)

    def ctl(self, *words: str) -> str:
        return self.run("systemctl", "--user", *words).stdout.strip()

    def peerd(self, *words: str) -> int:
        return self.run(sys.executable, "-m", "peerd", *words).returncode

    def begin(self) -> None:
        eventually(lambda: self.ctl("is-system-running") == "running", within_s=20)

    def pid_of(self, unit: str) -> int:
        return int(self.ctl("show", "-p", "MainPID", "--value", unit))

    def end(self) -> None:
        """What systemd started and left alone goes on, in no group of ours."""
        self._process.terminate()
        self._process.wait(20)
        for pid in (pid for procs in self._group.rglob("cgroup.procs") for pid in procs.read_text().split()):
            with contextlib.suppress(ProcessLookupError):
                (self._above / "cgroup.procs").write_text(pid)
        for folder in sorted((each for each in self._group.rglob("*") if each.is_dir()), reverse=True):
            folder.rmdir()
        self._group.rmdir()


@contextmanager
def systemd(root: Path, env: Mapping[str, str]) -> Iterator[Systemd]:
    running = Systemd(root, env)
    try:
        running.begin()
        yield running
    finally:
        running.end()
