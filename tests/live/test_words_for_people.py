"""What a person reads of queues that are held back, of edits that are refused, of a peer that cannot be sat down at."""

from pathlib import Path

import pytest

from peerd.errors import PeerdError
from tests.live.conftest import Team
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux


def test_all_that_waited_is_counted_as_a_queue_goes_on(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    up.call("queue.pause", peer="ada")
    for n in range(3):
        up.send("ada", f"task {n}", wait="accepted")

    assert up.run("queue", "resume", "ada").out == "ada: 3 messages waiting, delivered from now on.\n"


def test_what_waits_for_a_peer_that_is_stopped_waits_for_its_start_and_not_for_its_queue(up: Team):
    up.add("ada", "actor")
    up.call("peer.stop", peer="ada")
    id = up.send("ada", "hello", queue=True, wait="accepted")["id"]

    told = [up.run(*words).out for words in (("ls",), ("queue", "ls"), ("message", id), ("show", "ada"), ("messages",))]
    one = up.run("queue", "ls", "ada")

    assert ["stopped" in each and "queue-paused" not in each for each in (*told, one.out)] == [True] * 6
    assert "waits: stopped" in told[2]
    assert one.err == "peerd: ada is stopped: `peerd start ada` lets it go on.\n"
    assert up.call("message.show", id=id)["hold"] == "queue-paused"


@pytest.mark.parametrize("by", ["a field", "a text", "a team"])
def test_a_word_that_is_not_known_is_refused_with_those_that_are(up: Team, by: str):
    up.add("ada", "actor")
    before = file_of(up, "ada").read_text()
    team = up.root / "team.toml"
    team.write_text(f'[peers.ada]\nruntime = "actor"\ndir = "{up.work}"\nrestart = "always"\n')

    with pytest.raises(PeerdError) as refused:
        match by:
            case "a field":
                up.call("peer.edit", peer="ada", set={"restart": "always"})
            case "a text":
                up.call("peer.edit", peer="ada", text=f'{before}restart = "always"\n')
            case _:
                up.call("team.up", text=team.read_text(), dir=str(up.work), where="team.toml")

    nothing = "Nothing was done." if by == "a team" else "Nothing was changed."
    known = "Choose one of: permanent, transient, temporary."
    assert str(refused.value).endswith(f"restart = 'always' is not known here. {known} {nothing}")
    assert file_of(up, "ada").read_text() == before


def test_a_field_that_is_not_known_is_refused_and_nothing_goes_by_the_others(up: Team):
    up.add("ada", "actor")
    text = file_of(up, "ada").read_text()

    with pytest.raises(PeerdError) as refused:
        up.call("peer.edit", peer="ada", text=f'{text}colour = "red"\n')

    assert str(refused.value).endswith("colour is not a field that this peerd knows. Nothing was changed.")


def test_a_word_that_is_not_known_is_refused_as_a_peer_is_added(up: Team):
    ran = up.run("add", "ada", "--runtime", "actor", "--set", "restart=always")

    known = "Choose one of: permanent, transient, temporary."
    assert (ran.code, ran.err) == (2, f"peerd: restart = 'always' is not known here. {known} Nothing was added.\n")
    ran = up.run("add", "ada", "--runtime", "actor", "--set", "idle_s=soon")
    assert ran.err == "peerd: idle_s = 'soon': expected `float`, got `str`. Nothing was added.\n"


def test_who_would_sit_down_at_a_peer_that_has_no_conversation_is_told_to_wake_it(up: Team):
    up.add("ada", "actor")

    with pytest.raises(PeerdError) as refused:
        up.call("peer.attach", peer="ada")

    told = "ada has no conversation to resume: `peerd wake ada` begins one, `peerd attach ada` attaches to it."
    assert str(refused.value) == told


def test_queues_are_looked_at_as_they_are_on_record_where_no_daemon_runs(up: Team):
    up.add("ada", "actor")
    up.call("peer.stop", peer="ada")
    up.send("ada", "hello", queue=True, wait="accepted")
    before = up.call("queue.list", peer="ada")
    assert up.run("daemon", "stop").code == 0

    listed = up.run("queue", "ls", "ada", "--json")

    assert (listed.json, "no daemon: as of the store" in listed.err) == (before, True)
    assert not Path(up.home.socket).exists()


def test_a_plan_alone_says_that_a_daemon_was_started_for_it(team: Team):
    file = team.root / "team.toml"
    file.write_text(f'[peers.ada]\nruntime = "actor"\ndir = "{team.work}"\n')

    planned = team.run("up", str(file), "--dry-run")

    told = "peerd: no daemon ran: one was started to plan this, and is still running. `peerd daemon stop` ends it.\n"
    assert (planned.code, planned.err) == (0, told)
    assert team.run("up", str(file), "--dry-run").err == ""
