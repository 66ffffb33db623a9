"""`peerd rm`: removes peers."""

from __future__ import annotations

import os

from peerd import paths
from peerd.cli.dial import ask_starting
from peerd.cli.parser import json_option, timeout_option
from peerd.cli.rename import still_named
from peerd.cli.targets import for_each, peers_arguments
from peerd.counted import counted
from peerd.errors import UnknownPeer, WasRemoved

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "remove peers and their own logins; their folders and messages stay"


def arguments(parser: argparse.ArgumentParser) -> None:
    peers_arguments(parser)
    parser.add_argument("--now", action="store_true", help="even in the middle of work")
    timeout_option(parser, 30)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    def remove(name: str) -> dict[str, Any]:
        params = {"peer": name, "now": args.now, "timeout_s": args.timeout}
        try:
            return ask_starting("peer.remove", params, wait_s=4 * args.timeout)
        except WasRemoved as gone:
            if not gone.asked_again:
                raise
            return {"peer": name, "file": None, "cancelled": None}
        except UnknownPeer as error:
            if not error.asked_again:
                raise
            raise UnknownPeer(f"{error} The daemon that was asked first ended before it answered.") from error

    return for_each(args, remove, _told)


def _told(removed: dict[str, Any]) -> str:
    """`cancelled` is None where the daemon ended before it told."""
    if removed["cancelled"] is None:
        return _untold(removed["peer"])
    cancelled, worktree = removed["cancelled"], removed.get("worktree")
    waited = f" Cancelled {counted(cancelled, 'message')} that waited for it." if cancelled else ""
    lies = f" {removed['file']} is a folder, and stays." if os.path.isdir(removed["file"]) else ""
    stays = f" Its spec was a link; {removed['led_to']} stays." if removed.get("led_to") else ""
    login = f" Its login {removed['login']} is gone." if removed.get("login") else ""
    named = "".join(f" {line}" for line in still_named(removed["peer"], removed.get("named_in", {})))
    said = f"{removed['peer']} is removed.{waited}{login}{lies}{stays}{named}"
    return said + (f"\n{_of_worktree(worktree)}" if worktree else "")


def _untold(name: str) -> str:
    worktree = os.path.join(paths.home(os.environ).worktrees, name)
    stays = f" Its worktree {worktree} still exists." if os.path.isdir(worktree) else ""
    return f"{name} is removed. `peerd messages --peer {name}` lists what that cancelled.{stays}"


def _of_worktree(found: dict[str, Any]) -> str:
    """What became of it, and how to remove what stays."""
    path, branch, commands = found["path"], found["branch"], " && ".join(found["commands"])
    if found["stays"]:
        both = f", with {branch}" if found["branch_stays"] else ""
        return f"Its worktree {path} stays{both}: {found['stays']}. To delete it with all that is in it: {commands}"
    if found["branch_stays"]:
        return f"Its worktree {path} is gone; {branch} stays: {found['branch_stays']} To delete it: {commands}"
    return f"Its worktree {path} and {branch} are gone."
