"""A peer whose spec is gone, and whom nobody removed: told of for as long as that lasts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from peerd.errors import UsageError
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux

GONE = "ada is a peer whose spec is gone: "


def goes_on(team: Team) -> None:
    """The daemon that knew its spec."""


def is_killed(team: Team) -> None:
    team.kill_daemon()
    team.start()


@pytest.fixture(params=[goes_on, is_killed], ids=["a daemon that goes on", "the next daemon"])
def spec(up: Team, request: pytest.FixtureRequest) -> Path:
    """It had; its session lives."""
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    file_of(up, "ada").rename(up.root / "spec")
    daemon: Callable[[Team], None] = request.param
    daemon(up)
    eventually(lambda: notices(up))
    return up.root / "spec"


def notices(team: Team) -> list[str]:
    told: list[str] = team.call("daemon.status").get("notices", [])
    return told


def test_it_is_a_notice_until_the_file_is_written_again(up: Team, spec: Path):
    (told,) = notices(up)
    assert told.startswith(f"{GONE}{file_of(up, 'ada')}. Its last known spec holds")
    assert f"{GONE}{file_of(up, 'ada')}" in up.run("daemon", "status").err

    assert up.run("ls").err == "peerd: 1 notice: `peerd notices` shows it.\n"

    spec.rename(file_of(up, "ada"))

    eventually(lambda: notices(up) == [])
    assert up.run("ls").err == ""


def test_who_adds_it_again_is_told_how_and_that_helps(up: Team, spec: Path):
    with pytest.raises(
        UsageError, match=rf"{GONE}.* Write the file again, or remove the peer by `peerd rm ada`, .* again\.$"
    ):
        up.add("ada", "actor")

    up.call("peer.remove", peer="ada")
    up.add("ada", "actor")

    assert notices(up) == []


def test_the_next_daemon_goes_by_what_was_edited_since_its_session_began(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    up.call("peer.edit", peer="ada", set={"idle_s": "77"})
    file_of(up, "ada").unlink()

    is_killed(up)

    assert up.show("ada")["spec"]["idle_s"] == 77


def test_it_is_told_of_without_a_daemon_as_with_one(up: Team, spec: Path):
    up.call("queue.pause", peer="ada")
    up.send("ada", "hello", wait="accepted")
    up.kill_daemon()

    listed, shown, waits = up.run("ls", "--json"), up.run("show", "ada", "--json"), up.run("queue", "ls", "ada")

    assert [(each["peer"], each["phase"], each["queued"]) for each in listed.json] == [("ada", "running", 1)]
    gone = f"{file_of(up, 'ada')} is gone; its last known spec holds"
    assert [each["says"] for each in shown.json["evidence"] if each["source"] == "spec"] == [gone]
    assert waits.out.startswith("ada: 1 waits, held back\n")
    assert up.run("interrupt", "ada").err.endswith("peerd: ada is idle: there is nothing to interrupt.\n")
