"""`PEERD_REAL_CLIS=FOLDER python -m tests.real.panes` captures fixtures/panes/claude and /codex from the real CLIs."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peerd.model.message import MessageId
from peerd_adapters.claude import Claude
from peerd_adapters.codex import Codex
from tests.adapters.panes import save
from tests.adapters.terminal import Seat, seats
from tests.build import message, spec
from tests.eventually import eventually
from tests.models.server import Models, models
from tests.real.conftest import CODEX_CONFIG, KEY, cli
from tests.real.preflight import preflight

WORK = "/tmp/project"
ONBOARDED = {"hasCompletedOnboarding": True, "customApiKeyResponses": {"approved": [KEY], "rejected": []}}
TRUSTED = {"projects": {WORK: {"hasTrustDialogAccepted": True}}}
Steps = Callable[[Seat], object]


def capture(name: str, server: Models, until: str, steps: Steps = lambda seat: None, **fields: Any) -> None:
    runtime = name.partition("/")[0]
    env = {"STUB_API_KEY": "k"} if runtime == "codex" else {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_API_KEY": KEY}
    env |= {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "IS_SANDBOX": "1", "TERM": "xterm-256color"}
    before = fields.pop("before", {})
    env |= {"CLAUDE_CODE_MAX_RETRIES": "1"} if fields.pop("few", False) else {}
    if "env" in fields:
        env = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "TERM": "xterm-256color", **fields.pop("env")}
    if runtime == "codex":
        before = {".codex/config.toml": CODEX_CONFIG.format(url=server.url)} | before
    adapter = Claude() if runtime == "claude" else Codex()
    with seats() as seat:
        args = fields.pop("args", ())
        made = spec(runtime=runtime, dir=WORK, bin=cli(runtime), prompt=False, args=args, **fields)
        runs = seat(adapter, made, before, WORK, **env)
        steps(runs)
        eventually(lambda: re.search(until, "\n".join(runs.screen().lines)), within_s=20)
        if not name.endswith(MOVING):
            eventually(lambda: _still(runs), within_s=10, every_s=0.5)
        save(name, runs)
        print(name, adapter.read(runs.screen()))


MOVING = ("busy", "streaming", "retrying", "login", "booting")
LAST: dict[int, tuple[str, ...]] = {}


def _still(seat: Seat) -> bool:
    lines = seat.screen().lines
    before, LAST[seat.pid] = LAST.get(seat.pid), lines
    return before == lines


def ready(seat: Seat) -> None:
    eventually(lambda: seat.composer() is not None, within_s=20)


def typed(text: str) -> Steps:
    def steps(seat: Seat) -> None:
        ready(seat)
        seat.type(text)
        eventually(lambda: seat.composer())

    return steps


def pasted(body: str) -> Steps:
    def steps(seat: Seat) -> None:
        ready(seat)
        for paste in seat.adapter.compose(message(id=MessageId("m-1"), body=body), 1, seat.place).pastes:
            seat.paste(paste)
        eventually(lambda: seat.composer())

    return steps


def sent(body: str, then: str = "", *keys: str) -> Steps:
    def steps(seat: Seat) -> None:
        pasted(body)(seat)
        eventually(lambda: _still(seat), every_s=0.2)
        seat.press("Enter")
        if then:
            eventually(lambda: re.search(then, "\n".join(seat.screen().lines)), within_s=20)
            eventually(lambda: _still(seat), every_s=0.4)
            seat.press(*keys)

    return steps


def _user(*parts: dict[str, Any]) -> dict[str, str]:
    whole: dict[str, Any] = {}
    for part in parts:
        whole |= part
    return {".claude.json": json.dumps(whole)}


def _claudes(server: Models) -> None:
    user = _user(ONBOARDED, TRUSTED)
    capture("claude/idle", server, "manual mode on", before=user)
    capture("claude/draft", server, "half a tho", typed("half a tho"), before=user)
    capture("claude/pasted", server, "hello there", pasted("hello there"), before=user)
    capture("claude/header-and-pasted", server, "Pasted text", pasted("line\n" * 30), before=user)
    capture("claude/answered", server, "· done ", sent("hello"), before=user)
    capture("claude/busy", server, "esc to interrupt", sent("[[hang]]"), before=user)
    capture("claude/streaming", server, "● a a", sent("[[slow 60]] [[say " + "a " * 600 + "]]"), before=user)
    capture("claude/retrying", server, "retrying in", sent("[[fail 529]]"), before=user)
    capture("claude/permission", server, "Do you want to", sent("[[run touch made]]"), before=user)
    server.refusing = (401, {})
    capture("claude/refused", server, "resend your message", sent("hello"), before=user, few=True)
    server.refusing = None
    refused = sent("[[run touch made]]", "Do you want to", "Escape")
    capture("claude/interrupted", server, "Interrupted", refused, before=user)
    capture("claude/trust", server, "one you trust", before=_user(ONBOARDED))
    capture(
        "claude/trust-yes",
        server,
        "❯ Yes, I trust",
        lambda seat: _press(seat, "one you trust", "Down"),
        before=_user(ONBOARDED),
    )
    unknown_key = _user({"hasCompletedOnboarding": True}, TRUSTED)
    capture("claude/api-key", server, "custom API key", before=unknown_key)
    capture("claude/bypass", server, "Bypass Permissions", before=user, permissions="bypass")


LONG = "touch made; echo '" + "x" * 300 + "'"
TINY = f"{sys.executable} {Path(__file__).parents[1] / 'models' / 'tiny_mcp.py'}"


def _claude_asks(server: Models) -> None:
    """For permissions of other kinds."""
    user = _user(ONBOARDED, TRUSTED)
    tiny = json.dumps({"mcpServers": {"tiny": {"command": TINY.split()[0], "args": TINY.split()[1:]}}})
    asked = "Do you want to"
    capture("claude/permission-long", server, asked, sent(f"[[run {LONG}]]"), before=user)
    write = json.dumps({"file_path": f"{WORK}/n.txt", "content": "hello\nworld\n"})
    capture("claude/permission-write", server, asked, sent(f"[[tool Write {write}]]"), before=user)
    over = json.dumps({"file_path": f"{WORK}/README.md", "content": "bye"})
    capture("claude/permission-overwrite", server, asked, sent(f"[[tool Write {over}]]"), before=user)
    edit = json.dumps({"file_path": f"{WORK}/README.md", "old_string": "A project.", "new_string": "Another project."})
    capture("claude/permission-edit", server, asked, sent(f"[[tool Edit {edit}]]"), before=user)
    read = sent('[[tool Read {"file_path": "/etc/hostname"}]]')
    capture("claude/permission-read", server, asked, read, before=user)
    echo = sent('[[tool mcp__tiny__echo {"text": "hi there"}]]')
    args = ("--strict-mcp-config", "--mcp-config", tiny)
    capture("claude/permission-mcp", server, asked, echo, before=user, args=args)
    fetch = sent('[[tool WebFetch {"url": "http://example.com/x", "prompt": "p"}]]')
    capture("claude/permission-fetch", server, asked, fetch, before=user)


def _codex_asks(server: Models) -> None:
    """For permissions of other kinds."""
    command, *args = TINY.split()
    tiny = f"[mcp_servers.tiny]\ncommand = {json.dumps(command)}\nargs = {json.dumps(args)}\n"
    text = CODEX_CONFIG.format(url=server.url) + f'[projects."{WORK}"]\ntrust_level = "trusted"\n'
    before = {".codex/config.toml": text}
    capture("codex/permission-long", server, "Would you like", sent(f"[[run {LONG}]]"), before=before)
    patch = json.dumps({"patch": "*** Begin Patch\n*** Add File: n2.txt\n+hello\n*** End Patch\n"})
    capture("codex/permission-edits", server, "Would you like", sent(f"[[tool apply_patch {patch}]]"), before=before)
    echo = sent('[[tool mcp__tiny/echo {"text": "hi there"}]]')
    capture("codex/permission-mcp", server, "Allow the tiny", echo, before={".codex/config.toml": text + tiny})


def _first_steps(server: Models) -> None:
    """Of a user who has none of Claude's files."""
    with tempfile.TemporaryDirectory() as folder, preflight(Path(folder)) as reaches:
        capture("claude/theme", server, "Choose the text style", env=reaches)
        capture(
            "claude/login", server, "Select login method", lambda seat: _press(seat, "Choose the text"), env=reaches
        )


def _press(seat: Seat, until: str, key: str = "Enter") -> None:
    eventually(lambda: re.search(until, "\n".join(seat.screen().lines)), within_s=20)
    eventually(lambda: _still(seat), every_s=0.4)
    seat.press(key)


def _codexes(server: Models) -> None:
    trust = {
        ".codex/config.toml": CODEX_CONFIG.format(url=server.url) + f'[projects."{WORK}"]\ntrust_level = "trusted"\n'
    }
    capture("codex/booting", server, "Ask Codex", before=trust)
    capture("codex/idle", server, "codex default ·", before=trust)
    capture("codex/conversation", server, "project · [0-9a-f]{8}-", before=trust)
    capture("codex/draft", server, "half a tho", typed("half a tho"), before=trust)
    capture("codex/pasted", server, "Pasted Content", pasted("hello there"), before=trust)
    capture("codex/answered", server, "• heard", sent("hello"), before=trust)
    capture("codex/busy", server, "esc to interrupt", sent("[[hang]]"), before=trust)
    capture("codex/streaming", server, "• a a", sent("[[slow 60]] [[say " + "a " * 600 + "]]"), before=trust)
    capture("codex/permission", server, "Would you like", sent("[[run touch /tmp/made]]"), before=trust)
    refused = sent("[[run touch /tmp/made]]", "Would you like", "Escape")
    capture("codex/interrupted", server, "interrupted", refused, before=trust)
    capture("codex/trust", server, "Trust this folder")
    hooks = '[[hooks.Stop]]\nhooks = [{ type = "command", command = "true" }]\n'
    text = trust[".codex/config.toml"] + hooks
    capture("codex/hooks", server, "Hooks need review", before={".codex/config.toml": text})
    capture("codex/login", server, "Welcome to Codex", before={".codex/config.toml": 'model = "gpt-5.5-codex"\n'})


ALL = [_claudes, _claude_asks, _first_steps, _codexes, _codex_asks]

if __name__ == "__main__":
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    subprocess.run(("git", "init", "-q", WORK), check=True)
    Path(WORK, "README.md").write_text("A project.\n")
    with models() as serving:
        for captures in {"claude": ALL[:3], "codex": ALL[3:]}.get(sys.argv[-1], ALL):
            captures(serving)
    shutil.rmtree(WORK)
