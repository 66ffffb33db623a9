"""What takes the place of a prompt after a key is the next one where its screen says so, whatever else was heard."""

import json
from typing import Any

import pytest

from peerd.daemon.approvals import answering, keypress
from peerd.model.fact import PromptOpened, ToolRan, TurnBegan
from peerd.model.screen import Screen
from peerd_adapters.claude import Claude
from tests.adapters.panes import pane
from tests.daemon.approvals.terminals import live, standing
from tests.daemon.approvals.test_answering import Scene, edited
from tests.daemon.approvals.test_requests import asked, request

TOUCHES, ECHOES = pane("claude/permission"), pane("claude/permission-mcp")
LISTS = edited(TOUCHES, ("touch made", "ls -la docs"))
SKILL = edited(TOUCHES, (" Bash command", " Use skill deploy?"), ("touch made", ""))
LS = request({"command": "ls -la docs"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keypress, "LOOK_AGAIN_S", 0.002)
    monkeypatch.setattr(answering, "SEEN_WITHIN_S", 0.3)


class Beside(Scene):
    """What stands there, of which nothing was heard yet, while these are asked for beside it; and what its key leads
    to."""

    def __init__(self, screen: Screen, *heard: PromptOpened, then: Screen, uneven: bool = False) -> None:
        super().__init__(screen, Claude(), _1=[then])
        self.live = live(Claude(), self.terminal)
        self.live.asks.uneven = uneven
        for each in heard:
            self.live.asks.hear(each)
        self.stands = standing(self.live, self.terminal)


def test_one_that_no_hook_told_of_is_approved_once_the_one_beside_it_stands_there():
    scene = Beside(TOUCHES, LS, then=LISTS)

    done = scene.answered()

    assert (done.tool, done.state.value) == (None, "approved")
    assert done.evidence.endswith("the next one was there")


def test_one_whose_tool_ran_before_the_next_one_was_seen_is_approved():
    skill = request({"skill": "deploy"}, "Skill")
    scene = Beside(SKILL, skill, LS, then=LISTS, uneven=True)
    ran = TurnBegan(ran=ToolRan("Skill", json.dumps({"skill": "deploy"})))
    scene.terminal.at_key[1] = lambda: scene.live.asks.hear(ran)

    assert scene.answered().evidence.endswith("the next one was there")


def test_of_one_that_was_told_as_the_one_beside_it_that_drawn_whole_tells_nothing():
    """It may be the same, larger; or that one, and the first was approved."""
    other = request({"text": "good morning"}, "mcp__tiny__echo")
    scene = Beside(ECHOES, other, then=edited(ECHOES, ("hi there", "good morning")))

    done = scene.answered()

    assert (done.tool, done.state.value) == ("mcp__tiny__echo", "unknown")


def test_one_that_ran_is_none_of_those_that_may_stand_there():
    edit: dict[str, Any] = {"file_path": "/p/README.md", "old_string": "A project.\nand what is cut"}
    ran = TurnBegan(ran=ToolRan("Edit", json.dumps(edit)))
    asks, prompt = (
        asked(request(edit, "Edit"), ran, request(edit, "Edit")),
        Claude().prompt(pane("claude/permission-edit")),
    )
    asks.uneven = True

    assert prompt is not None
    assert asks.found(prompt).alike == 1
