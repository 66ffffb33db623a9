"""A peer whose spec names another runtime than its living session is of."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_wake_modes import asleep, parked, told

pytestmark = pytest.mark.tmux


def becomes_an_actor(team: Team) -> None:
    team.add("ada", "shell")
    team.call("peer.wake", peer="ada")
    team.call("peer.edit", peer="ada", set={"runtime": "actor"})


def named(team: Team) -> tuple[str, str, str]:
    (row,) = team.run("ls", "--json").json
    shown = team.run("show", "ada", "--json").json
    return row["runtime"], shown["runtime"], shown["identity"]


def test_a_peer_is_named_by_its_living_session_and_its_next_one_is_told(up: Team):
    becomes_an_actor(up)

    assert named(up) == ("shell", "shell", "shell-ada")
    assert "spec: its next session is actor-ada; this one goes on as shell-ada" in up.run("show", "ada").out
    assert "shell-ada was up already" in up.run("wake", "ada").out

    assert up.run("new", "ada", "--now").code == 0
    assert named(up) == ("actor", "actor", "actor-ada")
    assert "next session" not in up.run("show", "ada").out


def test_a_peer_is_named_so_without_a_daemon_too(up: Team):
    becomes_an_actor(up)
    up.kill_daemon()

    assert named(up) == ("shell", "shell", "shell-ada")


def test_a_peer_that_a_teams_file_changes_while_it_is_up_goes_on_as_it_is_and_that_is_said(up: Team):
    up.add("ada", "shell")
    up.call("peer.wake", peer="ada")
    file = up.root / "team.toml"
    file.write_text(f'[peers.ada]\nruntime = "actor"\ndir = "{up.work}"\nwake = true\n')

    plan, done = up.run("up", str(file), "--dry-run").out, up.run("up", str(file), "--yes").out

    assert plan == "~ ada: change (dir, runtime), from its next session on, and wake it\n"
    assert done.endswith("ada's session goes on as it is; `peerd refresh ada` replaces it.\n")
    assert "next session" not in up.run("up", str(file), "--dry-run").out


def test_one_whose_runtime_is_edited_as_it_comes_up_again_does_not_go_on_with_what_the_other_said(up: Team):
    parked(up, front="person")
    up.call("peer.edit", peer="ada", set={"args": '["--remember", "--boot-s", "1.5"]'})
    up.popen("wake", "ada")
    eventually(lambda: up.show("ada")["session"] and up.show("ada")["phase"] == "starting", within_s=10)

    up.call("peer.edit", peer="ada", set={"runtime": "shell", "args": "[]"})
    eventually(lambda: up.show("ada")["phase"] == "running", within_s=10)
    assert told(up) == ("resume", "parked, a person's front")
    asleep(up)
    up.call("peer.wake", peer="ada", timeout_s=20)

    assert (told(up)[0], up.show("ada")["identity"]) == ("fresh", "shell-ada")
