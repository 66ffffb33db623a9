"""Whether a pane was drawn to, as its log tells: a look at a file costs 2 us, and no tmux is asked."""

import os
from contextlib import suppress

from peerd.daemon.live import Live
from peerd.daemon.place import pane_log


def drawn(live: Live) -> tuple[int, int] | None:
    """What changes as its pane is drawn to; None where no log tells that."""
    begun = live.session.spec
    if begun is not None and not begun.pane_log:
        return None
    with suppress(OSError):
        log = os.stat(pane_log(live.place))
        return log.st_size, log.st_mtime_ns
    return None
