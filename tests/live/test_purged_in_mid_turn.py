"""A turn that goes on after its peer answered keeps its message: text, files and row, whoever purges meanwhile."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from peerd.errors import PeerdError
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

LONG = "60"
SHORT = "3"


@pytest.fixture
def notes(team: Team) -> Path:
    path = team.work / "notes.txt"
    path.write_text("as it was")
    return path


def at_work(team: Team, busy_s: str, **params: object) -> str:
    """Bob answered `nightly`, the answer was read, and his turn goes on. Returns where all goes that he is given."""
    record = str(team.work / "record")
    team.add("ada", "actor")
    team.add("bob", "actor", "--busy-s", busy_s, "--baton", "9", "--to", "ada", "--record", record)
    team.send("bob", "baton 9 first", id="nightly", wait="submitted", timeout_s=20, **params)
    assert team.run("reply", "nightly", "done", "--id", "re-1", env=team.caller("bob")).code == 0
    team.call("message.show", id="re-1")
    return record


def purged(team: Team) -> tuple[int, int]:
    told = team.call("message.purge", older_than_s=0.0, receipts=True)
    return told["texts"], told["receipts"]


@pytest.mark.parametrize("anew", [False, True], ids=["one-daemon", "the-next-daemon"])
def test_what_a_turn_is_about_is_not_old_while_it_goes_on(up: Team, notes: Path, anew: bool):
    at_work(up, LONG, attach=[str(notes)])
    session = up.session("bob").id
    if anew:
        up.kill_daemon()
        up.start()

    gone = purged(up)

    assert gone == (1, 1), "the answer, which was read"
    assert up.call("message.show", id="nightly")["body"] == "baton 9 first"
    assert Path(up.home.session(session), "files", "nightly", "notes.txt").read_text() == "as it was"
    up.call("peer.stop", peer="bob")
    assert eventually(lambda: purged(up) == (1, 1))
    assert not Path(up.home.session(session), "files", "nightly").exists()


def test_its_id_is_free_once_the_turn_is_over_and_no_sooner(up: Team):
    record = at_work(up, SHORT)

    purged(up)
    with pytest.raises(PeerdError, match="the id nightly is taken by another message"):
        up.send("bob", "baton 9 second", id="nightly", queue=True)
    assert eventually(lambda: purged(up) == (1, 1), within_s=10)
    up.send("bob", "baton 9 second", id="nightly", wait="ended", timeout_s=20)

    assert b"baton 9 second" in Path(record).read_bytes()


def test_what_is_sent_under_the_id_of_what_is_in_hand_and_on_no_record_is_refused(up: Team):
    at_work(up, LONG)
    with closing(sqlite3.connect(up.home.store)) as connection, connection:
        connection.execute("DELETE FROM message WHERE id = 'nightly'")

    with pytest.raises(PeerdError, match="bob is at work on another nightly, which is no longer on record"):
        up.send("ada", "something else", id="nightly")

    assert up.store().receipt("nightly") is None  # type: ignore[arg-type]
