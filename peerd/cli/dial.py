"""The one call a command makes: of the daemon that runs, or of one that is started for it."""

from __future__ import annotations

import os
import sys
import time

from peerd.cli import unread
from peerd.errors import DaemonLost, DaemonNotRunning, DaemonSilent, DaemonStopping, NoPlace, PeerdError
from peerd.rpc.client import Connection
from peerd.rpc.protocol import LOOKS, REPEATABLE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ANSWER_S = 10.0
"""What the daemon may take beyond the wait that was asked for."""

LOST_MAX = 5
"""Daemons that end under one request without a word; and those that restart, where it has waited for as long as it was
to."""

ASK_AGAIN_S = 0.1
NEXT_WITHIN_S = 10.0
"""Until the next daemon lets in, where one that hung was ended by force, or was killed under a service manager: well
under a second; 5.6 s was measured on two cores at a load of 15."""


class Answer(dict["str", "Any"]):
    """`asked_again`: as of errors."""

    asked_again = False


def ask(method: str, params: dict[str, Any], *, wait_s: float = 0.0) -> Answer:
    """Asks the daemon that runs. Where it ends, the next one is asked if it took nothing, or if to ask again is the
    same, with what is left of the wait. Raises DaemonNotRunning where none runs, and what `call` raises; DaemonLost
    where it may have taken what changes something, with what tells whether it did."""
    try:
        return _asked(method, params, wait_s)
    except DaemonStopping:
        raise
    except DaemonLost as lost:
        raise type(lost)(f"{lost}{_look_first(method, params)}") from lost


def _look_first(method: str, params: dict[str, Any]) -> str:
    """ "" for what changes nothing, and where the command tells it by itself."""
    if method in LOOKS or method in ("message.send", "group.send") or method.startswith("daemon."):
        return ""
    name, id = params.get("peer") or params.get("name"), params.get("id")
    if method == "peer.control":
        return f" Its keys may have been pressed: `peerd peek {name}` shows it. Repeating it would press them twice."
    of_id = "approvals --all" if method == "approval.answer" else f"message {id}"
    look = f"show {name}" if name else of_id if id else "ls"
    return f" It may have been done: `peerd {look}` tells. Look before you repeat it."


class _Losses:
    """Of daemons under one request. A restart is none as long as it waits, however many there are: each said that it
    ends."""

    def __init__(self, give_up: float) -> None:
        self._give_up = give_up
        self._count = 0

    def are_too_many(self, lost: DaemonLost) -> bool:
        """With this one."""
        if not lost.said_so or time.monotonic() >= self._give_up:
            self._count += 1
        return self._count >= LOST_MAX


def _asked(method: str, params: dict[str, Any], wait_s: float) -> Answer:
    give_up, left_s = time.monotonic() + wait_s, wait_s
    losses = _Losses(give_up)
    while True:
        try:
            return _called(method, params, left_s)
        except DaemonSilent:
            raise
        except DaemonStopping as stopping:
            if losses.are_too_many(stopping):
                raise
        except DaemonLost as lost:
            if method not in REPEATABLE or losses.are_too_many(lost):
                raise
            return _asked_again(method, params, give_up, lost, losses)
        time.sleep(ASK_AGAIN_S)
        left_s = max(0.0, give_up - time.monotonic())


def _asked_again(method: str, params: dict[str, Any], give_up: float, lost: DaemonLost, losses: _Losses) -> Answer:
    """Of those that follow the one that was lost."""
    while True:
        time.sleep(ASK_AGAIN_S)
        try:
            return _once_let_in(method, params, give_up, lost)
        except DaemonSilent:
            raise
        except DaemonLost as error:
            if error is lost or losses.are_too_many(error):
                raise
            lost = error


def _once_let_in(method: str, params: dict[str, Any], give_up: float, lost: DaemonLost) -> Answer:
    """An earlier daemon may have done it: where none lets in soon, what is raised says that it is not known, and never
    that nothing was done. What only looks waits no longer than it was to."""
    let_in_by = time.monotonic() + NEXT_WITHIN_S
    while True:
        try:
            return _called(method, params, max(0.0, give_up - time.monotonic()), again=True)
        except (NoPlace, DaemonNotRunning, DaemonStopping) as error:
            if method in LOOKS and time.monotonic() >= min(give_up, let_in_by):
                raise
            if time.monotonic() >= let_in_by:
                raise lost from error
        time.sleep(ASK_AGAIN_S)


def _called(method: str, params: dict[str, Any], left_s: float, *, again: bool = False) -> Answer:
    """Once. `again`: an earlier daemon may have done it, as its answer and its errors tell too."""
    try:
        with Connection() as connection:
            try:
                answer = Answer(connection.call(method, _shortened(params, left_s), timeout_s=left_s + ANSWER_S))
            finally:
                unread.heard(connection.greeting)
    except PeerdError as error:
        error.asked_again = again
        raise
    answer.asked_again = again
    return answer


def _shortened(params: dict[str, Any], left_s: float) -> dict[str, Any]:
    return params | {"timeout_s": min(params["timeout_s"], left_s)} if "timeout_s" in params else params


def ask_starting(method: str, params: dict[str, Any], *, wait_s: float = 0.0) -> Answer:
    """Asks, and starts the daemon first where none runs. For what changes something; looking starts nothing."""
    try:
        return ask(method, params, wait_s=wait_s)
    except DaemonNotRunning:
        from peerd.cli.supervisor import bring_up

        bring_up(os.environ)
        return ask(method, params, wait_s=wait_s)


def ask_session(method: str, params: dict[str, Any], *, wait_s: float = 0.0) -> Answer:
    """Asks something of a session that lives. Where no daemon runs one is started for it if a session is on record that
    may live; else raises PeerdError, and nothing is started."""
    try:
        return ask(method, params, wait_s=wait_s)
    except DaemonNotRunning:
        from peerd.cli.offline.peers import peer

        found = peer(params["peer"])
        if found["session"] is None and not found["unclear"]:
            name = params["peer"]
            nothing = "Nothing was done, and no daemon was started"
            raise PeerdError(f"{name} has no running session. {nothing}. `peerd show {name}` tells more.") from None
    return ask_starting(method, params, wait_s=wait_s)


def ask_or_look(method: str, params: dict[str, Any], look: Callable[[bool], dict[str, Any]]) -> dict[str, Any]:
    """Asks; where no daemon runs or it does not answer, looks into the store instead, and says so on stderr. `look` is
    told whether one is there that is silent."""
    try:
        return ask(method, params)
    except DaemonNotRunning:
        why, silent = "no daemon: as of the store. `peerd daemon start` brings it up.", False
    except DaemonSilent:
        why, silent = "the daemon does not answer: as of the store. `peerd daemon restart` should fix it.", True
    found = look(silent)
    print(f"peerd: {why}", file=sys.stderr)
    return found
