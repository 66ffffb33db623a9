"""The first migrations, of sessions and of the queues they take from, in the order they shipped."""

# Bodies have a table of their own: SQLite rewrites a whole row, however long, to change one state in it.
FIRST = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "INSERT INTO meta VALUES ('epoch', 0)",
    "CREATE TABLE want (peer TEXT PRIMARY KEY, want TEXT NOT NULL, at REAL NOT NULL) WITHOUT ROWID",
    """
    CREATE TABLE session (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        peer TEXT NOT NULL,
        runtime TEXT NOT NULL,
        mode TEXT NOT NULL,
        cause TEXT NOT NULL,
        boot_id TEXT NOT NULL,
        token_hash TEXT NOT NULL,
        started_at REAL NOT NULL,
        host TEXT,
        ready_at REAL,
        ended_at REAL,
        end_cause TEXT,
        end TEXT,
        journal_read INTEGER NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX session_live ON session (peer) WHERE ended_at IS NULL",
    "CREATE INDEX session_token ON session (token_hash) WHERE ended_at IS NULL",
    "CREATE INDEX session_peer ON session (peer, seq)",
    "CREATE INDEX session_ended ON session (ended_at)",
    """
    CREATE TABLE message (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        sender TEXT NOT NULL,
        sender_identity TEXT NOT NULL,
        sender_kind TEXT NOT NULL,
        target TEXT NOT NULL,
        accepted_at REAL NOT NULL,
        topic TEXT,
        reply_to TEXT,
        hops INTEGER NOT NULL,
        state TEXT NOT NULL,
        task TEXT,
        hold TEXT,
        attempt INTEGER NOT NULL,
        session TEXT,
        answer_from TEXT,
        exit_status INTEGER,
        answer TEXT
    )
    """,
    "CREATE INDEX message_target ON message (target, seq)",
    "CREATE INDEX message_sender ON message (sender, seq)",
    "CREATE INDEX message_waiting ON message (seq, target) WHERE state IN ('accepted', 'leased', 'handed_over')",
    "CREATE INDEX message_working ON message (seq) WHERE state = 'submitted' AND task = 'open'",
    """
    CREATE TABLE body (
        message INTEGER PRIMARY KEY REFERENCES message (seq) ON DELETE CASCADE,
        text TEXT NOT NULL
    )
    """,
    """
    CREATE TABLE step (
        message INTEGER NOT NULL REFERENCES message (seq) ON DELETE CASCADE,
        n INTEGER NOT NULL,
        at REAL NOT NULL,
        state TEXT NOT NULL,
        attempt INTEGER NOT NULL,
        evidence TEXT NOT NULL,
        PRIMARY KEY (message, n)
    ) WITHOUT ROWID
    """,
)
SESSIONS_KNOW_MORE = (
    "ALTER TABLE session ADD COLUMN spec TEXT",
    "ALTER TABLE session ADD COLUMN conversation TEXT",
    "ALTER TABLE session ADD COLUMN version TEXT",
)
WAKES_HAVE_MODES = (
    "ALTER TABLE session ADD COLUMN because TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE mark (peer TEXT PRIMARY KEY) WITHOUT ROWID",
)
QUEUES_ARE_KEPT = (
    "ALTER TABLE message ADD COLUMN expires_at REAL",
    "ALTER TABLE message ADD COLUMN deadline_s REAL",
    "ALTER TABLE message ADD COLUMN key TEXT",
    "CREATE TABLE pause (peer TEXT PRIMARY KEY) WITHOUT ROWID",
)
PEERS_CHANGE_NAMES = (
    "CREATE TABLE rename (old TEXT PRIMARY KEY, new TEXT NOT NULL, at REAL NOT NULL, done INTEGER NOT NULL) "
    "WITHOUT ROWID",
)
RESTARTS_CHANGE_NOTHING = (
    "CREATE TABLE crash_loop (peer TEXT PRIMARY KEY, probes INTEGER NOT NULL, at REAL NOT NULL, "
    "lasts INTEGER NOT NULL) WITHOUT ROWID",
    "ALTER TABLE mark ADD COLUMN again TEXT",
    "ALTER TABLE message ADD COLUMN place INTEGER NOT NULL DEFAULT 0",
    "UPDATE message SET place = seq",
    "CREATE INDEX message_place ON message (place)",
)
DEATHS_ARE_SOMEBODYS = ("ALTER TABLE session ADD COLUMN of_task INTEGER NOT NULL DEFAULT 0",)
DEATHS_BEFORE_THAT_WERE_TOO = (
    # ready, and begun for one task: a loop of such as were never ready is still one
    "UPDATE session SET of_task = 1 WHERE because = 'ephemeral' AND ready_at IS NOT NULL",
)
CONVERSATIONS_ARE_TOLD = (
    "ALTER TABLE session ADD COLUMN told INTEGER NOT NULL DEFAULT 0",
    "UPDATE session SET told = 1 WHERE journal_read > 0",
)
STOPS_ARE_DATED = (
    "ALTER TABLE want ADD COLUMN stopped_at REAL",
    "UPDATE want SET stopped_at = at",  # a start may have followed a stop
)
ATTEMPTS_HAVE_OUTCOMES = (
    "ALTER TABLE step ADD COLUMN outcome TEXT",
    # until then the words of a step told what became of its attempt
    """
    UPDATE step SET outcome = CASE
        WHEN evidence LIKE '%no evidence of its submission in time' THEN 'unknown'
        WHEN evidence LIKE 'it stood in the input line still%' THEN 'taken_back'
        WHEN evidence LIKE '%session ended (finished) before the turn did%' THEN 'died_at_it'
        WHEN evidence LIKE '%after it was entered: it may have been taken%' THEN 'died_entered'
        WHEN evidence LIKE '%while it was handed over%' THEN 'died'
        WHEN evidence LIKE '%before the turn did%' THEN 'died_at_it'
        WHEN evidence LIKE 'waits again: %' THEN 'not_taken'
    END
    WHERE state = 'accepted' OR (state = 'dead' AND evidence NOT LIKE '%before the turn did%')
    """,
    """
    UPDATE step SET outcome = CASE outcome
        WHEN 'died' THEN 'cut_short' WHEN 'died_entered' THEN 'entered' WHEN 'died_at_it' THEN 'broken_off'
    END
    WHERE outcome IN ('died', 'died_entered', 'died_at_it')
    AND (evidence LIKE '%session ended (stopped)%' OR evidence LIKE '%session ended (parked)%'
        OR evidence LIKE '%session ended (replaced)%' OR evidence LIKE '%session ended (boot-failed)%'
        OR (evidence LIKE '%session ended (finished)%' AND outcome != 'died_at_it'))
    """,
)
STEPS_KNOW_SESSIONS = (
    "ALTER TABLE step ADD COLUMN session TEXT",
    # of the last attempt its message tells, of those before only their time
    """
    UPDATE step SET session = coalesce(
        (SELECT session FROM message WHERE seq = step.message AND attempt = step.attempt
            AND state IN ('leased', 'handed_over', 'submitted')),
        (SELECT session.id FROM session JOIN message ON message.target = session.peer
            WHERE message.seq = step.message AND session.started_at <= step.at ORDER BY session.seq DESC LIMIT 1)
    )
    WHERE state IN ('leased', 'handed_over', 'submitted')
    """,
    "ALTER TABLE session ADD COLUMN typed TEXT",
    """
    UPDATE session SET typed = (
        SELECT message.id FROM message JOIN step ON step.message = message.seq
        WHERE message.session = session.id AND step.state = 'leased' ORDER BY step.at DESC LIMIT 1
    )
    WHERE ended_at IS NULL
    """,
    "CREATE INDEX message_typed ON message (session) WHERE session IS NOT NULL AND state != 'submitted'",
)
ENDS_ARE_BEGUN = ("ALTER TABLE session ADD COLUMN ending TEXT",)
SESSIONS_KEEP_THEIR_TERMS = (
    "ALTER TABLE session ADD COLUMN kind TEXT",
    "ALTER TABLE session ADD COLUMN task_attempts INTEGER",
)
LAST_WORDS_ARE_KEPT = (
    """
    CREATE TABLE said (
        message INTEGER PRIMARY KEY REFERENCES message (seq) ON DELETE CASCADE,
        exit_status INTEGER,
        last_words TEXT
    )
    """,
)
REMOVALS_ARE_FINISHED = ("CREATE TABLE removal (peer TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID",)
TOPICS_ARE_KEPT = (
    """
    CREATE TABLE spoken (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        session INTEGER NOT NULL REFERENCES session (seq) ON DELETE CASCADE,
        topic TEXT NOT NULL,
        UNIQUE (session, topic)
    )
    """,
    """
    INSERT OR REPLACE INTO spoken (session, topic)
    SELECT session.seq, topic FROM message JOIN session ON session.id = message.session
    WHERE topic IS NOT NULL AND state = 'submitted' ORDER BY message.seq
    """,
)
ENDS_ARE_ORDERED = (
    # which session had ended last, whatever a clock said then and says now
    "ALTER TABLE want ADD COLUMN after INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE want ADD COLUMN stopped_after INTEGER",
    "ALTER TABLE crash_loop ADD COLUMN after INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE rename ADD COLUMN n INTEGER NOT NULL DEFAULT 0",
    *(
        f"UPDATE {table} SET {column} = (SELECT coalesce(max(seq), 0) FROM session "
        f"WHERE session.peer = {table}.peer AND ended_at <= {table}.{at}) WHERE typeof({at}) = 'real'"
        for table, column, at in (
            ("want", "after", "at"),
            ("want", "stopped_after", "stopped_at"),
            ("crash_loop", "after", "at"),
        )
    ),
)
TAKINGS_ARE_ORDERED = (
    # the last message of all that was on record when this one was taken
    "ALTER TABLE message ADD COLUMN taken_after INTEGER",
    """
    UPDATE message SET taken_after = (
        SELECT coalesce(max(earlier.seq), 0) FROM message AS earlier WHERE earlier.accepted_at <
            (SELECT max(at) FROM step WHERE step.message = message.seq AND step.state = 'submitted')
    )
    WHERE state = 'submitted' AND task = 'open'
    """,
)
REMOVALS_ARE_KEPT = (
    # what the file of its spec was; of removals and renames before this nobody knows
    "ALTER TABLE removal ADD COLUMN spec TEXT",
    "ALTER TABLE removal ADD COLUMN done INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE rename ADD COLUMN spec TEXT",
)
SPECS_ARE_KEPT = ("CREATE TABLE spec (peer TEXT PRIMARY KEY, spec TEXT NOT NULL) WITHOUT ROWID",)
SPECS_KNOW_THEIR_FOLDER = ("ALTER TABLE spec ADD COLUMN folder TEXT",)
WHAT_OUTLIVES_IS_KEPT = (
    "CREATE TABLE outlived (session INTEGER NOT NULL REFERENCES session (seq) ON DELETE CASCADE, pid INTEGER NOT NULL, "
    "start INTEGER NOT NULL, name TEXT NOT NULL, why TEXT NOT NULL, PRIMARY KEY (session, pid, start)) WITHOUT ROWID",
)
RENAMES_KEEP_THE_WORDS = ("ALTER TABLE rename ADD COLUMN text TEXT",)
HOMES_KNOW_THEIR_FOLDER = (
    # whose sessions and messages these are, which a copy's are not; and of which one this is a copy
    "CREATE TABLE home (one INTEGER PRIMARY KEY CHECK (one = 1), folder TEXT NOT NULL, id TEXT NOT NULL, "
    "mark TEXT NOT NULL, copied_of TEXT, copied_at REAL)",
)
MESSAGES_HAVE_PRIORITIES = ("ALTER TABLE message ADD COLUMN priority TEXT NOT NULL DEFAULT 'normal'",)
PAIRS_ARE_COUNTED = ("CREATE INDEX message_pair ON message (sender, target, accepted_at)",)
LIMITS_ARE_KEPT = (
    "CREATE TABLE limited (peer TEXT PRIMARY KEY, kind TEXT NOT NULL, until REAL, told INTEGER, times INTEGER)",
)
BEFORE_MESSAGING = (
    FIRST,
    SESSIONS_KNOW_MORE,
    WAKES_HAVE_MODES,
    QUEUES_ARE_KEPT,
    PEERS_CHANGE_NAMES,
    RESTARTS_CHANGE_NOTHING,
    DEATHS_ARE_SOMEBODYS,
    DEATHS_BEFORE_THAT_WERE_TOO,
    CONVERSATIONS_ARE_TOLD,
    STOPS_ARE_DATED,
    ATTEMPTS_HAVE_OUTCOMES,
    STEPS_KNOW_SESSIONS,
    ENDS_ARE_BEGUN,
    SESSIONS_KEEP_THEIR_TERMS,
    LAST_WORDS_ARE_KEPT,
    REMOVALS_ARE_FINISHED,
    TOPICS_ARE_KEPT,
    ENDS_ARE_ORDERED,
    TAKINGS_ARE_ORDERED,
    REMOVALS_ARE_KEPT,
    SPECS_ARE_KEPT,
    SPECS_KNOW_THEIR_FOLDER,
    WHAT_OUTLIVES_IS_KEPT,
    RENAMES_KEEP_THE_WORDS,
    HOMES_KNOW_THEIR_FOLDER,
    MESSAGES_HAVE_PRIORITIES,
    PAIRS_ARE_COUNTED,
    LIMITS_ARE_KEPT,
)
