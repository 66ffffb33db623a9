"""What a user names on a disk that does not answer, for real: it is refused in time, and nobody else waits for it."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NoAnswer
from tests.eventually import eventually
from tests.live import hungdisk
from tests.live.conftest import Team
from tests.live.test_slow_disks import begun

pytestmark = [pytest.mark.tmux, pytest.mark.timeout(120)]


@pytest.fixture
def hung(team: Team) -> Path:
    """A file there, for a daemon that runs."""
    return hungdisk.started(team) / "report.txt"


def attaching(team: Team, path: Path, id: str) -> Future[dict[str, Any]]:
    return begun(team, "message.send", to="ada", body="see this", attach=[str(path)], id=id, wait="accepted")


def test_a_file_that_does_not_answer_is_refused_in_time_and_nothing_was_sent(team: Team, hung: Path):
    team.add("ada")

    told = "hung/there/report.txt: no answer within 5 s. Is its disk there. Nothing was sent"
    with pytest.raises(NoAnswer, match=told):
        attaching(team, hung, "m-1").result(30)

    assert team.call("message.list", peer="ada")["messages"] == []


def test_files_that_do_not_answer_hold_up_no_other_file_and_no_peer(team: Team, hung: Path):
    team.add("ada")
    team.add("bob")
    team.call("peer.wake", peer="bob")
    waiting = [attaching(team, hung, f"m-{n}") for n in range(20)]
    good = team.work / "good.txt"
    good.write_text("good")

    team.add("eve")
    sent = team.send("bob", "see this", attach=[str(good)], wait="submitted", timeout_s=10)
    team.call("peer.stop", peer="bob", timeout_s=10)

    assert sent["state"] == "submitted"
    assert [each.done() for each in waiting] == [False] * 20


def test_so_many_that_do_not_answer_at_once_have_the_next_refused_at_once(team: Team, hung: Path):
    team.add("ada")
    for each in [attaching(team, hung, f"m-{n}") for n in range(32)]:
        with pytest.raises(NoAnswer, match="no answer within"):
            each.result(30)

    with pytest.raises(NoAnswer, match="not looked at, for 32 others do not answer"):
        attaching(team, hung, "m-more").result(3)
    hungdisk.comes_back(team)

    good = team.work / "good.txt"
    good.write_text("good")
    eventually(lambda: _is_taken(team, good), within_s=10)


def _is_taken(team: Team, path: Path) -> bool:
    try:
        return bool(attaching(team, path, "m-good").result(10))
    except NoAnswer:
        return False


@pytest.mark.parametrize("how", ["stop", "restart"])
def test_a_daemon_that_ends_does_not_wait_for_a_file_that_does_not_answer(team: Team, hung: Path, how: str):
    team.add("ada")
    attaching(team, hung, "m-1")
    eventually(lambda: hungdisk.questions(team) > 0)

    ran = team.run("daemon", how, timeout_s=40)
    if how == "stop":
        assert team.daemon is not None
        assert team.daemon.wait(5) == 0
        team.start()

    assert (ran.code, team.send("ada", "hello", wait="submitted", timeout_s=20)["state"]) == (0, "submitted")
