"""Two who change the team at once, for real: what one of them writes is never undone by the other unseen."""

import os
import pty
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_roster import file_of
from tests.repository import repository, smudged

pytestmark = [pytest.mark.tmux, pytest.mark.git]

TEAM = """
[peers.bob]
runtime = "shell"
dir = "repo"
worktree = true

[peers.zed]
runtime = "shell"
dir = "work"
idle_s = 55
"""
PEERD = f"{sys.executable} -m peerd"


class Bringing:
    """`peerd up`, held up in git over the worktree of its first peer."""

    def __init__(self, team: Team) -> None:
        self.go, begun = team.root / "go", team.root / "begun"
        smudged(
            repository(team.root / "repo"), f"touch {begun}; while [ ! -e {self.go} ]; do sleep 0.02; done; exec cat"
        )
        begun.unlink(missing_ok=True)
        file = team.root / "team.toml"
        file.write_text(TEAM)
        command = (sys.executable, "-m", "peerd", "up", "--yes", str(file))
        self.up = subprocess.Popen(command, env=team.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        eventually(begun.exists, within_s=15)

    def end(self) -> tuple[int, str]:
        self.go.touch()
        _, told = self.up.communicate(timeout=30)
        return self.up.returncode, told


def test_a_team_is_merged_into_what_was_edited_since_it_was_planned(up: Team):
    up.add("zed", "shell")
    bringing = Bringing(up)
    assert up.run("edit", "zed", "--set", "description=mine").code == 0

    assert bringing.end()[0] == 0

    spec = up.show("zed")["spec"]
    assert (spec["description"], spec["idle_s"]) == ("mine", 55.0)


def test_a_peer_that_was_removed_since_a_team_was_planned_does_not_come_back(up: Team):
    up.add("zed", "shell")
    bringing = Bringing(up)
    assert up.run("rm", "zed").code == 0

    code, told = bringing.end()

    assert (code, "zed was removed or renamed in the meantime" in told) == (75, True)
    assert [peer["peer"] for peer in up.call("peer.list")["peers"]] == ["bob"]
    assert not file_of(up, "zed").exists()


def test_a_peer_that_was_added_since_a_team_was_planned_is_left_as_it_is(up: Team):
    bringing = Bringing(up)
    up.add("zed", "shell")

    code, told = bringing.end()

    assert (code, "zed was added in the meantime" in told) == (75, True)
    assert "idle_s" not in up.show("zed")["spec"]


@pytest.fixture
def terminal() -> Iterator[int]:
    ours, theirs = pty.openpty()
    yield theirs
    os.close(ours)
    os.close(theirs)


def in_editor(team: Team, terminal: int, script: str) -> "subprocess.CompletedProcess[str]":
    """`peerd edit ada` with an editor that does this to the file `$1`."""
    editor = team.root / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    env = team.env | {"VISUAL": "", "EDITOR": str(editor)}
    command = (sys.executable, "-m", "peerd", "edit", "ada")
    return subprocess.run(command, env=env, stdin=terminal, capture_output=True, text=True, timeout=60, check=False)


def drafts(team: Team) -> list[Path]:
    return sorted(Path(team.home.peers).glob("*.edit"))


def test_an_editor_does_not_undo_what_was_set_meanwhile(up: Team, terminal: int):
    up.add("ada")

    ran = in_editor(up, terminal, f'{PEERD} edit ada --set idle_s=5 >&2\necho \'description = "typed"\' >>"$1"')

    assert (ran.returncode, "was changed in the meantime" in ran.stderr) == (1, True)
    spec = up.show("ada")["spec"]
    assert (spec["idle_s"], "description" in spec) == (5.0, False)
    (draft,) = drafts(up)
    assert str(draft) in ran.stderr
    assert 'description = "typed"' in draft.read_text()


def test_what_an_editor_left_is_kept_for_a_week(up: Team, terminal: int):
    up.add("ada")
    for name, days in (("old", 8), ("late", 6)):
        draft = Path(up.home.peers, f"ada.toml.{name}.edit")
        draft.write_text("what was written")
        os.utime(draft, times=(time.time() - days * 86400,) * 2)

    assert in_editor(up, terminal, "true").returncode == 0

    assert [each.name for each in drafts(up)] == ["ada.toml.late.edit"]
    assert file_of(up, "ada").exists()


def test_what_an_editor_saved_that_is_no_utf_8_is_kept_and_told(up: Team, terminal: int):
    up.add("ada")
    before = file_of(up, "ada").read_text()

    ran = in_editor(up, terminal, r"""printf 'description = "caf\351"\n' >>"$1" """)

    (draft,) = drafts(up)
    at = draft.read_bytes().index(0xE9)
    assert ran.stderr == f"peerd: {draft} is not valid UTF-8 (at byte {at}): it is kept, and nothing was changed.\n"
    assert ran.returncode == 78
    assert file_of(up, "ada").read_text() == before


def test_two_editors_do_not_write_into_one_draft(up: Team, terminal: int):
    up.add("ada")

    ran = in_editor(up, terminal, f'echo \'description = "typed"\' >>"$1"\nEDITOR=true {PEERD} edit ada >&2')

    assert ran.returncode == 0, ran.stderr
    assert up.show("ada")["spec"]["description"] == "typed"
    assert drafts(up) == []
