"""Services that say that they are ready: once is enough, whatever they print after it and whoever was away."""

import os
import socket

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_kinds import SERVICE
from tests.live.test_succession import RUN, restart

pytestmark = pytest.mark.tmux

CHATTERS = "seq 1 300"


def declared(team: Team, script: str, fields: str = "ready = '^serving on'") -> None:
    declare(team, SERVICE % (script, fields), "pull")


def test_a_service_whose_line_has_scrolled_away_is_up(team: Team):
    declared(team, f"echo serving on 80; {CHATTERS}")
    team.start()
    team.add("web", "pull", boot_deadline_s=3)

    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)

    assert team.log().count("ev=session-started") == 1


def test_a_line_that_was_printed_while_no_daemon_ran_counts(team: Team):
    go = team.work / "go"
    declared(team, f"while [ ! -e {go} ]; do sleep 0.05; done; echo serving on 80; {CHATTERS}; touch {go}.done")
    team.start()
    team.add("web", "pull")
    eventually(lambda: "ev=session-started" in team.log(), within_s=10)
    team.kill_daemon()
    go.touch()
    eventually(lambda: (team.work / "go.done").exists(), within_s=10)

    team.start()

    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)


def begun(team: Team, *command: str, boot_deadline_s: float = 240) -> str:
    """A service that is to tell that it is ready, and has not yet."""
    declared(team, ":", "notify = true")
    team.start(*command)
    team.add("web", "pull", boot_deadline_s=boot_deadline_s)
    eventually(lambda: "ev=session-started" in team.log(), within_s=10)
    return str(team.session("web").id)


def test_a_restart_of_the_daemon_keeps_the_socket_that_a_service_tells_on(team: Team):
    session = begun(team, *RUN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.connect(os.path.join(team.home.session(session), "tmp", "notify"))
        restart(team)
        restart(team)

        sock.send(b"READY=1")

    eventually(lambda: "ev=session-ready" in team.log(), within_s=10)
    assert (team.session("web").id, "ev=counts-as-ready" in team.log()) == (session, False)


def test_a_service_that_may_have_spoken_while_no_daemon_ran_is_left_alive_and_counts_as_up(team: Team):
    session = begun(team, boot_deadline_s=1)
    team.kill_daemon()
    team.start()

    eventually(lambda: team.show("web")["phase"] == "running", within_s=10)

    assert team.session("web").id == session
    assert "ev=counts-as-ready peer=web" in team.log()
