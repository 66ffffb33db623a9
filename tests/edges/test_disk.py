"""Whether it was the disk."""

import errno

import pytest

from peerd.edges.disk import found_full
from peerd.errors import ConfigError, DiskFull, StoreError, TmuxError


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (DiskFull("the store could not be written"), True),
        (StoreError("the store is closed"), False),
        (TmuxError("new-session", "error creating /tmp/x.sock (No space left on device)"), True),
        (TmuxError("new-session", "no answer within 20 s"), False),
        (ConfigError("/work is not a folder"), False),
    ],
    ids=repr,
)
def test_a_failure_is_told_to_be_the_disks_or_not(error: Exception, full: bool):
    assert found_full(error) is full
