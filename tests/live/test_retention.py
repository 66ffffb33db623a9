"""What is over for long is not kept: by the census as the settings say, by `peerd purge` at once; nothing open goes."""

import os
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from peerd.errors import PeerdError, UnknownMessage
from peerd.model.message import MessageId
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

DAY = 86_400.0


def settings(team: Team, text: str) -> None:
    Path(team.home.config).mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text(text)


def aged(team: Team, days: float, like: str = "%") -> None:
    """While no daemon runs: these messages are so much older, all of their history too."""
    with closing(sqlite3.connect(team.home.store)) as connection, connection:
        older = (days * DAY, like)
        connection.execute("UPDATE message SET accepted_at = accepted_at - ? WHERE id LIKE ?", older)
        connection.execute(
            "UPDATE step SET at = at - ? WHERE message IN (SELECT seq FROM message WHERE id LIKE ?)", older
        )


@pytest.fixture
def notes(team: Team) -> Path:
    path = team.work / "notes.txt"
    path.write_text("as it was")
    return path


def at_rest(team: Team, name: str) -> bool:
    """The turn goes on for a moment after its answer, and has its message in hand."""
    return bool(team.show(name)["activity"] == "idle")


def asked(team: Team, id: str, *files: Path) -> None:
    sent = team.send("ada", "a secret", id=id, attach=[str(each) for each in files], wait="ended", timeout_s=20)
    assert sent["task"] == "answered"
    team.call("message.show", id=f"re-{id}")  # it is not unread any more
    eventually(lambda: at_rest(team, "ada"))


def test_a_purge_takes_text_answer_and_files_and_leaves_what_became_of_it(up: Team, notes: Path):
    up.add("ada", "actor")
    asked(up, "q-1", notes)
    session = up.call("message.show", id="q-1")["session"]

    ran = up.run("purge", "--older-than", "0s")
    shown, saved = up.run("message", "q-1"), up.run("message", "q-1", "--save", str(up.work / "saved"))

    assert (ran.code, ran.out) == (0, "2 texts, 1 attached file removed (9 bytes of files).\n"), ran
    assert "its text is no longer kept, since 20" in shown.out
    assert ("a secret" in shown.out, "ada got" in shown.out, "task answered" in shown.out) == (False, False, True)
    assert (saved.code, "files attached to q-1 are no longer kept, since 20" in saved.err) == (1, True)
    assert os.listdir(up.home.attachments) == []
    assert os.listdir(os.path.join(up.home.session(session), "files")) == []
    assert b"a secret" not in Path(up.home.store).read_bytes() or up.store().with_text(["q-1"]) == set()
    assert "ev=purged" in up.log("delivery")
    waited = up.run("wait", "q-1", "--for", "ended")
    assert (waited.code, "ada's answer is no longer kept" in waited.err) == (0, True)
    with pytest.raises(PeerdError, match="q-1 was sent to ada before, and its text is no longer kept"):
        up.send("ada", "a secret", id="q-1")


def test_with_receipts_nothing_of_it_is_left(up: Team):
    up.add("ada", "actor")
    asked(up, "q-1")

    told = up.run("purge", "--older-than", "0s", "--receipts", "--json").json

    assert (told["texts"], told["receipts"]) == (2, 2)
    with pytest.raises(UnknownMessage):
        up.call("message.show", id="q-1")
    asked(up, "q-1")


def test_a_daemon_that_is_killed_over_a_purge_leaves_nobody_the_files_of_another_message(team: Team, notes: Path):
    team.start()
    team.add("ada", "actor")
    asked(team, "q-1", notes)
    files = Path(team.home.session(team.session("ada").id), "files", "q-1")
    team.kill_daemon()
    team.start_dying("DropReceipts")
    with pytest.raises(PeerdError):
        team.call("message.purge", older_than_s=0.0, receipts=True)
    eventually(lambda: team.died)
    team.start()

    assert (team.store().receipt(MessageId("q-1")), files.exists()) == (None, False)
    notes.write_text("written since")
    asked(team, "q-1", notes)

    assert (files / "notes.txt").read_text() == "written since"


STUCK = """
import os, shutil
from peerd.daemon import main
right = shutil.rmtree
def rmtree(path, **how):
    if not os.path.exists(os.environ["PEERD_HOME"] + "/stuck"):
        right(path, **how)
shutil.rmtree = rmtree
main.run()
"""
"""As where an agent made a folder read-only."""


def test_an_id_whose_files_cannot_be_removed_is_not_free_until_they_are(team: Team, notes: Path):
    team.start(sys.executable, "-c", STUCK)
    stuck = Path(team.env["PEERD_HOME"], "stuck")
    stuck.touch()
    team.add("ada", "actor")
    asked(team, "q-1", notes)
    files = Path(team.home.session(team.session("ada").id), "files", "q-1")

    team.call("message.purge", older_than_s=0.0, receipts=True)
    assert (files.exists(), team.call("message.show", id="q-1")["state"]) == (True, "submitted")
    stuck.unlink()
    team.call("message.purge", older_than_s=0.0, receipts=True)

    assert (files.exists(), team.store().receipt(MessageId("q-1"))) == (False, None)


def test_nothing_that_is_open_goes(up: Team):
    up.add("ada", "actor", "--busy-s", "60")
    up.add("bob", "actor")
    up.call("queue.pause", peer="bob")
    up.send("ada", "at work", id="works", timeout_s=20)
    up.send("bob", "waits", id="waits", wait="accepted")

    told = up.run("purge", "--older-than", "0s", "--receipts", "--json").json

    assert (told["texts"], told["receipts"]) == (0, 0)
    assert [up.call("message.show", id=each)["body"] for each in ("works", "waits")] == ["at work", "waits"]
    up.call("queue.resume", peer="bob")
    assert up.call("message.wait", id="waits", until="ended", timeout_s=20)["task"] == "answered"


def test_what_a_peer_wrote_to_the_operator_stays_until_it_is_read(up: Team):
    up.add("ada", "actor")
    asked(up, "q-1")
    up.send("ada", "a secret", id="q-2", wait="accepted")
    eventually(lambda: up.store().receipt("re-q-2") is not None)  # type: ignore[arg-type]

    told = up.run("purge", "--older-than", "0s", "--json").json

    assert told["texts"] == 2, "the answer that was read, and its question"
    assert up.call("message.show", id="re-q-2")["body"].startswith("ada got")
    assert up.call("message.show", id="q-2")["body"] == "a secret", "what the unread one replies to"


def test_only_what_is_old_goes_by_the_census_and_each_in_its_time(team: Team, notes: Path):
    settings(team, "census_s = 1\n")
    team.start()
    team.add("ada", "actor")
    for id in ("new", "month", "quarter"):
        asked(team, id, notes)
    team.kill_daemon()
    for days, id in ((31, "month"), (91, "quarter")):
        aged(team, days, f"%{id}")
    team.start()

    eventually(lambda: team.store().receipt("quarter") is None, within_s=10)  # type: ignore[arg-type]
    eventually(lambda: "receipts=2" in team.log("delivery"))

    assert team.call("message.show", id="month")["body"] is None
    assert team.call("message.show", id="new")["body"] == "a secret"
    assert "texts=4" in next(line for line in team.log("delivery").splitlines() if "ev=purged" in line)
    assert len(os.listdir(team.home.attachments)) == 1


def test_the_settings_say_how_long_and_none_is_for_ever(team: Team):
    settings(team, "census_s = 1\nkeep_messages_days = 0.00001\nkeep_receipts_days = 0\n")
    team.start()
    team.add("ada", "actor")
    asked(team, "q-1")

    eventually(lambda: team.call("message.show", id="q-1")["body"] is None, within_s=10)
    said = team.run("purge", "--receipts", "--older-than", "1d")

    assert said.out == "nothing is that old.\n"
    assert team.call("message.show", id="q-1")["task"] == "answered"


def test_a_dry_run_counts_without_a_daemon_and_removes_nothing(up: Team, notes: Path):
    up.add("ada", "actor")
    asked(up, "q-1", notes)
    up.kill_daemon()

    told = up.run("purge", "--older-than", "0s", "--dry-run", "--receipts", "--json", env={})

    assert told.json == {"texts": 2, "receipts": 2, "bytes": 9, "dry_run": True}
    assert up.run("purge", "--dry-run", env={}).out == "nothing is that old.\n"
    assert up.store().with_text(["q-1"]) == {"q-1"}


def test_only_messages_of_a_peer_go_where_one_is_named(up: Team):
    up.add("ada", "actor")
    up.add("bob", "actor")
    asked(up, "q-1")
    up.send("bob", "hello", id="q-2", wait="ended", timeout_s=20)
    up.call("message.show", id="re-q-2")
    eventually(lambda: at_rest(up, "bob"))

    told = up.run("purge", "--older-than", "0s", "--peer", "bob", "--json").json
    unknown = up.run("purge", "--older-than", "0s", "--peer", "nobody")

    assert told["texts"] == 2
    assert up.store().with_text(["q-1", "q-2", "re-q-2"]) == {"q-1"}
    assert (unknown.code, "no messages from or to 'nobody'" in unknown.err) == (1, True)


def test_a_session_may_not_and_an_age_has_a_unit(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")

    inside = up.run("purge", "--older-than", "0s", env=up.caller("ada"))
    odd = [up.run("purge", "--older-than", age) for age in ("30", "d", "-1d", "1.5d")]

    assert (inside.code, "only the operator" in inside.err) == (1, True)
    assert {ran.code for ran in odd} == {2}


def test_what_is_sent_meanwhile_is_delivered_while_many_are_removed(up: Team):
    up.add("ada", "actor")
    asked(up, "q-0")
    up.kill_daemon()
    with closing(sqlite3.connect(up.home.store)) as connection, connection:
        (columns,) = connection.execute("SELECT group_concat(name) FROM pragma_table_info('message')").fetchone()
        rest = ", ".join(name for name in columns.split(",") if name not in ("seq", "id"))
        count = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
        connection.execute(
            f"INSERT INTO message (id, {rest}) {count} SELECT 'old-' || i, {rest} FROM message, n WHERE id = 'q-0'"
        )
        connection.execute("INSERT INTO body SELECT seq, 'text' FROM message WHERE id LIKE 'old-%'")
    aged(up, 40)
    up.start()

    purging = up.popen("purge", "--json")
    eventually(lambda: len(up.store().old_texts(time.time(), None, 3000)) < 3000)
    during = [up.send("ada", "hello", id=f"n-{n}", wait="ended", timeout_s=20) for n in range(3)]

    assert purging.wait(60) == 0
    assert {each["task"] for each in during} == {"answered"}
    assert up.store().old_texts(time.time() - 30 * DAY, None, 10) == []
