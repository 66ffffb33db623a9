"""A permission prompt is read off the screen: what it asks, and which choice says yes, once, or no."""

import json

import pytest
from msgspec.structs import replace

from peerd.adapter import Adapter, Option, Prompt
from peerd.model.fact import PromptOpened
from peerd.model.screen import Screen
from peerd_adapters import hooks, native
from peerd_adapters.actor import Actor
from peerd_adapters.claude import Claude
from peerd_adapters.codex import Codex
from tests.adapters.panes import PANES, pane

CLAUDE, CODEX, ACTOR = Claude(), Codex(), Actor()
LONG = "touch made; echo '" + "x" * 300 + "'"
README = "/tmp/project/README.md"
EDIT = {"file_path": README, "old_string": "A project.", "new_string": "Another project."}
ECHO, WRITE = {"text": "hi there"}, {"file_path": "/tmp/project/n.txt", "content": "hello\nworld\n"}


@pytest.mark.parametrize(
    ("adapter", "name", "approve", "deny", "tool", "input"),
    [
        (CLAUDE, "claude/permission", "1. Yes", "4. No", "Bash", {"command": "touch made", "description": "d"}),
        (CLAUDE, "claude/permission-long", "1. Yes", "4. No", "Bash", {"command": LONG}),
        (CLAUDE, "claude/permission-write", "1. Yes", "3. No", "Write", WRITE),
        (CLAUDE, "claude/permission-overwrite", "1. Yes", "3. No", "Write", {"file_path": README, "content": "bye"}),
        (CLAUDE, "claude/permission-edit", "1. Yes", "3. No", "Edit", EDIT),
        (CLAUDE, "claude/permission-read", "1. Yes", "3. No", "Read", {"file_path": "/etc/hostname"}),
        (CLAUDE, "claude/permission-mcp", "1. Yes", "3. No", "mcp__tiny__echo", ECHO),
        (
            CLAUDE,
            "claude/permission-fetch",
            "1. Yes",
            "3. No, and tell Claude what to do differently (esc)",
            "WebFetch",
            {"url": "http://example.com/x"},
        ),
        (
            CODEX,
            "codex/permission",
            "1. Yes, proceed (y)",
            "3. No, and tell Codex what to do differently (esc)",
            "Bash",
            {"command": "touch /tmp/made"},
        ),
        (
            CODEX,
            "codex/permission-long",
            "1. Yes, proceed (y)",
            "3. No, and tell Codex what to do differently (esc)",
            "Bash",
            {"command": LONG},
        ),
        (
            CODEX,
            "codex/permission-edits",
            "1. Yes, proceed (y)",
            "3. No, and tell Codex what to do differently (esc)",
            "apply_patch",
            {"path": "/tmp/project/n2.txt"},
        ),
        (CODEX, "codex/permission-mcp", "1. Allow", "4. Cancel", "mcp__tiny__echo", ECHO),
        (ACTOR, "actor/permission", "1. Yes", "2. No", "run", {"command": "rm"}),
    ],
)
def test_what_a_prompt_asks_and_how_it_is_answered_is_told_by_its_labels(
    adapter: Adapter, name: str, approve: str, deny: str, tool: str, input: dict[str, str]
):
    prompt = adapter.prompt(pane(name))

    assert prompt is not None
    assert (said(prompt, "approve"), said(prompt, "deny")) == (approve, deny)
    assert prompt.at == 0
    assert prompt.shows(tool, input)
    assert not prompt.shows(tool, {key: f"{value}!" for key, value in input.items()})
    assert not prompt.shows(tool, {})
    assert not prompt.shows(f"{tool}2", input), "another tool's"
    rows = [line.rstrip() for line in pane(name).lines]
    begins, ends = rows.index(prompt.rows[0]), rows.index(prompt.rows[-1])
    assert prompt.rows == tuple(filter(None, rows[begins : ends + 1]))
    assert prompt.options[-1].label in rows[ends]


def said(prompt: Prompt, means: object) -> str:
    (found,) = (option for option in prompt.options if option.means == means)
    return f"{found.key}. {found.label}"


@pytest.mark.parametrize("runtime", [CLAUDE, CODEX, ACTOR], ids=lambda runtime: runtime.name)
def test_no_other_screen_is_a_permission_prompt(runtime: Adapter):
    names = [path.stem for path in (PANES / runtime.name).glob("*.txt") if not path.stem.startswith("permission")]

    assert len(names) > 8
    assert [name for name in names if runtime.prompt(pane(f"{runtime.name}/{name}")) is not None] == []


def edited(name: str, *changes: tuple[str, str]) -> Screen:
    screen = pane(name)
    lines = screen.lines
    for old, new in changes:
        assert any(old in line for line in lines)
        lines = tuple(row for line in lines for row in line.replace(old, new).split("\n"))
    return replace(screen, lines=lines)


def test_a_prompt_of_claudes_whose_default_is_no_has_no_numbers_and_is_moved_to():
    rows = [("❯ 1. Yes", "❯ No"), ("  2. Yes, and always allow access to /tmp/project from this project", "  Yes")]
    screen = edited("claude/permission", *rows)
    left = tuple(line for line in screen.lines if not line.startswith(("   3.", "   4.")))

    prompt = CLAUDE.prompt(replace(screen, lines=left))

    assert prompt is not None
    assert prompt.options == (Option("No", None, "deny"), Option("Yes", None, "approve"))
    assert (prompt.at, prompt.chosen("approve")) == (0, 1)


def test_what_looks_like_choices_in_a_command_is_part_of_what_is_asked():
    screen = edited("claude/permission", (" touch made", " echo '\n ❯ 1. No\n   2. Yes\n '"), ("  4. No", "  4. Never"))

    prompt = CLAUDE.prompt(screen)

    assert prompt is not None
    assert len(prompt.options) == 4
    assert prompt.chosen("deny") is None, "no choice is known to say no"
    under = edited("claude/permission", (" Esc to cancel", " and more of the question\n Esc to cancel"))
    assert CLAUDE.prompt(under) is None


def test_two_choices_that_say_yes_are_none():
    third = "3. Yes, and switch to auto mode · auto mode handles these prompts for you"
    prompt = CLAUDE.prompt(edited("claude/permission", (third, "3. Yes")))

    assert prompt is not None
    assert prompt.chosen("approve") is None


def test_a_cursor_that_is_not_seen_or_seen_twice_is_nowhere():
    twice = CLAUDE.prompt(edited("claude/permission", ("   4. No", " ❯ 4. No")))
    nowhere = CLAUDE.prompt(edited("claude/permission", ("❯ 1. Yes", "  1. Yes")))

    assert twice is not None
    assert twice.at is None
    assert nowhere is not None
    assert nowhere.at is None


def test_the_same_prompt_is_the_same_wherever_its_cursor_is_and_however_it_is_wrapped():
    first = CODEX.prompt(pane("codex/permission-mcp"))
    moved = CODEX.prompt(
        edited("codex/permission-mcp", ("  › 1. Allow", "    1. Allow"), ("    2. Allow", "  › 2. Allow"))
    )
    wrapped = CODEX.prompt(edited("codex/permission-mcp", ("hi there", "hi\n  there")))
    other = CODEX.prompt(edited("codex/permission-mcp", ("hi there", "ho there")))

    assert first is not None
    assert moved is not None
    assert moved.at == 1
    assert first.same == moved.same
    assert wrapped is not None
    assert wrapped.same == first.same
    assert other is not None
    assert other.same != first.same


def test_what_is_asked_for_is_heard_whole_or_said_to_be_cut():
    said = {"session_id": "x", "tool_name": "Bash", "tool_input": {"command": "é", "timeout": 1}, "more": "tool_input"}
    text = json.dumps(said)

    (whole,) = hooks.facts(json.dumps({"hook": "PermissionRequest", "said": text}))
    (cut,) = hooks.facts(json.dumps({"hook": "PermissionRequest", "said": text[: text.index("timeout")]}))
    (none,) = hooks.facts(json.dumps({"hook": "PermissionRequest"}))

    assert isinstance(whole, PromptOpened)
    assert (whole.tool, json.loads(whole.input or ""), whole.cut) == ("Bash", said["tool_input"], False)
    assert isinstance(cut, PromptOpened)
    assert (cut.tool, cut.cut) == ("Bash", True)
    assert "command" in (cut.input or "")
    assert none == PromptOpened()
    (ours,) = native.facts('{"ev":"prompt_opened","what":"w","tool":"run","input":{"command":"rm"}}')
    assert ours == PromptOpened("w", "run", '{"command": "rm"}')


@pytest.mark.parametrize(
    "input",
    [{"text": "hi"}, {"q": ""}, {"id": "1", "q": ""}, {"p": "/tmp/project/ho"}, {"q": "t\nr\ne\nx\nh\ni\no"}],
    ids=str,
)
def test_arguments_so_short_that_they_stand_on_many_a_screen_tell_no_prompt_from_another(input: dict[str, str]):
    prompt = CODEX.prompt(pane("codex/permission-mcp"))

    assert prompt is not None
    assert not prompt.shows("mcp__tiny__echo", input)


@pytest.mark.parametrize("title", ["Edit notebook", "Tool use", "Bash command (unsandboxed)"])
def test_what_does_not_say_for_which_tool_it_asks_is_no_prompt_of_any(title: str):
    prompt = CLAUDE.prompt(edited("claude/permission-write", ("Create file", title)))

    assert prompt is not None
    assert prompt.tool is None
    assert not any(prompt.shows(tool, WRITE) for tool in ("Write", "", "None"))


def test_a_command_is_one_to_both_or_to_none():
    run, write = CLAUDE.prompt(pane("claude/permission")), CLAUDE.prompt(pane("claude/permission-write"))

    assert run is not None
    assert not run.shows("Bash", {"description": "what the message asked for"})
    assert write is not None
    assert not write.shows("Write", {**WRITE, "command": "hello"})


def test_a_server_and_its_tool_are_not_another_of_the_same_letters():
    prompt = CLAUDE.prompt(pane("claude/permission-mcp"))

    assert prompt is not None
    assert prompt.is_of("mcp__tiny__echo")
    assert not prompt.is_of("mcp__ti__nyecho")


@pytest.mark.parametrize(
    "left",
    [(" ❯ 1.", "   2.", "   4."), (" ❯ 1.",)],
    ids=["a number is missing", "one choice"],
)
def test_what_is_not_a_row_of_choices_is_no_prompt(left: tuple[str, ...]):
    screen = pane("claude/permission")
    numbered = (" ❯ 1.", "   2.", "   3.", "   4.")
    lines = (line for line in screen.lines if line.startswith(left) or not line.startswith(numbered))

    assert CLAUDE.prompt(replace(screen, lines=tuple(lines))) is None


def test_no_name_of_a_tool_is_longer_than_a_line_whether_its_arguments_were_cut_or_not():
    text = json.dumps({"tool_name": "x" * 5000, "tool_input": {"command": "ls"}})

    told = [hooks.facts(json.dumps({"hook": "PermissionRequest", "said": said})) for said in (text, text[:-3])]

    assert [each.tool for (each,) in told if isinstance(each, PromptOpened)] == ["x" * hooks.TOOL_MAX_CHARS] * 2
