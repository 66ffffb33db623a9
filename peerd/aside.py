"""What users name, files and folders, may be on a disk that does not answer: it is asked beside everything else, with a
deadline. Whatever is late is left to itself, and nobody waits for it any more."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from peerd.errors import NoAnswer

T = TypeVar("T")

WITHIN_S = 5.0  # a disk that sleeps takes as long to spin up
LATE_MAX = 32
NO_ROOM = "skipped, as this machine has no room for one more thread. Try again in a moment."


class Out(Generic[T]):
    """Work that was begun. `at`: when it last told that it goes on, by the loop's clock."""

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self.at, self.answer = self._loop.time(), self._loop.create_future()
        self.give_up = give_up
        self.over: Callable[[], object] = lambda: None

    def goes_on(self) -> None:
        self.at = self._loop.time()

    def ends(self, outcome: object, error: BaseException | None) -> None:
        self.over()
        if self.answer.done():
            return
        if error is not None:
            self.answer.set_exception(error)
            self.answer.exception()  # seen, also where nobody waits for it any more
        else:
            self.answer.set_result(outcome)


class Begin(Protocol):
    """`steady`: what goes on as long as it tells so, by a call of its last argument. Raises NoAnswer."""

    def __call__(self, work: Callable[..., T], args: tuple[Any, ...], *, steady: bool) -> Out[T]: ...


class Pulse:
    """By which work tells that it goes on, and hears that it need not. Raises NoAnswer then."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell, self.given_up = tell, False

    def __call__(self) -> None:
        if self.given_up:
            raise NoAnswer("it comes too late")
        self._tell()

    def give_up(self) -> None:
        self.given_up = True


def in_thread(work: Callable[..., T], args: tuple[Any, ...], *, steady: bool) -> Out[T]:
    """Of this process, which ends without it."""
    loop, out = asyncio.get_running_loop(), Out[T](lambda: pulse.give_up())

    def tell(what: Callable[..., None], *told: object) -> None:
        try:
            loop.call_soon_threadsafe(what, *told)
        except RuntimeError:  # the loop is over, and with it whoever asked
            return

    pulse = Pulse(lambda: tell(out.goes_on))
    begin(work, args, pulse if steady else None, lambda *told: tell(out.ends, *told))
    return out


def begin(
    work: Callable[..., T],
    args: tuple[Any, ...],
    pulse: Pulse | None,
    ends: Callable[[T | None, BaseException | None], None],
) -> None:
    """In a thread. Where there is no room for one more the work ends with NoAnswer, at once."""

    def run() -> None:
        try:
            outcome = work(*args, *((pulse,) if pulse is not None else ()))
        except BaseException as error:  # noqa: BLE001  for whoever asked
            ends(None, error)
        else:
            ends(outcome, None)

    try:
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError:
        ends(None, NoAnswer(NO_ROOM))


class Aside:
    """Of what is late there is so much at most; then nothing more is asked until some of it has come back."""

    def __init__(self, begin: Begin = in_thread, late_max: int = LATE_MAX) -> None:
        self._begin, self._late_max = begin, late_max
        self._late: dict[object, Out[Any]] = {}  # what is asked again is that, as long as it has not come back

    async def ask(self, path: str, work: Callable[..., T], *args: Any, within_s: float = WITHIN_S) -> T:
        """What `work` returns, or raises; it is found by its name, and both can be pickled. Raises NoAnswer, which
        names the path, where that takes longer. It may be what somebody else asked before, who did not wait for it."""
        key = (work, args)
        return await self._outcome(path, self._late.get(key) or self._begun(path, work, args, False), within_s, key)

    async def go_on(self, path: str, work: Callable[..., T], *args: Any, still_s: float = WITHIN_S) -> T:
        """Likewise, where it stands still for so long: `work` is given one argument more, which it calls as it goes on,
        and is not to catch what that raises. It is nobody else's."""
        out = self._begun(path, work, args, True)
        return await self._outcome(path, out, still_s, out)

    def _begun(self, path: str, work: Callable[..., T], args: tuple[Any, ...], steady: bool) -> Out[T]:
        if len(self._late) >= self._late_max:
            late = len(self._late)
            raise NoAnswer(f"{path}: skipped, as {late} earlier looks still hang. Are their disks there?")
        return self._begin(work, args, steady=steady)

    async def _outcome(self, path: str, out: Out[T], still_s: float, key: object) -> T:
        begun_at = asyncio.get_running_loop().time()
        try:
            while not out.answer.done():
                left_s = max(out.at, begun_at) + still_s - asyncio.get_running_loop().time()
                if left_s <= 0:
                    raise NoAnswer(f"{path}: no answer within {still_s:g} s. Is its disk there?")
                await asyncio.wait((out.answer,), timeout=left_s)
            return _answer(path, out)
        finally:
            if not out.answer.done() and key not in self._late:
                self._late[key], out.over = out, lambda: self._late.pop(key, None)
                out.give_up()


def _answer(path: str, out: Out[T]) -> T:
    """Raises what the work raised; NoAnswer where it could not be done."""
    try:
        answer: T = out.answer.result()
    except NoAnswer as error:
        raise NoAnswer(f"{path}: {error}") from error
    return answer
