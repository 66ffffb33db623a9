"""What waits for a peer that is no more waits no longer than its time, and says what it waits for."""

import pytest

from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_reports import report, said
from tests.live.test_roster import file_of

pytestmark = pytest.mark.tmux


def bereaved(team: Team, **params: float) -> None:
    """Eve, who is up, sent m-1 to ada, whose spec is gone since."""
    team.start()
    team.add("eve", "actor", "--remember")
    team.add("ada", "actor")
    team.call("queue.pause", peer="ada")
    team.call("peer.wake", peer="eve")
    said(team, "ada", "count the beans", "eve", id="m-1", **params)
    team.kill_daemon()
    file_of(team, "ada").unlink()
    team.start()


def test_it_expires_and_its_sender_is_told(team: Team):
    bereaved(team, expires_s=2.0)

    assert "failed: not delivered in time: there is no longer a peer ada." in report(team)["body"]
    shown = team.call("message.show", id="m-1")
    assert (shown["state"], shown["task"], shown["no_peer"]) == ("expired", "dead", False)
    assert "ev=dropped id=m-1 to=ada state=expired" in team.log("delivery")
    assert team.call("daemon.status").get("notices", []) == []
    eventually(lambda: report(team)["state"] == "submitted")


def test_who_waits_for_it_is_told_as_it_expires(team: Team):
    bereaved(team, expires_s=3.0)

    ran = team.run("wait", "m-1", "--timeout", "20")

    assert ran.code == 1
    assert ran.err.startswith("peerd: m-1 failed: not delivered in time: there is no longer a peer ada.")


def test_one_that_its_sender_took_back_expires_no_more(team: Team):
    bereaved(team, expires_s=2.0)

    token = team.caller("eve")["PEERD_TOKEN"]
    call("message.cancel", {"id": "m-1"}, timeout_s=20, socket_path=team.home.socket, token=token)
    said(team, "operator", "soon?", "eve", id="m-2", expires_s=2.0)

    report(team, "m-2")
    assert team.call("message.show", id="m-1")["state"] == "cancelled"


def test_it_says_what_it_waits_for_with_a_daemon_and_without(team: Team):
    bereaved(team)
    why = "There is no peer ada: `peerd add ada --runtime R` has it delivered, `peerd queue cancel m-1` cancels it"

    waited = team.run("wait", "m-1", "--timeout", "0.1")
    shown = team.run("message", "m-1")
    team.call("daemon.stop")
    eventually(lambda: team.died)

    told = f"m-1 is accepted and waits for a peer called ada: do not send it again. `peerd wait m-1` waits on. {why}."
    assert (waited.code, waited.err) == (3, f"peerd: {told}\n")
    assert shown.out.splitlines()[1:3] == [why, "waits: for a peer called ada"]
    assert team.run("message", "m-1").out.splitlines()[1:3] == [why, "waits: for a peer called ada"]


def test_one_whose_spec_is_wrong_says_so_and_expires_too(team: Team):
    bereaved(team, expires_s=4.0)
    team.kill_daemon()
    file_of(team, "ada").write_text("runtime = ")
    team.start()

    ran = team.run("message", "m-1")

    assert ran.out.splitlines()[1].startswith(f"ada is not a peer as long as its spec is wrong: {file_of(team, 'ada')}")
    assert "failed: not delivered in time: there is no longer a peer ada." in report(team)["body"]
