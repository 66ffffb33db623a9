"""add, rm and show: what a person sees of a peer's git worktree."""

from typing import Any

import pytest

from tests.cli.answers import shown
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub


def test_adding_a_peer_with_a_worktree_tells_of_it(daemon: Stub, peerd: Peerd):
    own = {"path": "/state/worktrees/ada", "repository": "/src", "branch": "peerd/ada"}
    daemon.answers = {"peer.add": {"peer": "ada", "runtime": "shell", "file": "/f"} | {"worktree": own}}

    told = peerd("add", "ada", "--runtime", "shell", "--worktree").out.splitlines()[1]

    assert told == "It works in /state/worktrees/ada, a git worktree of /src on peerd/ada."


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ({"stays": None, "branch_stays": None}, "Its worktree /w and peerd/ada are gone."),
        (
            {"stays": None, "branch_stays": "not merged.", "commands": ["c"]},
            "Its worktree /w is gone; peerd/ada stays: not merged. To delete it: c",
        ),
        (
            {"stays": "why", "branch_stays": "it has it", "commands": ["c", "d"]},
            "Its worktree /w stays, with peerd/ada: why. To delete it with all that is in it: c && d",
        ),
        (
            {"stays": "why", "branch_stays": None, "commands": ["c"]},
            "Its worktree /w stays: why. To delete it with all that is in it: c",
        ),
    ],
    ids=["gone", "but the branch", "not", "of no repository"],
)
def test_removing_a_peer_tells_what_became_of_its_worktree(daemon: Stub, peerd: Peerd, left: dict[str, Any], told: str):
    own = {"path": "/w", "repository": "/src", "branch": "peerd/ada", "commands": []}
    daemon.answers = {"peer.remove": {"peer": "ada", "file": "/f", "cancelled": 0, "worktree": own | left}}

    assert peerd("rm", "ada").out == f"ada is removed.\n{told}\n"


def test_a_peer_in_a_worktree_is_shown_with_its_repository(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.show": shown(spec={"dir": "/w/code", "worktree": "/src"})}

    assert ", in /w/code, a git worktree of /src\n" in peerd("show", "ada").out
