"""The migrations of what messaging keeps, in the order they shipped; they follow those of `schema_sessions`."""

MESSAGES_MAY_WAKE = ("ALTER TABLE message ADD COLUMN wakes INTEGER NOT NULL DEFAULT 1",)
MESSAGES_KNOW_THEIR_SESSION = ("ALTER TABLE message ADD COLUMN sent_in TEXT",)
MESSAGING = (MESSAGES_MAY_WAKE, MESSAGES_KNOW_THEIR_SESSION)
