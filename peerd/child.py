"""A program that ends by itself, begun in a thread: its file may be on a disk that does not answer, and whoever begins
it stands still until it runs.
"""

import asyncio
import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping

if sys.version_info < (3, 11, 4):
    vars(subprocess)["_USE_VFORK"] = False  # with it no thread runs until that program does

_not_begun: "set[_Beginning]" = set()
"""Those that nobody waits for any more and that do not run yet: another run of the same program in the same folder
would be as late."""


class Child:
    """In a session of its own, which its process group is too. `returncode` is None until it has ended."""

    def __init__(self, pid: int, ended: "asyncio.Future[int]") -> None:
        self.pid, self._ended = pid, ended

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self, within_s: float | None = None) -> int:
        """Raises TimeoutError."""
        if not self._ended.done():
            await asyncio.wait((self._ended,), timeout=within_s)
        if not self._ended.done():
            raise TimeoutError
        return self._ended.result()

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """With all of its group; nothing where it has ended."""
        if not self._ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)


async def begun(
    argv: tuple[str, ...],
    *,
    env: Mapping[str, str],
    stdin: int = subprocess.DEVNULL,
    stdout: int,
    stderr: int = subprocess.STDOUT,
    cwd: str = "/",
) -> Child:
    """It runs once this returns. Raises OSError where it cannot be. Where this is cancelled it does not run, nor will
    it: whoever waits for no more than so long counts this in."""
    _refuse_late(argv[0], cwd)
    beginning = _Beginning(argv, env, cwd, _ours(stdin, stdout, stderr))
    beginning.start()
    try:
        return Child(await asyncio.shield(beginning.begun), beginning.ended)
    except asyncio.CancelledError:
        beginning.give_up()
        raise


def _refuse_late(program: str, cwd: str) -> None:
    if any(each.is_of(program, cwd) for each in tuple(_not_begun)):
        disk = "Is its disk there?" if cwd == "/" else f"Is its disk there, and that of {cwd}?"
        raise OSError(errno.EIO, f"its previous start still hangs. {disk}", program)


def _ours(*standard: int) -> list[int]:
    """Whoever gives up closes theirs. Raises OSError where none is left."""
    ours: list[int] = []
    try:
        for each in standard:
            ours.append(os.dup(each) if each >= 0 else each)
    except OSError:
        _close(ours)
        raise
    return ours


def _close(standard: list[int]) -> None:
    for each in standard:
        if each >= 0:
            os.close(each)


def _kill(pid: int) -> None:
    """With its group, where it has one by now."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class _Beginning:
    def __init__(self, argv: tuple[str, ...], env: Mapping[str, str], cwd: str, standard: list[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._argv, self._env, self._cwd, self._standard = argv, env, cwd, standard
        self._thread, self._given_up, self._known = 0, False, False
        self.begun: asyncio.Future[int] = self._loop.create_future()
        self.ended: asyncio.Future[int] = self._loop.create_future()

    def is_of(self, program: str, cwd: str) -> bool:
        return (self._argv[0], self._cwd) == (program, cwd)

    def start(self) -> None:
        """Raises OSError where there is no room for one more."""
        try:
            threading.Thread(target=self._run, name="begin", daemon=True).start()
        except RuntimeError as error:
            _close(self._standard)
            raise OSError(errno.EAGAIN, str(error), self._argv[0]) from error

    def _run(self) -> None:
        self._thread = threading.get_native_id()
        try:
            child = self._child()
        except BaseException as error:  # noqa: BLE001  for who begins it
            self._tell(self._failed, error)
            return
        finally:
            self._known = True
            _not_begun.discard(self)
            _close(self._standard)
        if self._given_up or not self._tell(self._runs, child.pid):
            _kill(child.pid)
        self._tell(self._over, child.wait())

    def _child(self) -> "subprocess.Popen[bytes]":
        if self._given_up:
            raise OSError(errno.EIO, "nobody waits for it any more", self._argv[0])
        reads, says, complains = self._standard
        return subprocess.Popen(
            self._argv,
            env=self._env,
            cwd=self._cwd,
            stdin=reads,
            stdout=says,
            stderr=complains,
            start_new_session=True,
        )

    def give_up(self) -> None:
        """What is not known to run yet is known by its parent, which is that thread."""
        self._given_up = True
        if self.begun.done():
            if self.begun.exception() is None and not self.ended.done():
                _kill(self.begun.result())
            return
        _not_begun.add(self)
        if self._known:  # in that thread, since
            _not_begun.discard(self)
        with contextlib.suppress(OSError), open(f"/proc/self/task/{self._thread}/children") as children:
            for pid in children.read().split():
                _kill(int(pid))

    def _tell(self, what: "Callable[..., None]", told: object) -> bool:
        try:
            self._loop.call_soon_threadsafe(what, told)
        except RuntimeError:  # the loop is over
            return False
        return True

    def _runs(self, pid: int) -> None:
        if not self.begun.done():
            self.begun.set_result(pid)

    def _failed(self, error: BaseException) -> None:
        if not self.begun.done():
            self.begun.set_exception(error)
            self.begun.exception()  # seen, also where nobody waits for it any more

    def _over(self, code: int) -> None:
        self.ended.set_result(code)
