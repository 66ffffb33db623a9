"""Every error peerd raises on purpose, with the exit code the command line gives it. Imports nothing."""


class PeerdError(Exception):
    """Refused or failed. The text says what happened and what to do next."""

    exit_code = 1
    kind = "refused"
    quotes = False  # the text has words of the caller's that nothing on record is known by
    retry_s: float | None = None  # when the same may be asked again, where that is known
    asked_again = False  # the daemon that was asked first was lost: it may have done it

    @property
    def for_a_log(self) -> str | None:
        """None where it quotes the caller: with words in each other's place that is a message's text."""
        return None if self.quotes else str(self)


class UsageError(PeerdError):
    """The caller asked for something malformed."""

    exit_code = 2
    kind = "usage"
    quotes = True


class NotYet(PeerdError):
    """Accepted, but the wait ran out: it will be delivered, so do not send it again."""

    exit_code = 3
    kind = "waiting"


class DaemonNotRunning(PeerdError):
    """No daemon answers on the socket."""

    exit_code = 69
    kind = "no-daemon"


class DaemonLost(PeerdError):
    """The daemon went away before it answered: whether the request took effect is not known."""

    exit_code = 69
    kind = "daemon-lost"
    said_so = False  # it told, as one does that stops or restarts: it did not die of the request


class DaemonStopping(DaemonLost):
    """It takes nothing more: nothing was done. Whoever listens next may be asked the same."""

    kind = "daemon-stopping"


class DaemonSilent(DaemonLost):
    """It is there and does not answer."""

    kind = "daemon-silent"


class AlreadyRunning(PeerdError):
    """Another daemon owns this home."""

    kind = "already-running"


class InternalError(PeerdError):
    """A fault of peerd's own."""

    exit_code = 70
    kind = "internal"


class TryAgain(PeerdError):
    """Not accepted, nothing stored; the same request may succeed later."""

    exit_code = 75
    kind = "try-again"


class NoPlace(TryAgain):
    """Too many others are in, or wait to get in: nothing was asked."""

    kind = "no-place"


class NoAnswer(TryAgain):
    """The disk of what somebody named did not answer in time."""

    kind = "no-answer"


class PairLimited(TryAgain):
    """The sender has sent this target as much as it may for now: nothing was stored. `retry_s` says when it may again,
    in seconds from then."""

    kind = "pair-limited"

    def __init__(self, text: str, retry_s: float | None = None) -> None:
        super().__init__(text)
        self.retry_s = retry_s


class PairPaused(TryAgain):
    """Sender and target are paused with each other until a person releases them: nothing was stored."""

    kind = "pair-paused"


class ConfigError(PeerdError):
    """A file peerd reads is wrong; the text names file and field."""

    exit_code = 78
    kind = "config"


class UnknownPeer(PeerdError):
    """No peer has this name."""

    kind = "unknown-peer"
    quotes = True


class WasRemoved(UnknownPeer):
    """No peer has this name; the last one that had it was removed."""

    kind = "was-removed"


class UnknownGroup(PeerdError):
    """Nobody is in this group, or nobody but who asks."""

    kind = "unknown-group"
    quotes = True


class UnknownMessage(PeerdError):
    """No message has this id."""

    kind = "unknown-message"
    quotes = True


class UnknownApproval(PeerdError):
    """No permission was asked for under this id."""

    kind = "unknown-approval"
    quotes = True


class NoEffect(PeerdError):
    """A key was pressed at a prompt that is seen to stand there as before."""


class NotPressed(PeerdError):
    """What was to be answered stands there no more, or cannot be answered from here; nothing was pressed."""

    kind = "not-pressed"


class NotPermitted(PeerdError):
    """The caller is not who it says, or may not do this."""

    kind = "not-permitted"


class VersionSkew(PeerdError):
    """Command line and daemon speak different protocols."""

    kind = "version-skew"


class StoreError(PeerdError):
    """The store could not be read or written."""

    exit_code = 70
    kind = "store"


class DiskFull(StoreError):
    """The disk took nothing of it; it may once there is room."""

    exit_code = 75
    kind = "disk-full"


class ContentLost(StoreError):
    """What was attached to a message is gone, or not what it was: no later try finds it."""

    kind = "content-lost"


class Unwritable(PeerdError):
    """What goes with a message cannot be put into the folder of its session now; it may later."""

    exit_code = 75
    kind = "unwritable"


class GitError(PeerdError):
    """git refused, is not there, or had not ended in time."""

    kind = "git"


class TmuxError(PeerdError):
    """tmux refused, could not be asked, or did not answer in time. `op` is what was attempted."""

    kind = "tmux"

    def __init__(self, op: str, why: str) -> None:
        super().__init__(f"tmux {op}: {why}")
        self.op = op
        self.why = why


class PaneDead(TmuxError):
    """The pane's process has ended; nothing was typed."""

    kind = "pane-dead"


class PaneChanged(NotPressed):
    """The pane does not show any more what it was to show; nothing was pressed."""


class PaneLate(TmuxError):
    """tmux came to it when what was seen before may be over; nothing was typed."""


class PaneInMode(TmuxError):
    """The pane is in a tmux mode (copy mode, a menu); nothing was typed."""

    kind = "tmux-mode"
