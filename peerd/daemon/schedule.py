"""From when on a message may be handed over, and until when: as its sender says, else by its target's figure."""

from peerd import rfc3339
from peerd.daemon.context import Daemon
from peerd.errors import UsageError
from peerd.model.peer import OPERATOR, PeerName
from peerd.rpc.params import AHEAD_MAX_S, MessageSendParams


def not_before(params: MessageSendParams, now: float) -> float | None:
    """Unix seconds; None where that has come already. Raises UsageError."""
    at = _moment("--not-before", params.not_before_s, params.not_before_at, now)
    return at if at is not None and at > now else None


def expires(daemon: Daemon, params: MessageSendParams, target: PeerName, now: float) -> float | None:
    """Unix seconds; None: never, of what lies unread for the operator. Where nothing is said the target's figure
    counts, from when it may be handed over. Raises UsageError."""
    at, due = _moment("--expires", params.expires_s, params.expires_at, now), not_before(params, now)
    if at is None:
        return None if target == OPERATOR else by_figure(daemon, target, due or now)
    if at <= now:
        raise UsageError(f"--expires {rfc3339.stamp(at)}: that time has passed. Nothing was sent.")
    if due is not None and at <= due:
        raise UsageError(
            f"--expires {rfc3339.stamp(at)} is no later than --not-before {rfc3339.stamp(due)}: both count from "
            "now. Nothing was sent."
        )
    return at


def by_figure(daemon: Daemon, target: PeerName, due: float) -> float:
    """Unix seconds, of what may be handed over from `due` on and says nothing of its own, or not any more."""
    return due + daemon.loop.peers[target].spec.expires_s


def _moment(option: str, in_s: float | None, at: str | None, now: float) -> float | None:
    if at is None:
        return None if in_s is None else now + in_s
    try:
        found = rfc3339.unix(at)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{option} {at!r}: give a time such as 2026-01-02T03:04:05Z, or 90s, 10m, 2h, 7d.") from error
    if found > now + AHEAD_MAX_S:
        raise UsageError(f"{option} {at}: at most a year ahead. Nothing was sent.")
    return found
