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
NOTICES_ARE_KEPT = (
    "CREATE TABLE notice (kind TEXT NOT NULL, about TEXT NOT NULL, entry TEXT NOT NULL, PRIMARY KEY (kind, about)) "
    "WITHOUT ROWID",
    "CREATE TABLE pending (command TEXT PRIMARY KEY, pending TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE looked (peer TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX message_lost ON message (target) "
    "WHERE (state IN ('expired', 'dead') OR task = 'dead') AND state != 'cancelled' AND sender != 'daemon'",
)
MESSAGES_KNOW_WHENCE = (
    "ALTER TABLE message ADD COLUMN descends_from TEXT",
    "ALTER TABLE message ADD COLUMN to_group TEXT",
)
MESSAGES_MAY_BE_FOR_LATER = ("ALTER TABLE message ADD COLUMN not_before REAL",)
TEXTS_GO = (
    "ALTER TABLE message ADD COLUMN gone_at REAL",
    "CREATE INDEX message_with_text ON message (accepted_at) WHERE gone_at IS NULL",
    "CREATE INDEX message_without_text ON message (accepted_at) WHERE gone_at IS NOT NULL",
)
PAIRS_ARE_PAUSED = (
    # a row stays once its pair is released: what was sent up to `counted_from` counts no more
    """
    CREATE TABLE pair (
        one TEXT NOT NULL,
        other TEXT NOT NULL,
        paused INTEGER NOT NULL,
        since REAL NOT NULL,
        why TEXT NOT NULL,
        by TEXT NOT NULL,
        counted_from INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (one, other)
    ) WITHOUT ROWID
    """,
    # of what peers send each other, and how long it is
    "ALTER TABLE message ADD COLUMN digest TEXT",
    "ALTER TABLE message ADD COLUMN chars INTEGER",
)
PERMISSIONS_ASKED_FOR = (
    """
    CREATE TABLE approval (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        peer TEXT NOT NULL,
        session TEXT NOT NULL,
        runtime TEXT NOT NULL,
        tool TEXT,
        input TEXT,
        question TEXT NOT NULL,
        choices TEXT NOT NULL,
        opened_at REAL NOT NULL,
        cut INTEGER NOT NULL,
        certain INTEGER NOT NULL,
        state TEXT NOT NULL,
        answer TEXT,
        by TEXT,
        ended_at REAL,
        evidence TEXT NOT NULL,
        expired INTEGER NOT NULL
    )
    """,
    "CREATE INDEX approval_standing ON approval (session) WHERE state IN ('open', 'answering')",
)
SENDERS_ARE_TOLD = (
    # `owed`: messages that are over, of which their sender is to be told
    "ALTER TABLE message ADD COLUMN report TEXT NOT NULL DEFAULT 'failed'",
    "ALTER TABLE message ADD COLUMN for_session TEXT",
    "CREATE TABLE owed (message INTEGER PRIMARY KEY REFERENCES message (seq) ON DELETE CASCADE)",
)
TURNS_ARE_KEPT = (
    # whom a peer has taken messages from, the highest `n` last
    "CREATE TABLE given (target TEXT NOT NULL, sender TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (target, sender)) "
    "WITHOUT ROWID",
)
QUOTES_ARE_COUNTED = (
    # how often a message's header stood on its screen before this attempt was typed: other messages may quote it
    "ALTER TABLE step ADD COLUMN quoted INTEGER NOT NULL DEFAULT 0",
)
REMOVED_TARGETS_ARE_TOLD = (
    # its peer was removed: whoever has that name since is another
    "ALTER TABLE message ADD COLUMN target_is_gone INTEGER NOT NULL DEFAULT 0",
)
REFUSALS_ARE_KEPT = (
    # beyond a budget, and in how many windows on end
    """
    CREATE TABLE refused (
        sender TEXT NOT NULL,
        target TEXT NOT NULL,
        count INTEGER NOT NULL,
        noted REAL NOT NULL,
        windows INTEGER NOT NULL,
        PRIMARY KEY (sender, target)
    ) WITHOUT ROWID
    """,
)
LOSSES_ARE_SEEN = (
    # the last step of its history when a person was shown that it came to nothing
    "ALTER TABLE message ADD COLUMN loss_seen INTEGER",
    "UPDATE message SET loss_seen = (SELECT max(n) FROM step WHERE step.message = seq) "
    "WHERE (state IN ('expired', 'dead') OR task = 'dead') AND state != 'cancelled' AND sender != 'daemon' "
    "AND (SELECT max(at) FROM step WHERE step.message = seq) <= (SELECT at FROM looked WHERE peer = target)",
    "DROP TABLE looked",
)
PERMISSIONS_KNOW_THEIR_PLACE = (
    # in what its session says: how much of that was heard as it was opened, and how many requests that may be for it
    "ALTER TABLE approval ADD COLUMN heard_to INTEGER",
    "ALTER TABLE approval ADD COLUMN alike INTEGER NOT NULL DEFAULT 0",
)
MESSAGING = (
    MESSAGES_MAY_WAKE,
    MESSAGES_KNOW_THEIR_SESSION,
    FILES_GO_BESIDE,
    NOTICES_ARE_KEPT,
    MESSAGES_KNOW_WHENCE,
    MESSAGES_MAY_BE_FOR_LATER,
    TEXTS_GO,
    PAIRS_ARE_PAUSED,
    PERMISSIONS_ASKED_FOR,
    SENDERS_ARE_TOLD,
    TURNS_ARE_KEPT,
    QUOTES_ARE_COUNTED,
    REMOVED_TARGETS_ARE_TOLD,
    REFUSALS_ARE_KEPT,
    LOSSES_ARE_SEEN,
    PERMISSIONS_KNOW_THEIR_PLACE,
)
