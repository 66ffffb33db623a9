"""What the record knows is told without a daemon as with it: field by field, of one home."""

import os
import signal
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team

pytestmark = pytest.mark.tmux

PEERS = ("ada", "bob", "cat", "dan", "eve", "fay")
ASKED = ("ls", "messages", "queue ls", *(f"{verb} {name}" for verb in ("show", "queue ls") for name in PEERS))
MESSAGES = ("to-bob-1", "to-cat-2", "to-dan-1", "to-dan-3", "to-eve-1", "to-fay-1", "to-gone-1")

OF_NOW = frozenset({"activity", "since", "verdict", "evidence"})
"""What somebody has to look at for it to be so."""


@pytest.fixture
def home(up: Team) -> Team:
    """ada has nothing to do; bob is stopped, cat's queue is held back, dan at work, eve done; fay failed."""
    for name in (*PEERS, "gone"):
        up.add(name, "actor", *(("--busy-s", "60") if name == "dan" else ()), crash_max=1)
    up.send("eve", "hello", id="to-eve-1", wait="ended", timeout_s=20)
    up.send("dan", "work", id="to-dan-1", wait="submitted", timeout_s=20)
    up.call("peer.stop", peer="bob")
    up.call("queue.pause", peer="cat")
    up.call("peer.wake", peer="fay")
    os.kill(up.session("fay").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: up.show("fay")["phase"] == "failed")
    for name, n in (("bob", 2), ("cat", 2), ("dan", 3), ("fay", 2), ("gone", 1)):
        for number in range(2 if name == "dan" else 1, n + 1):
            up.send(name, "hello", id=f"to-{name}-{number}", wait="accepted", queue=True)
    up.call("peer.remove", peer="gone", now=True)
    return up


def told(team: Team) -> dict[str, Any]:
    """Each field by its path."""
    asked = {each: team.run(*each.split(), "--json").json for each in ASKED}
    asked |= {id: team.run("message", id, "--json").json for id in MESSAGES}
    return dict(_fields("", asked))


def _fields(path: str, value: Any) -> Any:
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return [(path, value)]
    return [each for name, part in value.items() if name not in OF_NOW for each in _fields(f"{path}/{name}", part)]


def test_what_the_record_knows_is_told_without_a_daemon_as_with_it(home: Team):
    with_it = told(home)

    home.kill_daemon()

    without = told(home)
    differ = {path for path in with_it.keys() | without.keys() if with_it.get(path) != without.get(path)}
    assert {path: (with_it.get(path), without.get(path)) for path in sorted(differ)} == {}


def test_what_came_before_the_newest_is_listed_with_a_daemon_and_without(up: Team):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    for n in range(1, 6):
        up.send("ada", "hello", id=f"m-{n}", wait="accepted")

    def listed(*words: str) -> list[str]:
        return [row["id"] for row in up.run("messages", "--limit", "2", *words, "--json").json["messages"]]

    def all_that_is_told() -> list[object]:
        older = up.run("messages", "--limit", "2")
        unknown = up.run("messages", "--before", "m-9")
        pages = [listed(), *(listed("--before", id) for id in ("m-4", "m-2", "m-1"))]
        says = "with `--before m-4` too, the ones before them" in older.err
        return [*pages, says, (unknown.code, "no message 'm-9'" in unknown.err)]

    with_it = all_that_is_told()
    up.kill_daemon()

    assert with_it == [["m-4", "m-5"], ["m-2", "m-3"], ["m-1"], [], True, (1, True)]
    assert all_that_is_told() == with_it
