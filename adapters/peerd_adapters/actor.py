"""The actor as a runtime: a small terminal program of peerd's own, for the demo and for trying things out.

Takes a message as one bracketed paste and shows it as a placeholder with its id; its journal says the rest. Pure: the
program itself is `actor_tui`.
"""

import re
import sys
from collections.abc import Mapping
from typing import Literal

from msgspec.structs import replace

from peerd.adapter import Keys, Launch, Place, Probe, Prompt, Reading
from peerd.errors import ConfigError
from peerd.model.envelope import render
from peerd.model.fact import Fact
from peerd.model.landing import exactly
from peerd.model.message import Message
from peerd.model.peer import Activity, Spec
from peerd.model.screen import Screen
from peerd_adapters import native
from peerd_adapters.prompts import Labels, read_prompt

PROGRAM = __file__.rpartition("/")[0] + "/actor_tui/__main__.py"

ENTER_WINDOW_S = 0.1  # it takes an Enter within 5 ms, also on a busy machine within 50

REMEMBER = "--remember"

PROBE = Probe(".", shown=".")

RULE = re.compile(r"─{10,}")
STATUS = re.compile(r"  (?:(?P<idle>idle)|[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏] busy \d+s)(?: [⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏])?(?: · .*)?")
"""fixtures/panes/actor: idle, busy, queued, draft, wrapped, pasted; and what is none: booting."""
BOX_TOP = re.compile(r"╭─ (?P<kind>question|permission) ─*╮")
BOX_ROW = re.compile(r"│ (?P<text>.*?) *│")
HINT = "  Enter to confirm · Esc to cancel"
"""fixtures/panes/actor: question, permission; and what is none: look-alike."""


CURSOR, LABELS, COMMAND = "❯", Labels(approve="Yes", deny="No"), re.compile(r"Allow running (.*)\?", re.DOTALL)


class Actor:
    """Answers every message once. Takes them from everybody."""

    name = "actor"
    kind: Literal["tui", "service", "pass"] = "tui"
    proved: tuple[str, ...] = ("*",)
    accepts_from: tuple[str, ...] = ("*",)
    task_attempts = 3
    methods: tuple[str, ...] | None = None
    ready_when: Literal["told", "seen", "started"] = "told"
    confirms: Literal["journal", "screen"] = "journal"
    redraws = False
    goes_on_refused = False
    turn_ends_task = False
    control: Mapping[str, tuple[str, ...]] = {"interrupt": ("C-c",)}

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        program = (spec.bin,) if spec.bin else (sys.executable, "-I", "-S", PROGRAM)
        if REMEMBER in spec.args:
            conversation = resume or place.folder.rpartition("/")[2]
            kept = ("--conversation", f"{place.own}/{conversation}", *(("--resume",) if resume else ()))
            return Launch(argv=(*program, *spec.args, *kept), own={}, conversation=resume)
        if resume is not None:
            raise ConfigError(f"{spec.name}: an actor without {REMEMBER} has no conversation; wake it with --fresh")
        return Launch(argv=(*program, *spec.args))

    def read(self, screen: Screen) -> Reading:
        lines = list(screen.lines)
        while lines and not lines[-1]:
            lines.pop()
        if not lines:
            return Reading(Activity.UNKNOWN)
        return _modal(lines) if lines[-1] == HINT else _composer(lines, screen.cursor_y)

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        return None

    def prompt(self, screen: Screen) -> Prompt | None:
        if not self.read(screen).prompt:
            return None
        lines = [line for line in screen.lines if line]
        begins = max(at for at, line in enumerate(lines) if BOX_TOP.fullmatch(line)) + 1
        found = read_prompt(lines[begins:], CURSOR, LABELS, re.compile(re.escape(HINT)))
        command = COMMAND.fullmatch(found.text) if found is not None else None
        return replace(found, command=command[1], tool="run") if found is not None and command is not None else found

    def version(self, said: str) -> str | None:
        return None  # it is peerd's own

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        text = render(message, attempt, place.files(message))
        landed = f"[pasted {len(text.encode())} bytes, id {message.id}]"
        return Keys(pastes=(text,), landed=exactly(landed), window_s=ENTER_WINDOW_S, probe=PROBE)

    def facts(self, line: str) -> tuple[Fact, ...]:
        return native.facts(line)

    def last_words(self, screen: Screen, message: Message) -> str | None:
        """Never from the screen: the journal has them."""
        return None


def _modal(lines: list[str]) -> Reading:
    """The box above the hint, quoted down to the blank row before its answers."""
    tops = [at for at, line in enumerate(lines) if BOX_TOP.fullmatch(line)]
    if not tops:
        return Reading(Activity.UNKNOWN)
    rows = [BOX_ROW.fullmatch(line) for line in lines[tops[-1] + 1 : -2]]
    if not rows or not all(rows):
        return Reading(Activity.UNKNOWN)
    texts = [row["text"] for row in rows if row]
    question = texts[: texts.index("")] if "" in texts else texts
    return Reading(Activity.BLOCKED, dialog=" ".join(question), prompt="─ permission ─" in lines[tops[-1]])


def _composer(lines: list[str], cursor_y: int) -> Reading:
    """The rows between the last two rules, where the cursor stands among them and the status is under them."""
    status = STATUS.fullmatch(lines[-1])
    rules = [at for at, line in enumerate(lines[:-1]) if RULE.fullmatch(line)][-2:]
    if status is None or len(rules) != 2 or rules[1] != len(lines) - 2 or not rules[0] < cursor_y < rules[1]:
        return Reading(Activity.UNKNOWN)
    rows = lines[rules[0] + 1 : rules[1]]
    if not rows[0].startswith("❯") or not all(row[:2].isspace() for row in rows[1:]):
        return Reading(Activity.UNKNOWN)
    composer = "".join(row[2:] for row in rows)
    idle = status["idle"] is not None
    return Reading(Activity.IDLE if idle else Activity.BUSY, composer=composer, rests=idle)
