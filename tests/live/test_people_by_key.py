"""Of what one sender has lying unread under one key the latest stays; what is urgent is listed first."""

from pathlib import Path

import pytest

from peerd.errors import PeerdError, TryAgain
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_people_in_time import asks
from tests.live.test_people_later import listed, state
from tests.live.test_reports import reports, said

pytestmark = pytest.mark.tmux
__all__ = ["asks"]


def test_of_one_key_the_latest_lies_unread(asks: Team):
    asks.add("bob")
    asks.call("peer.wake", peer="bob")
    said(asks, "operator", "theirs", "bob", id="b-1", key="build")
    said(asks, "operator", "build is red", id="m-1", key="build")
    said(asks, "operator", "tomorrow", id="m-2", key="build", not_before_s=3600)

    said(asks, "operator", "build is green", id="m-3", key="build")

    eventually(lambda: state(asks, "m-2") == "cancelled")
    assert listed(asks) == ["b-1", "m-3"]
    assert asks.call("message.show", id="m-1")["history"][-1]["evidence"].startswith("m-")
    assert [state(asks, id) for id in ("m-1", "m-3")] == ["cancelled", "accepted"]
    assert reports(asks, "m-1") == []


def test_where_no_more_may_lie_unread_the_later_word_takes_a_place_all_the_same(team: Team):
    Path(team.home.config).mkdir(parents=True)
    Path(team.home.settings_file).write_text("[peers]\nqueue_max = 2\n")
    team.start()
    for name in ("ada", "bob"):
        team.add(name)
        team.call("peer.wake", peer=name)
    said(team, "operator", "hello", id="m-1")
    for id in ("m-2", "m-3"):
        said(team, "operator", id, id=id, key="build")

    for name, key in (("ada", None), ("ada", "another"), ("bob", "build")):
        with pytest.raises(TryAgain, match="unread; not accepted"):
            said(team, "operator", "one too many", name, key=key)
    eventually(lambda: listed(team) == ["m-1", "m-3"])


def test_one_that_was_read_gives_way_to_none(asks: Team):
    said(asks, "operator", "build is red", id="m-1", key="build")
    asks.run("inbox", "read", "m-1")
    said(asks, "operator", "build is green", id="m-2", key="build")
    said(asks, "operator", "build is blue", id="m-3", key="build")

    eventually(lambda: state(asks, "m-2") == "cancelled")
    assert state(asks, "m-1") == "submitted"


def test_one_that_came_to_nothing_is_not_handed_out_before_the_later_word(asks: Team):
    said(asks, "operator", "build is red", id="m-1", key="build", expires_s=0.3)
    eventually(lambda: state(asks, "m-1") == "expired")
    said(asks, "operator", "build is green", id="m-2", key="build")

    with pytest.raises(PeerdError, match="m-2 waits under the same key"):
        asks.call("message.requeue", id="m-1")

    assert listed(asks) == ["m-2"]


def test_what_is_urgent_is_listed_first_and_each_sender_s_in_the_order_sent(asks: Team):
    asks.add("bob")
    asks.call("peer.wake", peer="bob")
    for id, priority in (("m-1", "low"), ("m-2", "normal")):
        said(asks, "operator", id, id=id, priority=priority)
    said(asks, "operator", "first", "bob", id="b-1")
    said(asks, "operator", "then", "bob", id="b-2", priority="high")

    assert listed(asks) == ["b-1", "b-2", "m-1", "m-2"]
    assert "high priority" in asks.run("inbox", "ls").out
