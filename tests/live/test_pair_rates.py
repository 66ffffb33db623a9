"""Two peers that send each other more and more are stopped, and somebody is told."""

import contextlib
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PairLimited, PairPaused
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


class Pair:
    """ada and bob, who may send one other two messages in a while, at work in sessions of theirs."""

    def __init__(self, team: Team, **figures: Any) -> None:
        self.team = team
        for name in ("ada", "bob"):
            team.add(
                name,
                "shell",
                accepts_from=["*"],
                **({"pair_rate": 2, "pair_window_s": 3600, "pair_repeats": 99} | figures),
            )
            team.call("peer.wake", peer=name)
            team.call("queue.pause", peer=name)

    def send(self, sender: str, to: str, **fields: Any) -> str:
        asked = {"to": to, "body": "echo once more", "wait": "accepted"} | fields
        token = self.team.caller(sender)["PEERD_TOKEN"]
        sent = call("message.send", asked, timeout_s=20, socket_path=self.team.home.socket, token=token)
        return str(sent["id"])

    def spend(self, sender: str, to: str) -> None:
        for _ in range(2):
            self.send(sender, to)

    def on_record(self) -> int:
        return len(self.team.call("message.list")["messages"])


def notices(team: Team) -> list[str]:
    found: list[str] = team.call("daemon.status").get("notices", [])
    return found


@pytest.mark.parametrize(("sender", "to"), [("ada", "bob"), ("bob", "ada")])
def test_what_is_beyond_the_budget_is_refused_and_the_operator_told_once(up: Team, sender: str, to: str):
    pair = Pair(up)
    pair.spend(sender, to)
    told = rf"{sender} has sent {to} 2 messages in 3600 s: nothing was sent. Send it again in \d+ s"

    for _ in range(3):
        with pytest.raises(PairLimited, match=told):
            pair.send(sender, to)

    assert pair.on_record() == 2
    assert up.log("delivery").count(f"ev=pair-limited from={sender} to={to} count=2 window_s=3600") == 1
    (notice,) = notices(up)
    assert notice.startswith(f"{sender} sends {to} more than 2 messages in 3600 s: 3 refused, the last ")


def test_the_refusal_says_in_json_when_to_send_again(up: Team):
    pair = Pair(up)
    pair.spend("ada", "bob")

    ran = up.run("send", "bob", "echo", "--json", env=up.caller("ada"))

    error = json.loads(ran.err)["error"]
    assert (ran.code, error["kind"], error["exit"]) == (75, "pair-limited", 75)
    assert 0 < error["retry_s"] <= 3600


def test_other_pairs_and_the_operator_are_not_bound_by_it(team: Team):
    Path(team.home.settings_file).parent.mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("[peers]\npair_rate = 2\n")
    team.start()
    pair = Pair(team)
    pair.spend("ada", "bob")

    pair.send("bob", "ada")
    pair.spend("ada", "operator")
    for _ in range(4):
        team.send("bob", "echo", wait="accepted")
    with pytest.raises(PairLimited):
        pair.send("ada", "operator")


def test_the_next_daemon_counts_what_was_sent_before_it(team: Team):
    team.start()
    pair = Pair(team)
    pair.spend("ada", "bob")
    team.kill_daemon()
    team.start()

    with pytest.raises(PairLimited):
        pair.send("ada", "bob")


def test_the_next_daemon_counts_the_windows_on_end_in_which_it_was_refused_before(team: Team):
    team.start()
    pair = Pair(team)
    pair.spend("ada", "bob")
    with pytest.raises(PairLimited):
        pair.send("ada", "bob")
    eventually(lambda: [(each.sender, each.windows) for each in team.store().refused()] == [("ada", 1)])
    team.kill_daemon()
    with contextlib.closing(sqlite3.connect(team.home.store)) as record, record:
        record.execute("UPDATE refused SET windows = 2, noted = noted - 3600")  # as if two had passed
    team.start()

    with pytest.raises(PairPaused, match="more than may be sent in 3 windows on end"):
        pair.send("ada", "bob")


def test_a_message_sent_again_under_its_id_is_not_refused_and_not_counted(up: Team):
    pair = Pair(up)
    for _ in range(3):
        assert pair.send("ada", "bob", id="once") == "once"

    pair.send("ada", "bob")

    assert pair.send("ada", "bob", id="once") == "once"
    assert pair.on_record() == 2


def test_an_answer_is_not_lost_to_the_budget_and_two_that_spend_theirs_are_one_notice(up: Team):
    pair = Pair(up)
    question = pair.send("ada", "bob")
    pair.send("ada", "bob")
    pair.spend("bob", "ada")

    answer = pair.send("bob", "ada", reply_to=question)

    assert up.call("message.show", id=question)["task"] == "answered"
    for sender, to, fields in (("ada", "bob", {"reply_to": answer}), ("bob", "ada", {"reply_to": question})):
        with pytest.raises(PairLimited):
            pair.send(sender, to, **fields)
    (notice,) = notices(up)
    assert notice.startswith("ada and bob send each other more than 2 messages in 3600 s: 2 refused")


def test_once_the_window_is_over_it_may_send_again_and_an_edit_holds_at_once(up: Team):
    pair = Pair(up)
    pair.spend("ada", "bob")
    with pytest.raises(PairLimited):
        pair.send("ada", "bob")

    up.run("edit", "ada", "--set", "pair_window_s=0.2")

    assert eventually(lambda: sent(pair))


def sent(pair: Pair) -> str | None:
    try:
        return pair.send("ada", "bob")
    except PairLimited:
        return None


def test_many_sent_at_once_are_no_more_than_the_budget(up: Team):
    pair = Pair(up)

    with ThreadPoolExecutor(8) as senders:
        taken = [id for id in senders.map(lambda _: sent(pair), range(8)) if id is not None]

    assert len(taken) == 2


def test_two_that_are_let_go_on_have_their_budget_anew(up: Team):
    pair = Pair(up)
    pair.spend("ada", "bob")
    up.run("pairs", "pause", "ada", "bob")

    assert up.run("pairs", "release", "ada", "bob").code == 0

    pair.spend("ada", "bob")
    assert sent(pair) is None


@pytest.mark.parametrize("name", ["ada", "bob"])
def test_a_namesake_has_a_budget_of_its_own(up: Team, name: str):
    pair = Pair(up)
    pair.spend("ada", "bob")
    up.call("peer.remove", peer=name, now=True)

    up.add(name, "shell", accepts_from=["*"], pair_rate=2, pair_window_s=3600)
    up.call("peer.wake", peer=name)

    assert sent(pair) is not None
