"""The adapter contract: all peerd knows of one runtime, as data and pure functions of text.

An adapter holds no pane, sleeps never, reads no clock and no environment. When in doubt it reads `UNKNOWN`:
a wrong `IDLE` would type into somebody's work.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal, Protocol

import msgspec

from peerd.model.endpoint import Endpoint
from peerd.model.fact import Fact
from peerd.model.landing import squeezed
from peerd.model.message import Message
from peerd.model.peer import Activity, Spec
from peerd.model.screen import Screen


class Place(msgspec.Struct, frozen=True):
    """The files of one session, all 0700 and its own; `own` is the peer's, and is kept from session to session."""

    folder: str
    journal: str  # what the runtime's hooks append to, one JSON object a line
    tmp: str  # for TMPDIR: short enough for sockets in it, gone with the session
    own: str  # the runtime's configuration where the spec says login = "own"

    @property
    def result(self) -> str:
        """The file that a pass leaves its result in."""
        return f"{self.folder}/result.json"

    @property
    def listen(self) -> str:
        """The socket that a service fetches its listening sockets from."""
        return f"{self.tmp}/listen"

    def handed(self, message: Message) -> str:
        """The folder of the files that came beside a message."""
        return f"{self.folder}/files/{message.id}"

    def files(self, message: Message) -> tuple[str, ...]:
        """Their paths."""
        return tuple(f"{self.handed(message)}/{each.name}" for each in message.attachments)

    @property
    def prompt(self) -> str:
        """The file of what the runtime is told of itself and its team, where its `Launch` asks for one."""
        return f"{self.folder}/prompt.md"


class Launch(msgspec.Struct, frozen=True):
    """How to start a runtime: `files` are written 0600 into the session's folder first, `own` are JSON files in
    `Place.own` in which these keys are set and no other touched; `env` adds to the built environment. `conversation`
    is what the session can be resumed by, where that is known beforehand. `prompt`: it names `Place.prompt`, which is
    to be written; it is empty where the spec says prompt = false. `listen`: where the daemon listens for it; the
    sockets are given to whoever asks first at `Place.listen`, in this order."""

    argv: tuple[str, ...]
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    own: dict[str, dict[str, Any]] | None = None  # None: that folder is not used
    conversation: str | None = None
    prompt: bool = False
    listen: tuple[Endpoint, ...] = ()


class Reading(msgspec.Struct, frozen=True):
    """What a screen shows. `composer` is the text in the input line, None where no input line is seen.
    `dialog` quotes what is open; `prompt` says it is a permission prompt; `advice` what a person does about it.
    `rests`: the screen proves that no turn is open, as one that looks idle while an answer streams does not.
    `brim`: the text fills its row, so that an Enter may leave the cursor where it stands; a blank is typed before it.
    `conversation` is the one that is open, where the screen tells; `unnamed`: it may be about to."""

    activity: Activity
    composer: str | None = None
    dialog: str | None = None
    prompt: bool = False
    advice: str = ""
    rests: bool = False
    brim: bool = False
    conversation: str | None = None
    unnamed: bool = False


class Option(msgspec.Struct, frozen=True):
    """One choice of a permission prompt. `key` chooses it at once; None: the cursor is moved there, then Enter. `means`
    is set where it answers for this one time, and for nothing beyond."""

    label: str
    key: str | None = None
    means: Literal["approve", "deny"] | None = None


TELLING_CHARS, PIECE_CHARS = 6, 4
"""Without white space: so many of the arguments must be seen to tell one request from another; less than a piece stands
on many a screen by chance, and does not count."""


class Prompt(msgspec.Struct, frozen=True):
    """A permission prompt, as the screen shows it. `text` is the question with all it is about, without its choices and
    frames; `command` that of it which is a command line, where there is one; `tool` what it is asked for, by the name
    that its hook gives it, None where that cannot be told. `at` is the choice that the cursor is on, None where that is
    not seen. `rows` are those that it is drawn in, down to its last choice, whole and as they stand there. `more` is
    the end of the text where that says that its terminal has no room for more of it."""

    text: str
    options: tuple[Option, ...] = ()
    at: int | None = None
    command: str | None = None
    rows: tuple[str, ...] = ()
    tool: str | None = None
    more: str = ""

    def shows(self, tool: str, input: Mapping[str, object]) -> bool:
        """Whether it is of this tool, and these very arguments stand there, whole: a command as its command line; of
        all else each line of each text, of a path at least its end."""
        if not self.is_of(tool):
            return False
        command = input.get("command")
        if self.command is not None or isinstance(command, str):
            return isinstance(command, str) and squeezed(command) == squeezed(self.command or "")
        text, pieces = squeezed(self.text), _pieces(input)
        tells = sum(len(piece) for piece in {*pieces} if len(piece) >= PIECE_CHARS) >= TELLING_CHARS
        return tells and all(piece in text for piece in pieces)

    def lines_of(self, input: Mapping[str, object]) -> list[str]:
        """Of the lines of these arguments those that stand there, squeezed, as far as they tell anything."""
        text = squeezed(self.text)
        return [piece for piece in _pieces(input) if len(piece) >= PIECE_CHARS and piece in text]

    def is_of(self, tool: str) -> bool:
        """However the screen spells it: Claude writes `send_mail` as Send Mail."""
        return self.tool is not None and _spelled(self.tool) == _spelled(tool)

    def names(self, tool: str) -> bool | None:
        """Whether it says that it is for this tool. None where nobody knows: it names no tool, or one of the same MCP
        server, of which the title may stand there."""
        if self.is_of(tool):
            return True
        server = None if self.tool is None else _server(self.tool)
        titled = server is not None and server == _server(tool)
        return None if self.tool is None or titled else False

    @property
    def same(self) -> str:
        """What is equal for the same prompt, however its terminal wraps it, and wherever its cursor is."""
        return squeezed("".join((self.text, *(option.label for option in self.options))))

    def chosen(self, means: Literal["approve", "deny"]) -> int | None:
        """The one choice that says so; None where there is none, or more than one."""
        found = [at for at, option in enumerate(self.options) if option.means == means]
        return found[0] if len(found) == 1 else None


def _spelled(tool: str) -> list[str]:
    return [re.sub(r"[^a-z0-9]", "", part) for part in tool.casefold().split("__")]


def _server(tool: str) -> str | None:
    parts = _spelled(tool)
    return parts[1] if len(parts) > 2 and parts[0] == "mcp" else None


def _pieces(input: Mapping[str, object]) -> list[str]:
    """What of them is to be seen."""
    return [squeezed(line) for leaf in _leaves(input) for line in _lines(leaf)]


def _lines(leaf: str) -> list[str]:
    return [leaf.rpartition("/")[2]] if leaf.startswith("/") and "\n" not in leaf else leaf.splitlines()


def text_of(input: Mapping[str, object]) -> str:
    """All that they say, squeezed."""
    return squeezed("".join(_leaves(input)))


def _leaves(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case dict():
            return [leaf for each in value.values() for leaf in _leaves(each)]
        case list():
            return [leaf for each in value for leaf in _leaves(each)]
        case _:
            return []


class Probe(msgspec.Struct, frozen=True):
    """A key that does nothing on any prompt or dialog of the runtime and is seen at its input line: `shown` is what it
    adds there, `undo` takes it back."""

    key: str
    shown: str
    undo: str = "BSpace"


class Keys(msgspec.Struct, frozen=True):
    """A keystroke script: `files` (0600, session folder) are written, `pastes` are pasted in turn, the input line must
    then match `landed` whole, and only then is `submit` pressed. After `window_s` seconds without evidence it is
    pressed again if `probe` proves that it was swallowed; without a probe never. `clear` empties the input line,
    pressed up to `clear_times` times. For `still_s` seconds the line must be seen empty and at rest before anything is
    typed: a person's Enter may be on its way, which the screen does not show at once.

    `left` are patterns of what else the runtime may make of it when it could not be submitted, or got a part of it.
    `answered`: of what is taken the screen shows more than the text itself, so that one that stands alone above an
    input line was not taken.

    `landed` is a pattern over the input line, `squeezed`: terminals wrap, and placeholders count."""

    pastes: tuple[str, ...]
    landed: str
    submit: str = "Enter"
    window_s: float = 0.5
    still_s: float = 0.0
    probe: Probe | None = None
    clear: tuple[str, ...] = ("C-u",)
    clear_times: int = 1
    files: dict[str, str] = {}
    left: tuple[str, ...] = ()
    answered: bool = False


class Adapter(Protocol):
    """One runtime. `proved` lists the versions it was proved against, each with all that begin with it and a dot; "*"
    when the runtime ships with peerd. A runtime of another version gets no answer to a dialog and no second Enter."""

    name: str
    kind: Literal["tui", "service", "pass"]
    proved: tuple[str, ...]
    accepts_from: tuple[str, ...]  # who may send, unless the spec says otherwise; "*": everybody
    task_attempts: int  # how often a task is handed over again after its session died in mid-turn
    ready_when: Literal["told", "seen", "started"]  # by the journal, once it is on the screen, or by running at all
    confirms: Literal["journal", "screen"]  # what tells that a message was taken, and that a turn is over
    redraws: bool  # its input line, where its terminal gets another size; and nothing else comes of that
    goes_on_refused: bool  # its turn does, after a permission was refused at its prompt; else that ends it
    turn_ends_task: bool  # also where it wrote to somebody: nothing is there any more to take an answer
    methods: tuple[str, ...] | None  # of the daemon's socket, that its sessions may call; None: all a session may
    control: Mapping[str, tuple[str, ...]]  # keys by what they do: interrupt, compact, clear

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        """How to start; `resume` is the conversation to go on with. Raises ConfigError where it cannot resume."""

    def read(self, screen: Screen) -> Reading:
        """What the screen shows."""

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        """The one key to press now at the dialog on this screen; None: it is not ours to answer. The key that chooses
        is told only where the cursor is seen on the choice that the spec allows."""

    def prompt(self, screen: Screen) -> Prompt | None:
        """The permission prompt that is open; None where there is none, or it is not known well enough to be
        answered."""

    def version(self, said: str) -> str | None:
        """The version, from what the program prints when asked for `--version`; None where that cannot be told."""

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        """How this message is typed."""

    def facts(self, line: str) -> tuple[Fact, ...]:
        """What one journal line says; () for a line that says nothing or is not understood."""

    def last_words(self, screen: Screen, message: Message) -> str | None:
        """The end of a turn as the screen shows it, where the journal does not carry it."""
