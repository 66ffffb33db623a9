"""What a service asked can be answered, though it is handed no message: who waits for it reads it."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

import pytest

from peerd.errors import UsageError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Ran, Team
from tests.live.test_holds import at_the_keyboard
from tests.live.test_kinds import serves
from tests.live.test_stalled_disks import stalled

pytestmark = pytest.mark.tmux
NOBODY = "web is a service, and no command of its waits for that; `peerd wait m-1 --for ended` tells it"


def of(team: Team, name: str, method: str, **params: Any) -> dict[str, Any]:
    token = team.caller(name)["PEERD_TOKEN"]
    found: dict[str, Any] = call(method, params, timeout_s=30, socket_path=team.home.socket, token=token)
    return found


@pytest.fixture
def served(team: Team) -> Team:
    serves(team, fields="methods = ['message.send', 'message.wait', 'group.send']")
    team.add("bob", "actor", "--busy-s", "600", groups=["g"])
    team.call("peer.wake", peer="bob")
    eventually(lambda: team.show("web")["phase"] == "running")
    return team


@pytest.mark.parametrize("by", ["bob", "operator"])
def test_who_was_asked_answers_and_the_command_that_waits_has_it(served: Team, by: str):
    with ThreadPoolExecutor(1) as beside:
        asks = beside.submit(
            of, served, "web", "message.send", to=by, body="which?", id="m-1", wait="ended", timeout_s=20
        )
        eventually(lambda: "ev=accepted id=m-1" in served.log("delivery"))
        reply = {"to": None, "reply_to": "m-1", "body": "the left one"}
        replied = of(served, by, "message.send", **reply) if by == "bob" else served.call("message.send", **reply)

        asked = asks.result(20)

    assert (asked["task"], asked["answer"]) == ("answered", "the left one")
    assert (replied["to"], replied["state"], served.show("web")["queue"]) == ("web", "submitted", [])
    shown = served.call("message.show", id=replied["id"])
    assert shown["history"][-1]["evidence"] == "web is a service: its command that waits has the answer"


def test_an_answer_to_a_command_of_a_service_that_has_another_name_by_now_is_given_to_nobody(served: Team):
    with ThreadPoolExecutor(1) as beside:
        asks = beside.submit(
            of, served, "web", "message.send", to="operator", body="which?", id="m-1", wait="ended", timeout_s=20
        )
        eventually(lambda: "ev=accepted id=m-1" in served.log("delivery"))
        served.call("peer.rename", peer="web", name="site", now=True)
        replied = served.call("message.send", to=None, reply_to="m-1", body="the left one")

        asked = asks.result(20)

    assert (asked["task"], asked["answer"], asked["withheld"]) == ("answered", None, True)
    eventually(lambda: served.call("message.show", id=replied["id"])["state"] != "accepted")
    told = served.call("message.show", id=replied["id"])
    assert (told["state"], told["history"][-1]["evidence"]) == ("cancelled", NOBODY.replace("web", "site"))


@pytest.mark.parametrize(
    "waits", [{"wait": "accepted"}, {"wait": "submitted"}, {"wait": "ended", "timeout_s": 0.1}], ids=str
)
def test_an_answer_that_no_command_waits_for_is_on_record_and_delivered_to_nobody(served: Team, waits: dict[str, Any]):
    of(served, "web", "message.send", to="bob", body="which?", id="m-1", **waits)

    replied = of(served, "bob", "message.send", to=None, reply_to="m-1", body="the left one")

    assert (replied["state"], replied["why"]) == ("cancelled", NOBODY)
    assert of(served, "web", "message.wait", id="m-1", until="ended", timeout_s=0.0)["answer"] == "the left one"
    assert served.call("message.show", id=replied["id"])["state"] == "cancelled"


def test_so_is_one_to_a_service_that_is_stopped_and_who_answered_is_told(served: Team):
    of(served, "web", "message.send", to="operator", body="which?", id="m-1", wait="accepted")
    served.call("peer.stop", peer="web")
    eventually(lambda: served.show("web")["phase"] == "asleep")

    ran = served.run("reply", "m-1", "the left one")

    assert (ran.code, "web: cancelled" in ran.out, NOBODY in ran.err) == (1, True, True)
    assert served.run("wait", "m-1", "--for", "ended").out == "the left one\n"
    assert served.run("inbox", "ls").out == "nothing is unread, and nothing awaits your answer.\n"


def test_a_command_whose_time_is_over_while_the_answer_gets_on_disk_has_it_where_that_is_submitted(served: Team):
    asks = {"to": "operator", "body": "which?", "id": "m-1", "wait": "ended", "timeout_s": 2.0}
    with ThreadPoolExecutor(2) as beside:
        asking = beside.submit(of, served, "web", "message.send", **asks)
        eventually(lambda: "ev=accepted id=m-1" in served.log("delivery"))
        with stalled(served):
            replying = beside.submit(served.call, "message.send", to=None, reply_to="m-1", body="the left one")
            wait([asking], timeout=3.0)

        asked, replied = asking.result(20), replying.result(20)

    told = "the left one" if replied["state"] == "submitted" else None
    assert (asked["answer"], asked["waiting"]) == (told, told is None)


def test_so_has_one_whose_turn_ends_while_the_answer_gets_on_disk(served: Team):
    env = served.env | served.caller("web") | {"PEERD_SESSION": served.session("web").id}
    with ThreadPoolExecutor(2) as beside:
        asking = beside.submit(served.run, "ask", "bob", "work on it", "--id", "m-1", "--timeout", "30", env=env)
        eventually(lambda: "ev=submitted id=m-1" in served.log("delivery"))
        with stalled(served):
            at_the_keyboard(served, "bob", "send-keys", "C-c")
            eventually(lambda: "ev=turn-ended id=m-1" in served.log("delivery"))
            replying = beside.submit(
                of, served, "bob", "message.send", to=None, reply_to="m-1", body="the left one", id="r-1"
            )
            for _ in range(20):  # by then it is on its way to the disk
                served.show("web")

        asked, replied = asking.result(40), replying.result(20)

    assert (asked.out, replied["state"]) == ("the left one\n", "submitted")


QUESTIONS = 8


@pytest.mark.parametrize("how", ["it waits", "it asks once more"])
def test_its_next_session_has_the_answer_to_what_the_one_before_asked(served: Team, how: str):
    """When a call waits is not to be seen: each time it is given longer, and once in time is enough."""
    for nth in range(QUESTIONS):
        of(served, "web", "message.send", to="operator", body="which?", id=f"m-{nth}", wait="accepted")
    served.call("peer.stop", peer="web")
    eventually(lambda: served.show("web")["phase"] == "asleep")
    served.call("peer.start", peer="web")
    eventually(lambda: served.show("web")["phase"] == "running")
    again = {"to": "operator", "body": "which?", "wait": "ended"}
    method, asked = ("message.wait", {"until": "ended"}) if how == "it waits" else ("message.send", again)

    def answered(nth: int) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as beside:
            waits = beside.submit(of, served, "web", method, **asked, id=f"m-{nth}", timeout_s=20)
            for _ in range(2**nth):
                served.show("web")
            replied: dict[str, Any] = served.call("message.send", to=None, reply_to=f"m-{nth}", body="the left one")
            assert waits.result(25)["answer"] == "the left one"
        return replied

    assert any(answered(nth)["state"] == "submitted" for nth in range(QUESTIONS))


def sends(served: Team, *words: str) -> tuple[Ran, Ran]:
    """What the service's own command said, and that which answered."""
    env = served.env | served.caller("web") | {"PEERD_SESSION": served.session("web").id}
    command = ("send", "operator", "which?", "--id", "m-1", "--wait", "ended", "--timeout", "30", *words)
    with ThreadPoolExecutor(1) as beside:
        sending = beside.submit(served.run, *command, env=env)
        eventually(lambda: "ev=accepted id=m-1" in served.log("delivery"), within_s=20)
        replied = served.run("reply", "m-1", "the left one")
        return sending.result(40), replied


def test_a_command_that_waits_and_prints_no_answer_is_not_said_to_have_it(served: Team):
    sent, replied = sends(served)

    assert (replied.code, "web: cancelled" in replied.out, NOBODY in replied.err) == (1, True, True)
    assert (sent.code, sent.out) == (0, "m-1 to operator: submitted, answered\n")
    assert sent.err == "peerd: the answer is on record: `peerd wait m-1 --for ended` prints it.\n"


def test_its_json_has_the_answer(served: Team):
    sent, replied = sends(served, "--json")

    assert (replied.code, "web: submitted" in replied.out) == (0, True)
    assert (json.loads(sent.out)["answer"], sent.err) == ("the left one", "")


@contextmanager
def asks_two(served: Team) -> Iterator[subprocess.Popen[str]]:
    """Both were given it, and bob has answered."""
    served.add("ann", "actor", "--busy-s", "600", groups=["g"])
    served.call("peer.wake", peer="ann")
    env = served.env | served.caller("web") | {"PEERD_SESSION": served.session("web").id}
    command = (sys.executable, "-m", "peerd", "ask", "@g", "which?", "--id", "m-1", "--timeout", "30")
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as asking:
        for name in ("bob", "ann"):
            eventually(lambda name=name: f"ev=submitted id=m-1.{name}" in served.log("delivery"))  # type: ignore[misc]
        yield asking
        asking.kill()


def answers(served: Team, name: str) -> dict[str, Any]:
    return of(served, name, "message.send", to=None, reply_to=f"m-1.{name}", body=f"that of {name}", id=f"r-{name}")


def of_bob(served: Team) -> list[tuple[str, str]]:
    history = served.call("message.show", id="r-bob")["history"]
    return [(step["state"], step["evidence"]) for step in history]


def test_an_answer_of_a_group_is_taken_as_the_command_that_asked_prints_it_and_holds_up_nobody(served: Team):
    with asks_two(served) as asking:
        replied = answers(served, "bob")
        assert (replied["state"], replied["because"]) == (
            "accepted",
            "a command of web waits for it, and prints it with all that it asked for",
        )
        answers(served, "ann")

        out, _ = asking.communicate(timeout=20)

    assert ("that of bob" in out, "that of ann" in out) == (True, True)
    eventually(lambda: of_bob(served)[-1] == ("submitted", "web is a service: its command that waits has the answer"))


@pytest.mark.parametrize("dies", [signal.SIGINT, signal.SIGKILL])
def test_one_whose_command_ends_before_the_others_answered_is_handed_to_nobody(served: Team, dies: signal.Signals):
    with asks_two(served) as asking:
        answers(served, "bob")

        asking.send_signal(dies)

        assert asking.communicate(timeout=20)[0] == ""
        why = NOBODY.replace("m-1", "m-1.bob")
        eventually(lambda: of_bob(served)[-1] == ("cancelled", why))
    assert served.run("wait", "m-1.bob", "--for", "ended").out == "that of bob\n"


def test_so_is_one_whose_command_waits_as_the_daemon_is_killed(served: Team):
    with asks_two(served) as asking:
        answers(served, "bob")

        served.kill_daemon()
        asking.kill()
        served.start()

        eventually(lambda: of_bob(served)[-1] == ("cancelled", NOBODY.replace("m-1", "m-1.bob")))
    assert served.show("web")["queue"] == []


def test_nothing_else_is_taken_by_it(served: Team):
    of(served, "web", "message.send", to="bob", body="which?", id="m-1", wait="accepted")
    of(served, "bob", "message.send", to=None, reply_to="m-1", body="the left one")

    for again in ({"to": None, "reply_to": "m-1"}, {"to": "web"}):
        with pytest.raises(UsageError, match="web is a service: it takes no messages"):
            of(served, "bob", "message.send", body="and this", **again)
