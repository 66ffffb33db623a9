"""An attach that its tmux server owes an answer: kept in the session's folder, also for the daemons to come. Clients
that attach are not to pile up before a server that hangs, whoever began them."""

import asyncio
import contextlib
import os
from collections.abc import Iterator

from peerd.adapter import Place
from peerd.edges.tmux.program import timed_out
from peerd.errors import TmuxError

OWED_AFTER_S = 0.5  # measured 3 ms. A file at once would be one more for every session that is adopted


def owed(where: Place) -> bool:
    return os.path.exists(_file(where))


@contextlib.contextmanager
def attaching(where: Place) -> Iterator[None]:
    """It is owed where the server is silent for a while, and no more once it has said anything; where the disk refuses,
    this is all that is not known."""
    silent = asyncio.get_running_loop().call_later(OWED_AFTER_S, _note, where)
    try:
        yield
    except TmuxError as error:
        if timed_out(error.why):
            _note(where)
        else:
            _answered(where)
        raise
    else:
        _answered(where)
    finally:
        silent.cancel()


def _note(where: Place) -> None:
    with contextlib.suppress(OSError):
        os.close(os.open(_file(where), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))


def _answered(where: Place) -> None:
    with contextlib.suppress(OSError):
        os.unlink(_file(where))


def _file(where: Place) -> str:
    return os.path.join(where.folder, "attaching")
