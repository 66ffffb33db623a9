"""Whose configuration a runtime runs with: the user's, of which nothing is changed, or one of the peer's own."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NotYet
from tests.eventually import eventually
from tests.live.test_holds import at_the_keyboard
from tests.real.conftest import CODEX_CONFIG, KEY, Agents, cli
from tests.real.preflight import preflight

SERVERS = {"mcpServers": {"mine": {"command": "true"}}}
TRUSTS = {"hasCompletedOnboarding": True, "customApiKeyResponses": {"approved": [KEY], "rejected": []}}


def _user(agents: Agents, runtime: str, *, trusts: bool) -> Path:
    """A user's own configuration, in the team's HOME. The folder is a git repository: of others Codex asks nothing."""
    home, work = agents.team.root / "user", agents.team.work
    subprocess.run(("git", "init", "-q", str(work)), check=True, timeout=20)
    if runtime == "claude":
        (work / ".mcp.json").write_text('{"mcpServers": {}}')
        (home / ".claude").mkdir()
        (home / ".claude" / "settings.json").write_text('{"theme": "dark"}')
        projects = {"projects": {str(work): {"hasTrustDialogAccepted": True}}} if trusts else {}
        (home / ".claude.json").write_text(json.dumps(TRUSTS | SERVERS | projects))
        return home
    (home / ".codex").mkdir()
    trust = f'[projects."{work}"]\ntrust_level = "trusted"\n' if trusts else ""
    (home / ".codex" / "config.toml").write_text(CODEX_CONFIG.format(url=agents.models.url) + trust)
    return home


def _settings(home: Path, work: Path) -> dict[str, Any]:
    """What is the user's to set: settings, trust, MCP servers and hooks; what a runtime counts for itself in the same
    files is left out."""
    files = (".claude/settings.json", ".claude/settings.local.json", ".mcp.json", ".codex/hooks.json")
    found: dict[str, Any] = {name: (home / name).read_bytes() for name in files if (home / name).exists()}
    found |= {str(path): path.read_bytes() for path in work.glob(".*") if path.is_file()}
    if (home / ".codex/config.toml").exists():
        found["codex"] = (home / ".codex/config.toml").read_bytes()
    if (home / ".claude.json").exists():
        state = json.loads((home / ".claude.json").read_bytes())
        projects = state.get("projects", {}).values()
        found["claude"] = [state.get("mcpServers"), state.get("customApiKeyResponses")]
        found["trust"] = [(each.get("hasTrustDialogAccepted"), each.get("mcpServers") or None) for each in projects]
    return found


def test_a_shared_login_is_left_as_the_user_has_it(agents: Agents, runtime: str):
    home = _user(agents, runtime, trusts=True)
    before = _settings(home, agents.team.work)
    agents.add("ada", runtime, login="shared")

    assert agents.team.send("ada", "hello [[say hi]]", wait="ended", timeout_s=60)["answer"] == "hi"
    agents.team.call("peer.stop", peer="ada")

    assert _settings(home, agents.team.work) == before
    but_transcripts = ("grep", "-rl", "--exclude-dir=projects", "peerd_adapters", str(home))
    ours = subprocess.run(but_transcripts, capture_output=True, text=True, timeout=20)
    assert ours.stdout == "", "a hook of ours was written down"


def test_a_dialog_that_the_spec_does_not_answer_is_shown_and_left_to_a_person(agents: Agents, runtime: str):
    _user(agents, runtime, trusts=False)
    agents.add("ada", runtime, login="shared")

    with pytest.raises(NotYet, match="`peerd attach ada`"):
        agents.team.call("peer.wake", peer="ada", timeout_s=60)

    shown = agents.team.show("ada")
    screen = next(each["says"] for each in shown["evidence"] if each["source"] == "screen")
    assert "blocked" in shown["verdict"]
    assert "trust" in screen.lower()
    assert "Set trust_folder = true in peers/ada.toml, or `peerd attach ada` to answer it." in screen
    assert agents.models.requests == []
    if runtime == "claude":
        eventually(lambda: _moved_to_yes(agents), within_s=10, every_s=0.5)
    eventually(lambda: _confirmed(agents), within_s=20, every_s=1.0)
    eventually(lambda: agents.team.show("ada")["phase"] == "running", within_s=20)
    assert agents.team.send("ada", "hello [[say hi]]", wait="ended", timeout_s=60)["answer"] == "hi"


def _moved_to_yes(agents: Agents) -> bool:
    """A dialog that was only just drawn may lose a key."""
    if "❯ Yes, I trust this folder" not in agents.screen("ada"):
        at_the_keyboard(agents.team, "ada", "send-keys", "Down")
        return False
    return True


def _confirmed(agents: Agents) -> bool:
    if "trust" in agents.screen("ada").lower():
        at_the_keyboard(agents.team, "ada", "send-keys", "Enter")
        return False
    return True


def test_trust_is_given_where_the_spec_says_so(agents: Agents, runtime: str):
    _user(agents, runtime, trusts=False)
    agents.add("ada", runtime, login="shared", trust_folder=True)

    agents.team.call("peer.wake", peer="ada", timeout_s=60)

    assert agents.team.send("ada", "hello [[say hi]]", wait="ended", timeout_s=60)["answer"] == "hi"


def test_the_first_steps_of_a_new_user_are_shown_and_left_to_them(agents: Agents):
    with preflight(agents.team.root) as reaches:
        quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        agents.add("ada", "claude", login="shared", trust_folder=True, boot_deadline_s=3.0, env=quiet | reaches)
        with pytest.raises(NotYet, match="`peerd attach ada`"):
            agents.team.call("peer.wake", peer="ada", timeout_s=60)
        assert "Choose the text style" in _quoted(agents)

        at_the_keyboard(agents.team, "ada", "send-keys", "Enter")

        eventually(lambda: "Select login method" in _quoted(agents), within_s=20)
        assert "`peerd attach ada` to log in." in _quoted(agents)
        assert agents.team.show("ada")["phase"] == "starting"


def _quoted(agents: Agents) -> str:
    says: str = next(each["says"] for each in agents.team.show("ada")["evidence"] if each["source"] == "screen")
    return says


def test_a_key_that_was_not_approved_is_a_persons_matter(agents: Agents):
    home = _user(agents, "claude", trusts=True)
    state = json.loads((home / ".claude.json").read_text())
    (home / ".claude.json").write_text(json.dumps({**state, "customApiKeyResponses": {"approved": [], "rejected": []}}))
    agents.add("ada", "claude", login="shared", trust_folder=True)

    with pytest.raises(NotYet):
        agents.team.call("peer.wake", peer="ada", timeout_s=60)

    assert any("Detected a custom API key" in each["says"] for each in agents.team.show("ada")["evidence"])


def test_a_bypass_that_the_spec_chose_is_asked_nothing_and_changes_nothing_of_the_users(agents: Agents):
    home = _user(agents, "claude", trusts=True)
    before = _settings(home, agents.team.work)
    env = agents.env("claude") | {"IS_SANDBOX": "1"}
    agents.add("ada", "claude", login="shared", permissions="bypass", env=env)

    agents.team.call("peer.wake", peer="ada", timeout_s=60)

    assert _settings(home, agents.team.work) == before
    assert agents.team.send("ada", "do it [[do touch made]]", wait="ended", timeout_s=60)["task"] == "turn_ended"
    assert (agents.team.work / "made").exists()


def test_an_unproved_version_gets_no_answer_to_a_dialog(agents: Agents):
    """The same program under a wrapper that says another version."""
    _user(agents, "claude", trusts=False)
    wrapper = agents.team.root / "claude"
    wrapper.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "9.9.9 (Claude Code)" && exit\nexec {cli("claude")} "$@"\n'
    )
    wrapper.chmod(0o755)
    agents.add("ada", "claude", login="shared", trust_folder=True, bin=str(wrapper))

    with pytest.raises(NotYet):
        agents.team.call("peer.wake", peer="ada", timeout_s=60)

    shown = agents.team.show("ada")
    assert any("9.9.9" in each["says"] and "not proved" in each["says"] for each in shown["evidence"])
    assert "version=9.9.9 proved=false" in agents.team.log()


def test_an_agent_has_a_temporary_folder_of_its_own_that_is_closed_to_others(agents: Agents, runtime: str):
    """Claude makes a socket there."""
    agents.add("ada", runtime)
    agents.team.send("ada", "hello", wait="ended", timeout_s=60)
    seen = Path(f"/proc/{agents.team.session('ada').host.runtime.pid}/environ").read_bytes()

    folder = next(each for each in seen.split(b"\0") if each.startswith(b"TMPDIR="))[7:].decode()

    assert os.stat(folder).st_mode & 0o777 == 0o700
    assert len(folder) + 40 <= 107
