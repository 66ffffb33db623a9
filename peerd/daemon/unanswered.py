"""An attach that its tmux server owes an answer: kept in the session's folder, also for the daemons to come. Clients
that attach are not to pile up before a server that hangs, whoever began them."""

import contextlib
import os
from collections.abc import Iterator

from peerd.adapter import Place
from peerd.edges.tmux.program import timed_out
from peerd.errors import TmuxError


def owed(where: Place) -> bool:
    return os.path.exists(_file(where))


@contextlib.contextmanager
def attaching(where: Place) -> Iterator[None]:
    """It is owed from here on, and no more once the server has said anything; where the disk refuses, this is all that
    is not known."""
    with contextlib.suppress(OSError):
        os.close(os.open(_file(where), os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    try:
        yield
    except TmuxError as error:
        if not timed_out(error.why):
            _answered(where)
        raise
    _answered(where)


def _answered(where: Place) -> None:
    with contextlib.suppress(OSError):
        os.unlink(_file(where))


def _file(where: Place) -> str:
    return os.path.join(where.folder, "attaching")
