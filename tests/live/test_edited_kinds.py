"""A peer that is edited to be a service, or to be one no more, for real: into a service's terminal goes no message."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_kinds import SERVICE

pytestmark = pytest.mark.tmux


def reads(team: Team, runtime: str) -> None:
    """A peer, and a runtime beside its own that keeps all that is typed into it."""
    script = f'echo serving on 80; while read -r line; do echo "$line" >>{team.work}/got; done'
    declare(team, SERVICE % (script, "ready = '^serving on'"), "pull")
    team.start()
    team.add("web", runtime)


def edited(team: Team, runtime: str) -> str:
    ran = team.run("edit", "web", "--set", f"runtime={runtime}")
    assert ran.code == 0, ran.err
    return ran.out


def is_up(team: Team) -> bool:
    return bool(team.show("web")["phase"] == "running")


def test_a_message_to_a_service_that_is_to_be_a_shell_waits_for_the_shell(team: Team):
    reads(team, "pull")
    eventually(lambda: is_up(team), within_s=10)
    service = team.session("web").id
    edited(team, "shell")

    sent = team.send("web", "echo hi", id="m-1", wait="submitted", timeout_s=1)
    verdict = team.show("web")["verdict"]
    told = [team.run(*words).out.splitlines()[1] for words in (("message", "m-1"), ("queue", "show", "m-1"))]
    again = team.run("send", "web", "echo hi", "--id", "m-1", "--timeout", "0.5")
    team.run("refresh", "web")
    given = team.call("message.wait", id="m-1", until="ended", timeout_s=20)

    assert (sent["state"], sent["hold"]) == ("accepted", "busy")
    assert verdict.startswith("a service until its session ends")
    assert told == ["web is a service until its session ends: `peerd new web` begins the next"] * 2
    assert told[0] in again.err
    assert (given["state"], given["task"], given["attempt"]) == ("submitted", "turn_ended", 1)
    assert given["session"] != service
    assert not (team.work / "got").exists()


def test_what_waits_for_a_shell_that_is_made_a_service_is_cancelled_and_says_why(team: Team):
    reads(team, "shell")
    team.call("peer.stop", peer="web")
    team.send("web", "echo hi", id="m-1", queue=True, wait="accepted")

    told = edited(team, "pull")
    ended = team.call("message.wait", id="m-1", until="ended", timeout_s=10)
    team.call("peer.start", peer="web")
    eventually(lambda: is_up(team), within_s=10)

    assert "A service takes no messages; cancelled 1 message that waited." in told
    assert (ended["state"], ended["task"]) == ("cancelled", "dead")
    assert "web is a service: it takes no messages" in team.run("message", "m-1").out
    assert "web is a service: it takes no messages. m-1 stays as it is." in team.run("queue", "requeue", "m-1").err
    assert not (team.work / "got").exists()
