"""An interactive bash as a runtime: what is sent to it is run, once, in the shell a person sees; an answer is shown.

What is typed is one short line that names the message; the body goes by file. Submission, end and exit status come
from bash's own hooks (`shell_rc.bash`), never from the screen. Pure: the shell is started by whoever asked how.
"""

import re
from collections.abc import Mapping
from shlex import quote
from typing import Literal

from peerd.adapter import Keys, Launch, Place, Prompt, Reading
from peerd.errors import ConfigError
from peerd.model.envelope import SURROGATE, sanitise
from peerd.model.fact import Fact
from peerd.model.landing import exactly
from peerd.model.message import Message
from peerd.model.peer import Activity, Spec
from peerd.model.screen import Screen
from peerd_adapters import native

HERE = __file__.rpartition("/")[0]
PROMPT = re.compile(r"[a-z][a-z0-9-]{0,31}:.*? ❯(?: (?P<draft>.*))?")
"""fixtures/panes/shell: idle, draft; and what is none: busy, vim, search, unfinished, nested."""
VERSION = re.compile(r"version (\d+\.\d+\.\d+)")
LAST_WORDS_MAX_BYTES = 64 << 10
CUT = "[peerd: the beginning is cut off]"


class Shell:
    """bash 5.1 or newer. Takes messages from the operator alone, unless its spec says otherwise."""

    name = "shell"
    kind: Literal["tui", "service", "pass"] = "tui"
    proved: tuple[str, ...] = ("5.2",)
    accepts_from: tuple[str, ...] = ("operator",)
    task_attempts = 1  # a command is not run twice
    methods: tuple[str, ...] | None = None
    ready_when: Literal["told", "seen", "started"] = "told"
    confirms: Literal["journal", "screen"] = "journal"
    redraws = True
    goes_on_refused = False
    turn_ends_task = True
    control: Mapping[str, tuple[str, ...]] = {"interrupt": ("C-c",)}

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        if resume is not None:
            raise ConfigError(f"{spec.name}: a shell has no conversation to resume; wake it with --fresh")
        rc = f"{place.folder}/rc.bash"
        return Launch(
            argv=(spec.bin or "bash", "--noprofile", "--rcfile", rc, "-i", *spec.args),
            files={"rc.bash": _rc(spec, place)},
        )

    def read(self, screen: Screen) -> Reading:
        if not any(line.strip() for line in screen.lines) or screen.cursor_y >= len(screen.lines):
            return Reading(Activity.UNKNOWN)
        prompt = PROMPT.fullmatch(screen.lines[screen.cursor_y])
        if prompt is None:
            return Reading(Activity.BUSY)
        return Reading(Activity.IDLE, composer=prompt["draft"] or "", rests=True)

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        return None

    def prompt(self, screen: Screen) -> Prompt | None:
        return None

    def version(self, said: str) -> str | None:
        found = VERSION.search(said)
        return found[1] if found else None

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        again = f" {message.forgiven}" if 0 < message.forgiven < attempt else ""
        command = f"peerd_run {message.id} {attempt} {message.sender_identity}{again}"
        return Keys(
            pastes=(f" {command}",),  # the blank keeps it out of the history
            landed=exactly(command),
            clear=("C-e", "C-u"),
            files={f"in/{message.id}": _said(message) if message.reply_to else SURROGATE.sub("�", message.body)},
        )

    def facts(self, line: str) -> tuple[Fact, ...]:
        return native.facts(line)

    def last_words(self, screen: Screen, message: Message) -> str | None:
        """What the message printed, its last 64 KiB, and that it is cut where it is; None while the prompt is not back,
        or when it cannot be told."""
        lines = list(screen.lines)
        while lines and not lines[-1]:
            lines.pop()
        if not lines or PROMPT.fullmatch(lines.pop()) is None:
            return None
        header = f"# {message.id} from {message.sender_identity}"
        output = _output(lines, header)
        return None if output is None else _tail("\n".join(output).strip("\n"), whole=header in lines)


def _said(message: Message) -> str:
    """Who answers gives no command: "yes" is a program, too. As a shell prints it, all control characters aside."""
    text = f"in reply to {message.reply_to}:\n{sanitise(message.body)}".rstrip("\n")
    return f"\\builtin printf '%s\\n' {quote(text)}\n"


def _rc(spec: Spec, place: Place) -> str:
    names = {"name": spec.name, "folder": place.folder, "here": HERE}
    lines = (f"__peerd_{key}={quote(value)}" for key, value in names.items())
    return "\n".join((*lines, 'source "$__peerd_here/shell_rc.bash"', ""))


def _output(lines: list[str], header: str) -> list[str] | None:
    """What follows the last such header; all there is where the header is gone and no other prompt is seen."""
    if header in lines:
        return lines[len(lines) - lines[::-1].index(header) :]
    return None if any(PROMPT.fullmatch(line) for line in lines) else lines


def _tail(text: str, *, whole: bool) -> str:
    """Cut at a line's beginning."""
    kept = text.encode()[-LAST_WORDS_MAX_BYTES:].decode(errors="ignore")
    if len(kept) < len(text):
        kept, whole = kept.partition("\n")[2] or kept, False
    return kept if whole else f"{CUT}\n{kept}"
