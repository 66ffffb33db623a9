"""What the store tells of the permissions asked for, while no daemon answers. Read-only."""

import os
from typing import Any

import msgspec

from peerd.config import read_settings
from peerd.paths import home
from peerd.rpc.approvals import ApprovalListed, row
from peerd.store.read import Reader


def listed(params: dict[str, Any]) -> dict[str, Any]:
    """As `approval.list`; what stands may have been answered since."""
    here = home(os.environ)
    expires_s = read_settings(here.settings_file).approval_expires_s
    reader = Reader.open(here.store)
    try:
        found = reader.approvals(standing=not params["all"], limit=params["limit"])
    finally:
        reader.close()
    told: dict[str, Any] = msgspec.to_builtins(ApprovalListed(approvals=[row(each, expires_s) for each in found]))
    return told
