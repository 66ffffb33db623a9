"""The command line. Finds the command by its first word, imports that one module, and turns errors into exit codes.

Each command is a module here of the command's name with HELP, `arguments(parser)` and `run(args) -> exit code`.
A command parses, makes one call, renders, and returns a code. It starts often: nothing heavy is imported before it is
needed, and rich only to draw.
"""

from __future__ import annotations

import os
import sys

from peerd import __version__
from peerd.errors import InternalError, PeerdError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

GROUPS = {
    "Peers": ("init", "add", "edit", "rename", "rm", "up", "ls", "show"),
    "Sessions": ("wake", "stop", "start", "new", "refresh", "interrupt", "compact", "peek", "attach"),
    "Messages": ("send", "ask", "reply", "inbox", "wait", "message", "messages", "queue", "pairs", "purge"),
    "Permissions": ("approvals", "approve", "deny"),
    "Inside a session": ("self-done", "self-fresh"),
    "The daemon": ("notices", "tail", "daemon", "demo"),
}
COMMANDS = tuple(name for names in GROUPS.values() for name in names)

LOOKS = frozenset(
    {"ls", "inbox", "approvals", "show", "peek", "attach", "wait", "message", "messages", "notices", "tail", "demo"}
)
LOOKS_AT = frozenset({"ls", "show", "status", "run"})
"""The words of `queue` and `daemon` that change nothing."""
NAME_WHAT_WAS_DONE = frozenset({"send", "ask", "reply"})
"""Where stdout takes nothing they say so themselves, by the message's id."""

INTERRUPTED = 130
READER_GONE = 141
"""What a shell says of a program that SIGPIPE ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs a command and returns its exit code. The one place where errors become words and codes."""
    words = list(sys.argv[1:] if argv is None else argv)
    _have_streams()
    code = _ended(words)
    if code not in (INTERRUPTED, READER_GONE):
        _tell_unread(words)
    _drop_the_rest()
    return code


def _ended(words: list[str]) -> int:
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except PeerdError as error:
        return _told(error, words)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_gone()
    except OSError as error:
        return _told(PeerdError(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}."), words)
    except SystemExit as ended:  # argparse's --help
        return ended.code if isinstance(ended.code, int) else 0
    except Exception as bug:  # noqa: BLE001  the end of the line: nobody else could tell of it
        return _told(_bug(bug), words)


def _have_streams() -> None:
    """Python has none where one was closed, as by `>&-`. That stdout takes nothing, as that of a full disk; what is for
    a person goes nowhere, and never to stdout."""
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w")  # noqa: SIM115  to the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115


def _run(words: list[str]) -> int:
    match words:
        case []:
            print(_overview(), file=sys.stderr)
            return UsageError.exit_code
        case ["-h" | "--help" | "help", *_]:
            print(_overview())
            return 0
        case ["-V" | "--version", *_]:
            print(f"peerd {__version__}")
            return 0
        case [name, *rest] if name in COMMANDS:
            return _command(name, rest)
        case _:
            raise UsageError(f"no command {words[0]!r}.{_nearest(words[0])} `peerd --help` lists them.")


def _command(name: str, words: list[str]) -> int:
    from peerd.cli.parser import Parser

    command = _module(name)
    parser = Parser(prog=f"peerd {name}", description=command.HELP)
    command.arguments(parser)
    args = parser.parsed(words)
    code: int = _seen_through(name, command, args) if _changes(name, args) else command.run(args)
    return code


def _tell_unread(words: list[str]) -> None:
    """Where a daemon was asked, and said that something is. What the command did is done, whatever becomes of this."""
    unread = sys.modules.get("peerd.cli.unread")
    if unread is None or not words:
        return
    try:
        unread.tell(words[0], json=_asks_for_json(words))
    except (KeyboardInterrupt, OSError):
        sys.stderr = None  # as by `_say`
    unread.begin()


def _changes(name: str, args: Any) -> bool:
    looks = name in LOOKS or getattr(args, "what", None) in LOOKS_AT or getattr(args, "dry_run", False)
    return not looks and name not in NAME_WHAT_WAS_DONE


def _seen_through(name: str, command: ModuleType, args: Any) -> int:
    """What was done is not failed by a full disk under stdout: it would be asked for again."""
    from contextlib import redirect_stdout

    from peerd.cli.output import Unfailing, say

    stdout: Any = Unfailing(sys.stdout)
    with redirect_stdout(stdout):
        code: int = command.run(args)
        stdout.flush()
    if stdout.lost is not None:
        say(f"stdout: {stdout.lost.strerror}. What `peerd {name}` did is done all the same: do not ask for it again.")
    return code


def _module(name: str) -> ModuleType:
    from importlib import import_module

    return import_module(f"peerd.cli.{name.replace('-', '_')}")


def _overview() -> str:
    lines = ["peerd keeps a team of peers one message away.", "", "usage: peerd COMMAND ...", ""]
    for title, names in GROUPS.items():
        lines += [f"{title}:", *(f"  {name:<12}{_module(name).HELP}" for name in names), ""]
    return "\n".join([*lines, "`peerd COMMAND --help` tells more of each."])


def _nearest(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    return f" Did you mean `peerd {near[0]}`?" if near else ""


def _told(error: PeerdError, words: list[str]) -> int:
    """Says the error on stderr, as JSON where --json was asked for. Returns its exit code."""
    if _asks_for_json(words):
        from peerd.cli.output import told

        text = told(error)
    else:
        text = f"peerd: {error}"
    _say(text.encode("utf-8", "backslashreplace").decode())
    return error.exit_code


def _asks_for_json(words: list[str]) -> bool:
    return "--json" in (words[: words.index("--")] if "--" in words else words)


def _say(text: str) -> None:
    """Where stderr takes nothing, as on a full disk, the exit code still tells."""
    try:
        print(text, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = None  # Python's own last flush would change the exit code


def _bug(bug: Exception) -> InternalError:
    from traceback import format_exception

    trace = "".join(format_exception(bug)).rstrip()
    return InternalError(f"a bug in peerd; please report it with what follows.\n{trace}")


def _drop_the_rest() -> None:
    """Of what stdout did not take, which was told: Python's own last flush would complain of it, and change the exit
    code."""
    try:
        sys.stdout.flush()
    except OSError:
        from peerd.cli.output import nowhere

        nowhere()


def _reader_gone() -> int:
    """Whoever read our output stopped: no more is written."""
    from peerd.cli.output import nowhere

    nowhere()
    return READER_GONE
