"""The migrations of what messaging keeps, in the order they shipped; they follow those of `schema_sessions`."""

MESSAGES_MAY_WAKE = ("ALTER TABLE message ADD COLUMN wakes INTEGER NOT NULL DEFAULT 1",)
MESSAGING = (MESSAGES_MAY_WAKE,)
