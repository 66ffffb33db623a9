"""The actor's process: its terminal, its signals, its loop. Everything it decides, it decides in `actor`."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress
from types import FrameType

from peerd_adapters.actor_tui.actor import Actor
from peerd_adapters.actor_tui.flags import Flags, parse
from peerd_adapters.actor_tui.notes import Journal, Memory, Record
from peerd_adapters.actor_tui.terminal import Terminal
from peerd_adapters.actor_tui.work import Letter

TYPE_CHECKING = False
if TYPE_CHECKING:  # sockets and threads are not needed to start
    from peerd_adapters.actor_tui.post import Post

READ_BYTES = 1 << 16
READS_PER_FRAME = 64
ORPHAN_S = 600
"""How long it outlives its terminal when told to ignore the hangup; also how long a child left behind sleeps."""
LAST_WORDS_S = 0.05
"""Between its last words and its end: tmux drops what it has not read yet when it hears of that."""
ENDING = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


def main() -> int:
    flags = parse(sys.argv[1:])
    env = dict(os.environ)
    os.environ.pop("PEERD_JOURNAL", None)  # what is started from here must not write to it
    if flags.leave_child:
        _leave_child()
    try:
        memory = Memory(flags.conversation, flags.resume)
    except OSError as error:
        print(f"no conversation {flags.conversation}: {error.strerror}", file=sys.stderr)
        return 1
    notes = (Journal(env.get("PEERD_JOURNAL"), flags.untold), Record(flags.record), memory)
    actor = Actor(flags, env.get("PEERD_PEER", "actor"), *notes)
    return Program(flags, actor, env.get("PEERD_SOCKET"), env.get("PEERD_TOKEN", "")).run()


def _leave_child() -> None:
    """Of our group and without our terminal; it has our environment."""
    devnull = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1, 2)]
    script = f"trap '' HUP TERM; exec sleep {ORPHAN_S}"
    os.posix_spawnp("sh", ["sh", "-c", script], os.environ, file_actions=devnull)


class Program:
    def __init__(self, flags: Flags, actor: Actor, socket: str | None, token: str) -> None:
        self._flags = flags
        self._actor = actor
        self._socket = socket
        self._token = token
        self._terminal = Terminal()
        self._wake_read, self._wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._post: Post | None = None
        self._resized = False
        self._orphaned_at: float | None = None
        actor.send = self._send

    def run(self) -> int:
        """The exit code. The terminal is as it was, whatever ended this."""
        try:
            self._start()
            while self._actor.exit_code is None:
                self._turn_round()
            self._say_last_words()
            return self._actor.exit_code
        finally:
            self._terminal.let_go()

    def _start(self) -> None:
        self._listen_to_signals()
        if self._flags.boot_s:
            select.select([self._wake_read], [], [], self._flags.boot_s)
        if self._actor.exit_code is None:
            self._appear()

    def _listen_to_signals(self) -> None:
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGWINCH, self._on_resize)
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN if self._flags.ignore_hup else self._on_end)

    def _appear(self) -> None:
        self._terminal.hold()
        self._actor.boot(time.monotonic())
        self._draw()
        self._actor.begin(time.monotonic())

    def _on_end(self, number: int, frame: FrameType | None) -> None:
        self._actor.exit_code = 128 + number

    def _on_resize(self, number: int, frame: FrameType | None) -> None:
        self._resized = True

    def _turn_round(self) -> None:
        self._actor.tick(time.monotonic())
        self._draw()
        if self._actor.exit_code is not None:
            return
        inputs = [self._wake_read] if self._orphaned_at is not None else [self._wake_read, 0]
        readable, _, _ = select.select(inputs, [], [], self._actor.next_due(time.monotonic()))
        if self._wake_read in readable:
            self._wake_up()
        if 0 in readable:
            self._read()

    def _wake_up(self) -> None:
        os.read(self._wake_read, READ_BYTES)
        while self._post is not None and self._post.news:
            self._actor.learn(self._post.news.popleft(), time.monotonic())

    def _read(self) -> None:
        """What is there, at most four MiB of it, so that a frame comes in between."""
        for _ in range(READS_PER_FRAME):
            try:
                data = os.read(0, READ_BYTES)
            except OSError:
                data = b""
            if not data:
                return self._lose_terminal()
            if data.endswith(b"\r"):
                time.sleep(self._flags.stall_s)
            self._actor.hear(data, time.monotonic())
            if not select.select([0], [], [], 0)[0]:
                return

    def _draw(self) -> None:
        if self._orphaned_at is not None or not self._terminal.held:
            return
        said, self._actor.said = self._actor.said, []
        try:
            if self._resized:
                self._resized = False
                self._terminal.redraw()
            self._terminal.draw(self._actor.frame(self._terminal.size.columns, time.monotonic()), said)
        except OSError:
            self._lose_terminal()

    def _say_last_words(self) -> None:
        spoke = bool(self._actor.said)
        self._draw()
        if spoke:
            time.sleep(LAST_WORDS_S)

    def _lose_terminal(self) -> None:
        """Its own end, unless it was told to ignore that."""
        if not self._flags.ignore_hup:
            self._actor.exit_code = 128 + signal.SIGHUP
            return
        self._orphaned_at = time.monotonic()
        signal.signal(signal.SIGALRM, self._on_end)
        signal.alarm(ORPHAN_S)

    def _send(self, letter: Letter) -> bool:
        """False where there is no daemon to send it to."""
        if self._socket is None:
            return False
        if self._post is None:
            from peerd_adapters.actor_tui.post import Post

            self._post = Post(self._socket, self._token, self._wake_write)
        with suppress(BlockingIOError):
            self._post.put(letter)
        return True
