"""Figures that are edited while a session runs: which of them hold for it is told, and is so."""

import pytest

from peerd.model.message import first_id
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


@pytest.fixture
def ada(up: Team) -> Team:
    up.add("ada", "actor", "--ignore-hup", stop_grace_s=60)
    up.call("peer.wake", peer="ada", timeout_s=20)
    return up


def edited(team: Team, *words: str) -> str:
    return team.run("edit", "ada", *(word for each in words for word in ("--set", each))).out.replace(
        f"{team.home.peers}/ada.toml", "FILE"
    )


def test_a_figure_that_holds_at_once_is_said_to_do_so_and_does(ada: Team):
    assert edited(ada, "stop_grace_s=0.2") == "ada is changed, at once: FILE.\n"
    assert edited(ada, "idle_s=0.5") == "ada is changed, at once: FILE.\n"

    ended = eventually(lambda: ada.show("ada")["last_end"], within_s=10)
    assert ended["cause"] == "parked"


def test_what_its_session_keeps_is_told_apart(ada: Team):
    said = edited(ada, "idle_s=77", "description=clerk", "crash_max=5")

    assert said == (
        "ada is changed, idle_s, crash_max at once, description from its next session on: FILE. "
        "Its session goes on as it is; `peerd refresh ada` replaces it.\n"
    )
    assert edited(ada, "pane_log=false") == (
        "ada is changed, from its next session on: FILE. "
        "Its session goes on as it is; `peerd refresh ada` replaces it.\n"
    )


def test_a_session_that_boots_keeps_what_it_was_begun_with_for_the_next_daemon_too(up: Team):
    up.add("eve", "actor", "--boot-s", "3", initial_prompt="by which it began")
    up.popen("wake", "eve")
    eventually(lambda: up.show("eve")["session"], within_s=10)
    up.run("edit", "eve", "--set", "initial_prompt=of the next one")
    up.kill_daemon()
    up.start()

    eventually(lambda: up.show("eve")["phase"] == "running", within_s=20)

    first = up.call("message.show", id=first_id(up.session("eve").id))
    assert first["body"] == "by which it began"


def test_a_team_file_tells_so_too(ada: Team):
    (ada.work / "team.toml").write_text('[peers.ada]\nruntime = "actor"\nidle_s = 77\n')

    ran = ada.run("up", "--yes", str(ada.work / "team.toml"))

    assert "~ ada: change (idle_s, runtime), idle_s at once\n" in ran.out + ran.err
    assert "goes on as it is" not in ran.out
