"""A real tmux of a test's own with one program in it, and hands: what the daemon does to a pane, done plainly."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from peerd.adapter import Adapter, Keys, Place
from peerd.model.fact import Fact
from peerd.model.landing import squeezed
from peerd.model.message import Message, MessageId
from peerd.model.peer import Spec
from peerd.model.screen import Screen
from tests.build import message
from tests.eventually import eventually

CONF = "set -g remain-on-exit on\nset -s escape-time 0\n"


class Seat:
    """A session's folder and the pane its runtime runs in."""

    def __init__(self, root: Path, adapter: Adapter, spec: Spec, env: Mapping[str, str]) -> None:
        self.root = root
        self.adapter = adapter
        self.place = Place(
            str(root / "session"), str(root / "session" / "journal"), str(root / "tmp"), str(root / "own")
        )
        launch = adapter.launch(spec, self.place, None)
        os.mkdir(self.place.folder)
        self.write(launch.files)
        for folder in (self.place.tmp, self.place.own):
            os.makedirs(folder, exist_ok=True)
        for name, keys in (launch.own or {}).items():
            Path(self.place.own, name).write_text(json.dumps(keys))
        own = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(root), "PEERD_PEER": spec.name}
        own |= {"PEERD_SOCKET": f"{root}/d", "PEERD_TOKEN": f"token-of-{spec.name}", "PEERD_SESSION": root.name}
        self._env = own | launch.env | spec.env | dict(env) | {"PEERD_JOURNAL": self.place.journal}
        (root / "conf").write_text(CONF)
        self.tmux("-f", str(root / "conf"), "new-session", "-d", "-x220", "-y50", "-c", spec.dir, *launch.argv)
        self.pid = int(self.tmux("display-message", "-p", "#{pane_pid}"))
        self._pidfd = os.pidfd_open(self.pid)

    def tmux(self, *words: str, stdin: bytes | None = None) -> str:
        command = ("tmux", "-u", "-S", str(self.root / "s"), *words)
        done = subprocess.run(command, input=stdin, capture_output=True, env=self._env, check=False, timeout=10)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def write(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = Path(self.place.folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())

    def screen(self) -> Screen:
        cursor, _, shown = self.tmux(
            "display-message", "-p", "#{cursor_x} #{cursor_y}", ";", "capture-pane", "-p"
        ).partition("\n")
        x, y = cursor.split()
        return Screen(tuple(line.rstrip() for line in shown.split("\n")[:50]), int(x), int(y))

    def composer(self) -> str | None:
        return self.adapter.read(self.screen()).composer

    def press(self, *keys: str) -> None:
        self.tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        self.tmux("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        self.tmux("load-buffer", "-b", "p", "-", stdin=text.encode())
        self.tmux("paste-buffer", "-p", "-r", "-d", "-b", "p")

    def enter(self, keys: Keys) -> None:
        """See an empty input line, paste, see it landed, press Enter."""
        eventually(lambda: self.composer() == "")
        self.write(keys.files)
        for paste in keys.pastes:
            self.paste(paste)
        eventually(lambda: re.fullmatch(keys.landed, squeezed(self.composer() or "")))
        self.press(keys.submit)

    def send(self, body: str, id: str = "m-1", attempt: int = 1, **fields: Any) -> Message:
        sent = message(id=MessageId(id), body=body, **fields)
        self.enter(self.adapter.compose(sent, attempt, self.place))
        return sent

    def lines(self) -> list[str]:
        with suppress(FileNotFoundError):
            return Path(self.place.journal).read_text().splitlines()
        return []

    def facts(self) -> list[Fact]:
        return [fact for line in self.lines() for fact in self.adapter.facts(line)]

    def hears(self, *facts: Fact, within_s: float = 5.0) -> None:
        """The journal comes to hold exactly this."""
        expected = list(facts)
        eventually(lambda: len(self.facts()) >= len(expected) or None, within_s=within_s)
        assert self.facts() == expected

    def sees(self, text: str) -> None:
        eventually(lambda: any(text in line for line in self.screen().lines))

    def close(self) -> None:
        """Ended for good before its home goes: a bash that only hangs up would still write its history there."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        eventually(lambda: select.select([self._pidfd], [], [], 0)[0])
        os.close(self._pidfd)

    def sees_line(self, line: str) -> None:
        eventually(lambda: line in self.screen().lines)

    def ended(self) -> int:
        """Wait for the runtime's end; its exit code, negative for a signal. tmux 3.3a may lose SIGCHLD and leave a
        zombie: then /proc still tells."""
        eventually(lambda: select.select([self._pidfd], [], [], 0)[0])
        return eventually(lambda: [code] if (code := self._code()) is not None else [])[0]

    def _code(self) -> int | None:
        with suppress(OSError):
            stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            if stat[0] == "Z":
                return os.waitstatus_to_exitcode(int(stat[49]))
        status, _, number = self.tmux("display-message", "-p", "#{pane_dead_status}/#{pane_dead_signal}").partition("/")
        return int(status) if status else -int(number) if number.strip() else None


@contextmanager
def seats() -> Iterator[Callable[..., Seat]]:
    """Makes seats; ends their tmux servers and removes their folders whatever happens."""
    taken: list[Path] = []
    made: list[Seat] = []

    def seat(
        adapter: Adapter, spec: Spec, before: Mapping[str, str] | None = None, dir: str | None = None, **env: str
    ) -> Seat:
        """`before` are files of the seat's home, which is also where the runtime starts if no `dir` is named."""
        root = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"))
        taken.append(root)
        for name, text in (before or {}).items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        made.append(Seat(root, adapter, replace(spec, dir=dir or str(root)), env))
        return made[-1]

    try:
        yield seat
    finally:
        for runtime in made:
            runtime.close()
        for root in taken:
            subprocess.run(("tmux", "-S", str(root / "s"), "kill-server"), capture_output=True, check=False)
            shutil.rmtree(root)
