"""Every line the event logs can hold: one closed table, from which docs/events.md is made.

Nothing here writes. A body, a token or a key is no field of any event, and never becomes one.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

LogName = Literal["lifecycle", "delivery"]
LOGS: tuple[LogName, ...] = ("lifecycle", "delivery")


class EventKind(NamedTuple):
    """One kind of line. `fields` come in this order, after COMMON ones; those without a value are left out.
    `log` is "both" for what a log says of itself. A `verbose` one is written only with the verbose setting."""

    log: LogName | Literal["both"]
    fields: tuple[str, ...]
    means: str
    verbose: bool = False


COMMON = ("peer", "session")
"""Fields any event may have; they come first."""

FIRST = ("ts", "ev")
"""Fields every line begins with."""

_LIFECYCLE = {
    "daemon-started": (("pid", "version", "adopted"), "The daemon is up and has looked at what lives."),
    "socket-lost": (("why",), "The daemon's socket was gone."),
    "daemon-stopped": (("why",), "The daemon ended by its own decision; sessions live on."),
    "store-set-aside": (("file", "why"), "The store was damaged: it was kept under another name and a new one begun."),
    "home-copied": (
        ("folder", "count"),
        "This home is a copy of the one in `folder`: sessions and queues are left to that; so many peers are stopped.",
    ),
    "peer-added": (("runtime", "by"), "A peer's spec was seen for the first time."),
    "peer-removed": (("by",), "A peer is no more; what it was sent stays on record."),
    "peer-renamed": (("was", "by"), "A peer has another name."),
    "worktree-made": (("folder", "branch"), "A git worktree was made for a peer that is being added."),
    "worktree-removed": (
        ("folder",),
        "The git worktree of a peer is gone: it is being removed, or an add was cut short.",
    ),
    "worktree-left": (("folder", "why"), "The git worktree of a peer that is being removed stays."),
    "login-removed": (("folder",), "A login of its own, of a peer that was removed, is gone."),
    "spec-changed": (("runtime", "by"), "A peer's spec was changed."),
    "spec-odd": (
        ("why",),
        "A spec says what this peerd does not know, or what another field rules out; it goes without.",
    ),
    "spec-rejected": (("why",), "A spec could not be read; the one before it stays in force."),
    "approval-opened": (("id", "tool"), "A runtime asks for a permission at a prompt."),
    "approval-answering": (
        ("id", "tool", "answer", "by"),
        "A key of ours is about to answer it.",
    ),
    "approval-answered": (
        ("id", "tool", "state", "by"),
        "It was answered by a key of ours: `approved` or `denied` where that was seen, else `unknown`.",
    ),
    "approval-gone": (
        ("id", "tool", "why", "by"),
        "It stands no more, and no key of ours is known to have answered it; `by` whose key may have.",
    ),
    "approval-expired": (("id", "tool"), "Nobody has answered it in time; it stands on."),
    "control": (("what", "by"), "Keys were pressed at a session that interrupt its turn, or shorten its conversation."),
    "prompt-trouble": (("why",), "A file of a peer's system prompt could not be read whole; its session goes without."),
    "refresh": (("by",), "The peer's next session begins afresh."),
    "want": (("want", "by"), "A request changed what is wanted of a peer."),
    "start-waits": (("count",), "As many start already as may at once; so many others wait before it."),
    "wake": (
        ("identity", "mode", "cause", "because", "id", "permissions"),
        "A session is being started; `id`: of the message that waits for it, if any.",
    ),
    "session-started": (("identity", "pid", "version", "proved"), "The runtime runs in its pane."),
    "session-ready": (("elapsed_ms",), "The runtime takes input."),
    "counts-as-ready": (("why",), "A service that did not say that it is ready, for all that is known, counts as up."),
    "boot-failed": (("why",), "The runtime never came to take input; its session was ended."),
    "blocked": (("dialog",), "The runtime asks something before it starts; a person must answer it."),
    "dialog-answered": (("key",), "A key was pressed at a dialog, as the peer's spec allows."),
    "session-adopted": (("phase",), "A session that outlived its daemon was taken over."),
    "session-ended": (("cause", "code", "signal", "why", "lasted_s"), "A session is over."),
    "children-killed": (
        ("count", "why"),
        "Processes that a session left behind were ended; `why` tells of one that was over already.",
    ),
    "out-of-reach": (("why",), "A session lives, and its tmux server cannot be reached, or owes an answer."),
    "within-reach": ((), "That tmux server answers again."),
    "server-died": (("code", "signal"), "A peer's tmux server went without being asked to."),
    "backoff": (("delay_s", "deaths"), "A restart was put off after a death."),
    "crash-loop": (
        ("deaths", "window_s", "probe_s"),
        "Too many deaths: the peer is left down until `peerd start`, or until a try after `probe_s` goes well.",
    ),
    "limited": (
        ("limit", "told", "wait_s"),
        "A turn failed by a limit of its runtime's: for `wait_s` nothing is given to the peer.",
    ),
    "limit-over": ((), "That limit no longer holds anything up: it was reset, a turn went well, or it is to be tried."),
    "probe": (("probes",), "A peer that was left down is tried once more."),
    "recovered": (("probes",), "That try went well: the peer is no longer left down."),
    "at-work": (("why",), "A session was idle or silent for long, and is not ended."),
    "wrong-conversation": ((), "A resumed runtime went on with another conversation; its session was ended."),
    "stray-session": (("socket", "why"), "A tmux server with our mark that no peer has a use for was found."),
    "action-failed": (("action", "why"), "Something that was decided could not be done."),
    "journal-trouble": (("why",), "Lines of a session's journal were skipped, or it was read from its start again."),
    "senseless-record": (("why",), "A record is invalid, or a session cannot be adopted; what to do is in `why`."),
    "refused": (
        ("method", "caller", "kind", "why"),
        "A request was turned down. No `why` where it would quote what was asked: that may be a message's text.",
    ),
    "notice-raised": (
        ("notice", "about", "severity", "count"),
        "Something that a person must know of is so now, for the `count`th time, or is graver than it was.",
    ),
    "notice-over": (("notice", "about", "lasted_s"), "That is no longer so."),
    "notified": (("to", "count"), "A [[notify]] command was sent so many notifications."),
    "notify-failed": (
        ("to", "count", "why"),
        "That command failed a few times, or is gone, and does not get them.",
    ),
    "notices-read": (("count", "by"), "So many notices were read."),
}
_STEADY = {
    "phase": (("from", "to", "on"), "A peer went from one phase to another."),
    "activity": (("activity",), "What a running session does changed."),
    "census": (
        ("live", "found", "strange"),
        "The periodic check: the sessions that should live were compared with those that do.",
    ),
}
_DELIVERY = {
    "accepted": (
        ("id", "from", "to", "bytes", "topic", "reply_to", "task", "priority", "not_before", "group"),
        "The message is on disk.",
    ),
    "due": (("id", "to"), "It was not to be handed over before its time, and waits for its turn from now on."),
    "beside-the-answer": (
        ("id", "from", "to", "asked"),
        "It goes another way than what its sender was asked came, which that was told.",
    ),
    "pair-limited": (
        ("from", "to", "count", "window_s", "again_s"),
        "A peer sent another more than it may: that is refused until `again_s` is over. Told once a window.",
    ),
    "pair-paused": (
        ("from", "to", "why", "by"),
        "Two peers are paused: what one has sent the other waits until `peerd pairs release`.",
    ),
    "pair-released": (
        ("from", "to", "by"),
        "They are no longer paused: what waited goes on, and is counted from zero.",
    ),
    "circle": (
        ("from", "to", "id", "why"),
        "Who sent the message was not left waiting for it: its target waits for the sender.",
    ),
    "held": (("id", "to", "hold"), "Something keeps the message from being typed."),
    "leased": (("id", "to", "attempt"), "An attempt is on disk; nothing was typed yet."),
    "handed-over": (("id", "to", "attempt"), "It stands in the input line, alone; Enter comes next."),
    "submitted": (("id", "to", "attempt", "ms"), "The runtime was seen to take it."),
    "not-landed": (("id", "to", "attempt", "why"), "The input line did not show it; it was taken back, not entered."),
    "enter-repeated": (("id", "to", "attempt"), "Enter was pressed again, since the text still stood there."),
    "unconfirmed": (
        ("id", "to", "attempt", "why"),
        "Enter was pressed, or could not be; no evidence came in the time that usually takes. It may still come.",
    ),
    "requeued": (("id", "to", "attempt", "why"), "It goes back to the head of its queue."),
    "answered": (("id", "by", "reply"), "A reply to it was accepted: its task is done."),
    "turn-ended": (("id", "to", "status"), "The runtime's turn on it closed."),
    "turn-shared": (("id", "to", "beside"), "That turn was another message's, too: the runtime made one of both."),
    "other-turn-ended": (
        ("id", "to", "why"),
        "The runtime told the end of another turn than the one that is open, which goes on.",
    ),
    "task-done": (("id", "to"), "Its session said that it is done."),
    "dropped": (("id", "to", "state", "why"), "It is no longer to be delivered: it was cancelled, or it expired."),
    "revived": (("id", "to", "by"), "A dead letter waits again."),
    "queue": (("to", "paused", "by"), "A request held a peer's queue back, or let it go on."),
    "senseless": (("id", "why"), "The record of a message is invalid: it stays there, undelivered."),
    "late-evidence": (("id", "to"), "It is no longer to be delivered, and was seen to be taken all the same."),
    "purged": (
        ("texts", "receipts", "sessions", "files", "bytes", "by"),
        "What is over for so long that it is not kept: `bytes` of `files` that were beside messages.",
    ),
    "dead-letter": (("id", "to", "attempt", "why"), "It was given up."),
}
_OF_THE_LOG = {
    "log-opened": (("seq",), "The first line of a file. A reader that misses a number has lost a file."),
    "log-gap": (("lost",), "Lines before this one could not be written."),
}

EVENTS: Final[Mapping[str, EventKind]] = (
    {name: EventKind("lifecycle", *rest) for name, rest in _LIFECYCLE.items()}
    | {name: EventKind("lifecycle", *rest, verbose=True) for name, rest in _STEADY.items()}
    | {name: EventKind("delivery", *rest) for name, rest in _DELIVERY.items()}
    | {name: EventKind("both", *rest) for name, rest in _OF_THE_LOG.items()}
)

FIELDS: Final[Mapping[str, str]] = {
    "ts": "when it was written: RFC 3339, UTC, milliseconds",
    "ev": "the event",
    "peer": "whom it is about",
    "session": "the session's id",
    "action": "what was to be done",
    "tool": "the runtime's own name of what it asks for; its arguments are in no log",
    "answer": "`approve` or `deny`",
    "activity": "`idle`, `busy`, `blocked`, `limited` or `unknown`",
    "adopted": "how many sessions were found alive",
    "asked": "id of the message that asks, where one does",
    "attempt": "how often it has been tried to hand the message over, this time included",
    "beside": "the message that had the same turn",
    "by": "who asked: a peer, `operator`, or `daemon`; who answered: a person and their terminal, or a rule",
    "about": "of a notice: a peer, a pair, a file, or what else it is about",
    "again_s": "seconds until one more may be sent",
    "because": "why in this mode",
    "branch": "of git",
    "bytes": "length of the body in UTF-8; of what was removed: of files",
    "caller": "who asked, as far as could be told",
    "cause": "of a wake: why; of an end: `parked`, `stopped`, `replaced`, `finished`, `exited`, `killed`, "
    "`server-died`, `boot-failed` or `machine-restarted`",
    "code": "exit code",
    "count": "how many",
    "deaths": "how many within the window",
    "dialog": "what the screen asks",
    "key": "by tmux's name for it",
    "kind": "of error, as `--json` names it",
    "permissions": "what the runtime may do without asking, where that is not `ask`",
    "proved": "`false` where the adapter was not tried against this version of the runtime",
    "delay_s": "seconds until the next try",
    "elapsed_ms": "milliseconds since the wake",
    "file": "path",
    "files": "how many contents",
    "folder": "path",
    "found": "sessions there are",
    "from": "of a message: the sender; of a phase: the one before",
    "group": "the group that it went to all of",
    "hold": "`starting`, `busy`, `prompt`, `dialog`, `draft`, `unknown-screen`, `tmux-mode`, `tmux`, `unwritable`, "
    "`unheard`, `limited`, `queue-paused`, `pair-paused`, `backoff` or `asleep`",
    "id": "the message's id; of an approval: its own",
    "identity": "`<runtime>-<peer>`",
    "lasted_s": "seconds since the session was started, or the notice raised",
    "limit": "`rate_limit`, `billing`, `overloaded` or `authentication`",
    "live": "sessions there should be",
    "lost": "how many lines",
    "method": "of the request",
    "mode": "`fresh` or `resume`",
    "ms": "milliseconds from accepted to the evidence",
    "not_before": "when it may be handed over at the earliest",
    "on": "what brought it about",
    "phase": "`asleep`, `starting`, `running`, `stopping`, `backoff` or `failed`",
    "pid": "process id",
    "priority": "of a message, where that is not `normal`",
    "probe_s": "seconds until it is tried once more",
    "probes": "tries since the crash loop began",
    "receipts": "messages of which nothing is kept now",
    "reply": "id of the reply",
    "reply_to": "id of the message that this one answers",
    "runtime": "the peer's runtime",
    "seq": "number of the file, one more than that of the file before it",
    "signal": "number of the signal that ended it",
    "sessions": "sessions of which nothing is kept now",
    "socket": "path of the tmux server's socket",
    "notice": "which kind of notice",
    "severity": "`note`, `warning` or `urgent`",
    "paused": "whether it is held back",
    "state": "of a message: `cancelled` or `expired`; of an approval: `approved`, `denied` or `unknown`",
    "status": "exit status of the turn, where it has one",
    "strange": "sessions nobody has a use for",
    "task": "whether it asks for work",
    "texts": "messages whose text, answer and files are kept no more",
    "to": "of a message: the target; of a phase: the one after",
    "told": "`true` where the runtime says when it is reset",
    "topic": "the message's topic",
    "version": "of peerd; of a session: of its runtime",
    "wait_s": "seconds until it is tried again",
    "want": "`on_demand` or `down`",
    "what": "`interrupt` or `compact`",
    "was": "the name that it had",
    "why": "in words",
    "window_s": "the window in which deaths, or messages, are counted, in seconds",
}
"""What each field says. Every field of the table is here, and no other."""
