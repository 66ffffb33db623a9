"""What is asked for is answered by its id, whatever else was asked for and how much of that is on record."""

import contextlib
import json
import sqlite3

import pytest

from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import APPROVED, answers, asking, stands

pytestmark = pytest.mark.tmux

KEPT_MAX = 1000


def came_and_went(team: Team, *, chars: int) -> None:
    """As many as are kept, all newer than the one that stands."""
    content = json.dumps({"file_path": "/x", "content": "y" * chars})
    changed = {"peer": "bob", "state": "approved", "tool": "Write", "input": content, "ended_at": 1.0}
    with contextlib.closing(sqlite3.connect(team.home.store)) as record, record:
        record.row_factory = sqlite3.Row
        (stands,) = record.execute("SELECT * FROM approval")
        for n in range(KEPT_MAX):
            row = {**dict(stands), **changed, "seq": stands["seq"] + 1 + n, "id": f"a-x{n:04}"}
            record.execute(f"INSERT INTO approval VALUES ({', '.join('?' * len(row))})", list(row.values()))


def test_one_that_stands_is_approved_though_a_thousand_long_ones_came_and_went_since(up: Team):
    asked = asking(up)
    came_and_went(up, chars=20_000)

    listed = up.run("approvals", "--all")
    done = at_a_terminal(up, "approve", asked["id"], "--yes")

    assert done.code == 0, done.out
    assert answers(up) == [APPROVED]
    assert (listed.code, listed.out.splitlines()[0].split()[0]) == (0, asked["id"])


def test_one_that_is_over_or_never_was_is_told_by_its_id(up: Team):
    asked = asking(up)
    assert at_a_terminal(up, "deny", asked["id"]).code == 0

    over, none = (at_a_terminal(up, "approve", id, "--yes") for id in (asked["id"], "a-none"))

    assert "it is already closed; no key was pressed" in over.out
    assert "no approval 'a-none'. `peerd approvals` lists the open ones." in none.out


def test_who_answered_what_is_told_when_its_peer_is_removed_and_what_stood_is_over(up: Team):
    asked = asking(up)
    assert at_a_terminal(up, "deny", asked["id"]).code == 0
    up.send("ada", "a danger to life", id="m-2", timeout_s=20)
    stood = stands(up)

    up.run("rm", "ada", "--now")
    up.add("ada")

    over = {each["id"]: each for each in up.call("approval.list", all=True)["approvals"]}
    assert {each["peer"] for each in over.values()} == {"ada (removed)"}
    assert (over[asked["id"]]["state"], over[asked["id"]]["answer"]) == ("denied", "deny")
    assert over[stood["id"]]["state"] == "gone"
    assert "it is already closed; no key was pressed" in at_a_terminal(up, "approve", stood["id"], "--yes").out
