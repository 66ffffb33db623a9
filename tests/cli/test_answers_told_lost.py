"""Commands whose answer was lost with the daemon, and that asked the next one: what they say then."""

from typing import Any

import pytest

from peerd.errors import UnknownPeer, WasRemoved
from tests.cli.answers import row
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

RENAMED = {"peer": "eve", "was": "ada", "file": "/p/eve.toml", "named_by": []}


def test_a_peer_that_is_gone_by_then_is_removed(daemon: Stub, peerd: Peerd):
    daemon.first = [None]
    daemon.answers["peer.remove"] = WasRemoved("no peer 'ada'.")

    assert peerd("rm", "ada") == (0, "ada is removed. `peerd messages --peer ada` lists what that cancelled.\n", "")


@pytest.mark.parametrize("error", [UnknownPeer, WasRemoved])
def test_one_that_is_not_there_when_it_is_asked_for_is_not(daemon: Stub, peerd: Peerd, error: type[UnknownPeer]):
    daemon.answers["peer.remove"] = error("no peer 'ada'.")

    assert peerd("rm", "ada") == (1, "", "peerd: no peer 'ada'.\n")


def test_nor_is_one_that_there_never_was(daemon: Stub, peerd: Peerd):
    daemon.first = [None]
    daemon.answers["peer.remove"] = UnknownPeer("no peer 'ada'.")

    told = "peerd: no peer 'ada'. The daemon that was asked first ended before it answered.\n"
    assert peerd("rm", "ada") == (1, "", told)


def test_a_refresh_names_the_session_that_is_to_go(daemon: Stub, peerd: Peerd):
    daemon.answers = {"peer.list": {"peers": [row(session="s-1")]}, "peer.refresh": {"peer": "ada", "ends": "ended"}}

    assert peerd("refresh", "ada").out == "ada: its session has ended, and a fresh one has begun.\n"

    assert daemon.asked[-1] == ("peer.refresh", {"peer": "ada", "instead_of": "s-1"})


def test_a_peer_that_was_renamed_and_is_stopped_says_so(daemon: Stub, peerd: Peerd):
    daemon.answers["peer.rename"] = RENAMED | {"want": "down"}
    told = "peerd: eve is stopped: `peerd start eve` lets it run again.\n"
    assert peerd("rename", "ada", "eve") == (0, "ada is eve now: /p/eve.toml\n", told)

    daemon.answers["peer.rename"] = RENAMED | {"want": "on_demand"}
    assert peerd("rename", "ada", "eve").err == ""


def test_what_a_team_was_planned_to_become_is_told_whichever_daemon_did_it(daemon: Stub, peerd: Peerd, tmp_path: Any):
    plan: dict[str, Any] = {"peer": "ada", "does": "add", "file": "/p/ada.toml", "wake": False, "fields": ["runtime"]}
    (tmp_path / "team.toml").write_text("")
    daemon.first = [{"steps": [plan]}, None]
    daemon.answers["team.up"] = {"steps": [plan | {"does": "keep"}]}

    ran = peerd("up", "--yes", str(tmp_path / "team.toml"))

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "added or changed: 1 of 1 peer; woken: 0.")


def test_what_others_did_meanwhile_is_not_told_as_done(daemon: Stub, peerd: Peerd, tmp_path: Any):
    plan: dict[str, Any] = {"peer": "ada", "does": "add", "file": "/p/ada.toml", "wake": False, "fields": ["runtime"]}
    (tmp_path / "team.toml").write_text("")
    daemon.first = [{"steps": [plan]}]
    daemon.answers["team.up"] = {"steps": [plan | {"does": "keep"}]}

    ran = peerd("up", "--yes", str(tmp_path / "team.toml"))

    assert (ran.code, ran.out.splitlines()[-1]) == (0, "added or changed: 0 of 1 peer; woken: 0.")
