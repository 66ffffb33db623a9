"""Runtimes without a screen, declared in TOML: a *service* that is always up, a *pass* that does one task and ends.

A service is ready once its process runs, or by its own word where it gives one: a line it prints, or sd_notify(3).
Where it declares `listen`, the daemon holds its listening sockets, and it is started by `fetch`, which gets them.
A pass is given its task as JSON in the file that PEERD_TASK names, writes its result as JSON to the one that
PEERD_RESULT names, and its exit code decides. It is started by `gate`, which waits for the task and says that it was
taken.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from peerd.adapter import Keys, Launch, Place, Prompt, Reading
from peerd.errors import ConfigError
from peerd.model.endpoint import Endpoint, endpoint
from peerd.model.fact import Fact
from peerd.model.message import Message
from peerd.model.peer import RUNTIME_NAME, Activity, Spec
from peerd.model.screen import Screen
from peerd_adapters import native
from peerd_adapters.here import FETCH, GATE, PYTHON
from peerd_adapters.places import OF_PEER, check_places, named_in, places

TASK = "task.json"
LISTEN_MAX = 64


class ProcessDeclaration(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`runtimes/NAME.toml` of a service or a pass. `argv` and `env` name places as those of a terminal program do."""

    name: str
    kind: Literal["service", "pass"]
    argv: tuple[str, ...]
    env: dict[str, str] = {}
    ready: str | None = None  # of a service: a line it prints once it serves
    notify: bool = False  # of a service: it says READY=1 by sd_notify
    listen: Annotated[tuple[str, ...], msgspec.Meta(max_length=LISTEN_MAX)] = ()  # of a service: where it is met
    methods: tuple[str, ...] = ()  # of the daemon's socket, that it may call
    accepts_from: tuple[str, ...] = ("*",)
    task_attempts: Annotated[int, msgspec.Meta(ge=1)] = 3


def declared_process(data: bytes, where: str) -> "Process":
    """The adapter of one file. Raises ConfigError, naming file and field."""
    try:
        read = msgspec.toml.decode(data, type=ProcessDeclaration)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{where}: {error}. Correct the file; the runtime is not there until then.") from error
    _check(read, where)
    return Process(read)


def _check(read: ProcessDeclaration, where: str) -> None:
    if not RUNTIME_NAME.fullmatch(read.name):
        raise ConfigError(f"{where}: name {read.name!r}: use a-z and 0-9, a letter first, no dash.")
    if not read.argv:
        raise ConfigError(f"{where}: argv is empty: give the program, then its arguments.")
    if read.kind == "pass" and (read.ready is not None or read.notify):
        raise ConfigError(f"{where}: a pass is ready by itself; ready and notify are a service's.")
    if read.kind == "pass" and read.listen:
        raise ConfigError(f"{where}: a pass is met by nobody; listen is a service's.")
    try:
        re.compile(read.ready or "")
    except re.error as error:
        raise ConfigError(f"{where}: ready is not a pattern: {error}: {read.ready!r}") from error
    for text in (*read.argv, *read.env.values()):
        check_places(text, f"{where}: argv or env")
    _check_listen(read.listen, f"{where}: listen")


def _check_listen(texts: tuple[str, ...], field: str) -> None:
    """An address is the peer's, from session to session."""
    met: set[Endpoint] = set()
    named = {name: f"/{name}" for name in OF_PEER}
    for nth, text in enumerate(texts):
        check_places(text, f"{field}[{nth}]", OF_PEER)
        try:
            at = endpoint(text.format_map(named))
        except ValueError as error:
            raise ConfigError(f"{field}[{nth}]: {text!r}: {error}.") from error
        if at in met:
            raise ConfigError(f"{field}[{nth}]: {text!r} is there twice.")
        met.add(at)


class Process:
    """What a declaration says, as an adapter. Nothing is typed into it."""

    proved: tuple[str, ...] = ("*",)
    confirms: Literal["journal", "screen"] = "journal"
    redraws = False
    goes_on_refused = False
    turn_ends_task = False
    control: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, read: ProcessDeclaration) -> None:
        self._read = read
        self.name = read.name
        self.kind: Literal["tui", "service", "pass"] = read.kind
        self.accepts_from = read.accepts_from
        self.task_attempts = read.task_attempts
        self.methods: tuple[str, ...] | None = read.methods
        self.notifies = read.notify
        self.ready_when: Literal["told", "seen", "started"] = self._ready_when()
        self._ready = re.compile(read.ready) if read.ready else None

    def _ready_when(self) -> Literal["told", "seen", "started"]:
        if self._read.kind == "pass" or self._read.notify:
            return "told"
        return "seen" if self._read.ready else "started"

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        if resume is not None:
            raise ConfigError(f"{spec.name}: a {self.kind} has no conversation to resume; wake it with --fresh")
        named = places(spec, place)
        argv = [text.format_map(named) for text in self._read.argv]
        argv[0] = spec.bin or argv[0]
        env = {"TMPDIR": place.tmp} | {name: text.format_map(named) for name, text in self._read.env.items()}
        prompt = any("prompt" in named_in(text) for text in (*self._read.argv, *self._read.env.values()))
        if self.kind == "service":
            env |= {"NOTIFY_SOCKET": notify_socket(place)} if self.notifies else {}
            return self._service((*argv, *spec.args), env, spec, place, prompt=prompt)
        files = {"PEERD_TASK": f"{place.folder}/{TASK}", "PEERD_RESULT": place.result}
        return Launch((PYTHON, "-I", "-S", GATE, *argv, *spec.args), env | files, prompt=prompt)

    def _service(self, argv: tuple[str, ...], env: dict[str, str], spec: Spec, place: Place, *, prompt: bool) -> Launch:
        named, texts = places(spec, place), self._read.listen
        own: dict[str, dict[str, object]] | None = {} if any("own" in named_in(text) for text in texts) else None
        listen = tuple(endpoint(text.format_map(named)) for text in texts)
        fetch = (PYTHON, "-I", "-S", FETCH, place.listen) if listen else ()
        return Launch((*fetch, *argv), env, own=own, prompt=prompt, listen=listen)

    def read(self, screen: Screen) -> Reading:
        """Ready once its line is seen; there is no input line."""
        lines = [line.rstrip() for line in screen.lines]
        if self._ready is None or not any(self._ready.search(line) for line in lines):
            return Reading(Activity.UNKNOWN)
        return Reading(Activity.IDLE, composer="", rests=True)

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        return None

    def prompt(self, screen: Screen) -> Prompt | None:
        return None

    def version(self, said: str) -> str | None:
        return None

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        """A pass's task, as a file; nothing is typed."""
        task = {"id": message.id, "attempt": attempt, "from": message.sender_identity, "topic": message.topic}
        content = {"body": message.body, "files": place.files(message)}
        return Keys(pastes=(), landed="", files={TASK: json.dumps(task | content)})

    def facts(self, line: str) -> tuple[Fact, ...]:
        return native.facts(line)

    def last_words(self, screen: Screen, message: Message) -> str | None:
        return None


def notify_socket(place: Place) -> str:
    return f"{place.tmp}/notify"
