"""The file of what a session is told of itself and its team: written anew at every start, private, where it is used."""

import json
import stat
from pathlib import Path

import pytest

from peerd.model.session import Session
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import CHAT, declare

pytestmark = pytest.mark.tmux

TOLD = CHAT.replace("argv = [", 'argv = ["sh", "-c", "cp $0 $0.seen; exec $@", "{prompt}", ').replace(
    'name = "chat"', 'name = "told"'
)


def session(team: Team) -> Session:
    found: Session = team.session("eve")
    return found


def prompt(team: Team) -> Path:
    return Path(team.home.session(session(team).id), "prompt.md")


@pytest.fixture
def told(team: Team) -> Team:
    """A runtime that is started with the file's path."""
    declare(team, TOLD, "told")
    team.start()
    return team


def test_a_declared_runtime_is_told_what_was_written_and_who_else_is_there(told: Team):
    Path(told.home.doctrine).write_text("Be brief.\n")
    (told.work / ".peerd" / "fragments").mkdir(parents=True)
    (told.work / ".peerd" / "fragments" / "a.md").write_text("Tests first.\n")
    told.add("eve", "told")
    told.add("ada", "actor", description="Answers everything.")

    told.call("peer.wake", peer="eve", timeout_s=10)

    text = prompt(told).read_text()
    assert text.startswith("# Your place in a team\n")
    assert f"folder: {json.dumps(str(told.work))}\n" in text
    assert text.endswith('\n\nBe brief.\n\n# Other peers\n\n- ada (actor): "Answers everything."\n\nTests first.\n')
    assert stat.S_IMODE(prompt(told).stat().st_mode) == 0o600
    assert prompt(told).with_suffix(".md.seen").read_text() == text
    assert {"source": "prompt", "says": str(prompt(told)), "age_s": None} in told.show("eve")["evidence"]


def test_it_is_composed_anew_for_the_next_session(told: Team):
    told.add("eve", "told")
    told.call("peer.wake", peer="eve", timeout_s=10)
    assert "Be brief." not in prompt(told).read_text()
    Path(told.home.doctrine).write_text("Be brief.\n")

    told.call("peer.new", peer="eve", timeout_s=10)

    assert "Be brief." in prompt(told).read_text()


def test_a_peer_that_is_to_be_told_nothing_gets_an_empty_file(told: Team):
    Path(told.home.doctrine).write_text("Be brief.\n")
    told.add("eve", "told", prompt=False)

    told.call("peer.wake", peer="eve", timeout_s=10)

    assert prompt(told).read_text() == ""


def test_what_cannot_be_read_is_told_and_costs_no_start(told: Team):
    Path(told.home.doctrine).mkdir()
    told.add("eve", "told")

    told.call("peer.wake", peer="eve", timeout_s=10)

    why = f"{told.home.doctrine} is a folder. Put a readable file there, or remove it."
    assert told.call("daemon.status")["notices"] == [why]
    assert {"source": "prompt", "says": why, "age_s": None} in told.show("eve")["evidence"]
    assert f'ev=prompt-trouble peer=eve why="{why}"' in told.log()
    assert "# Your place" in prompt(told).read_text()
    Path(told.home.doctrine).rmdir()
    told.call("peer.new", peer="eve", timeout_s=10)
    assert "notices" not in told.call("daemon.status")


@pytest.mark.parametrize("runtime", ["actor", "shell"])
def test_what_takes_no_system_prompt_gets_no_file(up: Team, runtime: str):
    up.add("eve", runtime)

    up.call("peer.wake", peer="eve", timeout_s=10)

    assert not prompt(up).exists()


def unread(team: Team) -> list[str]:
    return [each for each in team.call("daemon.status").get("notices", []) if "leads out of its folder" in each]


def test_what_a_prompt_goes_without_is_told_of_its_peer_by_whichever_name_and_of_no_other_after_that(told: Team):
    (told.work / ".peerd").mkdir()
    (told.work / ".peerd" / "doctrine.md").symlink_to("/etc/hostname")
    told.add("eve", "told")
    told.call("peer.wake", peer="eve", timeout_s=10)
    assert len(unread(told)) == 1

    told.call("peer.rename", peer="eve", name="ada", now=True)
    assert [each["says"] for each in told.show("ada")["evidence"] if each["source"] == "prompt"] == unread(told) != []
    told.add("eve", "told")
    assert not [each for each in told.show("eve")["evidence"] if each["source"] == "prompt"]

    told.call("peer.remove", peer="ada")
    assert unread(told) == []


def test_it_names_nobody_that_it_may_not_send_to(told: Team):
    told.add("eve", "told", may_send_to=["@ours", "cat", "sh", "!operator"])
    told.add("ada", groups=["ours", "others"])
    told.add("bob")
    told.add("cat", accepts_from=["operator"])
    told.add("sh", "shell")

    told.call("peer.wake", peer="eve", timeout_s=10)

    text = prompt(told).read_text()
    assert "The person in charge is operator, whom you may not send to.\n" in text
    groups = "Groups, each a NAME that stands for all of it:\n- @others: ada\n- @ours: ada\n"
    assert text.endswith(f"\n\n# Other peers\n\n- ada (actor)\n\n{groups}")
