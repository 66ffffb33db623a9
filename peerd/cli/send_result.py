"""Where a message stands, told to whoever sent it: facts, words, and the exit code they add up to."""

from __future__ import annotations

import os
import time

from peerd.cli.dial import ask, ask_starting
from peerd.cli.nextstep import after_others, came_to_nothing, for_a_person, gave_way
from peerd.cli.output import dropped, json_line, print_text, say
from peerd.cli.parser import MOMENT, moment
from peerd.cli.peer_word import waits_for
from peerd.errors import DaemonLost, DaemonNotRunning, DaemonSilent, DaemonStopping, NotYet, PeerdError
from peerd.ids import new_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import Any

FIELDS = ("id", "to", "state", "task", "hold", "attempt", "session", "woke")
FIELDS_IF_ANY = (
    *("answer", "answer_from", "files_of", "exit_status"),
    "withheld",
    *("waiting", "why", "again_s", "unreached", "because", "notes", "not_before", "gone_at", "ahead", "gave_way_to"),
)
PRIORITIES = ("low", "normal", "high")
UNTRUE_IF_ACCEPTED = frozenset({69, 70, 75})
"""Exit codes that would have a script send once more what it sent before, under this id."""


def id_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--id", metavar="ID", help="its id; sent twice under one id, it is one message")


def queue_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--queue", action="store_true", help="let it wait even for a peer that is stopped")


def priority_option(parser: argparse.ArgumentParser) -> None:
    told = "the higher goes before what other senders have waiting; what you sent this peer before goes first (normal)"
    parser.add_argument("--priority", choices=PRIORITIES, default="normal", help=told)


def time_options(parser: argparse.ArgumentParser) -> None:
    told = "do not deliver it before T; implies --wait accepted unless you give --wait"
    parser.add_argument("--not-before", type=moment, metavar="T", help=f"{told}. {MOMENT}")
    told = "do not deliver it after T (default: a week after it is due, `expires_s`)"
    parser.add_argument("--expires", type=moment, metavar="T", help=f"{told}. T as of --not-before")


def timed(args: argparse.Namespace) -> dict[str, float | str]:
    given = {"not_before": args.not_before, "expires": args.expires}
    return {f"{name}{moment[0]}": moment[1] for name, moment in given.items() if moment is not None}


def prioritized(args: argparse.Namespace) -> dict[str, str]:
    """Said only where it says something: a daemon of before knows no priorities."""
    return {} if args.priority == "normal" else {"priority": args.priority}


def same_with(id: str) -> str:
    return f"the same command with `--id {id}`"


def named(id: str | None) -> str:
    """A message's id, made here where none was given: whoever loses the daemon in mid-request still knows it."""
    return new_id("m", time.time(), os.urandom(5)) if id is None else id


def ask_to_send(method: str, params: dict[str, Any], id: str, wait_s: float, until: str, again: str) -> dict[str, Any]:
    """Sends the message `id`. Whatever it ends with: raises NotYet if the message is on record; DaemonLost where that
    is not known, and then `again` is what sends it once more without sending it twice."""
    unknown = f"{id} may have been accepted: `peerd message {id}` tells. If it was not, {again} sends it."
    try:
        return ask_starting(method, params, wait_s=wait_s)
    except KeyboardInterrupt:
        accepted = f"{id} is accepted: do not send it again. {wait_on(id, until)} waits on."
        say(accepted if _on_record(id, params) else unknown)
        raise
    except PeerdError as error:
        if (error.asked_again or error.exit_code in UNTRUE_IF_ACCEPTED) and _on_record(id, params):
            on = f"{_gone(error)}{wait_on(id, until)} waits on."
            raise NotYet(f"{id} is accepted: do not send it again. {on}") from error
        if not isinstance(error, DaemonLost) or isinstance(error, DaemonStopping):
            raise
        raise type(error)(f"{error} {unknown}") from error


def _gone(error: PeerdError) -> str:
    if isinstance(error, DaemonSilent):
        return "The daemon does not answer: `peerd daemon restart` should fix it, then "
    if isinstance(error, DaemonLost | DaemonNotRunning):
        return "The daemon has stopped: `peerd daemon start` starts one, then "
    return ""


def _on_record(id: str, params: dict[str, Any]) -> bool:
    """Whether the store has this very message, as far as that can be read here. Another one under its id would have
    been refused."""
    from peerd.cli.offline.peers import has_message

    asked = (params.get("to"), params["body"]) if "body" in params else (params["peer"], params["task"])
    try:
        return has_message(id, *asked, params.get("topic"), params.get("reply_to"))
    except (PeerdError, OSError):
        return False


def show_sent(sent: dict[str, Any], until: str, *, by: str, as_json: bool) -> int:
    """Prints where it stands: of an answer the JSON alone has the text."""
    shown = written(lambda: print(json_line(facts(sent)) if as_json else _line(sent), flush=True), sent)
    if shown and as_json:
        have_read(sent, by)
    elif shown:
        _say_unread(sent)
    return told(sent, until)


def _say_unread(sent: dict[str, Any]) -> None:
    """Not to a session, which is given it as a message."""
    if sent.get("unread") and not os.environ.get("PEERD_SESSION"):
        say(f"the answer is unread: `peerd inbox read {sent['unread']}` shows it.")


def have_read(sent: dict[str, Any], by: str) -> None:
    """The answer was written out by the command `by`. Asks nothing where it lies unread for nobody here."""
    if not sent.get("unread"):
        return
    try:
        ask("message.read", {"id": sent["unread"], "by": by})
    except PeerdError as error:
        say(f"{sent['unread']} is not marked as read. {error}")


def written(show: Callable[[], None], *sent: dict[str, Any]) -> bool:
    """Whether these were written out. A message that was taken is not failed by a full disk under stdout: its sender
    would send it again."""
    try:
        show()
    except BrokenPipeError:
        raise
    except OSError as error:
        dropped()
        for each in sent:
            stands = f"{each['id']} was sent all the same ({each['state']})"
            say(f"stdout: {error.strerror}. {stands}: do not send it again.")
            _say_unread(each)
        return False
    return True


def show_answer(sent: dict[str, Any], *, by: str, as_json: bool) -> int:
    """Prints what came of it: the answer on stdout, read by that, and on stderr how it was got where it is no reply."""
    if as_json and written(lambda: print(json_line(facts(sent)), flush=True), sent):
        have_read(sent, by)
    if not as_json and sent.get("answer") and written(lambda: print_text(sent["answer"]), sent):
        have_read(sent, by)
    if not as_json and sent.get("files_of"):
        say(f"files came with it: `peerd message {sent['files_of']}` lists them, with --save DIR it copies them.")
    if sent.get("withheld"):
        say(withheld(sent))
        return told(sent, "ended")
    if not as_json and sent.get("task") == "turn_ended" and not sent.get("why"):
        say(_no_reply(sent))
    if not as_json and sent.get("task") == "done" and not sent.get("answer") and not sent.get("why"):
        say(f"no answer came; {sent['to']} has done it.")
    return told(sent, "ended")


def withheld(sent: dict[str, Any]) -> str:
    """From the session that asks: of `message.show`, or of a wait, which tells no sender."""
    return f"only {those_alone(sent)} may read its text and its answer"


def those_alone(sent: dict[str, Any]) -> str:
    """Who sees all of what is withheld here."""
    who = [each for each in (sent.get("from", "who sent it"), sent["to"]) if each != "operator"]
    return f"{', '.join(who)} and the operator"


def _no_reply(sent: dict[str, Any]) -> str:
    if sent.get("answer") == "":
        return f"no reply came; {sent['to']}'s turn ended without a word."
    if sent.get("answer") is None:
        return f"no reply came, and its last words cannot be read. `peerd peek {sent['to']}` shows the screen."
    return f"no reply came; these are the last words of {sent['to']}'s turn."


def facts(sent: dict[str, Any]) -> dict[str, Any]:
    """The fields there always are, and of the others those that say something."""
    always = {name: sent.get(name) for name in FIELDS}
    return always | {name: sent[name] for name in FIELDS_IF_ANY if _says_something(sent.get(name))}


def _says_something(value: Any) -> bool:
    """An exit status of 0 does."""
    return value is not None and value is not False


def told(sent: dict[str, Any], until: str) -> int:
    """Says what is amiss. 3 where the wait ran out; 1 where it came to nothing, or to a command that failed."""
    id, status = sent["id"], sent.get("exit_status")
    for note in sent.get("notes") or ():
        say(note)
    if sent.get("waiting"):
        say(f"{_why_waiting(sent)}: do not send it again. {wait_on(id, until)} waits on.{_down(sent)}")
        return NotYet.exit_code
    if sent.get("gave_way_to"):
        say(f"{id} {gave_way(sent)}. {wait_on(sent['gave_way_to'], until)} waits for that.")
        return 1
    if came_to_nothing(sent):
        why = f": {sent['why']}. `peerd message {id}` tells more." if sent.get("why") else _tells_why(id)
        say(f"{id} failed{why}")
        return 1
    if until == "ended" and sent.get("gone_at"):
        say(f"{sent['to']}'s answer is no longer kept, since {sent['gone_at']}.")
        return 1 if status else 0
    if until == "ended" and sent.get("why"):
        say(f"{sent['why']}.")
    if until == "ended" and _end_is_unknown(sent):
        if not sent.get("why"):
            say(f"it is not known how {sent['to']}'s turn ended. `peerd peek {sent['to']}` shows its screen.")
        return 1
    if until == "ended" and status:
        say(f"{sent['to']} ended it with exit status {status}.")
        return 1
    return 0


def _tells_why(id: str) -> str:
    return f". `peerd message {id}` tells why."


def wait_on(id: str, until: str) -> str:
    return f"`peerd wait {id}`" if until == "submitted" else f"`peerd wait {id} --for {until}`"


def _end_is_unknown(sent: dict[str, Any]) -> bool:
    """It was broken off at the keyboard, or its end was not told: that is no success."""
    unknown = sent.get("task") == "turn_ended" and sent.get("answer") is None and sent.get("exit_status") is None
    return unknown and not sent.get("withheld")


def _why_waiting(sent: dict[str, Any]) -> str:
    if sent.get("no_peer"):
        return f"{sent['id']} is accepted and waits for a peer called {sent['to']}"
    if sent["state"] == "submitted" and sent.get("because"):
        return f"{sent['id']} was delivered"
    if sent["to"] == "operator" and not sent.get("not_before"):
        return (
            f"{sent['id']} {'was read' if sent['state'] == 'submitted' else 'waits to be read'}, and not answered yet"
        )
    if sent["state"] == "submitted":
        return f"{sent['id']} was delivered and {sent['to']} is still at work on it"
    if sent.get("hold") == "queue-paused":
        return f"{sent['id']} is accepted and waits until {_lets_it_go_on(sent)}"
    if sent.get("not_before"):
        return f"{sent['id']} is accepted and will be delivered, not before {sent['not_before']}"
    held = f" ({sent['to']}: {waits_for(sent)})" if waits_for(sent) else f" {after_others(sent)}".rstrip()
    return f"{sent['id']} is accepted and will be delivered{held}"


def _lets_it_go_on(sent: dict[str, Any]) -> str:
    """A peer that is stopped may be paused, too."""
    start, resume = f"`peerd start {sent['to']}`", f"`peerd queue resume {sent['to']}`"
    if sent.get("want") != "down":
        return resume
    return f"{start} and {resume}" if sent.get("paused") else start


def _down(sent: dict[str, Any]) -> str:
    """How the target died, and when it is tried again; or that it is out of reach; or what else it waits for."""
    if sent.get("unreached"):
        return f" {sent['to']} is {sent['unreached']}."
    if sent.get("because") and (sent.get("no_peer") or not sent.get("not_before")):
        return f" {sent['because']}."
    if (person := for_a_person(sent)) is not None and not sent.get("not_before"):
        return f" {person}."
    to, again_s = sent["to"], sent.get("again_s")
    again = f"; it is tried again in {again_s:.0f} s, `peerd start {to}` tries at once" if again_s is not None else ""
    return f" {to} is down: {sent['why']}{again}" if sent.get("why") else ""


def _line(sent: dict[str, Any]) -> str:
    again = f", attempt {sent['attempt']}" if sent["attempt"] > 1 else ""
    woken = f", woke {sent['to']}" if sent["woke"] else ""
    held = f", waits: {waits_for(sent)}" if waits_for(sent) else ""
    held = f", not before {sent['not_before']}" if sent.get("not_before") else held
    task = f", {sent['task']}" if sent["task"] not in (None, "open") else ""
    return f"{sent['id']} to {sent['to']}: {sent['state']}{task}{again}{held}{woken}"
