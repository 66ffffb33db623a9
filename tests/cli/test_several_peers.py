"""Commands that take several peers: named, by a pattern, or all; an error of one costs no other."""

from typing import Any

import pytest

from peerd.errors import PeerdError
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

COMMANDS: dict[str, tuple[str, dict[str, Any]]] = {
    "stop": ("peer.stop", {"peer": "x", "want": "down", "phase": "asleep"}),
    "start": ("peer.start", {"peer": "x", "want": "on_demand", "phase": "asleep"}),
    "refresh": ("peer.refresh", {"peer": "x", "ends": None}),
}


@pytest.fixture
def three(daemon: Stub) -> Stub:
    """A daemon with three peers."""
    daemon.answers |= dict(COMMANDS.values())
    daemon.answers["peer.list"] = {"peers": [{"peer": name} for name in ("ada", "rev-1", "rev-2")]}
    return daemon


def asked(daemon: Stub, method: str) -> list[str]:
    return [params["peer"] for called, params in daemon.asked if called == method]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("--all", ["ada", "rev-1", "rev-2"]),
        ("rev*", ["rev-1", "rev-2"]),
        ("rev* ada", ["ada", "rev-1", "rev-2"]),
        ("ada rev-2", ["ada", "rev-2"]),
        ("rev-1", ["rev-1"]),
    ],
)
def test_each_peer_that_is_meant_is_asked_for_once(
    three: Stub, peerd: Peerd, command: str, words: str, names: list[str]
):
    assert peerd(command, *words.split()).code == 0

    assert asked(three, COMMANDS[command][0]) == names


def test_a_pattern_that_matches_none_does_nothing(three: Stub, peerd: Peerd):
    ran = peerd("stop", "ada", "x*")

    assert (ran.code, asked(three, "peer.stop")) == (2, [])
    assert "no peer matches 'x*'" in ran.err


@pytest.mark.parametrize("words", ["", "ada --all"])
def test_who_is_meant_must_be_said_one_way(three: Stub, peerd: Peerd, words: str):
    assert peerd("stop", *words.split()).code == 2
    assert three.asked == []


def test_an_error_of_one_costs_no_other(three: Stub, peerd: Peerd):
    three.answers["peer.refresh"] = PeerdError("not now")

    ran = peerd("refresh", "--all")

    assert (ran.code, ran.err) == (1, "peerd: not now\n" * 3)
    assert asked(three, "peer.refresh") == ["ada", "rev-1", "rev-2"]
