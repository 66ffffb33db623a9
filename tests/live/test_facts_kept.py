"""What is so of a peer is still so with the next daemon."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError
from peerd.model.session import End, EndCause
from peerd.store.write import EndSession, InsertSession
from tests.build import ADA, S1
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.store.records import in_store, session

pytestmark = pytest.mark.tmux


def begins_anew(team: Team) -> None:
    team.kill_daemon()
    team.start()


def dies(team: Team) -> None:
    ends = team.log().count("ev=session-ended")
    os.kill(team.session("ada").host.runtime.pid, signal.SIGKILL)
    eventually(lambda: team.log().count("ev=session-ended") > ends and not team.store().live_sessions(), within_s=10)


def is_left_down(team: Team, **fields: Any) -> None:
    """One death is too many for ada."""
    team.start()
    team.add("ada", crash_max=1, backoff_base_s=0.02, **fields)
    team.call("peer.wake", peer="ada")
    dies(team)
    eventually(lambda: team.show("ada")["phase"] == "failed", within_s=10)


def test_a_peer_left_down_stays_so_though_its_deaths_are_long_ago(team: Team):
    is_left_down(team, crash_window_s=1, probe_base_s=3600)
    died = team.store().last_ended(ADA)
    assert died is not None
    assert died.ended_at is not None
    long_ago = died.ended_at + 1.5
    team.send("ada", "hello", queue=True, wait="accepted")
    eventually(lambda: time.time() > long_ago)

    begins_anew(team)

    assert team.show("ada")["verdict"].startswith(
        "failed: 1 death in 1 s, boots not counted; it is tried once more in 35"
    )
    team.call("peer.start", peer="ada")
    eventually(lambda: team.show("ada")["phase"] == "running", within_s=10)
    begins_anew(team)
    assert team.show("ada")["phase"] == "running"


def test_a_crash_loop_of_which_only_the_deaths_are_on_record_is_put_there_once(team: Team):
    team.declare("ada", "actor", crash_max=1, probe_base_s=3600)
    team.start()
    team.kill_daemon()
    died = EndSession(S1, End(EndCause.KILLED, signal=9), time.time())
    in_store(Path(team.home.store).parents[1], lambda store: store.commit(InsertSession(session()), died))

    team.start()
    begins_anew(team)

    assert team.show("ada")["phase"] == "failed"
    assert [loop.lasts for loop in team.store().crash_loops().values()] == [True]
    assert team.log().count("ev=crash-loop") == 1


def test_a_try_after_a_crash_loop_is_still_one_with_the_next_daemon(team: Team):
    is_left_down(team, crash_window_s=60, probe_base_s=0.5)
    eventually(lambda: team.show("ada")["phase"] == "running", within_s=10)

    begins_anew(team)
    dies(team)

    eventually(lambda: "probe_s=1\n" in team.log(), within_s=10)


def test_a_try_that_lives_on_with_the_next_daemon_ends_the_crash_loop_for_good(team: Team):
    is_left_down(team, crash_window_s=2, probe_base_s=0.5)
    eventually(lambda: team.show("ada")["phase"] == "running", within_s=10)

    begins_anew(team)
    eventually(lambda: "ev=recovered" in team.log(), within_s=10)

    assert eventually(lambda: [loop.lasts for loop in team.store().crash_loops().values()] == [False])


def test_the_last_words_of_a_turn_that_ended_while_no_daemon_ran_are_read_by_the_next(team: Team):
    team.start()
    team.add("sh", "shell")
    over = team.work / "over"
    id = team.send("sh", f"sleep 0.5; echo last words; touch {over}", wait="submitted")["id"]
    team.kill_daemon()
    eventually(over.exists)
    team.start()

    assert team.call("message.wait", id=id, until="ended", timeout_s=20)["answer"] == "last words"


@pytest.mark.parametrize("restart", ["permanent", "transient", "temporary"])
def test_a_restart_that_was_due_is_made_by_the_next_daemon(team: Team, restart: str):
    team.start()
    team.add("ada", restart=restart, backoff_base_s=2)
    team.call("peer.wake", peer="ada")
    dies(team)

    begins_anew(team)

    assert team.show("ada")["phase"] == "backoff"
    comes = "asleep" if restart == "temporary" else "running"
    eventually(lambda: team.show("ada")["phase"] == comes, within_s=10)


def test_a_peer_stopped_in_its_backoff_is_not_restarted_by_the_next_daemon(team: Team):
    team.start()
    team.add("ada", restart="transient", backoff_base_s=60)
    team.call("peer.wake", peer="ada")
    dies(team)
    team.call("peer.stop", peer="ada")
    team.call("peer.start", peer="ada")

    begins_anew(team)

    assert team.show("ada")["phase"] == "asleep"


def test_a_start_brings_the_restart_that_a_crash_loop_put_off_though_the_daemon_ends_at_it(team: Team):
    is_left_down(team, restart="permanent", probe_base_s=3600)
    team.kill_daemon()
    team.start_dying("SetWant")
    with pytest.raises(PeerdError):
        team.call("peer.start", peer="ada")

    team.start()

    eventually(lambda: team.show("ada")["phase"] == "running", within_s=10)


def test_a_session_wanted_in_the_place_of_one_at_work_comes_though_the_daemon_changed(team: Team):
    team.start()
    team.add("ada", "actor", "--busy-s", "3")
    work = team.send("ada", "hello", wait="submitted")["id"]
    before = team.session("ada").id
    new = team.popen("new", "ada")
    eventually(lambda: "ada" in team.store().marked())
    begins_anew(team)
    new.wait()

    after = eventually(lambda: [each for each in team.store().live_sessions() if each.id != before], within_s=20)

    assert team.call("message.show", id=work)["task"] == "answered"
    assert after[0].mode == "fresh"


def test_a_session_begun_anew_is_not_replaced_once_more_though_the_daemon_ends_as_it_becomes_ready(team: Team):
    team.start()
    team.add("ada")
    team.call("peer.wake", peer="ada")
    team.kill_daemon()
    team.start_dying("SetReady")
    with pytest.raises(PeerdError):
        team.call("peer.new", peer="ada")
    new = team.session("ada").id

    team.start()

    assert team.send("ada", "hello", wait="ended", timeout_s=20)["session"] == new
    assert team.log().count("ev=session-started") == 2


def test_a_session_wanted_in_the_place_of_one_that_boots_comes_though_that_was_ready_before_the_next_daemon(team: Team):
    team.start()
    team.add("ada", "actor", "--boot-s", "2", "--ignore-hup", stop_grace_s=4)
    wake = team.popen("wake", "ada")
    before = eventually(lambda: team.show("ada")["session"], within_s=10)
    new = team.popen("new", "ada")
    eventually(lambda: "ada" in team.store().marked())
    team.kill_daemon()
    for each in (wake, new):
        each.kill()
        each.wait()
    journal = Path(team.home.sessions, before, "journal")
    eventually(lambda: "ready" in journal.read_text(), within_s=10)

    team.start()

    after = eventually(lambda: [each for each in team.store().live_sessions() if each.id != before], within_s=20)
    assert (after[0].mode, after[0].because) == ("fresh", "refreshed")


@pytest.mark.parametrize("daemon", ["the same", "the next"])
def test_a_session_wanted_in_the_place_of_one_at_work_comes_where_that_one_dies(team: Team, daemon: str):
    team.start()
    team.add("ada", "actor", "--busy-s", "60", backoff_base_s=1.0, task_attempts=1)
    team.send("ada", "hello", wait="submitted")
    assert team.run("new", "ada", "--timeout", "0.2").code == 3

    dies(team)
    if daemon == "the next":
        begins_anew(team)

    eventually(lambda: team.show("ada")["phase"] == "running", within_s=10)
    assert team.show("ada")["woken"]["cause"] == "operator"


def test_a_task_has_no_more_time_for_a_change_of_the_daemon(team: Team):
    team.start()
    team.add("ada", "actor", "--busy-s", "60")
    id = team.send("ada", "hello", deadline_s=3.0, wait="submitted")["id"]
    given_at = time.time()
    eventually(lambda: time.time() > given_at + 2.5)

    begins_anew(team)
    eventually(lambda: team.call("message.show", id=id)["task"] == "dead", within_s=10)

    assert time.time() < given_at + 5.0


def test_what_waits_is_in_the_same_order_with_the_next_daemon(team: Team):
    def order() -> list[str]:
        return [each["id"] for each in team.show("ada")["queue"]]

    team.start()
    team.add("ada")
    team.call("queue.pause", peer="ada")
    for id, key in (("a", "k"), ("x", None), ("b", None), ("c", None), ("later", "k")):
        team.send("ada", id, id=id, key=key, wait="accepted")
    for id in ("c", "b"):
        team.call("message.cancel", id=id)
        team.call("message.requeue", id=id)
    team.send("ada", "d", id="d", wait="accepted")
    assert order() == ["x", "later", "c", "b", "d"]

    begins_anew(team)

    assert order() == ["x", "later", "c", "b", "d"]
    assert [each["id"] for each in team.call("queue.list", peer="ada")["waiting"]] == ["x", "later", "c", "b", "d"]
