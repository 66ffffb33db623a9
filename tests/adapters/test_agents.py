"""Claude Code and Codex, as far as text goes: what their screens show, what their hooks say, how they are launched."""

import json
import re
import shlex
from typing import Any

import pytest
from msgspec.structs import replace

from peerd.adapter import Adapter, Place, Reading
from peerd.model.landing import squeezed
from peerd.model.message import Attachment
from peerd.model.peer import Activity
from peerd_adapters.claude import Claude, uuid_of
from peerd_adapters.codex import Codex, Hook, trusted_hash
from tests.adapters.panes import PANES, cut, pane
from tests.build import message, spec

PLACE = Place("/s/it's/s-1", "/s/it's/s-1/journal", "/s/it's/s-1/tmp", "/s/own")
HEADER = "peerd message m-1 from operator (person) attempt 1 hops 0:"

IDLE, BUSY = Reading(Activity.IDLE, composer="", rests=True), Reading(Activity.BUSY, composer="")
UNPROVED = Reading(Activity.IDLE, composer="")
"""As one at rest, but for all that is seen an answer may be on its way."""


def holding(text: str, *, rests: bool = True) -> Reading:
    return Reading(Activity.IDLE, composer=text, rests=rests)


SCREENS: dict[str, Reading] = {
    "claude/idle": IDLE,
    "claude/answered": IDLE,
    "claude/interrupted": IDLE,
    "claude/refused": IDLE,
    "claude/busy": BUSY,
    "claude/streaming": BUSY,
    "claude/retrying": BUSY,
    "claude/draft": holding("half a tho"),
    "claude/pasted": holding(f"{HEADER}\nhello there"),
    "claude/header-and-pasted": holding(f"{HEADER} [Pasted text #1 +30 lines]"),
    "codex/idle": IDLE,
    "codex/answered": IDLE,
    "codex/interrupted": IDLE,
    "codex/busy": BUSY,
    "codex/streaming": UNPROVED,
    "codex/conversation": IDLE,
    "codex/draft": holding("half a tho"),
    "codex/pasted": holding("[Pasted Content 1001 chars]"),
    "codex/booting": Reading(Activity.UNKNOWN),
}
DIALOGS = {
    "claude/theme": ("Choose the text style that looks best with your terminal", False),
    "claude/login": ("Select login method: / ❯ 1. Claude account with subscription", False),
    "claude/trust": ("Accessing workspace: / /tmp/project /", False),
    "claude/trust-yes": ("❯ Yes, I trust this folder", False),
    "claude/api-key": ("Detected a custom API key", False),
    "claude/bypass": ("WARNING: Claude Code running in Bypass Permissions mode", False),
    "claude/permission": ("Do you want to proceed?", True),
    "claude/permission-fetch": ("Do you want to allow", True),
    "claude/permission-long": ("Do you want to proceed?", True),
    "claude/permission-mcp": ("Do you want to proceed?", True),
    "claude/permission-edit": ("Do you want to make this edit to README.md?", True),
    "claude/permission-overwrite": ("Do you want to overwrite README.md?", True),
    "claude/permission-read": ("Do you want to proceed?", True),
    "claude/permission-write": ("Do you want to create n.txt?", True),
    "codex/trust": ("Trust this folder?", False),
    "codex/login": ("Welcome to Codex", False),
    "codex/hooks": ("Hooks need review", False),
    "codex/permission": ("Would you like to run the following command?", True),
    "codex/permission-edits": ("Would you like to make the following edits?", True),
    "codex/permission-long": ("Would you like to run the following command?", True),
    "codex/permission-mcp": ("Allow the tiny MCP server to run tool", True),
}


def adapter_of(name: str) -> Adapter:
    return Claude() if name.startswith("claude") else Codex()


def test_every_captured_screen_of_an_agent_is_read_here():
    captured = {f"{path.parent.name}/{path.stem}" for path in PANES.glob("c*/*.txt")}

    assert captured == SCREENS.keys() | DIALOGS.keys()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_of_an_agent_is_read(name: str):
    assert replace(adapter_of(name).read(pane(name)), conversation=None, unnamed=False) == SCREENS[name]


@pytest.mark.parametrize("typed", [False, True], ids=["input line empty", "a draft in it"])
def test_the_screen_of_a_codex_tells_its_conversation_before_anything_was_said_in_it(typed: bool):
    whole = pane("codex/conversation")
    lines = tuple(line.replace("Ask Codex to do anything", "half a tho") if typed else line for line in whole.lines)

    reading = Codex().read(replace(whole, lines=lines))
    conversation = reading.conversation

    assert not reading.unnamed
    assert conversation == whole.lines[whole.cursor_y + 2].rpartition(" · ")[2]
    assert re.fullmatch(r"[0-9a-f-]{36}", conversation)


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_of_an_agent_is_quoted_and_told_from_a_prompt(name: str):
    quote, prompt = DIALOGS[name]
    reading = adapter_of(name).read(pane(name))

    assert reading.activity is Activity.BLOCKED
    assert quote in (reading.dialog or "")
    assert (reading.prompt, reading.composer) == (prompt, None)
    assert "NAME" in reading.advice


@pytest.mark.parametrize("name", [*SCREENS, *DIALOGS])
def test_a_screen_that_is_half_drawn_is_never_at_rest_with_a_message_in_it(name: str):
    whole = adapter_of(name).read(pane(name))
    for rows in range(1, 50):
        reading = adapter_of(name).read(cut(pane(name), rows))
        assert reading.activity in (Activity.UNKNOWN, Activity.BLOCKED) or reading == whole


KEYS = [
    ("claude/trust", {"trust_folder": True}, "Down"),
    ("claude/trust-yes", {"trust_folder": True}, "Enter"),
    ("claude/trust", {}, None),
    ("claude/trust-yes", {}, None),
    ("claude/trust-yes", {"permissions": "bypass"}, None),
    ("claude/bypass", {"permissions": "bypass"}, "Down"),
    ("claude/bypass", {"trust_folder": True}, None),
    ("claude/api-key", {"trust_folder": True, "permissions": "bypass"}, None),
    ("claude/permission", {"trust_folder": True, "permissions": "bypass"}, None),
    ("claude/theme", {"trust_folder": True, "permissions": "bypass"}, None),
    ("claude/login", {"trust_folder": True, "permissions": "bypass"}, None),
    ("claude/idle", {"trust_folder": True, "permissions": "bypass"}, None),
    ("codex/trust", {"trust_folder": True}, "Enter"),
    ("codex/trust", {}, None),
    ("codex/hooks", {"trust_folder": True, "permissions": "bypass"}, None),
    ("codex/login", {"trust_folder": True, "permissions": "bypass"}, None),
    ("codex/permission", {"trust_folder": True, "permissions": "bypass"}, None),
]


@pytest.mark.parametrize(("name", "fields", "key"), KEYS)
def test_a_dialog_gets_a_key_only_where_the_spec_allows_it(name: str, fields: dict[str, Any], key: str | None):
    assert adapter_of(name).answer(spec(**fields), pane(name)) == key


def test_claude_is_launched_with_an_id_a_mode_and_our_hooks_for_this_session_alone():
    launch = Claude().launch(spec(runtime="claude", args=("--verbose",)), PLACE, None)

    conversation = uuid_of(PLACE.folder)
    assert launch.argv == (
        *("claude", "--session-id", conversation, "--permission-mode", "manual"),
        *("--settings", f"{PLACE.folder}/settings.json"),
        *("--append-system-prompt-file", PLACE.prompt, "--verbose"),
    )
    assert (launch.conversation, launch.own, launch.env["TMPDIR"]) == (None, None, PLACE.tmp)
    handlers = json.loads(launch.files["settings.json"])["hooks"]
    for event, ((handler,),) in ((name, [group["hooks"] for group in groups]) for name, groups in handlers.items()):
        assert shlex.split(handler["command"])[-2:] == [PLACE.journal, event]


@pytest.mark.parametrize(
    ("permissions", "claude", "codex"),
    [
        ("ask", "manual", "-a on-request -s read-only"),
        ("plan", "plan", "-a never -s read-only"),
        ("edits", "acceptEdits", "-a on-request -s workspace-write"),
        ("bypass", "bypassPermissions", "--dangerously-bypass-approvals-and-sandbox"),
    ],
)
def test_a_mode_is_always_said(permissions: str, claude: str, codex: str):
    made = spec(permissions=permissions)

    assert f"--permission-mode {claude} " in " ".join(Claude().launch(made, PLACE, None).argv)
    assert f"--no-daemon {codex} -c " in " ".join(Codex().launch(made, PLACE, None).argv)


def test_an_agent_goes_on_with_a_conversation_by_its_id():
    claude, codex = Claude().launch(spec(), PLACE, "c-7"), Codex().launch(spec(), PLACE, "c-7")

    assert claude.argv[1:3] == ("--resume", "c-7")
    assert codex.argv[1:3] == ("resume", "c-7")
    assert (claude.conversation, codex.conversation) == ("c-7", "c-7")


def test_a_login_of_its_own_is_asked_nothing_at_its_first_start():
    made = spec(login="own", dir="/w", permissions="bypass", env={"ANTHROPIC_API_KEY": "k" * 30})

    launch = Claude().launch(made, PLACE, None)

    assert launch.env["CLAUDE_CONFIG_DIR"] == PLACE.own
    assert launch.own is not None
    assert launch.own[".claude.json"] == {
        "hasCompletedOnboarding": True,
        "projects": {"/w": {"hasTrustDialogAccepted": True}},
        "customApiKeyResponses": {"approved": ["k" * 20], "rejected": []},
    }
    assert json.loads(launch.files["settings.json"])["skipDangerousModePermissionPrompt"] is True
    assert Codex().launch(made, PLACE, None).env["CODEX_HOME"] == PLACE.own


def test_codex_trusts_our_hooks_and_no_others():
    """The hash is the one that Codex 0.169.0 wrote down itself for this hook."""
    known = "sha256:f924b40fe02fc0e3d785e4a7c38f01d95025b33b721c890ac20cf52dc58fb842"

    assert trusted_hash("interrupt", Hook("/tmp/probe/hook.sh XInterrupt", 1)) == known
    options = " ".join(Codex().launch(spec(), PLACE, None).argv)
    assert "bypass-hook-trust" not in options
    assert options.count("trusted_hash") == 7  # one for each of six events, and what prints the system prompt


def test_an_agent_is_told_nothing_where_its_spec_says_so():
    for adapter in (Claude(), Codex()):
        told, untold = (adapter.launch(spec(prompt=prompt), PLACE, None) for prompt in (True, False))

        assert (told.prompt, untold.prompt) == (True, False)
        assert "prompt.md" in " ".join(told.argv)
        assert "prompt.md" not in " ".join(untold.argv)


def test_a_hook_of_another_bound_is_another_hook():
    assert trusted_hash("session_start", Hook("cat p", 5)) != trusted_hash("session_start", Hook("cat p", 5, 100))


@pytest.mark.parametrize("body", ["hello", "é\u0301 👩‍👩‍👧 שלום", "1\n2\n3\n4", "x" * 790, "x" * 5000, "tab\there"])
def test_a_message_is_pasted_so_that_its_header_is_the_users_own_words(body: str):
    keys = Claude().compose(message(body=body), 1, PLACE)
    shown = "".join(keys.pastes) if len(keys.pastes) == 1 or (len(body) < 800 and body.count("\n") < 3) else ""

    assert keys.pastes[0].startswith(HEADER)
    if shown:
        assert re.fullmatch(keys.landed, squeezed(shown))
    else:
        assert re.fullmatch(keys.landed, squeezed(f"{HEADER} [Pasted text #3 +12 lines]"))
        assert re.fullmatch(keys.landed, squeezed(f"{HEADER}[Pasted text #1]"))
    assert not re.fullmatch(keys.landed, squeezed(f"{HEADER} something else"))


@pytest.mark.parametrize("body", ["hello", "x" * 999, "x" * 5000])
def test_a_message_to_codex_is_one_placeholder(body: str):
    keys = Codex().compose(message(body=body), 1, PLACE)
    (paste,) = keys.pastes

    assert len(paste) > 1000
    assert paste.strip() == f"{HEADER}\n{body}"
    assert re.fullmatch(keys.landed, squeezed(f"[Pasted Content {len(paste)} chars]"))
    assert not re.fullmatch(keys.landed, squeezed(f"[Pasted Content {len(paste) + 1} chars]"))


def test_a_message_too_long_for_codex_goes_by_file():
    body = "x" * (1 << 20)
    keys = Codex().compose(message(body=body), 1, PLACE)

    assert keys.files == {"in/m-1": body}
    assert f"{PLACE.folder}/in/m-1" in keys.pastes[0]
    assert len(keys.pastes[0]) < 2000


FILES = (Attachment("a b.png", "0" * 64, 1), Attachment("notes.txt", "1" * 64, 1))


@pytest.mark.parametrize("body", ["look", "x" * 5000])
def test_claude_is_told_of_files_as_text_and_takes_none_for_a_picture_that_was_dropped(body: str):
    keys = Claude().compose(message(body=body, attachments=FILES), 1, PLACE)
    typed = "".join(keys.pastes)

    assert "hops 0 files 2:\n" in typed.replace(": ", ":\n")
    assert (
        f'attached "{PLACE.folder}/files/m-1/a b.png"\nattached "{PLACE.folder}/files/m-1/notes.txt"\n{body}' in typed
    )
    parts = (part for line in typed.split("\n") for part in re.split(r" (?=/)", line))
    assert not [part for part in parts if re.search(r"\.(png|jpe?g|gif|webp)$", part.strip())]


def test_claude_is_not_asked_whether_it_may_read_what_it_was_sent():
    settings = json.loads(Claude().launch(spec(), PLACE, None).files["settings.json"])

    assert settings["permissions"] == {"allow": [f"Read(/{PLACE.folder}/{each}/**)" for each in ("files", "in")]}


def test_a_message_by_file_has_its_files_named_in_that():
    keys = Codex().compose(message(body="x" * (1 << 20), attachments=FILES), 1, PLACE)

    assert keys.files["in/m-1"].startswith(f'attached "{PLACE.folder}/files/m-1/a b.png"\nattached "')
    assert "files 2:" in keys.pastes[0]


def test_versions_are_read_from_what_the_programs_say():
    assert Claude().version("2.1.330 (Claude Code)\n") == "2.1.330"
    assert Codex().version("codex-cli 0.169.0\n") == "0.169.0"
    assert Claude().version("command not found") is None
