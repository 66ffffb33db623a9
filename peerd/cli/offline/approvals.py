"""What the store tells of the permissions asked for, while no daemon answers. Read-only."""

import os
from typing import Any

import msgspec

from peerd.config import read_settings
from peerd.paths import home
from peerd.rpc.approvals import listed as of_list
from peerd.store.read import Reader


def listed(params: dict[str, Any]) -> dict[str, Any]:
    """As `approval.list`; what stands may have been answered since."""
    here = home(os.environ)
    expires_s = read_settings(here.settings_file).approval_expires_s
    reader = Reader.open(here.store)
    try:
        found = reader.approvals(limit=params["limit"]) if params["all"] else reader.standing_approvals()
    finally:
        reader.close()
    told: dict[str, Any] = msgspec.to_builtins(of_list(found, expires_s))
    return told
