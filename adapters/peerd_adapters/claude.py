"""Claude Code as a runtime. Its hooks say when it takes input, what it took and when its turn is over; the screen is
only asked whether its input line may be typed at.

A message that is short is pasted whole. A longer one is wrapped by Claude as pasted content, which its model is told to
follow only where the user's own words ask for it: so the header is pasted by itself first, and counts as own words.

Measured on 2.1.330: a paste of at most 3 lines and 800 characters stays as it is, a longer one becomes a placeholder; a
tab becomes four spaces before that is counted; white space at the end goes; SessionStart comes before the input line is
drawn, and what is pasted after it is taken. An Enter at a permission prompt approves the tool.

Of what is pasted, a line that is the path of a picture is taken out and the picture put in its place, and a file that
`@` names is read into the turn, in pasted content too, and nobody is asked: such a message goes by a file.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec.structs import replace

from peerd.adapter import Keys, Launch, Place, Probe, Prompt, Reading
from peerd.model.envelope import content, header, sanitise
from peerd.model.fact import Fact
from peerd.model.landing import begun, exactly
from peerd.model.message import Message
from peerd.model.peer import Activity, Spec
from peerd.model.screen import Screen
from peerd_adapters import hooks
from peerd_adapters.byfile import FOLDER, by_file
from peerd_adapters.dialogs import Choice, Dialog, asked, key_for, open_dialog, quoted
from peerd_adapters.here import hook_command
from peerd_adapters.prompts import Labels, Tools, between, named, read_prompt

EVENTS = ("SessionStart", "UserPromptSubmit", "PermissionRequest", "PostToolUse", "Stop", "StopFailure")
HOOK_TIMEOUT_S = 5
MODES = {"ask": "manual", "edits": "acceptEdits", "plan": "plan", "bypass": "bypassPermissions"}
KEY_TAIL_CHARS = 20
"""Of an API key: what Claude keeps of one that was approved."""

MAIN_SCREEN = {"CLAUDE_CODE_DISABLE_ALTERNATE_SCREEN": "1"}
"""What it said scrolls back, and the question whether to try the full screen, which a stray Enter accepts for the user,
is not asked."""
QUIET = {"CLAUDE_CODE_ENABLE_PROMPT_SUGGESTION": "false"}

WHOLE_MAX_LINES, WHOLE_MAX_CHARS = 3, 800
TAB = "    "
MENTION = re.compile(r"(?<![!-~])@(\S*)")  # what is not ASCII before it may be left out by Claude, as U+3164 is
NAMES_FILE = re.compile(r'[/\\~"]|[.:](?=\S)|\Aagent-')
"""What follows the `@`. A bare word may name only what lies in the peer's own folder, which Claude may read anyway."""
PICTURE = re.compile(r"^[^\w/\n]*(?:/|[a-z]:\\|\\\\).*\.(?:png|jpe?g|gif|webp)(?!\w)", re.IGNORECASE | re.MULTILINE)
NOT_AS_TEXT = "names files in a way that would have them read here"
END = " "  # taken off again; without it a backslash before Enter is a newline, and :key is completed to an emoji
PLACEHOLDER = r"\[Pastedtext#\d+(?:\+\d+lines)?\]"
WINDOW_S, WINDOW_PER_MIB_S = 0.5, 2.0  # the hook is heard 0.1 s after Enter, 0.2 s for 1 MiB
STILL_S = 0.15  # a person's Enter is seen on the screen within 0.05 s; a prompt of ours meanwhile made theirs vanish
PROBE = Probe(".", shown=".")

RULE = re.compile(r"─{20,}.*")
COMPOSER = re.compile(r"❯[\s\xa0]?(.*)")
WORKING = re.compile(r"[·✢✳✶✻✽*] .*(?:…|retrying in ).*")
"""fixtures/panes/claude: idle, busy, streaming, retrying, draft, pasted, header-and-pasted, answered, interrupted."""
ABOVE_ROWS = 8
GHOST = re.compile(r'Try ".*"|Resend your message to try again|Once fixed, resend your message|Run /rewind to go back')
"""What it shows in an empty input line, the cursor before it, also after a turn that failed.
fixtures/panes/claude: idle, refused."""
HINT = re.compile(
    r"\s*↑ \d+ more lines?|"  # under the choices, of a prompt that its terminal has no room for
    r".*(?:Esc to cancel|Enter to confirm|Enter to select|Press Enter to continue|esc to cancel).*"
)
CURSOR = "❯"

TRUST = Dialog(
    seen=r"Is this a project you created or one you trust",
    advice="Set trust_folder = true in peers/NAME.toml, or `peerd attach NAME` to answer it.",
    choice=Choice(allowed_by="trust_folder", line="Yes, I trust this folder"),
)
BYPASS = Dialog(
    seen=r"WARNING: Claude Code running in Bypass Permissions mode",
    choice=Choice(allowed_by="bypass", line="Yes, I accept"),
)
DIALOGS = (
    TRUST,
    BYPASS,
    Dialog(
        seen=r"Detected a custom API key in your environment",
        advice="`peerd attach NAME` to say whether this key is to be used; Claude remembers the answer.",
    ),
    Dialog(
        seen=r"Choose the text style that looks best", advice="`peerd attach NAME` to go through Claude's first steps."
    ),
    Dialog(seen=r"Select login method|Paste code here if prompted", advice="`peerd attach NAME` to log in."),
    Dialog(seen=r"^\s*Do you want to |^\s*Would you like to ", prompt=True),
)
"""fixtures/panes/claude: theme, login, trust, trust-yes, api-key, bypass, permission."""
ANY = Dialog(seen="")
LABELS = Labels(approve="Yes", deny=r"No|No, and tell Claude what to do differently(?: \(esc\))?")
"""fixtures/panes/claude: permission, permission-long, permission-write, permission-mcp, permission-fetch."""
TOOLS: Tools = {
    r"Bash command\n": "Bash",
    r"(?:Create|Overwrite) file\n": "Write",
    r"Edit file\n(?s:.*)\nDo you want to make this edit to .*\?$": "Edit",
    r"Read file\nRead\(": "Read",
    r"Fetch\nClaude wants to fetch content from ": "WebFetch",
    r"Tool use\n(\S+) — (.+) Tool: \(MCP\)\n": r"mcp__\1__\2",
}
"""Of others the title tells too little. fixtures/panes/claude: permission, permission-write, permission-overwrite,
permission-edit, permission-read, permission-fetch, permission-mcp."""
COMMAND, DASHES = "Bash command", re.compile(r"╌{20,}")


class Claude:
    """`claude`, version 2.1. Takes messages from everybody."""

    name = "claude"
    kind: Literal["tui", "service", "pass"] = "tui"
    proved: tuple[str, ...] = ("2.1.330",)
    accepts_from: tuple[str, ...] = ("*",)
    task_attempts = 3
    methods: tuple[str, ...] | None = None
    ready_when: Literal["told", "seen", "started"] = "told"
    confirms: Literal["journal", "screen"] = "journal"
    redraws = False
    goes_on_refused = False
    turn_ends_task = False
    control: Mapping[str, tuple[str, ...]] = {
        "interrupt": ("Escape",),
        "compact": ("/compact", "Enter"),
        "clear": ("/clear", "Enter"),
    }

    def launch(self, spec: Spec, place: Place, resume: str | None) -> Launch:
        conversation = resume or uuid_of(place.folder)
        settings = f"{place.folder}/settings.json"
        begin = ("--resume", conversation) if resume else ("--session-id", conversation)
        mode = ("--permission-mode", MODES[spec.permissions])
        prompt = ("--append-system-prompt-file", place.prompt) if spec.prompt else ()
        return Launch(
            argv=(spec.bin or "claude", *begin, *mode, "--settings", settings, *prompt, *spec.args),
            env={"TMPDIR": place.tmp, **MAIN_SCREEN, **QUIET, **_own_folder(spec, place)},
            files={"settings.json": json.dumps(_settings(spec, place), indent=1)},
            own=_seeds(spec) if spec.login == "own" else None,
            prompt=spec.prompt,
            conversation=resume,  # a new one cannot be resumed before something was said in it
        )

    def read(self, screen: Screen) -> Reading:
        lines = _drawn(screen)
        rules = [at for at, line in enumerate(lines) if RULE.fullmatch(line)][-2:]
        if len(rules) == 2 and COMPOSER.fullmatch(lines[rules[0] + 1]) and rules[0] < screen.cursor_y < rules[1]:
            return _composer(lines, rules, screen)
        return _dialog(lines)

    def answer(self, spec: Spec, screen: Screen) -> str | None:
        return key_for(DIALOGS, CURSOR, spec, screen) if self.read(screen).dialog is not None else None

    def prompt(self, screen: Screen) -> Prompt | None:
        if not self.read(screen).prompt:
            return None
        rows = _asking(_drawn(screen))
        command = between(rows, DASHES) if rows and rows[0].strip() == COMMAND else None
        return named(read_prompt(rows, CURSOR, LABELS, HINT, command), TOOLS)

    def version(self, said: str) -> str | None:
        found = re.match(r"(\d+\.\d+\.\d+) \(Claude Code\)", said)
        return found[1] if found else None

    def compose(self, message: Message, attempt: int, place: Place) -> Keys:
        first, body = header(message, attempt), sanitise(content(message, place.files(message)))
        if not _reads_files(body):
            return _typed(first, body)
        notice, files = by_file(message, place, NOT_AS_TEXT)
        return replace(_typed(first, notice), files=files)

    def facts(self, line: str) -> tuple[Fact, ...]:
        return hooks.facts(line)

    def last_words(self, screen: Screen, message: Message) -> str | None:
        """Never from the screen: the Stop hook has them."""
        return None


def uuid_of(text: str) -> str:
    """A UUID that only this text has; Claude takes no other form of id."""
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _settings(spec: Spec, place: Place) -> dict[str, Any]:
    """What goes beside a message is for it to read: it is not asked about that."""
    reads = [f"Read(/{place.folder}/{each}/**)" for each in ("files", FOLDER)]  # a path after one more slash is whole
    return {"hooks": _hooks(place), "permissions": {"allow": reads}, **_mode_settings(spec)}


def _hooks(place: Place) -> dict[str, Any]:
    handler = {"type": "command", "timeout": HOOK_TIMEOUT_S}
    return {event: [{"hooks": [handler | {"command": hook_command(place.journal, event)}]}] for event in EVENTS}


def _own_folder(spec: Spec, place: Place) -> dict[str, str]:
    return {"CLAUDE_CONFIG_DIR": place.own} if spec.login == "own" else {}


def _mode_settings(spec: Spec) -> dict[str, Any]:
    """The spec's choice is the answer to Claude's question whether bypassing is meant; for this session alone."""
    return {"skipDangerousModePermissionPrompt": True} if spec.permissions == "bypass" else {}


def _seeds(spec: Spec) -> dict[str, dict[str, Any]]:
    """Of a folder that is the peer's own: what the first start would ask."""
    state: dict[str, Any] = {
        "hasCompletedOnboarding": True,
        "projects": {spec.dir: {"hasTrustDialogAccepted": True}},
    }
    key = spec.env.get("ANTHROPIC_API_KEY")
    if key:
        state["customApiKeyResponses"] = {"approved": [key[-KEY_TAIL_CHARS:]], "rejected": []}
    return {".claude.json": state}


def _keys(pastes: tuple[str, ...], landed: str, left: str) -> Keys:
    return Keys(
        pastes=pastes,
        landed=landed,
        still_s=STILL_S,
        window_s=WINDOW_S + WINDOW_PER_MIB_S * sum(map(len, pastes)) / (1 << 20),
        probe=PROBE,
        clear=("C-e", "C-u"),
        clear_times=2 * WHOLE_MAX_LINES,
        left=(left,),
    )


def _typed(first: str, body: str) -> Keys:
    if _is_small(f"{first}\n{body}{END}"):
        return _keys((f"{first}\n{body}{END}",), exactly(first + body), begun(first, body))
    if _is_small(body):
        return _keys((f"{first}\n", body, END), exactly(first + body), begun(first, body))
    return _keys((f"{first} ", body), exactly(first) + PLACEHOLDER, exactly(first))


def _is_small(paste: str) -> bool:
    """Claude counts as JavaScript does, in UTF-16."""
    units = len(paste.replace("\t", TAB).encode("utf-16-le")) // 2
    return paste.count("\n") < WHOLE_MAX_LINES and units <= WHOLE_MAX_CHARS


def _reads_files(body: str) -> bool:
    mentions = any(NAMES_FILE.search(found[1]) for found in MENTION.finditer(body))
    return mentions or PICTURE.search(body) is not None


def _drawn(screen: Screen) -> list[str]:
    """The lines down to the last that is not empty."""
    lines = [line.rstrip() for line in screen.lines]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _composer(lines: list[str], rules: list[int], screen: Screen) -> Reading:
    first = COMPOSER.fullmatch(lines[rules[0] + 1])
    rows = [first[1] if first else "", *(line.strip() for line in lines[rules[0] + 2 : rules[1]])]
    text = "\n".join(rows).strip()
    if GHOST.fullmatch(text) and screen.cursor_x == len(CURSOR) + 1:
        text = ""
    above = lines[max(0, rules[0] - ABOVE_ROWS) : rules[0]]
    working = any(WORKING.fullmatch(line) for line in above) or "esc to interrupt" in "\n".join(lines[rules[1] :])
    return Reading(Activity.BUSY if working else Activity.IDLE, composer=text, rests=not working)


def _asking(lines: list[str]) -> list[str]:
    """The rows under the last rule."""
    return lines[max((at + 1 for at, line in enumerate(lines) if RULE.fullmatch(line)), default=0) :]


def _dialog(lines: list[str]) -> Reading:
    """A question that is known, from its first words on; else what stands under the last rule where a hint of keys ends
    the screen."""
    begins = max((at + 1 for at, line in enumerate(lines) if RULE.fullmatch(line)), default=0)
    known = open_dialog(DIALOGS, "\n".join(lines))
    if known is not None and known.prompt:
        known = open_dialog(DIALOGS, "\n".join(lines[begins:]))  # above the rule it is something that was said
    if known is None and not (lines and any(HINT.fullmatch(line) for line in lines[-2:])):
        return Reading(Activity.UNKNOWN)
    dialog = known or ANY
    quote = quoted(lines[begins:]) if begins else asked(dialog, lines)
    return Reading(Activity.BLOCKED, dialog=quote, prompt=dialog.prompt, advice=dialog.advice)
