"""Two peers that would never stop are paused with each other, both are told, and a person lets them go on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NotPermitted, PairLimited, PairPaused, PeerdError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_at_once import Caller

pytestmark = pytest.mark.tmux

THANKS = (
    "Thanks, that is all I needed.",
    "You're welcome, let me know if you need anything else.",
    "Will do, thanks again!",
    "Anytime. Standing by.",
    "Acknowledged, standing by as well.",
    "Great, no further action needed here.",
    "Confirmed, no action needed here either.",
    "Understood. Standing by.",
)


class Pair:
    """ada and bob, at work in sessions of theirs, who take each other's messages when they are let."""

    def __init__(self, team: Team, **figures: Any) -> None:
        self.team = team
        for name in ("ada", "bob"):
            team.add(name, "actor", accepts_from=["*"], **figures)
            team.call("peer.wake", peer=name)
            team.call("queue.pause", peer=name)

    def send(self, sender: str, to: str, body: str = "any news?", **fields: Any) -> str:
        return str(self.sent(sender, to, body, **fields)["id"])

    def sent(self, sender: str, to: str, body: str, **fields: Any) -> dict[str, Any]:
        asked = {"to": to, "body": body, "wait": "accepted"} | fields
        token = self.team.caller(sender)["PEERD_TOKEN"]
        found: dict[str, Any] = call(
            "message.send", asked, timeout_s=20, socket_path=self.team.home.socket, token=token
        )
        return found

    def trip(self) -> None:
        for _ in range(2):
            self.send("ada", "bob")
        with pytest.raises(PairPaused):
            self.send("ada", "bob")

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.team.call("pair.list")["pairs"]
        return found

    def waits(self, name: str) -> list[tuple[str, str | None]]:
        return [(each["from"], each["hold"]) for each in self.team.call("queue.list", peer=name)["waiting"]]

    def let(self, *names: str) -> None:
        for name in names:
            self.team.call("queue.resume", peer=name)


def test_the_third_same_message_is_refused_and_says_why_and_that_a_person_releases_it(up: Team):
    pair = Pair(up)
    for _ in range(2):
        pair.send("ada", "bob", "Any  news?")

    ran = up.run("send", "bob", "any news?", "--json", env=up.caller("ada"))

    error = json.loads(ran.err)["error"]
    assert (ran.code, error["kind"]) == (75, "pair-paused")
    assert error["message"].startswith(
        "ada and bob are paused with each other (the same message 3 times within 600 s): nothing was sent. "
    )
    assert "`peerd pairs release ada bob`" in error["message"]
    assert [each["from"] for each in up.call("message.list", peer="ada")["messages"]] == ["ada", "ada"]
    assert up.log("delivery").count("ev=pair-paused from=ada to=bob") == 1


def test_three_sent_at_the_same_moment_are_three(up: Team):
    Pair(up)
    caller = Caller(up, up.caller("ada")["PEERD_TOKEN"])

    caller.begin(*[("message.send", {"to": "bob", "body": "any news?", "wait": "accepted"})] * 3)

    *_, refused = caller.answers(3)
    assert refused.startswith("ada and bob are paused with each other (the same message 3 times within 600 s)")
    assert len(up.call("message.list", state="accepted", peer="ada")["messages"]) == 2


def test_the_other_is_told_once_and_the_operator_noticed(up: Team):
    pair = Pair(up)
    pair.trip()

    eventually(lambda: ("daemon", "queue-paused") in pair.waits("bob"))
    (told,) = [each for each in up.call("message.list", peer="bob")["messages"] if each["from"] == "daemon"]
    body = up.call("message.show", id=told["id"])["body"]
    assert body.startswith("You and ada are paused with each other (the same message 3 times within 600 s)")
    (notice,) = up.call("daemon.status")["notices"]
    assert "ada and bob are paused with each other" in str(notice)
    assert "`peerd pairs release ada bob`" in str(notice)


def test_nothing_goes_between_them_either_way_and_others_are_not_held_up(up: Team):
    pair = Pair(up)
    pair.trip()

    with pytest.raises(PairPaused):
        pair.send("bob", "ada", "something else")
    pair.let("bob")
    other = up.send("bob", "a task of the operator's", wait="ended", timeout_s=20)

    assert other["task"] in ("answered", "turn_ended")
    assert [each for each in pair.waits("bob") if each[0] == "ada"] == [("ada", "pair-paused")] * 2
    ran = up.run("queue", "ls", "bob")
    assert ran.out.count("pair-paused") == 2


def test_an_answer_to_an_open_task_is_taken_waits_and_nobody_waits_for_it(up: Team):
    pair = Pair(up)
    question = pair.send("bob", "ada", "what is the port?")
    pair.trip()
    pair.let("bob")

    answer = pair.sent("ada", "bob", "8080", reply_to=question, wait="submitted", timeout_s=30)

    assert (answer["state"], answer["hold"], answer["waiting"]) == ("accepted", "pair-paused", True)
    assert "ada and bob are paused with each other" in answer["because"]
    assert up.call("message.show", id=question)["task"] == "answered"


def test_released_what_waits_goes_on_in_order_and_what_was_said_counts_no_more(up: Team):
    pair = Pair(up)
    pair.trip()
    pair.let("ada", "bob")

    released = up.run("pairs", "release", "bob", "ada")

    assert released.code == 0
    assert released.out == "ada and bob go on: 2 messages will be delivered.\n"
    eventually(lambda: not pair.waits("bob"), within_s=20)
    assert up.log("delivery").count("ev=pair-released from=ada to=bob by=operator") == 1
    assert pair.listed() == []
    up.call("queue.pause", peer="bob")
    pair.trip()


def test_purged_what_waits_between_the_two_is_cancelled_and_nothing_else(up: Team):
    pair = Pair(up)
    pair.trip()
    up.send("bob", "of the operator", wait="accepted")

    released = up.run("pairs", "release", "ada", "bob", "--purge", "--json").json

    assert released == {"one": "ada", "other": "bob", "paused": False, "waiting": 0, "dropped": 2}
    assert [who for who, _ in pair.waits("bob")] == ["operator"]


def test_two_that_thank_each_other_are_paused(up: Team):
    pair, last = Pair(up), None
    for n, text in enumerate(THANKS[:-1]):
        last = pair.send(*(("ada", "bob") if n % 2 == 0 else ("bob", "ada")), text, reply_to=last)

    with pytest.raises(PairPaused, match="8 messages in turn, within 600 s, that say nothing but thanks"):
        pair.send("bob", "ada", THANKS[-1], reply_to=last)


def test_a_budget_that_is_too_small_in_three_windows_on_end_pauses_them(up: Team):
    pair = Pair(up, pair_rate=1, pair_window_s=0.5, pair_repeats=0)

    assert eventually(lambda: refused_as(lambda: pair.send("ada", "bob"), PairPaused), within_s=20)

    assert "more than may be sent in 3 windows on end" in pair.listed()[0]["why"]


def refused_as(send: Callable[[], str], wanted: type[PeerdError]) -> bool:
    try:
        send()
    except (PairPaused, PairLimited) as error:
        return isinstance(error, wanted)
    return False


def test_what_is_refused_for_its_budget_is_listed_as_that(up: Team):
    pair = Pair(up, pair_rate=1, pair_window_s=3600)
    pair.send("ada", "bob")
    with pytest.raises(PairLimited):
        pair.send("ada", "bob", "and again")

    (row,) = pair.listed()

    assert (row["one"], row["other"], row["paused"]) == ("ada", "bob", False)
    assert row["why"] == "1 of ada refused, beyond its budget"
    assert "limited" in up.run("pairs").out


@pytest.mark.parametrize("sender", ["operator", "a key", "files", "other words", "never"])
def test_what_is_no_storm_pauses_nobody(up: Team, tmp_path: Path, sender: str):
    (tmp_path / "news.txt").write_text("none")
    with_it: dict[str, dict[str, Any]] = {"a key": {"key": "news"}, "files": {"attach": [str(tmp_path / "news.txt")]}}
    pair = Pair(up, **({"pair_repeats": 0} if sender == "never" else {}))
    for n in range(4):
        if sender == "operator":
            up.send("bob", "any news?", wait="accepted")
        else:
            fields = with_it.get(sender, {}) if n > 1 else {}
            pair.send("ada", "bob", f"any news of {n}?" if sender == "other words" else "any news?", **fields)

    assert pair.listed() == []


def test_the_same_under_one_id_is_one_message(up: Team):
    pair = Pair(up)

    assert {pair.send("ada", "bob", id="m-once") for _ in range(4)} == {"m-once"}
    assert pair.listed() == []


def test_the_next_daemon_knows_the_pause_and_what_counts_for_one(up: Team):
    pair = Pair(up)
    for _ in range(2):
        pair.send("ada", "bob")
    up.kill_daemon()
    up.start()
    with pytest.raises(PairPaused):
        pair.send("ada", "bob")
    assert pair.listed()  # once that is on disk
    up.kill_daemon()

    offline = up.run("pairs", "--json", env={})
    assert [(each["one"], each["other"], each["waiting"]) for each in offline.json["pairs"]] == [("ada", "bob", 2)]
    assert up.run("queue", "ls", "bob", env={}).out.count("pair-paused") == 0  # its queue is held back as a whole

    up.start()
    with pytest.raises(PairPaused):
        pair.send("bob", "ada", "hello")


def test_a_pause_goes_with_a_new_name_and_not_to_a_namesake(up: Team):
    pair = Pair(up)
    pair.trip()
    assert up.run("rename", "ada", "eve", "--now").code == 0
    up.call("peer.wake", peer="eve")
    with pytest.raises(PairPaused):
        pair.send("eve", "bob")
    assert [(each["one"], each["other"]) for each in pair.listed()] == [("bob", "eve")]

    assert up.run("rm", "eve", "--now").code == 0
    up.add("eve", "actor", accepts_from=["*"])
    up.call("peer.wake", peer="eve")

    assert pair.send("eve", "bob")
    assert pair.listed() == []


def test_what_a_removed_peer_said_counts_for_nobody_who_is_given_its_name(up: Team):
    pair = Pair(up)
    for _ in range(2):
        pair.send("ada", "bob")
    up.call("peer.remove", peer="ada", now=True)
    up.add("eve", "actor", accepts_from=["*"])

    up.call("peer.rename", peer="eve", name="ada")
    up.call("peer.wake", peer="ada")

    assert pair.send("ada", "bob")
    assert pair.listed() == []


def test_a_person_may_pause_two_and_only_a_person_releases_them(up: Team):
    pair = Pair(up)

    assert up.run("pairs", "pause", "ada", "bob").out == (
        "ada and bob: 0 messages waiting, held back until `peerd pairs release ada bob`.\n"
    )
    for name in ("ada", "bob"):
        assert [who for who, _ in pair.waits(name)] == ["daemon"]
    with pytest.raises(NotPermitted):
        token = up.caller("ada")["PEERD_TOKEN"]
        asked = {"one": "ada", "other": "bob"}
        call("pair.release", asked, timeout_s=20, socket_path=up.home.socket, token=token)
    with pytest.raises(PairPaused, match="asked for"):
        pair.send("ada", "bob", "hello")


@pytest.mark.parametrize(
    "words", [("release", "ada"), ("release", "ada", "ada"), ("ls", "ada"), ("--purge",), ("release", "ada", "nobody")]
)
def test_a_wrong_command_changes_nothing(up: Team, words: tuple[str, ...]):
    up.add("ada", "actor")

    assert up.run("pairs", *words).code in (1, 2)
