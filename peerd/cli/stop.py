"""`peerd stop`: takes peers down and keeps them down."""

from __future__ import annotations

from peerd.cli.dial import ask_starting
from peerd.cli.parser import json_option, timeout_option
from peerd.cli.targets import for_each, peers_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any

HELP = "stop peers; only `peerd start` lets them run again"


def arguments(parser: argparse.ArgumentParser) -> None:
    peers_arguments(parser)
    timeout_option(parser, 30)
    json_option(parser)


def run(args: argparse.Namespace) -> int:
    """Returns when nothing of their sessions is left."""

    def stop(name: str) -> dict[str, Any]:
        return ask_starting("peer.stop", {"peer": name, "timeout_s": args.timeout}, wait_s=args.timeout)

    return for_each(args, stop, _told)


def _told(stopped: dict[str, Any]) -> str:
    return f"{stopped['peer']} is stopped. `peerd start {stopped['peer']}` lets it run again."
