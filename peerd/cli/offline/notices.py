"""The board of notices as the store has it while no daemon answers: nothing is looked at anew, and nothing marked."""

import os
from typing import Any

import msgspec

from peerd.core.board import in_order
from peerd.paths import home
from peerd.rpc.board import NoticesListed, row
from peerd.store.read import Reader


def listed(*, every: bool) -> dict[str, Any]:
    """As `notice.list`."""
    reader = Reader.open(home(os.environ).store)
    try:
        entries = in_order(reader.board().values())
    finally:
        reader.close()
    found = NoticesListed(notices=[row(each) for each in entries if each.holds or every])
    built: dict[str, Any] = msgspec.to_builtins(found)
    return built
