"""What came to nothing counts as looked at once somebody was shown it."""

from __future__ import annotations

import os
import sys

from peerd.cli.dial import ask
from peerd.cli.output import say
from peerd.errors import DaemonNotRunning, DaemonSilent, PeerdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NOT_SEEN = "these dead letters still count as not looked at"


def looked(ids: Sequence[str]) -> None:
    """At these, which were written out. An agent's look is not the operator's."""
    if not ids or os.environ.get("PEERD_SESSION"):
        return
    if not sys.stdout.isatty():
        say(f"{NOT_SEEN}: stdout is not a terminal.")
        return
    sys.stdout.flush()
    try:
        ask("message.looked", {"ids": [*ids]})
    except (DaemonNotRunning, DaemonSilent):
        say(f"{NOT_SEEN}: no daemon answers.")
    except PeerdError as error:
        say(f"{NOT_SEEN}: {error}")
