"""Codex as a runtime. It takes input once its input line is drawn; its hooks say what it took and when its turn is
over.

The hooks are given for this session alone, on the command line, and are trusted there by their hashes: nothing else of
the user's is trusted by that, and nothing of it is written down. While an answer streams the screen looks as it does at
rest, so the screen proves no turn to be over.

What a hook of the session's start prints is a developer's message to the model, after Codex's own instructions and the
user's. It is printed again after a compaction, which leaves it out, and on resume. `-c developer_instructions` would
take the place of the user's own, show the text in a command line that all users of the machine can read, and not fit
into one that tmux takes (16 KiB).

Measured on 0.169.0: a paste of over 1000 characters becomes a placeholder, and white space at both ends of what is
submitted goes; so a shorter message is filled up with blanks, and every message is one placeholder. An Enter at a
prompt for approval approves.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from shlex import quote
from typing import Literal, NamedTuple

from peerd.adapter import Keys, Launch, Place, Probe, Prompt, Reading
from peerd.model.envelope import header, render
from peerd.model.fact import Fact
from peerd.model.landing import begun, exactly
from peerd.model.message import Message
from peerd.model.peer import Activity, Spec
from peerd.model.screen import Screen
from peerd_adapters import hooks, rollout
from peerd_adapters.byfile import by_file
from peerd_adapters.dialogs import Choice, Dialog, asked, key_for, open_dialog
from peerd_adapters.here import hook_command
from peerd_adapters.prompts import Labels, Tools, named, read_prompt

EVENTS = {
    "SessionStart": "session_start",
    "UserPromptSubmit": "user_prompt_submit",
    "PermissionRequest": "permission_request",
    "PostToolUse": "post_tool_use",
    "Stop": "stop",
    "Interrupt": "interrupt",
}
"""By their names in the configuration, those in the keys of trust."""
TIMEOUT_S = 5
TIMEOUTS_S = {"Interrupt": 1}  # no longer one is taken
PROMPT_MAX_TOKENS = 1_000_000
"""Never reached: without it Codex cuts what a hook says after 2500."""
FLAGS_LAYER = "/<session-flags>/config.toml"

MODES = {
    "ask": ("-a", "on-request", "-s", "read-only"),
    "edits": ("-a", "on-request", "-s", "workspace-write"),
    "plan": ("-a", "never", "-s", "read-only"),
    "bypass": ("--dangerously-bypass-approvals-and-sandbox",),
}

STATUS_LINE = 'tui.status_line=["model-with-reasoning","current-dir","session-id"]'
SETTINGS = ("-c", "features.instant_interrupt=false", "-c", STATUS_LINE)
"""An Enter cuts no answer off, and what the screen is read by is there whatever the user's own settings are."""

PLACEHOLDER_MIN_CHARS = 1001
MESSAGE_MAX_CHARS = 1 << 20  # a longer one is refused when it is submitted, and stays in the input line
WINDOW_S, WINDOW_PER_MIB_S = 0.5, 2.0  # the hook is heard 0.2 s after Enter, 0.7 s for 1 MiB
STILL_S = 0.15  # a person's Enter is seen on the screen within 0.05 s
CLEARS_MAX = 100
PROBE = Probe(".", shown=".")

COMPOSER = re.compile(r"› ?(.*)")
OPTION = re.compile(r"› ?\d+\. ")
STATUS = re.compile(r"  \S.* · [~/].*?(?: · (?P<conversation>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))?")
"""Under the input line; drawn a quarter of a second after it, and the question of trust comes in between. The hooks
tell of the conversation with its first prompt only. fixtures/panes/codex: conversation."""
WORKING = re.compile(r"[•◦] .*\((?:\d+[hms] ?)+• esc to interrupt\).*")
"""The dot blinks; the time tells it from the same words in an answer."""
OVER = re.compile(r"■ |  Worked for ")
"""fixtures/panes/codex: idle, busy, streaming, draft, pasted, answered, interrupted; and what is none: booting."""
HEAD = re.compile(r"  >_ OpenAI Codex \(.*\)")
FOLDER = re.compile(r"     [/~].*")
PICTURE = re.compile(r"[ \u2800-\u28ff]+")
"""fixtures/panes/codex: idle, draft, pasted, conversation; and what is none: booting."""
ABOVE_ROWS = 24  # what waits in a queue stands between
GHOST = "Ask Codex to do anything"
HINT = re.compile(
    r"\s*(?:Press enter to (?:confirm|continue)|enter (?:confirm|continue|to submit)|\S.* enter review ·).*",
    re.IGNORECASE,
)
CURSOR = "›"

DIALOGS = (
    Dialog(
        seen=r"Trust this folder\?",
        advice="Set trust_folder = true in peers/NAME.toml, or `peerd attach NAME` to answer it.",
        choice=Choice(allowed_by="trust_folder", line=r"1\. Trust and continue", move="Up"),
    ),
    Dialog(seen=r"Welcome to Codex", advice="`peerd attach NAME` to log in."),
    Dialog(seen=r"Hooks need review", advice="`peerd attach NAME` to review your hooks."),
    Dialog(seen=r"Would you like to (?:run|make|grant)|^\s*Allow .*\?", prompt=True),
)
"""fixtures/panes/codex: trust, login, hooks, permission."""
ANY = Dialog(seen="")
LABELS = Labels(
    approve=r"Yes, proceed(?: \(y\))?|Allow",
    deny=r"No, and tell Codex what to do differently(?: \(esc\))?|Cancel",
)
TOOLS: Tools = {
    r"Would you like to run the following command\?\n": "Bash",
    r"Would you like to make the following edits\?\n": "apply_patch",
    r'Allow the (\S+) MCP server to run tool "(\S+)"\?\n': r"mcp__\1__\2",
}
"""fixtures/panes/codex: permission, permission-long, permission-edits, permission-mcp."""


class Codex:
    """`codex`, version 0.169. Takes messages from everybody."""

    name = "codex"
    kind: Literal["tui", "service", "pass"] = "tui"
    proved: tuple[str, ...] = ("0.169.0",)
    accepts_from: tuple[str, ...] = ("*",)
    task_attempts = 3
    methods: tuple[str, ...] | None = None
    ready_when: Literal["told", "seen", "started"] = "seen"
    confirms: Literal["journal", "screen"] = "journal"
    redraws = False
    goes_on_refused = False
    turn_ends_task = False
    control: Mapping[str, tuple[str, ...]] = {
        "interrupt": ("Escape",),
        "compact": ("/compact", "Enter"),
        "clear": ("/new", "Enter"),
    }

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        resumed = ("resume", resume) if resume else ()
        options = ("--no-daemon", *MODES[spec.permissions], *SETTINGS)
        return Launch(
            argv=(spec.bin or "codex", *resumed, *options, *_hooks(spec, place), *_trusted(spec), *spec.args),
            env={"TMPDIR": place.tmp, **({"CODEX_HOME": place.own} if spec.login == "own" else {})},
            own={} if spec.login == "own" else None,
            prompt=spec.prompt,
            conversation=resume,
        )

    def read(self, screen: Screen) -> Reading:
        lines = [line.rstrip() for line in screen.lines]
        drawn = [line for line in lines if line]
        if drawn and HINT.fullmatch(drawn[-1]):
            return _dialog(drawn)
        top = _composer_top(lines, screen.cursor_y)
        return Reading(Activity.UNKNOWN) if top is None else _composer(lines, top, screen)

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        return key_for(DIALOGS, CURSOR, spec, screen) if self.read(screen).dialog is not None else None

    def prompt(self, screen: Screen) -> Prompt | None:
        if not self.read(screen).prompt:
            return None
        lines = [line.rstrip() for line in screen.lines]
        begins = max(at for at, line in enumerate(lines) if re.search(DIALOGS[-1].seen, line))
        found = read_prompt(lines[begins:], CURSOR, LABELS, HINT, _command(lines[begins:]))
        return named(found, TOOLS)

    def version(self, said: str) -> str | None:
        found = re.search(r"codex-cli (\d+\.\d+\.\d+)", said)
        return found[1] if found else None

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        text = render(message, attempt, place.files(message)).rstrip()
        files: dict[str, str] = {}
        if len(text) > MESSAGE_MAX_CHARS:
            notice, files = by_file(message, place)
            text = f"{header(message, attempt)}\n{notice}"
        head = header(message, attempt)
        rows, left = text.count("\n") + 1, (exactly(text), begun(head, text.removeprefix(head)))
        text += " " * (PLACEHOLDER_MIN_CHARS - len(text))
        return Keys(
            pastes=(text,),
            landed=exactly(f"[Pasted Content {len(text)} chars]"),
            window_s=WINDOW_S + WINDOW_PER_MIB_S * len(text) / (1 << 20),
            still_s=STILL_S,
            probe=PROBE,
            clear=("C-e", "C-u"),
            clear_times=min(2 * rows, CLEARS_MAX),
            files=files,
            left=left,  # as which it comes back when it was queued and the turn was broken off, or a part of it landed
        )

    def facts(self, line: str) -> tuple[Fact, ...]:
        return hooks.facts(line) or rollout.facts(line)

    def last_words(self, screen: Screen, message: Message) -> str | None:
        """Never from the screen: the Stop hook has them."""
        return None


class Hook(NamedTuple):
    """A command that Codex runs. `context_max` bounds, in tokens, what its output adds to the conversation."""

    command: str
    timeout_s: int
    context_max: int | None = None

    @property
    def toml(self) -> str:
        limit = "" if self.context_max is None else f",additionalContextLimit={self.context_max}"
        return f'{{type="command",command={_toml(self.command)},timeout={self.timeout_s}{limit}}}'


def trusted_hash(event: str, hook: Hook) -> str:
    """What Codex keeps of a hook that was reviewed: a hash of what it would run, its keys in order. Seen to be the one
    that 0.169.0 writes down itself."""
    handler = {"type": "command", "command": hook.command, "timeout": hook.timeout_s, "async": False}
    if hook.context_max is not None:
        handler["additionalContextLimit"] = hook.context_max
    identity = json.dumps({"event_name": event, "hooks": [handler]}, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(identity.encode()).hexdigest()}"


def _hooks(spec: Spec, place: Place) -> tuple[str, ...]:
    options: list[str] = []
    trust = []
    for event, key in EVENTS.items():
        hooks = _of_event(event, spec, place)
        options += ["-c", f"hooks.{event}=[{{hooks=[{','.join(hook.toml for hook in hooks)}]}}]"]
        for nth, hook in enumerate(hooks):
            trust.append(f'"{FLAGS_LAYER}:{key}:0:{nth}"={{trusted_hash="{trusted_hash(key, hook)}"}}')
    return (*options, "-c", f"hooks.state={{{','.join(trust)}}}")


def _of_event(event: str, spec: Spec, place: Place) -> tuple[Hook, ...]:
    journal = Hook(hook_command(place.journal, event), TIMEOUTS_S.get(event, TIMEOUT_S))
    if event != "SessionStart" or not spec.prompt:
        return (journal,)
    return (journal, Hook(f"cat {quote(place.prompt)}", TIMEOUT_S, PROMPT_MAX_TOKENS))


def _trusted(spec: Spec) -> tuple[str, ...]:
    """For this session; a folder of the peer's own configuration asks nothing either."""
    if not spec.trust_folder and spec.login != "own":
        return ()
    return ("-c", f'projects={{{_toml(spec.dir)}={{trust_level="trusted"}}}}')


def _toml(text: str) -> str:
    """JSON's strings are TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _composer_top(lines: list[str], cursor_y: int) -> int | None:
    """The row the input line begins on: at the cursor, or above it with only its own rows between."""
    for at in range(min(cursor_y, len(lines) - 1), -1, -1):
        if COMPOSER.fullmatch(lines[at]):
            return None if OPTION.match(lines[at]) else at
        if lines[at] and not lines[at].startswith("  "):
            return None
    return None


def _composer(lines: list[str], top: int, screen: Screen) -> Reading:
    first = COMPOSER.fullmatch(lines[top])
    rows = [first[1] if first else "", *(line.strip() for line in lines[top + 1 : screen.cursor_y + 1])]
    text = "\n".join(rows).strip()
    if text == GHOST and screen.cursor_x == len(CURSOR) + 1:
        text = ""
    status = next(filter(None, map(STATUS.fullmatch, lines[screen.cursor_y + 1 :])), None)
    if status is None:
        return Reading(Activity.UNKNOWN)
    above = [line for line in lines[:top] if line][-ABOVE_ROWS:]
    working = any(WORKING.fullmatch(line) for line in above)
    over = bool(above) and OVER.match(above[-1]) is not None
    rests = not working and (over or _unspoken(lines[:top]))
    activity = Activity.BUSY if working else Activity.IDLE
    named = status["conversation"]
    return Reading(activity, composer=text, rests=rests, conversation=named, unnamed=named is None)


def _unspoken(above: list[str]) -> bool:
    """Whether nothing was said in it so far: its folder stands in the head, and nothing but the picture under that."""
    drawn = [line for line in above if line]
    begun = len(drawn) > 1 and HEAD.fullmatch(drawn[0]) is not None and FOLDER.fullmatch(drawn[1]) is not None
    return begun and all(map(PICTURE.fullmatch, drawn[2:]))


def _command(rows: list[str]) -> str | None:
    """From the row with the dollar on, down to the choices."""
    begins = next((at for at, row in enumerate(rows) if row.startswith("  $ ")), None)
    if begins is None:
        return None
    ends = next((at for at, row in enumerate(rows) if OPTION.match(row)), len(rows))
    return "\n".join(rows[begins:ends]).strip().removeprefix("$ ")


def _dialog(drawn: list[str]) -> Reading:
    """From the question on: what stands above it is the conversation."""
    dialog = open_dialog(DIALOGS, "\n".join(drawn)) or ANY
    return Reading(Activity.BLOCKED, dialog=asked(dialog, drawn), prompt=dialog.prompt, advice=dialog.advice)
