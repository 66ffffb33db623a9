"""tmux is upgraded under peers that live: their servers are of another version than the tmux program then. Its clients
complain and fail, and that is no death."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from peerd.edges.process import alive
from peerd.errors import NotYet, PeerdError
from tests.edges.tmux_home import terminal
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT

pytestmark = pytest.mark.tmux

TMUX = """#!/bin/sh
for word; do
    case $word in -S?*) socket=${word#-S} ;; esac
    [ "$before" != -S ] || socket=$word
    before=$word
done
if grep -qxsF "$(stat -c '%%n %%i %%y' "${socket:-none}" 2>&1)" %(folder)s/upgraded; then
    echo "protocol version mismatch (client 9, server 8)" >&2
    case " $* " in *" -C "*) date +%%s.%%N >> %(folder)s/tries; echo "%%exit server exited unexpectedly" ;; esac
    exit 1
fi
[ ! -x %(folder)s/old ] || exec %(folder)s/old "$@"
exec %(real)s "$@"
"""
"""What was seen of a real pair, 3.3a built for the protocols 8 and 9: every command fails so, `-V` and servers that it
started itself aside."""

MISMATCH = "protocol version mismatch (client 9, server 8)"


class Upgrade:
    """The tmux on a team's PATH. Servers that it started before `done` are not its own any more."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.folder = team.root / "bin"
        self.folder.mkdir()
        real = shutil.which("tmux")
        assert real is not None
        shutil.copy(real, self.folder / "old")
        (self.folder / "tmux").write_text(TMUX % {"folder": self.folder, "real": real})
        (self.folder / "tmux").chmod(0o700)
        team.env["PATH"] = f"{self.folder}:{team.env['PATH']}"

    def done(self) -> None:
        """The old program cannot be run any more."""
        self._replaced()
        (self.folder / "old").chmod(0)

    def deleted(self) -> None:
        """As a package manager does it."""
        self._replaced()
        (self.folder / "old").unlink()

    def _replaced(self) -> None:
        old = subprocess.check_output(("stat", "-c", "%n %i %y", *Path(self.team.home.run, "tmux").glob("*.sock")))
        (self.folder / "upgraded").write_bytes(old)

    def tries(self) -> list[float]:
        """When somebody tried in vain to attach."""
        said = self.folder / "tries"
        return [float(line) for line in said.read_text().splitlines()] if said.exists() else []

    def undone(self) -> None:
        (self.folder / "upgraded").unlink()
        (self.folder / "old").chmod(0o700)


@pytest.fixture
def upgrade(team: Team) -> Upgrade:
    return Upgrade(team)


def restart(team: Team) -> None:
    team.kill_daemon()
    team.start()


def woken_then_upgraded(team: Team, upgrade: Upgrade, *args: str, **fields: Any) -> Any:
    """ada's session, adopted by a daemon that finds another tmux."""
    team.start()
    team.add("ada", "actor", *args, **fields)
    team.call("peer.wake", peer="ada")
    session = team.session("ada")
    team.kill_daemon()
    upgrade.done()
    team.start()
    return session


def test_a_peer_whose_tmux_is_upgraded_under_it_is_alive_and_told_so(team: Team, upgrade: Upgrade):
    session = woken_then_upgraded(team, upgrade)

    shown = team.show("ada")
    assert (shown["session"], shown["phase"], shown["activity"]) == (session.id, "running", "unknown")
    assert shown["verdict"].startswith("alive, but its tmux server is of another version")
    assert MISMATCH in shown["verdict"]
    assert [row["activity"] for row in team.call("peer.list")["peers"]] == ["unknown"]
    assert team.call("daemon.status")["notices"] == [f"ada is {shown['verdict']}"]
    for asked in ("peek", "attach"):
        with pytest.raises(PeerdError, match="ada is alive, but its tmux server is of another version"):
            team.call(f"peer.{asked}", peer="ada")
    assert (alive(session.host.runtime), alive(session.host.server)) == (True, True)


def test_a_message_to_it_waits_untyped_and_says_why_until_the_upgrade_is_undone(team: Team, upgrade: Upgrade):
    session = woken_then_upgraded(team, upgrade)

    sent = team.send("ada", "hello", timeout_s=1.5)
    held = team.call("message.show", id=sent["id"])
    assert (held["state"], held["hold"], held["attempt"]) == ("accepted", "tmux", 0)
    assert [MISMATCH in step["evidence"] for step in held["history"]] == [False, True]
    assert team.log().count('action="prepare to type"') == 1

    upgrade.undone()

    over = team.call("message.wait", id=sent["id"], until="ended", timeout_s=20)
    assert (over["task"], over["attempt"], over["session"]) == ("answered", 1, session.id)
    eventually(lambda: team.show("ada")["activity"] == "idle")
    assert "notices" not in team.call("daemon.status")


def test_what_it_does_is_heard_all_the_same(team: Team, upgrade: Upgrade):
    team.start()
    team.add("ada", "actor", "--busy-s", "1.5")
    sent = team.send("ada", "work")
    upgrade.done()

    restart(team)

    over = team.call("message.wait", id=sent["id"], until="ended", timeout_s=20)
    assert over["task"] in ("answered", "turn_ended")
    assert over["attempt"] == 1
    assert team.show("ada")["activity"] == "unknown"


def test_a_daemon_that_was_connected_before_the_upgrade_goes_on(team: Team, upgrade: Upgrade):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")

    upgrade.done()

    assert team.send("ada", "hello", wait="ended")["task"] == "answered"
    eventually(lambda: team.show("ada")["activity"] == "idle")


def test_a_connection_that_is_lost_after_the_upgrade_is_no_death(team: Team, upgrade: Upgrade):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    session = team.session("ada")
    detach = ("tmux", "-S", session.host.socket, "detach-client", "-s", "=actor-ada")
    upgrade.done()
    subprocess.run(detach, check=True, timeout=10)

    sent = team.send("ada", "hello", timeout_s=1.0)

    assert (sent["state"], sent["hold"]) == ("accepted", "tmux")
    assert team.show("ada")["verdict"].startswith("alive, but")
    assert (team.session("ada").id, alive(session.host.runtime)) == (session.id, True)


def test_it_is_stopped_without_tmux(team: Team, upgrade: Upgrade):
    session = woken_then_upgraded(team, upgrade)

    team.call("peer.stop", peer="ada")

    assert team.show("ada")["last_end"]["cause"] == "stopped"
    assert (alive(session.host.runtime), alive(session.host.server)) == (False, False)
    assert "notices" not in team.call("daemon.status")


def test_a_fresh_session_takes_its_place_when_that_is_asked_for(team: Team, upgrade: Upgrade):
    session = woken_then_upgraded(team, upgrade)

    woken = team.call("peer.new", peer="ada", now=True, timeout_s=20)

    assert woken["session"] != session.id
    assert not alive(session.host.server)
    assert team.send("ada", "hello", wait="ended")["task"] == "answered"


def test_its_death_is_seen_and_told_without_tmux(team: Team, upgrade: Upgrade):
    session = woken_then_upgraded(team, upgrade)

    os.kill(session.host.runtime.pid, signal.SIGKILL)

    end = eventually(lambda: team.show("ada")["last_end"])
    assert (end["cause"], end["signal"]) == ("killed", 9)
    eventually(lambda: not alive(session.host.server))


def test_one_that_was_still_starting_is_not_ended_for_it(team: Team, upgrade: Upgrade):
    team.start()
    team.add("ada", "actor", "--boot-s", "4", boot_deadline_s=2.0)
    with pytest.raises(NotYet):
        team.call("peer.wake", peer="ada", timeout_s=0.2)
    eventually(lambda: "ev=session-started" in team.log())
    session = team.session("ada")
    upgrade.done()
    restart(team)

    with pytest.raises(NotYet, match="ada is alive, but its tmux server is of another version"):
        team.call("peer.wake", peer="ada", timeout_s=5)
    eventually(lambda: team.show("ada")["phase"] == "running", within_s=15)

    assert team.session("ada").id == session.id


def test_one_whose_server_died_is_not_called_alive(team: Team, upgrade: Upgrade):
    session = woken_then_upgraded(team, upgrade, "--ignore-hup", stop_grace_s=4.0)

    os.kill(session.host.server.pid, signal.SIGKILL)

    eventually(lambda: not team.show("ada")["verdict"].startswith("alive"), within_s=2.0)
    assert alive(session.host.runtime)


def test_it_is_reached_by_the_program_it_was_started_with(team: Team, upgrade: Upgrade):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    session = team.session("ada")
    upgrade.deleted()

    restart(team)

    assert team.send("ada", "hello", wait="ended", timeout_s=20)["session"] == session.id
    assert "notices" not in team.call("daemon.status")


def test_a_person_sits_down_at_it_by_that_program_too(team: Team, upgrade: Upgrade):
    team.start()
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    upgrade.deleted()

    with terminal((sys.executable, "-m", "peerd", "attach", "ada"), team.env):
        eventually(lambda: any("1 attached" in each["says"] for each in team.show("ada")["evidence"]))


def looked_at_each_second(team: Team) -> Any:
    """ada's, awake."""
    Path(team.home.settings_file).parent.mkdir(parents=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start(*IMPATIENT)
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    return team.session("ada")


def test_a_peer_whose_tmux_hangs_is_out_of_reach_too_until_a_census_finds_it_back(team: Team):
    session = looked_at_each_second(team)
    team.kill_daemon()
    os.kill(session.host.server.pid, signal.SIGSTOP)
    try:
        team.start(*IMPATIENT)
        (notice,) = team.call("daemon.status")["notices"]
    finally:
        os.kill(session.host.server.pid, signal.SIGCONT)

    assert notice.startswith("ada is alive, but its tmux server cannot be reached (no answer ")
    eventually(lambda: "notices" not in team.call("daemon.status"))
    assert team.send("ada", "hello", wait="ended")["session"] == session.id


def test_a_peer_whose_tmux_hangs_under_a_daemon_is_told_so_until_it_goes_on(team: Team):
    session = looked_at_each_second(team)
    os.kill(session.host.server.pid, signal.SIGSTOP)
    try:
        (notice,) = eventually(lambda: team.call("daemon.status").get("notices", []), within_s=15)
        (row,) = team.call("peer.list")["peers"]
    finally:
        os.kill(session.host.server.pid, signal.SIGCONT)

    assert notice.startswith("ada is alive, but its tmux server cannot be reached (no answer within 1 s): nothing is")
    assert (row["phase"], row["activity"]) == ("running", "unknown")
    eventually(lambda: "notices" not in team.call("daemon.status"))
    assert team.call("peer.list")["peers"][0]["activity"] == "idle"
    assert team.send("ada", "hello", wait="ended")["session"] == session.id
