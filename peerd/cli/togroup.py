"""A message to a group, told for each who is in it: facts, words, and the exit code they add up to."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.output import json_line, say
from peerd.cli.send_result import UNTRUE_IF_ACCEPTED, facts, have_read, show_answer, show_sent, told, written
from peerd.errors import DaemonLost, DaemonStopping, NotYet, PeerdError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MARK = "@"
"""Before a group's name."""


def send_to_group(params: dict[str, Any], *, answers: bool, as_json: bool) -> int:
    """Prints what became of each; `answers`: what it said. The exit code is 0 where all went well, else the gravest:
    that of one who refused goes before 3, of one that was waited for in vain."""
    sent, by, until = _asked(params), "ask" if answers else "send", params.get("wait", "submitted")
    if as_json:
        line = json_line({**sent, "sent": [facts(each) for each in sent["sent"]]})
        shown = written(lambda: print(line, flush=True), *sent["sent"])
        for each in sent["sent"] if shown else ():
            have_read(each, by)
        codes = [told(each, until) for each in sent["sent"]]
    else:
        shown = False
        codes = [_show(each, until, answers=answers) for each in sent["sent"]]
    for each in () if shown else sent["errors"]:
        say(f"{each['peer']}: {each['message']}")
    return max((*codes, *(each["exit"] for each in sent["errors"])), key=_gravity, default=0)


def _show(sent: dict[str, Any], until: str, *, answers: bool) -> int:
    if not answers:
        return show_sent(sent, until, by="send", as_json=False)
    if not written(lambda: print(f"{sent['to']}:", flush=True), sent):
        return told(sent, until)
    return show_answer(sent, by="ask", as_json=False)


def _gravity(code: int) -> tuple[bool, bool, int]:
    return code != 0, code != NotYet.exit_code, code


def _asked(params: dict[str, Any]) -> dict[str, Any]:
    """Raises NotYet where some of them are on record, whatever it ended with: a script would send them again."""
    id = params["id"]
    again = f"the same command with `--id {id}` sends it to those who do not have it, and to nobody twice"
    try:
        return ask_starting("group.send", params, wait_s=params["timeout_s"])
    except KeyboardInterrupt:
        say(f"{id} may have been accepted for some, as {id}.NAME: `peerd messages` tells for which; {again}.")
        raise
    except PeerdError as error:
        if (error.asked_again or error.exit_code in UNTRUE_IF_ACCEPTED) and _some_on_record(params):
            tells = "`peerd messages` tells for which"
            raise NotYet(f"it is accepted for some, as {id}.NAME: {tells}; {again}. {error}") from error
        if not isinstance(error, DaemonLost) or isinstance(error, DaemonStopping):
            raise
        raise type(error)(f"{error} It may have been accepted for some, as {id}.NAME; {again}.") from error


def _some_on_record(params: dict[str, Any]) -> bool:
    from peerd.cli.offline.peers import has_of_group

    try:
        return has_of_group(params["id"], params["body"], params.get("topic"))
    except (PeerdError, OSError):
        return False
