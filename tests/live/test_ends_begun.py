"""A daemon that is killed in the middle of an end: the next one gives the session that end, as the same one would."""

import contextlib
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from peerd.edges.process import alive
from peerd.errors import PeerdError
from peerd.model.session import End, SessionId
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_kinds import PASS
from tests.live.test_stalled_disks import stalled

pytestmark = pytest.mark.tmux

DIES_ENDING = f"""
import os, signal
from peerd.daemon import teardown
async def end(process, **how):
    for each in how["polite"]:
        os.kill(process.pid, each)
    os.kill(os.getpid(), signal.SIGKILL)
teardown.process.end = end
{RUN_DAEMON}
"""
"""It signals a session once, and is no more."""

SLOW_TO_NOTE = f"""
import os, time
from peerd.store import writer
from peerd.store.write import SetEnding
right = writer.write_together
def write_together(connection, path, batch):
    ending = any(isinstance(each, SetEnding) for commit in batch for each in commit.writes)
    while ending and not os.path.exists(os.environ["PEERD_HOME"] + "/disk"):
        time.sleep(0.01)
    return right(connection, path, batch)
writer.write_together = write_together
{RUN_DAEMON}
"""

SLOW_TO_NOTE_AND_DIES = f"""
import os, signal, time
from peerd.daemon import teardown
from peerd.store import writer
from peerd.store.write import SetEnding
right = writer.write_together
def write_together(connection, path, batch):
    if any(isinstance(each, SetEnding) for commit in batch for each in commit.writes):
        while not os.path.exists(os.environ["PEERD_HOME"] + "/disk"):
            time.sleep(0.01)
        time.sleep(0.5)
    return right(connection, path, batch)
writer.write_together = write_together
{DIES_ENDING}
"""

KILLED = pytest.mark.parametrize("killed", [False, True], ids=["one daemon", "killed in between"])
AT_WORK = "until [ -e go ]; do sleep 0.05; done; touch worked"


def start(team: Team, *, killed: bool) -> None:
    team.start(*((sys.executable, "-c", DIES_ENDING) if killed else ()))


def start_again(team: Team, *, killed: bool) -> None:
    """Once it has signalled the session."""
    if killed:
        eventually(lambda: team.died, within_s=20)
        team.start()


def ask_of_it(team: Team, method: str, *, killed: bool, **params: Any) -> None:
    """Once, where a command would ask the next daemon again. It may not live to answer."""
    with contextlib.suppress(*((PeerdError,) if killed else ())):
        team.call(method, timeout_s=20, **params)
    start_again(team, killed=killed)


def passes(team: Team, on_signal: str) -> None:
    declare(team, PASS % f"trap '{on_signal}' TERM HUP; touch begun; {AT_WORK}", "tidy")
    team.declare("eve", "tidy", backoff_base_s=0.05)


def at_its_task(team: Team) -> SessionId:
    task = team.send("eve", "sweep", id="m-1", timeout_s=20)
    eventually((team.work / "begun").exists, within_s=10)
    return SessionId(task["session"])


def end_of(team: Team, session: SessionId) -> End:
    def ended() -> End | None:
        found = team.store().session(session)
        return found.end if found is not None else None

    found = eventually(ended, within_s=20)
    assert found is not None
    return found


@KILLED
@pytest.mark.parametrize("heeds", ["exit 0", "sleep 0.8; exit 0"], ids=["at once", "after a while"])
def test_a_pass_that_takes_a_stop_with_0_has_not_done_its_task(team: Team, heeds: str, killed: bool):
    passes(team, heeds)
    start(team, killed=killed)
    session = at_its_task(team)

    ask_of_it(team, "peer.stop", killed=killed, peer="eve")

    end = end_of(team, session)
    assert (end.cause.value, end.code) == ("stopped", 0)
    assert team.run("wait", "m-1", "--until", "ended", "--timeout", "1").code != 0
    (team.work / "go").touch()
    team.call("peer.start", peer="eve")
    done = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (done["task"], done["attempt"]) == ("done", 2)


@KILLED
def test_a_conversation_that_was_parked_is_gone_on_with(team: Team, killed: bool):
    team.declare("ada", "actor", "--remember", idle_s=0.5)
    start(team, killed=killed)
    parked = SessionId(team.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)["session"])
    start_again(team, killed=killed)

    end = end_of(team, parked)
    team.send("ada", "and now?", topic="tax", wait="submitted", timeout_s=20)

    assert end.cause.value == "parked"
    assert "ev=backoff" not in team.log()
    assert team.session("ada").mode == "resume"


@KILLED
def test_a_conversation_that_was_stopped_is_gone_on_with_after_a_start(team: Team, killed: bool):
    team.declare("ada", "actor", "--remember")
    start(team, killed=killed)
    stopped = SessionId(team.send("ada", "what about tax?", topic="tax", wait="ended", timeout_s=20)["session"])

    ask_of_it(team, "peer.stop", killed=killed, peer="ada")

    assert end_of(team, stopped).cause.value == "stopped"
    team.call("peer.start", peer="ada")
    team.send("ada", "and now?", topic="tax", wait="submitted", timeout_s=20)
    assert team.session("ada").mode == "resume"


@KILLED
def test_a_task_whose_session_was_replaced_is_no_dead_letter(team: Team, killed: bool):
    team.declare("ada", "actor", "--busy-s", "60", task_attempts=2)
    start(team, killed=killed)
    team.send("ada", "work", id="m-1", timeout_s=20)

    for attempt in (2, 3):
        ask_of_it(team, "peer.new", killed=killed, peer="ada", now=True)
        eventually(partial(is_at_work, team, attempt), within_s=20)
        if killed and attempt == 2:
            team.kill_daemon()
            start(team, killed=True)

    assert team.call("message.show", id="m-1")["task"] == "open"


def is_at_work(team: Team, attempt: int) -> bool:
    found = team.call("message.show", id="m-1")
    assert found["task"] == "open", found["history"][-1]
    return (found["state"], found["attempt"]) == ("submitted", attempt)


@KILLED
@pytest.mark.parametrize("heeds", ["sleep 0.8; exit 0", ""], ids=["in the end", "never"])
def test_a_session_that_does_not_heed_its_end_at_once_is_ended_all_the_same(team: Team, heeds: str, killed: bool):
    passes(team, heeds)
    start(team, killed=killed)
    replaced = at_its_task(team)

    ask_of_it(team, "peer.new", killed=killed, peer="eve", now=True)

    assert end_of(team, replaced).cause.value == "replaced"
    (team.work / "go").touch()
    done = team.call("message.wait", id="m-1", until="ended", timeout_s=20)
    assert (done["task"], done["attempt"]) == ("done", 2)


def test_an_end_that_is_on_record_and_not_begun_is_gone_on_with(team: Team):
    team.declare("ada", "actor", "--remember", idle_s=0.5)
    team.start_dying("SetEnding")
    asked = team.popen("send", "ada", "what about tax?", "--topic", "tax", "--wait", "ended")
    eventually(lambda: team.died, within_s=20)
    asked.wait(20)
    parked = team.session("ada").id

    team.start()

    assert end_of(team, parked).cause.value == "parked"
    assert "ev=backoff" not in team.log()


def test_a_pass_that_does_its_task_while_its_end_gets_on_record_has_done_it(team: Team):
    passes(team, "exit 1")
    team.start(sys.executable, "-c", SLOW_TO_NOTE)
    session, host = at_its_task(team), team.session("eve").host
    asked = team.popen("new", "eve", "--now")
    eventually(lambda: team.show("eve")["phase"] == "stopping", within_s=10)
    os.kill(host.server.pid, signal.SIGSTOP)  # how it ended takes a while to be read
    (team.work / "go").touch()
    eventually(lambda: not alive(host.runtime))
    Path(team.env["PEERD_HOME"], "disk").touch()
    asked.wait(60)

    end = end_of(team, session)
    assert (end.cause.value, end.code) == ("exited", 0)
    assert team.call("message.wait", id="m-1", until="ended", timeout_s=20)["task"] == "done"


def test_a_stop_does_not_wait_for_a_disk_that_stands_still(team: Team):
    team.declare("sh", "shell")
    team.start()
    team.call("peer.wake", peer="sh", timeout_s=20)
    runtime = team.session("sh").host.runtime

    with stalled(team):
        asked = team.popen("stop", "sh")
        eventually(lambda: not alive(runtime), within_s=10)
    asked.wait(60)

    assert team.show("sh")["last_end"]["cause"] == "stopped"


def test_one_that_is_done_with_and_stopped_meanwhile_has_why_on_record_before_it_is_signalled(team: Team):
    passes(team, "exit 0")
    team.start(sys.executable, "-c", SLOW_TO_NOTE_AND_DIES)
    session = at_its_task(team)
    asked = [team.popen("new", "eve", "--now")]
    eventually(lambda: team.show("eve")["phase"] == "stopping", within_s=10)
    asked.append(team.popen("stop", "eve"))
    eventually(lambda: team.show("eve")["want"] == "down", within_s=10)
    Path(team.env["PEERD_HOME"], "disk").touch()
    start_again(team, killed=True)
    for each in asked:
        each.wait(60)

    assert end_of(team, session).cause.value == "replaced"
