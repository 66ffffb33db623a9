"""A runtime that a person declares in TOML, without code: how it is started, how its screen is read, what is pressed.

Every pattern is a regular expression over one row of the screen, but for the dialogs', which are searched for in the
whole of it. Made by `declared`, which refuses what it does not know and says which field of which file is wrong.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from peerd.adapter import Keys, Launch, Place, Prompt, Reading
from peerd.errors import ConfigError
from peerd.model.envelope import content, header, render, sanitise
from peerd.model.fact import Fact
from peerd.model.landing import exactly
from peerd.model.message import Message
from peerd.model.peer import RUNTIME_NAME, Activity, Spec
from peerd.model.screen import Screen
from peerd_adapters import hooks, native
from peerd_adapters.byfile import by_file
from peerd_adapters.dialogs import Dialog, asked, key_for, open_dialog
from peerd_adapters.places import OF_SESSION, PLACES, check_places, named_in, places
from peerd_adapters.process import Process, declared_process
from peerd_adapters.prompts import DeclaredPrompt, declared_prompt

BUSY_ROWS = 12
INPUT_ROWS = 50
BLANKS = 20  # that a text may have where its row ends; the screen does not tell them
TYPED_MAX_ROWS, TYPED_MAX_BYTES = 30, 4000
"""Of what an input line still shows whole, a terminal's own too, which takes 4095; a longer text goes by file."""
KEY = re.compile(r"(?:[CMS]-)*(?:[!-~]|Enter|Escape|Tab|BTab|Space|BSpace|Up|Down|Left|Right|Home|End|F[1-9]|F1[0-2])")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LAST_WORDS_MAX_CHARS = 16_384


class Declaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`runtimes/NAME.toml`. `argv` and `env` may name `{dir}` `{peer}` `{identity}` `{session}` `{folder}` `{journal}`
    `{tmp}` `{own}` `{prompt}`, and `resume_argv` `{conversation}` besides."""

    name: str
    kind: Literal["tui"] = "tui"
    argv: tuple[str, ...]
    resume_argv: tuple[str, ...] = ()
    env: dict[str, str] = {}
    proved: tuple[str, ...] = ()
    version: str | None = None  # of what `--version` prints, group 1
    accepts_from: tuple[str, ...] = ("*",)
    task_attempts: Annotated[int, msgspec.Meta(ge=1)] = 1
    turn_ends_task: bool = False
    ready: str  # the row of the input line; group 1 is what stands in it
    ghost: str | None = None  # what stands in it though nobody typed it
    busy: str | None = None  # a row that is there as long as a turn is open
    placeholder: str | None = None  # what a long or broken text becomes in the input line, without white space
    one_line: bool = False  # its input line takes no newline: each becomes a blank
    dialogs: tuple[Dialog, ...] = ()
    prompt: DeclaredPrompt | None = None  # what the choices of its permission prompts mean
    cursor: str = "[❯›>]"  # what stands before the choice that the cursor is on
    confirm: Literal["screen", "journal"] = "screen"
    submit: str = "Enter"
    clear: tuple[str, ...] = ("C-u",)
    control: dict[str, tuple[str, ...]] = {}


def _is_long(text: str) -> bool:
    return text.count("\n") >= TYPED_MAX_ROWS or len(text.encode()) > TYPED_MAX_BYTES


def declared(data: bytes, where: str) -> "Declared | Process":
    """The adapter of one file. Raises ConfigError, naming file and field."""
    if _kind(data) in ("service", "pass"):
        return declared_process(data, where)
    try:
        read = msgspec.toml.decode(data, type=Declaration)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: {error}. Correct the file; the runtime is not there until then.") from error
    _check(read, where)
    return Declared(read)


def _kind(data: bytes) -> object:
    """What the file says it is; None for what is no TOML, which is told of later."""
    try:
        return msgspec.toml.decode(data).get("kind")
    except (ValueError, RecursionError):
        return None


def _check(read: Declaration, where: str) -> None:
    if not RUNTIME_NAME.fullmatch(read.name):
        raise ConfigError(f"{where}: name {read.name!r}: use a-z and 0-9, a letter first, no dash.")
    if not read.argv:
        raise ConfigError(f"{where}: argv is empty: give the program, then its arguments.")
    patterns = {"ready": read.ready, "busy": read.busy, "placeholder": read.placeholder, "version": read.version}
    for field, pattern in (patterns | {"cursor": read.cursor}).items():
        _check_pattern(pattern, groups=1 if field in ("ready", "version") else 0, field=f"{where}: {field}")
    for nth, dialog in enumerate(read.dialogs):
        _check_pattern(dialog.seen, groups=0, field=f"{where}: dialogs[{nth}].seen")
        if dialog.choice is not None:
            _check_pattern(dialog.choice.line, groups=0, field=f"{where}: dialogs[{nth}].choice.line")
    for field, pattern in (msgspec.structs.asdict(read.prompt) if read.prompt else {}).items():
        for each in pattern if isinstance(pattern, dict) else [pattern]:
            _check_pattern(each if isinstance(each, str) else None, groups=0, field=f"{where}: prompt.{field}")
    _check_keys(read, where)
    if read.proved and not read.version:
        raise ConfigError(f"{where}: proved names versions; version must say how to find one in what --version prints.")
    texts = {"argv": read.argv, "resume_argv": read.resume_argv, "env": tuple(read.env.values())}
    for field, values in texts.items():
        for text in values:
            check_places(text, f"{where}: {field}", PLACES if field == "resume_argv" else OF_SESSION)


def _check_keys(read: Declaration, where: str) -> None:
    keys = {"submit": (read.submit,), "clear": read.clear}
    for nth, dialog in enumerate(read.dialogs):
        if dialog.choice is not None:
            keys[f"dialogs[{nth}].choice"] = (dialog.choice.move, dialog.choice.confirm)
    for field, names in keys.items():
        for name in names:
            if not KEY.fullmatch(name):
                raise ConfigError(
                    f"{where}: {field}: no key is called {name!r}; tmux's names are meant, such as Enter."
                )
    for name in read.env:
        if not VARIABLE.fullmatch(name) or name.startswith("PEERD_"):
            raise ConfigError(f"{where}: env: {name!r} is not a name for a variable of its own.")


def _check_pattern(pattern: str | None, *, groups: int, field: str) -> None:
    if pattern is None:
        return
    try:
        found = re.compile(pattern).groups
    except re.error as error:
        raise ConfigError(f"{field} is not a pattern: {error}: {pattern!r}") from error
    if found < groups:
        raise ConfigError(f"{field} needs a group ( ) around what it is to find: {pattern!r}")


class Declared:
    """What a declaration says, as an adapter."""

    methods: tuple[str, ...] | None = None
    ready_when: Literal["told", "seen", "started"] = "seen"
    redraws = False

    def __init__(self, read: Declaration) -> None:
        self._read = read
        self.name = read.name
        self.kind: Literal["tui", "service", "pass"] = read.kind
        self.proved = read.proved or ("*",)
        self.accepts_from = read.accepts_from
        self.task_attempts = read.task_attempts
        self.goes_on_refused = read.prompt is not None and read.prompt.goes_on
        self.turn_ends_task = read.turn_ends_task
        self.confirms: Literal["journal", "screen"] = read.confirm
        self.control: Mapping[str, tuple[str, ...]] = read.control
        self._ready = re.compile(read.ready)
        self._busy = re.compile(read.busy) if read.busy else None

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        if resume is not None and not self._read.resume_argv:
            raise ConfigError(f"{spec.name}: {self.name} declares no resume_argv; wake it with --fresh")
        named = places(spec, place) | {"conversation": resume or ""}
        texts = self._read.resume_argv if resume else self._read.argv
        argv = [text.format_map(named) for text in texts]
        if spec.bin:
            argv[0] = spec.bin
        env = {"TMPDIR": place.tmp} | {name: text.format_map(named) for name, text in self._read.env.items()}
        prompt = any("prompt" in named_in(text) for text in (*texts, *self._read.env.values()))
        return Launch(
            argv=(*argv, *spec.args),
            env=env,
            own={} if spec.login == "own" else None,
            conversation=resume,
            prompt=prompt,
        )

    def read(self, screen: Screen) -> Reading:
        lines = [line.rstrip() for line in screen.lines]
        drawn = [line for line in lines if line]
        dialog = open_dialog(self._read.dialogs, "\n".join(drawn))
        if dialog is not None:
            return Reading(Activity.BLOCKED, dialog=asked(dialog, drawn), prompt=dialog.prompt, advice=dialog.advice)
        composer = self._composer(lines, screen)
        if self._busy is not None and any(self._busy.search(line) for line in drawn[-BUSY_ROWS:]):
            return Reading(Activity.BUSY, composer=composer)
        if composer is None:
            return Reading(Activity.UNKNOWN)
        return Reading(Activity.IDLE, composer=composer, rests=True, brim=_brim(screen))

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        return key_for(self._read.dialogs, self._read.cursor, spec, screen)

    def prompt(self, screen: Screen) -> Prompt | None:
        if self._read.prompt is None or not self.read(screen).prompt:
            return None
        return declared_prompt(self._read.prompt, self._read.cursor, screen)

    def version(self, said: str) -> str | None:
        found = re.search(self._read.version, said) if self._read.version else None
        return found[1] if found else None

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        text = render(message, attempt, place.files(message))
        if self._read.one_line:
            text = sanitise(f"{header(message, attempt)} {content(message, place.files(message))}").replace("\n", " ")
        text = text.rstrip()
        files: dict[str, str] = {}
        if not self._read.placeholder and _is_long(text):
            notice, files = by_file(message, place)
            text = f"{header(message, attempt)} {notice}"
        landed = exactly(text)
        if self._read.placeholder:
            landed = f"(?:{landed}|{self._read.placeholder})"
        rows = text.count("\n") + 1
        return Keys(
            pastes=(text,),
            landed=landed,
            submit=self._read.submit,
            clear=self._read.clear,
            clear_times=2 * min(rows, INPUT_ROWS),
            files=files,
            answered=self._busy is not None,
        )

    def facts(self, line: str) -> tuple[Fact, ...]:
        return native.facts(line) or hooks.facts(line)

    def last_words(self, screen: Screen, message: Message) -> str | None:
        """What stands between the message and the input line."""
        lines = [line.rstrip() for line in screen.lines]
        begins = max((at for at, line in enumerate(lines) if message.id in line), default=None)
        ends = max((at for at, line in enumerate(lines) if self._ready.fullmatch(line)), default=None)
        if begins is None or ends is None or ends <= begins:
            return None
        return "\n".join(lines[begins + 1 : ends]).strip("\n")[-LAST_WORDS_MAX_CHARS:]

    def _composer(self, lines: list[str], screen: Screen) -> str | None:
        """From the nearest row that begins an input line, at the cursor or above, down to the cursor."""
        here = screen.cursor_y
        if here >= len(lines):
            return None
        for at in range(here, max(-1, here - INPUT_ROWS), -1):
            first = self._ready.fullmatch(lines[at])
            if first is not None:
                if at < here and self._left(lines, screen, at):
                    return None
                rows = [first[1] or "", *(line.strip() for line in lines[at + 1 : here + 1])]
                text = "\n".join(rows).strip()
                return "" if text == self._read.ghost else text
        return None

    def _left(self, lines: list[str], screen: Screen, begins: int) -> bool:
        """Whether the cursor, in a row below the one where an input line begins, has left it: it is at the beginning of
        a row, and the one above is not full; or else a single line cannot have been broken where the rows are."""
        here = screen.cursor_y
        if screen.cursor_x == 0 and not screen.full(here - 1):
            return True
        if not self._read.one_line or not screen.width:
            return False
        ends = (row for row in range(begins, here) if not screen.full(row, BLANKS))
        return any(lines[row + 1] and not lines[row + 1][0].isspace() for row in ends)


def _brim(screen: Screen) -> bool:
    """Whether the cursor stands behind the last cell of a row, or has gone on to the next one for that."""
    at = screen.cursor_y
    if screen.cursor_x == 0:
        return at > 0 and not screen.lines[at].strip() and screen.full(at - 1)
    return screen.full(at) and screen.cursor_x >= screen.width
