"""`peerd tail`: the event logs as they were and as they grow. Reads the files; starts no daemon and asks none."""

import argparse
import contextlib
import heapq
import io
import itertools
import json
import os
import re
import select
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from peerd import paths
from peerd.counted import counted

if TYPE_CHECKING:
    from peerd.edges.eventlog import Gap, Reader

NAME = "tail"
HELP = "show the event logs, and follow them"

LOGS: tuple[Literal["lifecycle", "delivery"], ...] = ("lifecycle", "delivery")
PAIR = re.compile(r'( [a-z][a-z0-9_]*=)("(?:[^"\\]|\\.)*"|\S+)')
NO_PEERS = ("operator", "daemon")
"""Who sends and is sent to, and has no spec."""

CONNECT_WITHIN_S = 0.5

GOOD = frozenset({"daemon-started", "session-ready", "session-adopted", "submitted", "answered", "turn-ended"})
DOUBTFUL = frozenset(
    {"backoff", "children-killed", "enter-repeated", "held", "not-landed", "refused", "requeued", "session-ended"}
    | {"home-copied", "prompt-trouble", "spec-rejected", "stray-session", "unconfirmed"}
)
BAD = frozenset(
    {"action-failed", "boot-failed", "crash-loop", "dead-letter", "journal-trouble", "log-gap", "server-died"}
    | {"store-set-aside"}
)

Fields = dict[str, str]


class Line(NamedTuple):
    """One line of a log, and when it was written; or, where `lost_files` is not 0, a hole in it."""

    ts: str
    log: str
    text: str
    lost_files: int = 0


Show = Callable[[Line, Fields | None], None]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-n", "--lines", type=_count, default=20, metavar="N", help="start with the last N lines (20)")
    parser.add_argument("--no-follow", action="store_true", help="show what there is and exit")
    parser.add_argument("--peer", type=_peer, metavar="P", help="only lines about this peer")
    parser.add_argument("--log", choices=(*LOGS, "all"), default="all", help="which log (all)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line; every value is a string")


def run(args: argparse.Namespace) -> int:
    """0, also when it was followed until Ctrl-C or until nobody read on: that is how following ends."""
    try:
        _tail(args, paths.home(os.environ))
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit would complain
    return 0


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"not a number of lines: {text}")
    return min(int(text), sys.maxsize)


def _peer(text: str) -> str:
    """Of what was removed too, whose lines are still there."""
    if not text.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is no peer name")
    return text


def _tail(args: argparse.Namespace, home: paths.Home) -> None:
    from peerd.edges.eventlog import Reader

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    show = _shower(args.json)
    with contextlib.ExitStack() as held:
        readers = [held.enter_context(Reader(home.logs, log)) for log in LOGS if args.log in (log, "all")]
        _say_how_things_stand(home, follows=not args.no_follow)
        _say_who_is_unknown(home, args.peer)
        for line, fields in reversed(list(itertools.islice(_concerning(args.peer, _before(readers)), args.lines))):
            show(line, fields)
        sys.stdout.flush()
        if not args.no_follow:
            _follow(home.logs, readers, args.peer, show)


def _follow(folder: str, readers: "list[Reader]", peer: str | None, show: Show) -> None:
    import threading

    from peerd.edges.watch import follow

    for _ in follow(folder, threading.Event()):
        for line, fields in _concerning(peer, _fresh(readers)):
            show(line, fields)
        sys.stdout.flush()
        _stop_when_nobody_reads()


def _say_how_things_stand(home: paths.Home, *, follows: bool) -> None:
    if _daemon_answers():
        return
    what = "these are the logs as they stand" if os.path.isdir(home.logs) else f"there is no log yet in {home.logs}"
    print(f"peerd: no daemon runs; {what}{', waiting for more' if follows else ''}", file=sys.stderr)


def _say_who_is_unknown(home: paths.Home, peer: str | None) -> None:
    """Lines of one that was removed are still there."""
    if peer not in (None, *NO_PEERS) and not os.path.exists(os.path.join(home.peers, f"{peer}.toml")):
        print(f"peerd: no peer {peer!r} now; this is the log of a former one.", file=sys.stderr)


def _daemon_answers() -> bool:
    import socket

    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(CONNECT_WITHIN_S)
        try:
            probe.connect(paths.daemon_socket(os.environ))
        except OSError:
            from peerd.rpc.owner import elsewhere

            return elsewhere(os.environ) is not None
    return True


def _stop_when_nobody_reads() -> None:
    """As `tail -f` does: without this, `peerd tail | head -1` would stay until the next line."""
    try:
        fd = sys.stdout.fileno()
    except io.UnsupportedOperation:
        return
    poll = select.poll()
    poll.register(fd, 0)
    if any(state & select.POLLERR for _, state in poll.poll(0)):
        raise BrokenPipeError


def _before(readers: "list[Reader]") -> Iterator[Line]:
    """What the logs held, newest first."""
    logs = (_dated(reader.log, reader.before()) for reader in readers)
    return heapq.merge(*logs, key=lambda line: line.ts, reverse=True)


def _fresh(readers: "list[Reader]") -> Iterator[Line]:
    """What they gained, oldest first."""
    return heapq.merge(*(_dated(reader.log, reader.fresh()) for reader in readers), key=lambda line: line.ts)


def _dated(log: str, read: "Iterable[str | Gap]") -> Iterator[Line]:
    """A line that does not say when it was written goes with the one read before it."""
    ts = ""
    for each in read:
        if isinstance(each, str):
            ts = each[3:27] if each.startswith("ts=") else ts
            yield Line(ts, log, each)
        else:
            yield Line(ts, log, "", each.files)


def _concerning(peer: str | None, lines: Iterator[Line]) -> Iterator[tuple[Line, Fields | None]]:
    """Lines and their fields, None for a damaged one. Holes concern everybody."""
    from peerd.edges.eventlog import parse

    for line in lines:
        try:
            fields = None if line.lost_files else parse(line.text)
        except ValueError:
            fields = None
        if peer is None or line.lost_files or (fields and _concerns(peer, line.log, fields)):
            yield line, fields


def _concerns(peer: str, log: str, fields: Fields) -> bool:
    ends = (fields.get("from"), fields.get("to")) if log == "delivery" else ()
    return peer in (fields.get("peer"), *ends) or fields.get("ev") == "log-gap"


def _shower(as_json: bool) -> Show:
    show = _show_json if as_json else _coloured() or _show_plain

    def shown(line: Line, fields: Fields | None) -> None:
        if line.lost_files:
            _show_hole(line)
        else:
            show(line, fields)

    return shown


def _show_hole(line: Line) -> None:
    sys.stdout.flush()
    what = f"{counted(line.lost_files, 'file')} of {line.log}.log"
    print(f"peerd tail: rotated away unread: {what}; those lines are missing here", file=sys.stderr, flush=True)


def _show_json(line: Line, fields: Fields | None) -> None:
    said = fields if fields is not None else {"damaged": line.text}
    print(json.dumps({"log": line.log} | said))


def _show_plain(line: Line, fields: Fields | None) -> None:
    print(line.text if fields is not None else f"damaged={json.dumps(line.text)}")


def _coloured() -> Show | None:
    """None where colours are not wanted."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return None
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)

    def show(line: Line, fields: Fields | None) -> None:
        if fields is None:
            console.print(Text(f"damaged={json.dumps(line.text)}", style="red"))
        else:
            console.print(Text.assemble(*_styled(line.text, fields)))

    return show


def _styled(text: str, fields: Fields) -> Iterator[tuple[str, str]]:
    """The line itself, in pieces with their styles: nothing is added or left out."""
    ev = fields.get("ev", "")
    head, word, rest = text.partition(f" ev={ev}")
    pairs: list[tuple[str, str]] = PAIR.findall(rest)
    if "".join(map("".join, pairs)) != rest:  # none of ours
        yield text, ""
        return
    yield head, "dim"
    yield word, f"bold {'red' if ev in BAD else 'yellow' if ev in DOUBTFUL else 'green' if ev in GOOD else 'cyan'}"
    for key, value in pairs:
        yield key, "dim"
        yield value, "bold" if key == " peer=" else ""
