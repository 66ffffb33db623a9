"""What is told of a permission that stands no more, and that no key is known to have ended. Pure."""

from peerd.model.approval import Approval, ApprovalState

AT_THE_PANE = "it stands on the screen no more: it was answered at the pane, or broken off"
DOUBTED = "another that looks the same may stand there by now, and has an id of its own"
MORE = "more of what it is a part of is seen by now, and has an id of its own"
ANEW = "it looks otherwise by now, and has an id of its own"
ENDED = "its session ended"


def how_gone(open: Approval) -> str:
    if open.by is None:
        return AT_THE_PANE
    said = _said(open)
    if open.state is ApprovalState.OPEN:
        return f"it was {said} by {open.by}, or answered at the pane: the key had no effect at first"
    return f"it may have been {said} by {open.by}, or answered at the pane: the daemon ended over it"


def how_doubted(open: Approval) -> str:
    """Nobody has seen it go."""
    return DOUBTED if open.by is None else how_gone(open)


def how_ended(open: Approval) -> str:
    """One whose answer is under way ends as that comes out."""
    if open.by is None:
        return ENDED
    return f"{ENDED}; it may have been {_said(open)} by {open.by} before that: the key had no effect at first"


def _said(open: Approval) -> str:
    return "approved" if open.answer == "approve" else "denied"
