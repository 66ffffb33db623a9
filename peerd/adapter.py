"""The adapter contract: all peerd knows of one runtime, as data and pure functions of text.

An adapter holds no pane, sleeps never, reads no clock and no environment. When in doubt it reads `UNKNOWN`:
a wrong `IDLE` would type into somebody's work.
"""

from typing import Literal, Protocol

import msgspec

from peerd.model.fact import Fact
from peerd.model.message import Message
from peerd.model.peer import Activity, Spec
from peerd.model.screen import Screen


class Place(msgspec.Struct, frozen=True):
    """The files of one session, all under its own 0700 folder."""

    folder: str
    journal: str  # what the runtime's hooks append to, one JSON object a line


class Launch(msgspec.Struct, frozen=True):
    """How to start a runtime: `files` are written 0600 into the session's folder first; `env` adds to the built one."""

    argv: tuple[str, ...]
    env: dict[str, str] = {}
    files: dict[str, str] = {}


class Reading(msgspec.Struct, frozen=True):
    """What a screen shows. `composer` is the text in the input line, None where no input line is seen.
    `dialog` quotes what is open; `prompt` says it is a permission prompt."""

    activity: Activity
    composer: str | None = None
    dialog: str | None = None
    prompt: bool = False


class Probe(msgspec.Struct, frozen=True):
    """A key that does nothing on any prompt or dialog of the runtime and is seen at its input line: `shown` is what it
    adds there, `undo` takes it back."""

    key: str
    shown: str
    undo: str = "BSpace"


class Keys(msgspec.Struct, frozen=True):
    """A keystroke script: `files` (0600, session folder) are written, `paste` is pasted, the composer must then show
    `landed` and nothing else, and only then is `submit` pressed. After `window_s` seconds without evidence it is
    pressed again if `probe` proves that it was swallowed; without a probe never. `clear` empties the composer."""

    paste: str
    landed: str
    submit: str = "Enter"
    window_s: float = 0.5
    probe: Probe | None = None
    clear: tuple[str, ...] = ("C-u",)
    files: dict[str, str] = {}


class Adapter(Protocol):
    """One runtime. `proved` lists the versions it was proved against; "*" when the runtime ships with peerd."""

    name: str
    kind: Literal["tui", "service", "pass"]
    proved: tuple[str, ...]
    accepts_from: tuple[str, ...]  # who may send, unless the spec says otherwise; "*": everybody
    task_attempts: int  # how often a task is handed over again after its session died in mid-turn

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        """How to start; `resume` is the conversation to go on with. Raises ConfigError where it cannot resume."""

    def read(self, screen: Screen) -> Reading:
        """What the screen shows."""

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        """How this message is typed."""

    def facts(self, line: str) -> tuple[Fact, ...]:
        """What one journal line says; () for a line that says nothing or is not understood."""

    def last_words(self, screen: Screen, message: Message) -> str | None:
        """The end of a turn as the screen shows it, where the journal does not carry it."""
