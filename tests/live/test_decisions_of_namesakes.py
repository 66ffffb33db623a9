"""`peerd show` lists what was decided about a peer: also by the names it had before, and nothing of one that had its
name then."""

import pytest

from tests.live.conftest import Team
from tests.live.test_rename import rename

pytestmark = pytest.mark.tmux


def decided(team: Team, name: str) -> list[str]:
    """With and without a daemon; one line a decision, without its time and its session."""
    lines = team.show(name)["decisions"]
    team.kill_daemon()
    assert team.run("show", name, "--json").json["decisions"] == lines
    team.start()
    return [" ".join(line.split()[1:3]) for line in lines]


@pytest.fixture
def woken(up: Team) -> Team:
    """Bob, who was woken, and ada."""
    for name in ("bob", "ada"):
        up.add(name, "actor")
    up.call("peer.wake", peer="bob", timeout_s=20)
    return up


def test_those_of_one_that_was_renamed_go_with_it_and_a_removed_ones_are_nobodys(woken: Team):
    woken.call("peer.stop", peer="ada")
    woken.call("peer.remove", peer="bob")
    rename(woken, "ada", "bob")

    assert decided(woken, "bob") == [
        "ev=peer-added peer=ada",
        "ev=want peer=ada",
        "ev=peer-renamed peer=bob",
        "ev=peer-added peer=bob",
    ]


def test_a_namesake_of_one_that_was_removed_or_renamed_begins_with_none(woken: Team):
    woken.call("peer.remove", peer="bob")
    rename(woken, "ada", "eve")
    for name in ("bob", "ada"):
        woken.add(name, "actor")

        assert decided(woken, name) == [f"ev=peer-added peer={name}"]
    rename(woken, "eve", "zoe")
    assert decided(woken, "zoe")[0] == "ev=peer-added peer=ada"
