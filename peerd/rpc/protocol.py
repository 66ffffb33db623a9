"""What both ends of the daemon's socket must agree on. Imports nothing, so that the command line may read it."""

PROTOCOL = 1
"""Raised when a method's meaning changes. Added methods and result fields do not raise it."""

FRAME_MAX_BYTES = 8 << 20
"""Of one line without its newline: a 1 MiB body in JSON's longest spelling, six bytes for one, and its fields."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
PEERD_ERROR = -32000
"""An error of peerd's own; `data` has its kind and exit code, and `retry_s` where it is known in how many seconds the
same may be asked again."""

LOOKS = frozenset(
    {"daemon.status", "peer.spec", "peer.list", "peer.show", "peer.peek", "queue.list", "message.show", "message.list"}
    | {"message.wait", "inbox.list", "notice.list", "pair.list", "approval.list"}
)
"""They change nothing."""

REPEATABLE = (
    LOOKS
    | {"message.send", "message.read", "message.looked", "message.purge", "queue.pause", "queue.resume"}
    | {"pair.pause", "pair.release", "daemon.restart"}
    | {"group.send"}
    | {"peer.wake", "peer.new", "peer.start", "peer.stop", "peer.refresh", "self.fresh"}
    | {"peer.rename", "peer.remove", "team.up", "notice.read"}
)
"""Whose answer was lost may ask again: what is asked is the same the second time, a message by its id, a
new session, or a refresh, by the one before."""

SKEW_PROOF = frozenset({"daemon.status", "daemon.stop"})
"""Answered whatever protocol the caller speaks, or a skewed daemon could not be restarted. Their shape is fixed."""
