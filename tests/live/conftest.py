"""A team of its own for each test: a private home, a real daemon process, real tmux; nothing of it is left."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from peerd.model.peer import Spec
from peerd.paths import home
from peerd.rpc.client import call
from peerd.rpc.start import listener
from peerd.specwrite import write_spec
from peerd.store.read import Reader
from tests.eventually import eventually
from tests.live.ending import end_all_of
from tests.live.forked import Forked

RUN_DAEMON = "import sys; from peerd.daemon.main import run; sys.exit(run())"
RUN_DYING = "import sys; from tests.live.dying import main; sys.exit(main(sys.argv[1]))"
RUN_COMMAND = "import os; from peerd.cli import main; os._exit(main())"  # to tear it all down takes longer than it ran


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Team:
    """One PEERD_HOME, its daemon and its peers."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folders = [root]
        self.work = root / "work"
        self.work.mkdir()
        (root / "user").mkdir()
        self.env = _clean_env() | {"PEERD_HOME": str(root / "p"), "HOME": str(root / "user"), "TERM": "xterm"}
        self.home = home(self.env)
        self.daemon: subprocess.Popen[bytes] | Forked | None = None

    def use_runtime_folder(self, folder: Path) -> None:
        """XDG_RUNTIME_DIR, where sockets go that would not fit elsewhere."""
        self.env["XDG_RUNTIME_DIR"] = str(folder)
        self.home = home(self.env)
        self.folders.append(folder)

    def start(self, *command: str) -> None:
        """A daemon, listening when this returns. `command`: of another kind than that of all tests; with -m it is
        run as a program."""
        eventually(self._is_unowned)
        self.daemon = self._started(command) if "-m" in command else self._forked(*command[2:] or (RUN_DAEMON,))
        eventually(self.answers, within_s=15.0)

    def _started(self, command: tuple[str, ...]) -> "subprocess.Popen[bytes]":
        out = (self.root / "daemon.out").open("ab")
        return subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def _forked(self, code: str, *words: str) -> Forked:
        return Forked(code, *words, env=self.env, out=str(self.root / "daemon.out"))

    def start_dying(self, point: int | str) -> None:
        """A daemon that ends itself at its Nth touch of the world, or at its first `press`; it may not come up at
        all."""
        eventually(self._is_unowned)
        self.daemon = self._forked(RUN_DYING, str(point))
        eventually(lambda: self.died or listener(self.home.socket) is not None, within_s=15.0)

    def _is_unowned(self) -> bool:
        """What a daemon had just forked when it was killed has its lock until its exec."""
        try:
            with open(self.home.lock, "rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return True
        except BlockingIOError:
            return False
        return True

    @property
    def died(self) -> bool:
        return self.daemon is not None and self.daemon.poll() is not None

    def answers(self) -> bool:
        assert self.daemon is None or self.daemon.poll() is None, (self.root / "daemon.out").read_text()
        with contextlib.suppress(Exception):
            return bool(self.call("daemon.status"))
        return False

    def kill_daemon(self) -> None:
        """kill -9."""
        assert self.daemon is not None
        self.daemon.kill()
        self.daemon.wait()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        patience_s = params.get("timeout_s", 50.0) + 10.0
        found: dict[str, Any] = call(method, params, timeout_s=patience_s, socket_path=self.home.socket)
        return found

    def run(
        self, *args: str, env: dict[str, str] | None = None, cwd: Path | None = None, timeout_s: float = 60.0
    ) -> Ran:
        """`peerd ARGS`, as a person would: a program, but forked where nothing depends on that: a daemon is there
        already, and it is asked from nowhere else."""
        if self.daemon is not None and env is None and cwd is None:
            return self._ran_forked(args, timeout_s)
        command, env = (sys.executable, "-m", "peerd", *args), self.env | (env or {})
        done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=timeout_s)
        return Ran(done.returncode, done.stdout, done.stderr)

    def _ran_forked(self, words: tuple[str, ...], timeout_s: float) -> Ran:
        with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
            command = Forked(RUN_COMMAND, *words, env=self.env, out=out.name, err=err.name)
            try:
                return Ran(command.wait(timeout_s), out.read(), err.read())
            finally:
                command.kill()

    def popen(self, *args: str, env: dict[str, str] | None = None) -> "subprocess.Popen[bytes]":
        """`peerd ARGS`, begun."""
        quiet = subprocess.DEVNULL
        return subprocess.Popen((sys.executable, "-m", "peerd", *args), env=env or self.env, stdout=quiet, stderr=quiet)

    def add(
        self, name: str, runtime: str = "actor", *args: str, env: dict[str, str] | None = None, **fields: Any
    ) -> None:
        settings = {key: json.dumps(value) for key, value in fields.items()}
        if args:
            settings["args"] = json.dumps(args)
        self.call("peer.add", name=name, runtime=runtime, dir=str(self.work), env=env or {}, set=settings)

    def declare(self, name: str, runtime: str, *args: str, **fields: Any) -> None:
        """A spec on disk, for a daemon that does not run yet."""
        spec = {"name": name, "runtime": runtime, "dir": str(self.work), "args": list(args), **fields}
        write_spec(self.home.peers, msgspec.convert(spec, Spec))

    def send(self, to: str, body: str, **params: Any) -> dict[str, Any]:
        return self.call("message.send", to=to, body=body, **params)

    def show(self, name: str) -> dict[str, Any]:
        return self.call("peer.show", peer=name)

    def store(self) -> Reader:
        return Reader.open(self.home.store)

    def session(self, name: str) -> Any:
        """The session on record that runs now."""
        reader = self.store()
        try:
            return next(session for session in reader.live_sessions() if session.peer == name)
        finally:
            reader.close()

    def caller(self, name: str) -> dict[str, str]:
        """What makes a command one of this peer's own."""
        environ = Path(f"/proc/{self.session(name).host.runtime.pid}/environ").read_text().split("\0")
        return {key: value for key, _, value in (each.partition("=") for each in environ) if key == "PEERD_TOKEN"}

    def log(self, name: str = "lifecycle") -> str:
        path = Path(self.home.logs, f"{name}.log")
        return path.read_text() if path.exists() else ""

    def end(self) -> None:
        """Whatever happened: daemon, tmux servers, runtimes, folder. Fails where anything of it is left."""
        if self.daemon is not None:
            self.daemon.kill()
        try:
            end_all_of(self.folders)
        finally:
            if self.daemon is not None:
                self.daemon.wait()
            for folder in self.folders:
                shutil.rmtree(folder, ignore_errors=True)


def _clean_env() -> dict[str, str]:
    dropped = ("TMUX", "TMUX_PANE", "XDG_RUNTIME_DIR")
    return {
        key: value for key, value in os.environ.items() if key not in dropped and not key.startswith(("PEERD_", "XDG_"))
    }


@contextlib.contextmanager
def a_team() -> Iterator[Team]:
    team = Team(Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp")))
    try:
        yield team
    finally:
        team.end()


@pytest.fixture
def team() -> Iterator[Team]:
    """No daemon yet: `team.start()`."""
    with a_team() as team:
        yield team
        print(*team.log().splitlines()[-60:], sep="\n")  # pytest shows it of a test that failed


@pytest.fixture
def up(team: Team) -> Team:
    team.start()
    return team
