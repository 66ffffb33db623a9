"""A peer whose file was broken while no daemon ran: it goes by the spec it had, until the file is mended."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from peerd.errors import ConfigError, PeerdError
from peerd.store.schema import MIGRATIONS
from peerd.store.schema_sessions import SPECS_ARE_KEPT
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux


def begun_anew(team: Team) -> None:
    team.kill_daemon()
    team.start()


def broken(team: Team, line: str = "x = [\n") -> Path:
    """Where the file is that it was."""
    file, kept = file_of(team, "ada"), team.root / "spec"
    kept.write_text(file.read_text())
    file.write_text(kept.read_text() + line)
    return kept


@pytest.fixture
def waited_for(team: Team) -> Team:
    """m-0 and m-1 wait for ada, who was edited; no daemon runs."""
    team.start()
    team.add("ada", "actor", idle_s=55)
    team.call("peer.edit", peer="ada", set={"idle_s": "77"})
    team.call("queue.pause", peer="ada")
    for n in range(2):
        team.send("ada", f"task {n}", id=f"m-{n}", wait="accepted")
    team.kill_daemon()
    return team


@pytest.fixture(params=["x = [\n", "args = 3\n"], ids=["no TOML", "a value"])
def ada(waited_for: Team, request: pytest.FixtureRequest) -> Team:
    """The next daemon, with her file broken."""
    broken(waited_for, request.param)
    waited_for.start()
    return waited_for


def names(team: Team) -> list[str]:
    return [row["peer"] for row in team.call("peer.list")["peers"]]


def notices(team: Team) -> list[str]:
    told: list[str] = team.call("daemon.status").get("notices", [])
    return told


def state(team: Team, n: int) -> str:
    return str(team.call("message.show", id=f"m-{n}")["state"])


def test_it_goes_by_the_one_it_had_over_every_restart_and_that_is_a_notice(ada: Team):
    for _ in range(2):
        assert (ada.show("ada")["spec"]["idle_s"], len(ada.show("ada")["queue"])) == (77, 2)
        (told,) = notices(ada)
        assert told.startswith(f"{file_of(ada, 'ada')}: ")
        assert told.endswith("Until then the last spec of ada holds; `peerd show ada --json` shows it.")
        begun_anew(ada)


def test_what_waits_is_listed_cancelled_and_delivered(ada: Team):
    assert ada.run("queue", "ls", "ada").out.startswith("ada: 2 wait, held back\n")
    assert ada.run("queue", "cancel", "m-0").out == "m-0 to ada: cancelled\n"
    assert ada.run("queue", "resume", "ada").code == 0

    assert ada.call("message.wait", id="m-1", until="ended", timeout_s=20)["task"] == "answered"
    assert ada.session("ada").spec.idle_s == 77


def test_the_queue_is_emptied(ada: Team):
    assert ada.call("queue.purge", peer="ada")["dropped"] == 2
    assert [state(ada, n) for n in range(2)] == ["cancelled"] * 2


def test_it_is_stopped_started_woken_and_sent_to(ada: Team):
    assert ada.run("stop", "ada").code == 0
    assert ada.run("start", "ada").code == 0
    assert ada.call("peer.wake", peer="ada", timeout_s=10)["status"] == "ready"
    ada.call("queue.resume", peer="ada")

    assert ada.send("ada", "more", wait="ended", timeout_s=20)["task"] == "answered"


def test_who_edits_it_is_told_what_is_wrong_with_the_file(ada: Team):
    ran = ada.run("edit", "ada", "--set", "idle_s=5")

    assert (ran.code in (2, 78), f"{file_of(ada, 'ada')}: " in ran.err) == (True, True)
    assert "the spec is not valid TOML: Invalid value" in ran.err or "`$.args`" in ran.err
    assert ada.show("ada")["spec"]["idle_s"] == 77


def test_who_renames_it_is_told_so_too(ada: Team):
    ran = ada.run("rename", "ada", "eve")

    assert (ran.code, f"peerd: {file_of(ada, 'ada')}: " in ran.err, "eve" in ran.err) == (78, True, False)
    assert names(ada) == ["ada"]


def test_an_edit_of_the_field_that_is_wrong_mends_it(waited_for: Team):
    broken(waited_for, "args = 3\n")
    waited_for.start()

    assert waited_for.run("edit", "ada", "--unset", "args").code == 0

    eventually(lambda: notices(waited_for) == [])


def test_it_goes_by_its_file_once_that_is_mended(waited_for: Team):
    spec = broken(waited_for)
    waited_for.start()

    file_of(waited_for, "ada").write_text(spec.read_text().replace("77", "88"))

    eventually(lambda: waited_for.show("ada")["spec"]["idle_s"] == 88)
    eventually(lambda: notices(waited_for) == [])
    broken(waited_for)
    begun_anew(waited_for)
    assert waited_for.show("ada")["spec"]["idle_s"] == 88


def test_so_does_one_that_was_only_just_added(up: Team):
    up.add("ada", "actor", idle_s=77)
    broken(up)

    begun_anew(up)

    assert up.show("ada")["spec"]["idle_s"] == 77


def test_so_does_one_that_was_declared_while_no_daemon_ran(team: Team):
    team.declare("ada", "actor", idle_s=77)
    team.start()
    broken(team)

    begun_anew(team)

    assert team.show("ada")["spec"]["idle_s"] == 77


def test_one_that_is_removed_is_no_peer_any_more_nor_is_what_is_broken_in_its_place(ada: Team):
    assert ada.run("rm", "ada").code == 0
    assert (names(ada), file_of(ada, "ada").exists()) == ([], False)
    file_of(ada, "ada").write_text("[[[")

    begun_anew(ada)

    assert names(ada) == []
    assert not any("last spec of" in each for each in notices(ada))


def test_one_whose_file_was_removed_by_hand_is_no_peer_any_more_either(waited_for: Team):
    file_of(waited_for, "ada").rename(waited_for.root / "spec")
    waited_for.declare("bob", "actor")
    waited_for.start()
    assert names(waited_for) == ["bob"]
    file_of(waited_for, "ada").write_text("[[[")

    begun_anew(waited_for)

    assert names(waited_for) == ["bob"]


def test_nor_is_one_whose_file_was_the_only_one_there(waited_for: Team):
    file_of(waited_for, "ada").rename(waited_for.root / "spec")
    waited_for.start()
    assert names(waited_for) == []
    file_of(waited_for, "ada").write_text("[[[")

    begun_anew(waited_for)

    assert names(waited_for) == []


def test_none_is_forgotten_for_a_folder_that_is_not_there_yet(waited_for: Team):
    """Not mounted: an empty one is in its place."""
    broken(waited_for)
    folder = Path(waited_for.home.peers)
    mounted = folder.rename(waited_for.root / "mounted")
    waited_for.start()
    assert names(waited_for) == []
    waited_for.kill_daemon()
    folder.rmdir()
    mounted.rename(folder)

    waited_for.start()

    assert names(waited_for) == ["ada"]


def test_a_new_name_that_was_on_record_when_the_old_file_was_broken_holds_and_has_a_file_of_its_own(team: Team):
    """What was written since under the old name is another peer's."""
    team.start()
    team.add("ada", "actor", idle_s=77)
    team.kill_daemon()
    team.start_dying("RenamePeer")
    with contextlib.suppress(PeerdError):
        team.call("peer.rename", peer="ada", name="eve", timeout_s=10.0)
    eventually(lambda: team.died, within_s=10)
    spec = broken(team)

    team.start()

    assert (names(team), team.show("eve")["spec"]["idle_s"]) == (["eve"], 77)
    assert "idle_s = 77" in file_of(team, "eve").read_text()
    assert [str(file_of(team, "ada")) in each for each in notices(team)] == [True]
    spec.rename(file_of(team, "ada"))
    eventually(lambda: names(team) == ["ada", "eve"] and notices(team) == [], within_s=10)


def test_it_is_told_of_without_a_daemon_too(waited_for: Team):
    broken(waited_for)

    listed, shown = waited_for.run("ls", "--json"), waited_for.run("show", "ada", "--json")

    assert [(each["peer"], each["queued"]) for each in listed.json] == [("ada", 2)]
    assert shown.json["spec"]["idle_s"] == 77
    assert "not taken up: " in shown.json["evidence"][0]["says"]


def as_an_older_one(team: Team) -> None:
    """Its store has no specs: what is on record, in the tables that there were then."""
    file, older = Path(team.home.store), team.root / "older.db"
    before = MIGRATIONS.index(SPECS_ARE_KEPT)
    with contextlib.closing(sqlite3.connect(older, isolation_level=None)) as store:
        for statement in (each for migration in MIGRATIONS[:before] for each in migration):
            store.execute(statement)
        store.execute("ATTACH ? AS now", (str(file),))
        for (table,) in store.execute("SELECT name FROM main.sqlite_master WHERE type = 'table'").fetchall():
            columns = ", ".join(row[1] for row in store.execute(f"PRAGMA main.table_info({table})"))
            store.execute(f"INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}")
        store.execute(f"PRAGMA user_version={before}")
    for each in file.parent.glob(f"{file.name}-[ws][ah][lm]"):
        each.unlink()
    older.replace(file)


@pytest.fixture
def unknown(waited_for: Team) -> Team:
    """An older peerd's store, and ada's file broken."""
    broken(waited_for)
    as_an_older_one(waited_for)
    waited_for.start()
    return waited_for


def test_one_whose_spec_an_older_peerd_did_not_keep_is_a_notice_and_what_waits_can_be_cancelled(unknown: Team):
    (told,) = notices(unknown)
    assert (names(unknown), told.endswith("Correct the file; nothing was changed.")) == ([], True)

    assert unknown.run("queue", "cancel", "m-0").out == "m-0 to ada: cancelled\n"

    assert [state(unknown, n) for n in range(2)] == ["cancelled", "accepted"]
    with pytest.raises(ConfigError, match="Invalid value"):
        unknown.call("message.requeue", id="m-0")


def test_one_whose_session_lives_goes_by_the_spec_of_that_from_then_on(team: Team):
    team.start()
    team.add("ada", "actor", idle_s=77)
    team.call("peer.wake", peer="ada", timeout_s=10)
    team.kill_daemon()
    broken(team)
    as_an_older_one(team)
    team.start()
    team.call("peer.stop", peer="ada")

    begun_anew(team)

    assert team.show("ada")["spec"]["idle_s"] == 77


def test_and_what_waits_is_delivered_once_its_file_is_mended(unknown: Team):
    (unknown.root / "spec").rename(file_of(unknown, "ada"))
    eventually(lambda: names(unknown) == ["ada"])
    unknown.call("queue.resume", peer="ada")

    assert unknown.call("message.wait", id="m-1", until="ended", timeout_s=20)["task"] == "answered"
    broken(unknown)
    begun_anew(unknown)
    assert unknown.show("ada")["spec"]["idle_s"] == 77
