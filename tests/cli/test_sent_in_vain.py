"""What `send` says of a message that is not delivered yet, or came to nothing."""

import pytest

from tests.cli.answers import sent
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub


def test_a_wait_that_ran_out_says_not_to_send_again(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(state="accepted", waiting=True, hold="busy", attempt=0)

    ran = peerd("send", "ada", "hello")

    assert ran == (
        3,
        "m-1 to ada: accepted, waits: busy\n",
        "peerd: m-1 is accepted and will be delivered (ada: busy): do not send it again. `peerd wait m-1` waits on.\n",
    )


def test_a_wait_that_ran_out_behind_others_says_so(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(state="accepted", waiting=True, attempt=0, ahead=2)

    assert "m-1 is accepted and will be delivered after 2 other messages: do not" in peerd("send", "ada", "hello").err


def test_a_wait_that_ran_out_is_told_in_json_too(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(state="accepted", waiting=True)

    ran = peerd("send", "--json", "ada", "hello")

    assert (ran.code, ran.json["id"], ran.json["waiting"]) == (3, "m-1", True)
    assert "`peerd wait m-1`" in ran.err


def test_a_wait_for_a_peer_that_is_down_says_why_it_is(daemon: Stub, peerd: Peerd):
    why = "No space left on device"
    daemon.answers["message.send"] = sent(state="accepted", waiting=True, hold="backoff", attempt=0, why=why)

    ran = peerd("send", "--json", "ada", "hello")

    assert (ran.code, ran.json["why"]) == (3, why)
    assert ran.err.endswith("`peerd wait m-1` waits on. ada is down: No space left on device\n")


def test_a_wait_for_a_peer_that_is_left_down_says_when_it_is_tried_again(daemon: Stub, peerd: Peerd):
    down = {"hold": "backoff", "attempt": 0, "why": "killed", "again_s": 56.7}
    daemon.answers["message.send"] = sent(state="accepted", waiting=True, **down)

    ran = peerd("send", "ada", "hello")

    assert (ran.code, "will be delivered (ada: backoff)" in ran.err) == (3, True)
    assert ran.err.endswith("ada is down: killed; it is tried again in 57 s, `peerd start ada` tries at once\n")


@pytest.mark.parametrize("state", ["refused", "expired", "cancelled", "dead"])
def test_a_message_that_came_to_nothing_is_exit_code_1(daemon: Stub, peerd: Peerd, state: str):
    daemon.answers["message.send"] = sent(state=state)

    ran = peerd("send", "ada", "hello")

    assert (ran.code, ran.err) == (1, "peerd: m-1 failed. `peerd message m-1` tells why.\n")


def test_why_a_message_came_to_nothing_is_told_where_that_is_known(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(state="expired", why="not delivered in time")

    ran = peerd("send", "ada", "hello")

    assert ran.err == "peerd: m-1 failed: not delivered in time. `peerd message m-1` tells more.\n"


def test_a_dead_task_is_exit_code_1(daemon: Stub, peerd: Peerd):
    daemon.answers["message.send"] = sent(task="dead")

    assert peerd("send", "ada", "hello", "--wait", "ended").code == 1
