"""The event logs: `lifecycle.log` and `delivery.log`, written by the daemon alone, read by anybody.

Owns the two files and their rotation. A flight recorder: nothing is synced, and nothing is read back to decide by.
"""

from peerd.edges.eventlog.reader import Gap, Reader
from peerd.edges.eventlog.writer import EventLog
from peerd.model.logfmt import parse

__all__ = ["EventLog", "Gap", "Reader", "parse"]
