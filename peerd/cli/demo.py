"""`peerd demo`: a team in a home of its own, seen working, then gone."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from peerd.errors import PeerdError

NAME = "demo"
HELP = "see two actors and a bash at work, one of them killed on the way"

BATON = 3
BUSY_S = 0.4
SEEN_WITHIN_S = 20.0
LOOK_EVERY_S = 0.02

Params = dict[str, Any]


class NotSeen(PeerdError):
    """The demo did not see what it should have."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep", action="store_true", help="leave the home, its daemon and its peers for a look")


def run(args: argparse.Namespace) -> int:
    """0 only if all of it was seen."""
    began = time.monotonic()
    with _team(args.keep) as team, _tailed(team):
        _bring_up(team)
        _pass_the_baton(team)
        _survive_a_kill(team)
    print(f"\nAll of it was seen, in {time.monotonic() - began:.1f} s.")
    return 0


class Team:
    """A temporary home and what is asked of its daemon."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("PEERD_")}
        self.env |= {"PEERD_HOME": os.path.join(root, "p")}

    def call(self, method: str, **params: Any) -> Params:
        from peerd.paths import daemon_socket
        from peerd.rpc.client import call

        return call(method, params, timeout_s=60.0, socket_path=daemon_socket(self.env), token=None)

    def until(self, what: str, probe: Callable[[], Any]) -> Any:
        give_up = time.monotonic() + SEEN_WITHIN_S
        while not (seen := probe()):
            if time.monotonic() > give_up:
                raise NotSeen(
                    f"the demo did not see {what} within {SEEN_WITHIN_S:g} s. Look at {self.root} with --keep."
                )
            time.sleep(LOOK_EVERY_S)
        return seen


@contextlib.contextmanager
def _team(keep: bool) -> Iterator[Team]:
    from peerd.rpc.start import ensure_daemon

    if "PEERD_SESSION" in os.environ:
        raise PeerdError("inside a session nothing starts a daemon: run `peerd demo` in a terminal of your own.")
    team = Team(tempfile.mkdtemp(prefix="peerd-demo-"))
    print(f"A team in {team.root}: two actors, ada and bob, and a bash.")
    try:
        ensure_daemon(team.env)
        yield team
    finally:
        if keep:
            print(f"\nLeft as it is: PEERD_HOME={team.env['PEERD_HOME']} peerd ls")
        else:
            _clean_up(team)


def _clean_up(team: Team) -> None:
    """Every session ended, the daemon too, the folder gone."""
    from peerd.rpc.start import gone

    with contextlib.suppress(PeerdError):
        for row in team.call("peer.list")["peers"]:
            team.call("peer.stop", peer=row["peer"])
        gone(team.call("daemon.stop")["pid"], SEEN_WITHIN_S)
    shutil.rmtree(team.root, ignore_errors=True)


@contextlib.contextmanager
def _tailed(team: Team) -> Iterator[None]:
    """The logs, as `peerd tail` shows them, beside what the demo says."""
    over = threading.Event()
    thread = threading.Thread(target=_print_log, args=(team, over))
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _print_log(team: Team, over: threading.Event) -> None:
    from peerd.paths import home

    offsets = {os.path.join(home(team.env).logs, f"{log}.log"): 0 for log in ("lifecycle", "delivery")}
    while not over.wait(LOOK_EVERY_S):
        new = [line for path in offsets for line in _new_lines(path, offsets)]
        for line in sorted(new):
            print(_dim(f"    {line[:160]}"), flush=True)


def _new_lines(path: str, offsets: dict[str, int]) -> list[str]:
    """What was added since; of the many steps of a delivery those that say how it ended."""
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as file:
        file.seek(offsets[path])
        lines = file.read().splitlines()
        offsets[path] = file.tell()
    return [line for line in lines if not any(f" ev={event} " in f"{line} " for event in _LEFT_OUT)]


_LEFT_OUT = ("log-opened", "accepted", "leased", "handed-over")


def _dim(text: str) -> str:
    plain = not sys.stdout.isatty() or os.environ.get("NO_COLOR")
    return text if plain else f"\x1b[2m{text}\x1b[0m"


def _say(text: str) -> None:
    print(f"\n> {text}", flush=True)


def _bring_up(team: Team) -> None:
    _say("peerd add ada, bob and sh; peerd wake all three")
    work = os.path.join(team.root, "work")
    os.mkdir(work)
    for name, other in (("ada", "bob"), ("bob", "ada")):
        args = ["--busy-s", str(BUSY_S), "--baton", str(BATON), "--to", other, "--finally", f"sh: {_command(work)}"]
        team.call("peer.add", name=name, runtime="actor", dir=work, set={"args": json.dumps(args)})
    team.call("peer.add", name="sh", runtime="shell", dir=work, set={"accepts_from": json.dumps(["ada", "bob"])})
    waking = [threading.Thread(target=team.call, args=("peer.wake",), kwargs={"peer": name}) for name in _NAMES]
    for thread in waking:
        thread.start()
    for thread in waking:
        thread.join()
    team.until("all three awake", lambda: all(row["phase"] == "running" for row in team.call("peer.list")["peers"]))


_NAMES = ("ada", "bob", "sh")


def _command(work: str) -> str:
    return f"echo the baton came home | tee {os.path.join(work, 'baton')}"


def _pass_the_baton(team: Team) -> None:
    _say(f'peerd send ada "baton 0": ada and bob pass it on {BATON} times, the last one runs a command in sh')
    team.call("message.send", to="ada", body="baton 0")
    team.until(f"{BATON} batons passed", lambda: len(_between_actors(team)) == BATON)
    ran = team.until("the command run", lambda: _command_run(team))
    with open(os.path.join(team.root, "work", "baton"), encoding="utf-8") as file:
        _say(f"sh ran it for {ran['from']}, exit status {ran['exit_status']}: {file.read().strip()}")


def _between_actors(team: Team) -> list[Params]:
    messages = team.call("message.list")["messages"]
    return [each for each in messages if each["state"] == "submitted" and {each["from"], each["to"]} == {"ada", "bob"}]


def _command_run(team: Team) -> Params | None:
    for each in team.call("message.list", peer="sh")["messages"]:
        if each["task"] == "turn_ended":
            return team.call("message.show", id=each["id"])
    return None


def _survive_a_kill(team: Team) -> None:
    _say("kill -9 ada at work, while a second message waits for her")
    first = team.call("message.send", to="ada", body="something that takes a while")
    second = team.call("message.send", to="ada", body="and this waits", wait="accepted")
    os.kill(_pid(team, "ada"), signal.SIGKILL)
    team.until("her death noticed", lambda: team.call("peer.show", peer="ada")["last_end"])
    for sent in (first, second):
        over = team.call("message.wait", id=sent["id"], until="ended", timeout_s=SEEN_WITHIN_S)
        if over["task"] != "answered" or over["session"] == first["session"]:
            raise NotSeen(f"{sent['id']} was not answered by a new session: {over}")
        _say(f"ada is back and took it, attempt {over['attempt']}: {over['answer']}")


def _pid(team: Team, name: str) -> int:
    """The runtime's pid, as `peerd show` has it in evidence."""
    for evidence in team.call("peer.show", peer=name)["evidence"]:
        if evidence["source"] == "process":
            return int(evidence["says"].split()[1])
    raise NotSeen(f"{name} has no process")
