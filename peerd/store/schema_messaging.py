"""The migrations of what messaging keeps, in the order they shipped; they follow those of `schema_sessions`."""

MESSAGES_MAY_WAKE = ("ALTER TABLE message ADD COLUMN wakes INTEGER NOT NULL DEFAULT 1",)
MESSAGES_KNOW_THEIR_SESSION = ("ALTER TABLE message ADD COLUMN sent_in TEXT",)
FILES_GO_BESIDE = (
    # how many there were, also once they are not kept any more
    "ALTER TABLE message ADD COLUMN files INTEGER NOT NULL DEFAULT 0",
    """
    CREATE TABLE attachment (
        message INTEGER NOT NULL REFERENCES message (seq) ON DELETE CASCADE,
        n INTEGER NOT NULL,
        name TEXT NOT NULL,
        digest TEXT NOT NULL,
        size INTEGER NOT NULL,
        PRIMARY KEY (message, n)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX attachment_digest ON attachment (digest)",
)
MESSAGING = (MESSAGES_MAY_WAKE, MESSAGES_KNOW_THEIR_SESSION, FILES_GO_BESIDE)
