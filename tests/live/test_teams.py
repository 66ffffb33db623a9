"""A team from one file, for real: the plan, what is done of it, and what is wrong with the file."""

import os
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux

TEAM = """
[peers.ada]
runtime = "actor"
dir = "work"
idle_s = 600
wake = true

[peers.sh]
runtime = "shell"
dir = "work"
env = { COLOUR = "red" }
args = ["--norc"]
"""


def test_a_plan_tells_that_a_peer_is_to_work_elsewhere(up: Team):
    up.add("ada", "actor")
    folder = up.root / "team"
    folder.mkdir()
    (folder / "TEAM.toml").write_text("[peers.ada]\n")

    ran = up.run("up", str(folder / "TEAM.toml"), "--dry-run")

    assert "~ ada: change (dir)" in ran.out


def test_a_team_is_brought_about_by_its_file_and_only_once(up: Team):
    file = up.root / "team.toml"
    file.write_text(TEAM)
    plan = up.run("up", str(file), "--dry-run")
    assert plan.out.splitlines() == [
        "+ ada: add (dir, idle_s, runtime), and wake it",
        "+ sh: add (args, dir, env, runtime)",
    ]
    assert up.call("peer.list")["peers"] == []

    done = up.run("up", str(file), "--yes")

    assert done.out.splitlines()[-1] == "added or changed: 2 of 2 peers; woken: 1."
    assert up.show("ada")["phase"] == "running"
    assert up.show("sh")["spec"]["dir"] == str(up.work)
    assert (up.show("sh")["spec"]["env"], up.show("sh")["spec"]["args"]) == ({"COLOUR": "red"}, ["--norc"])
    again = up.run("up", str(file), "--yes").out
    assert again.splitlines()[-1] == "added or changed: 0 of 2 peers; woken: 0, up already: 1."


def test_why_a_peer_of_a_team_did_not_wake_is_in_the_json_too(up: Team):
    file = up.root / "team.toml"
    file.write_text(TEAM)
    up.run("up", str(file), "--yes")
    up.call("peer.stop", peer="ada")

    ran = up.run("up", str(file), "--yes", "--json")

    why = "ada is stopped. `peerd start ada` lets it run again."
    assert (ran.code, ran.json["awake"]) == (1, [{"peer": "ada", "ready": False, "woke": False, "why": why}])


def test_a_team_changes_what_its_file_says_and_leaves_the_rest(up: Team):
    file = up.root / "team.toml"
    file.write_text(TEAM)
    up.run("up", str(file), "--yes")
    path = file_of(up, "ada")
    path.write_text(f"# by hand\nfront = 'person'\n{path.read_text()}")
    eventually(lambda: up.show("ada")["spec"].get("front") == "person")
    file.write_text(TEAM.replace("600", "700"))

    assert "~ ada: change" in up.run("up", str(file), "--yes").out

    spec = up.show("ada")["spec"]
    assert (spec["idle_s"], spec["front"]) == (700.0, "person")
    assert path.read_text().startswith("# by hand\n")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "declares no peers"),
        ("[[", "Write a [peers.NAME]"),
        ("[team]\nsize = 2\n[peers.ada]\nruntime = 'actor'\n", "team is not a table of a team's file"),
        ("peers = 3\n", "peers: Expected `object`"),
        ("[peers]\nada = 3\n", "peers: Expected `object`"),
        ("[peers.ada]\nruntime = 'nosuch'\n", "peers.ada: no runtime 'nosuch'"),
        ("[peers.ada]\nruntime = 'actor'\ndir = '/none'\n", "peers.ada: dir /none is not a folder"),
        ("[peers.ada]\nruntime = 'actor'\nwake = 'yes'\n", "peers.ada: wake is true or false"),
        ("[peers.ada]\nruntime = 'actor'\n[peers.Bob]\nruntime = 'actor'\n", "peers.Bob: name 'Bob': use"),
        ("[peers.ada]\nruntime = 'actor'\nname = 'bob'\n", "peers.ada: name is 'bob'. Leave it out"),
        ("[peers.ada]\nruntime = 'actor'\ncolour = 'red'\n", "peers.ada: colour: no such field"),
        (
            "[peers.ada]\nruntime = 'actor'\nidle_s = 'x'\n",
            "peers.ada: idle_s = 'x' is not known here. Expected `float`",
        ),
    ],
)
def test_a_team_of_which_a_part_is_wrong_is_not_begun_and_its_file_is_cited(up: Team, text: str, told: str):
    file = up.root / "team.toml"
    file.write_text(text)

    ran = up.run("up", str(file), "--yes")

    assert (ran.code, told in ran.err, up.home.peers in ran.err) == (78, True, False), ran.err
    assert ran.err.startswith(f"peerd: {file}")
    assert ran.err.endswith(" Nothing was done.\n")
    assert up.call("peer.list")["peers"] == []


def test_a_team_whose_file_is_not_there_is_a_matter_of_the_command(up: Team):
    ran = up.run("up", "none.toml")

    told = "peerd: none.toml: No such file or directory. Name a file that declares the team. Nothing was done.\n"
    assert (ran.code, ran.err) == (2, told)


def test_a_teams_file_that_is_no_text_is_wrong_as_any_other(up: Team):
    file = up.root / "team.toml"
    file.write_bytes(b"[peers.\xff]\n")

    ran = up.run("up", str(file), "--yes")

    assert (ran.code, ran.err.startswith(f"peerd: {file}: "), "Write it in UTF-8" in ran.err) == (78, True, True)


def test_a_plan_tells_how_many_messages_a_new_peer_is_given(team: Team):
    team.start()
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    for n in range(2):
        team.send("ada", f"task {n}", wait="accepted")
    team.kill_daemon()
    file_of(team, "ada").unlink()
    team.start()
    file = team.root / "team.toml"
    file.write_text("[peers.ada]\nruntime = 'actor'\n[peers.bob]\nruntime = 'actor'\n")

    plan = team.run("up", str(file), "--dry-run").out.splitlines()

    assert plan == ["+ ada: add (runtime); it gets 2 messages sent to an earlier one", "+ bob: add (runtime)"]


def test_a_team_is_not_begun_without_a_yes(up: Team):
    file = up.root / "team.toml"
    file.write_text(TEAM)

    ran = up.run("up", str(file))

    assert (ran.code, "--yes" in ran.err) == (2, True)
    assert up.call("peer.list")["peers"] == []


def test_a_changed_table_and_a_new_field_are_both_taken(up: Team):
    file = up.root / "team.toml"
    file.write_text(TEAM)
    up.run("up", str(file), "--yes")
    file.write_text(TEAM.replace("red", "blue").replace('args = ["--norc"]', 'args = ["--norc"]\nidle_s = 60'))

    assert "~ sh: change" in up.run("up", str(file), "--yes").out

    spec = up.show("sh")["spec"]
    assert (spec["env"], spec["idle_s"]) == ({"COLOUR": "blue"}, 60.0)


def test_figures_of_the_settings_are_not_written_into_specs(team: Team):
    os.makedirs(team.home.config)
    Path(team.home.settings_file).write_text("[peers]\nidle_s = 60\n")
    file = team.root / "team.toml"
    file.write_text(TEAM.replace("idle_s = 600\n", ""))

    assert team.run("up", str(file), "--yes").code == 0

    assert team.show("ada")["spec"]["idle_s"] == 60.0
    assert "idle_s" not in file_of(team, "ada").read_text()
