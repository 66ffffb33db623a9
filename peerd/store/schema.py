"""The tables, as the migrations that lead to them. A migration that has shipped is never changed, only followed.

`PRAGMA user_version` counts the migrations a database has had.
"""

from peerd.store.schema_messaging import MESSAGING
from peerd.store.schema_sessions import BEFORE_MESSAGING

MIGRATIONS = (*BEFORE_MESSAGING, *MESSAGING)
VERSION = len(MIGRATIONS)
