"""What a user names on a disk that does not answer, for real: it is refused in time, and nobody else waits for it."""

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import NoAnswer, PeerdError
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
    for each in [attaching(team, hung.with_name(f"{n}.txt"), f"m-{n}") for n in range(32)]:
        with pytest.raises(NoAnswer, match="no answer within"):
            each.result(30)

    with pytest.raises(NoAnswer, match="skipped, as 32 earlier looks still hang"):
        attaching(team, hung.with_name("more.txt"), "m-more").result(3)
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


def waits_for_it(team: Team, asked: int = 0) -> None:
    eventually(lambda: hungdisk.questions(team) > asked)


def test_a_peer_whose_folder_does_not_answer_is_not_added_and_holds_up_nobody(team: Team, hung: Path):
    team.add("ada")
    adding = begun(team, "peer.add", name="bob", runtime="actor", dir=str(hung))
    waits_for_it(team)

    hungdisk.serves(team, "ada")

    with pytest.raises(NoAnswer, match="report.txt: no answer within 5 s. Is its disk there. Nothing was added"):
        adding.result(20)
    assert [each["peer"] for each in team.call("peer.list")["peers"]] == ["ada"]


def test_a_program_that_does_not_answer_is_named_for_no_peer(team: Team, hung: Path):
    adding = begun(team, "peer.add", name="bob", runtime="claude", dir=str(team.work), set={"bin": f'"{hung}"'})

    with pytest.raises(NoAnswer, match="report.txt: no answer within 5 s.*Nothing was added"):
        adding.result(20)


@pytest.mark.parametrize("field", ["dir", "bin"])
def test_a_start_by_what_does_not_answer_fails_in_time_and_holds_up_nobody(team: Team, hung: Path, field: str):
    team.add("ada")
    team.add("bob", backoff_base_s=60.0)
    edit_by_hand(team, "bob", field, str(hung))
    waking = begun(team, "peer.wake", peer="bob", timeout_s=30)
    waits_for_it(team)

    hungdisk.serves(team, "ada")

    with pytest.raises(PeerdError, match="report.txt: no answer within 5 s"):
        waking.result(30)
    assert "ev=boot-failed peer=bob" in team.log()


def test_a_start_in_a_folder_whose_disk_has_just_gone_is_not_begun_and_holds_up_nobody(team: Team):
    folder = hungdisk.started(team, hungdisk.GOES)
    team.add("ada")
    team.call("peer.add", name="bob", runtime="actor", dir=str(folder), set={"backoff_base_s": "60.0"})
    hungdisk.goes_away(team)

    with pytest.raises(PeerdError, match="hung/there: no answer within 5 s"):
        team.call("peer.wake", peer="bob", timeout_s=30)

    hungdisk.serves(team, "ada")
    assert team.run("daemon", "stop").code == 0
    team.start()


def edit_by_hand(team: Team, name: str, field: str, value: str) -> None:
    file = Path(team.home.peers, f"{name}.toml")
    kept = [line for line in file.read_text().splitlines() if not line.startswith(f"{field} =")]
    file.write_text("\n".join((f'{field} = "{value}"', *kept, "")))
    eventually(lambda: f"ev=spec-changed peer={name}" in team.log())


def test_a_command_that_tells_a_person_and_does_not_answer_holds_up_nobody(team: Team):
    settings = Path(team.home.settings_file)
    settings.parent.mkdir(parents=True)
    command = team.root / "hung" / "there" / "notify"
    settings.write_text(f'[[notify]]\ncommand = ["{command}"]\nmin = "note"\n')
    hungdisk.started(team)
    team.add("ada")
    team.call("peer.wake", peer="ada")
    team.run("send", "operator", "hello", env=team.caller("ada"))
    waits_for_it(team)

    hungdisk.serves(team, "ada")

    told = eventually(lambda: team.call("daemon.status").get("notices"), within_s=20)
    assert any(why in str(told) for why in ("no end within 10 s", "its previous start still hangs"))


def test_a_removed_peers_worktree_of_a_repository_that_does_not_answer_is_left_and_told(team: Team, hung: Path):
    team.add("ada")
    team.add("bob")
    tree = Path(team.home.worktrees, "bob")
    tree.mkdir(parents=True)
    (tree / ".git").write_text(f"gitdir: {hung}/.git/worktrees/bob\n")
    edit_by_hand(team, "bob", "worktree", str(hung))

    removing = begun(team, "peer.remove", peer="bob", timeout_s=40)
    waits_for_it(team)
    hungdisk.serves(team, "ada")

    assert "had not ended after 10 s" in removing.result(60)["worktree"]["stays"]


def reads_a_spec(team: Team, hung: Path) -> None:
    team.add("ada")
    Path(team.home.peers, "eve.toml").symlink_to(hung)
    waits_for_it(team)


def test_a_daemon_that_reads_a_spec_that_does_not_answer_is_stopped_all_the_same(team: Team, hung: Path):
    reads_a_spec(team, hung)

    ran = team.run("daemon", "stop", timeout_s=40)

    assert ran.code == 0
    assert team.daemon is not None
    assert team.daemon.wait(5) == 0
    team.start()
    hungdisk.serves(team, "ada")


def test_a_daemon_that_reads_a_spec_that_does_not_answer_is_followed_by_another_at_a_restart(team: Team, hung: Path):
    reads_a_spec(team, hung)
    assert team.daemon is not None

    ran = team.run("daemon", "restart", timeout_s=40)

    assert (ran.code, team.daemon.wait(5)) == (0, 0)
    assert f"pid {team.daemon.pid}" not in ran.out
    hungdisk.serves(team, "ada")
