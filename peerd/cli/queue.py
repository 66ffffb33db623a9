"""`peerd queue`: what waits for peers, and what came to nothing."""

from __future__ import annotations

from peerd.cli.dial import ask_or_look, ask_starting
from peerd.cli.mark_seen import looked
from peerd.cli.messages import limit, say_left_out
from peerd.cli.output import print_json, say
from peerd.cli.parser import json_option
from peerd.cli.peer_word import waits_for
from peerd.counted import counted
from peerd.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "list what waits for peers; cancel, requeue, pause, resume"

METHODS = {
    "cancel": "message.cancel",
    "requeue": "message.requeue",
    "purge": "queue.purge",
    "pause": "queue.pause",
    "resume": "queue.resume",
}
OF_MESSAGES = ("show", "cancel", "requeue")
TITLES = ("PEER", "WAITING", "WAITS FOR", "PAUSED", "DEAD LETTERS")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("ls", "show", *METHODS),
        metavar="ls|show|cancel|requeue|purge|pause|resume",
        help="ls: list queues, or one peer's messages; show or cancel waiting messages; requeue: deliver dead "
        "letters again; purge: cancel all that waits for a peer (for old ones: `peerd purge`); pause, resume: a queue",
    )
    parser.add_argument("names", nargs="*", metavar="PEER|ID", help="a peer; for show, cancel and requeue: message ids")
    parser.add_argument("--limit", type=limit, metavar="N", help="list at most N dead letters (100)")
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    if args.what == "ls":
        return _list(args)
    if not args.names:
        raise UsageError(f"queue {args.what}: say which {'message' if args.what in OF_MESSAGES else 'peer'}.")
    return _each(args)


def _each(args: argparse.Namespace) -> int:
    """One after the other; an error of one costs no other, and the exit code is the worst there was. JSON is a list of
    what was done or found, then of what was not."""
    from peerd.cli.targets import called

    field = "id" if args.what in OF_MESSAGES else "peer"
    answers, errors = called(
        args.names,
        lambda name: _asked(args.what, {field: name}),
        None if args.json else lambda answer: _told(args.what, answer),
    )
    if args.json:
        failed = [{field: name, "kind": error.kind, "message": str(error)} for name, error in errors.items()]
        print_json([*(_facts(args.what, each) for each in answers), *failed])
    return max((error.exit_code for error in errors.values()), default=0)


def _asked(what: str, params: dict[str, str]) -> dict[str, Any]:
    if what != "show":
        return ask_starting(METHODS[what], params)
    from peerd.cli.message import asked

    return asked(params["id"])


def _facts(what: str, answer: dict[str, Any]) -> dict[str, Any]:
    if what != "show":
        return answer
    from peerd.cli.message import all_facts

    return all_facts(answer)


def _told(what: str, answer: dict[str, Any]) -> str:
    match what:
        case "show":
            from peerd.cli.message import told

            return told(answer)
        case "cancel":
            return f"{answer['id']} to {answer['to']}: {answer['state']}"
        case "requeue":
            if answer["to"] == "operator":
                return f"{answer['id']} is unread again: `peerd inbox` shows it."
            return f"{answer['id']} waits for {answer['to']} again. `peerd wait {answer['id']}` waits for it."
        case "purge":
            return f"{answer['peer']}: {counted(answer['dropped'], 'message')} cancelled, {answer['waiting']} left."
        case "pause":
            until = f"`peerd queue resume {answer['peer']}`"
            return f"{answer['peer']}: {counted(answer['waiting'], 'message')} waiting, held back until {until}."
        case _:
            peer = answer["peer"]
            when = f"once `peerd start {peer}` lets it run" if answer.get("want") == "down" else "from now on"
            return f"{peer}: {counted(answer['waiting'], 'message')} waiting, delivered {when}."


def _list(args: argparse.Namespace) -> int:
    if len(args.names) > 1:
        raise UsageError("queue ls: all queues, or those of one peer.")
    params = {"peer": args.names[0] if args.names else None} | ({"limit": args.limit} if args.limit else {})
    listed = ask_or_look("queue.list", params, lambda silent: _look(params))
    if args.json:
        print_json(listed)
    elif args.names:
        _draw_one(listed)
    elif listed["queues"]:
        _draw(listed["queues"])
    else:
        print("no peers yet, so nothing waits. `peerd add NAME --runtime shell` declares one.")
    say_left_out(listed)
    if listed.get("more"):
        first = f"these are the first {len(listed['dead'])} dead letters"
        say(f"{first}, and there are more: `--limit N` lists N.")
    if not args.json:
        looked(listed.get("unseen", []))
    return 0


def _look(params: dict[str, Any]) -> dict[str, Any]:
    from peerd.cli.offline.peers import queues

    return queues(**params)


def _draw(rows: list[dict[str, Any]]) -> None:
    from peerd.cli.table import draw

    draw(
        TITLES,
        [
            (
                (row["peer"], ""),
                (str(row["waiting"] or ""), ""),
                (waits_for(row) or ("a peer" if row.get("gone") else ""), "yellow"),
                ("paused" if row["paused"] else "", "yellow"),
                (str(row["dead"] or ""), "red"),
            )
            for row in rows
        ],
    )


def _draw_one(listed: dict[str, Any]) -> None:
    from peerd.cli.messages import draw

    (queue,) = listed["queues"]
    paused = ", held back" if queue["paused"] else ""
    gone = ", which is no longer a peer" if queue.get("gone") else ""
    wait = "waits" if queue["waiting"] == 1 else "wait"
    print(f"{queue['peer']}{gone}: {queue['waiting']} {wait}{paused}")
    if listed["waiting"]:
        draw(listed["waiting"])
    if listed["dead"]:
        print("\ndead letters; `peerd queue requeue ID` delivers one again")
        draw(listed["dead"])
    _say_held_back(queue["peer"], stopped=queue.get("want") == "down", paused=queue["paused"])


def _say_held_back(peer: str, *, stopped: bool, paused: bool) -> None:
    resume = f"`peerd queue resume {peer}`"
    if stopped and paused:
        say(f"{peer} is stopped, and its queue held back: `peerd start {peer}` and {resume} let it go on.")
    elif stopped:
        say(f"{peer} is stopped: `peerd start {peer}` lets it go on.")
    elif paused:
        say(f"the queue of {peer} is held back: {resume} lets it go on.")
