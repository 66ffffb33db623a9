"""Files go beside a message: copied as they are when it is sent, handed over where the target can read them."""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from peerd.errors import PeerdError, TryAgain, UsageError
from peerd.rpc.client import call
from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.hands import declare_hands
from tests.live.test_declared_runtimes import declare
from tests.live.test_full_disk_asked import a_full_disk
from tests.live.test_kinds import PASS
from tests.live.test_slow_disks import SLOW, Disk

pytestmark = pytest.mark.tmux


@pytest.fixture
def notes(team: Team) -> Path:
    path = team.work / "my notes.txt"
    path.write_text("as it was")
    return path


@pytest.fixture
def contents(team: Team) -> Path:
    return Path(team.home.attachments)


def test_a_peer_is_told_of_them_and_they_are_what_they_were_when_it_was_sent(up: Team, notes: Path):
    up.add("ada", "actor")
    up.call("queue.pause", peer="ada")
    sent = up.run("send", "ada", "read this", "--attach", str(notes), "--id", "q-1", "--wait", "accepted")
    notes.write_text("another text")
    up.call("queue.resume", peer="ada")

    asked = up.call("message.wait", id="q-1", until="ended", timeout_s=20)
    shown = up.run("message", "q-1", "--json").json
    (file,) = Path(up.home.session(asked["session"]), "files", "q-1").iterdir()

    assert sent.code == 0, sent.err
    assert asked["answer"] == "ada got 9 bytes, my_notes.txt: read this"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("as it was", 0o400)
    assert [(each["name"], each["size"]) for each in shown["attached"]] == [("my_notes.txt", 9)]
    assert Path(shown["attached"][0]["path"]).read_text() == "as it was"


def test_a_path_is_meant_from_where_the_command_runs_and_a_person_gets_a_copy(up: Team, notes: Path):
    up.add("ada", "actor")
    ran = up.run("ask", "ada", "read", "--attach", notes.name, "--id", "q-1", cwd=up.work)

    saved = up.run("message", "q-1", "--save", str(up.work / "got"))
    again = up.run("message", "q-1", "--save", str(up.work / "got"))

    assert (ran.code, saved.code, again.code) == (0, 0, 1), (ran.err, saved.err)
    assert (up.work / "got" / "my_notes.txt").read_text() == "as it was"
    assert "is there already. Nothing was copied" in again.err


def test_a_shell_has_them_in_a_folder_and_the_next_command_has_not(up: Team, notes: Path):
    up.add("sh", "shell")

    with_it = up.send("sh", 'cat "$PEERD_FILES"/*', attach=[str(notes)], wait="ended", timeout_s=20)
    without = up.send("sh", 'echo "[$PEERD_FILES]"', wait="ended", timeout_s=20)

    assert (with_it["answer"], without["answer"]) == ("as it was", "[]")


def test_a_pass_finds_their_paths_in_its_task(team: Team, notes: Path):
    read = 'import json, os; print(open(json.load(open(os.environ["PEERD_TASK"]))["files"][0]).read())'
    declare(team, PASS % f"{sys.executable} -c '{read}' >{team.work}/got", "tidy")
    team.start()
    team.add("cleaner", "tidy")

    done = team.send("cleaner", "work", attach=[str(notes)], wait="ended", timeout_s=20)

    assert (done["task"], (team.work / "got").read_text()) == ("done", "as it was\n")


def test_a_task_that_comes_with_a_wake_has_them_too(up: Team, notes: Path):
    up.add("ada", "actor")

    woken = up.run("wake", "ada", "--task", "read", "--attach", str(notes), "--json").json
    alone = up.run("wake", "ada", "--attach", str(notes))

    told = up.call("message.wait", id=woken["message"], until="ended", timeout_s=20)
    assert told["answer"] == "ada got 4 bytes, my_notes.txt: read"
    assert (alone.code, "give --task TEXT too" in alone.err) == (2, True)


def test_who_asked_is_told_of_files_that_came_with_the_reply(team: Team, notes: Path):
    declare_hands(team)
    team.start()
    team.add("bob", "hands")
    reply = f"{sys.executable} -m peerd reply q-1 --id a-1 here --attach '{notes}'"

    asked = team.run("ask", "bob", f"run: {reply}", "--id", "q-1", "--timeout", "30")

    assert (asked.code, asked.out) == (0, "here\n"), asked.err
    assert "files came with it: `peerd message a-1` lists them" in asked.err
    assert team.call("message.show", id="a-1")["attached"][0]["name"] == "my_notes.txt"


def test_an_attempt_in_another_session_has_them_again(up: Team, notes: Path):
    up.add("ada", "actor", "--crash-on", "crash")
    sent = up.send("ada", "crash", attach=[str(notes)], wait="accepted")

    dead = up.call("message.wait", id=sent["id"], until="ended", timeout_s=60)

    sessions = {each.parent.parent.parent.name for each in Path(up.home.sessions).glob(f"*/files/{sent['id']}/*")}
    assert (dead["task"], dead["attempt"], len(sessions)) == ("dead", 3, 3)


@pytest.mark.parametrize("spoil", ["fifo", "folder", "missing", "device", "many", "large", "relative"])
def test_what_cannot_go_beside_a_message_is_refused_at_once_and_nothing_is_kept(
    up: Team, notes: Path, contents: Path, spoil: str
):
    up.add("ada", "actor")
    os.mkfifo(up.work / "fifo")
    (up.work / "half").write_bytes(b"")
    os.truncate(up.work / "half", (16 << 20) + 1)
    paths: dict[str, list[object]] = {
        "fifo": [up.work / "fifo"],
        "folder": [up.work],
        "missing": [up.work / "no such"],
        "device": ["/dev/zero"],
        "many": [notes] * 20,
        "large": [up.work / "half", up.work / "half"],
        "relative": [notes.name],
    }

    with pytest.raises(UsageError, match=r"attached.*Nothing was sent"):
        up.send("ada", "read", attach=[str(notes), *(str(path) for path in paths[spoil])], id="q-1")

    assert not contents.exists() or os.listdir(contents) == []
    assert up.store().receipt("q-1") is None  # type: ignore[arg-type]


def test_for_a_message_that_is_refused_nothing_is_copied(up: Team, notes: Path, contents: Path):
    up.add("ada", "actor", queue_max=1)
    up.call("queue.pause", peer="ada")
    up.send("ada", "first", wait="accepted")

    with pytest.raises(TryAgain, match="waiting; not accepted"):
        up.send("ada", "read", attach=[str(notes)])

    assert not contents.exists()


def test_twice_under_one_id_is_one_message_as_long_as_the_files_are_the_same(up: Team, notes: Path, contents: Path):
    up.add("ada", "actor")
    again = {"id": "q-1", "attach": [str(notes)], "timeout_s": 20}
    first = up.send("ada", "read", **again)

    assert up.send("ada", "read", **again)["id"] == first["id"]
    others: tuple[dict[str, Any], ...] = ({"attach": []}, {"attach": [str(notes), str(notes)]})
    for other in others:
        with pytest.raises(PeerdError, match="taken by another message"):
            up.send("ada", "read", **(again | other))
    notes.write_text("as it is")
    with pytest.raises(PeerdError, match="taken by another message"):
        up.send("ada", "read", **again)
    notes.unlink()
    assert up.send("ada", "read", **again)["state"] == "submitted"
    assert len(os.listdir(contents)) == 1


def test_on_a_full_disk_it_is_not_accepted_and_nothing_is_left_half(team: Team, notes: Path, contents: Path):
    team.start(sys.executable, "-m", "peerd", "daemon", "run")
    team.add("ada", "actor")
    team.call("peer.wake", peer="ada")
    notes.write_bytes(bytes(3 << 20))

    with a_full_disk(team, room_bytes=2 << 20):
        ran = team.run("send", "ada", "read", "--attach", str(notes), "--id", "q-1", env={})

    assert (ran.code, "The message was not accepted; make room" in ran.err) == (75, True), ran.err
    assert os.listdir(contents) == []
    assert team.run("send", "ada", "read", "--attach", str(notes), "--id", "q-1").code == 0


@pytest.fixture
def disk(team: Team) -> Disk:
    return Disk(team, slow=SLOW.replace("{folder!r}", repr(team.home.attachments)))


def test_a_disk_that_takes_its_time_over_them_holds_up_nobody_else(disk: Disk, team: Team, notes: Path):
    team.add("ada", "actor")
    disk.hold()
    slow = threading.Thread(target=team.send, args=("ada", "read"), kwargs={"attach": [str(notes)], "id": "q-1"})
    slow.start()
    disk.is_waited_for()

    other = team.send("ada", "hello", wait="ended", timeout_s=20)
    disk.let_go()
    slow.join(20)

    assert (other["task"], team.store().receipt("q-1") is not None) == ("answered", True)  # type: ignore[arg-type]


def test_a_daemon_that_is_killed_over_them_leaves_neither_message_nor_half_a_file(
    disk: Disk, team: Team, notes: Path, contents: Path
):
    team.add("ada", "actor")
    disk.hold()
    sent = team.popen("send", "ada", "read", "--attach", str(notes), "--id", "q-1", "--wait", "accepted")
    disk.is_waited_for()
    half = os.listdir(contents)
    team.kill_daemon()
    disk.let_go()
    sent.kill()
    sent.wait()

    team.start(sys.executable, "-c", RUN_DAEMON)

    assert [each.startswith("draft-") for each in half] == [True]
    assert os.listdir(contents) == []
    assert team.store().receipt("q-1") is None  # type: ignore[arg-type]
    assert team.send("ada", "read", attach=[str(notes)], id="q-1", wait="ended", timeout_s=20)["task"] == "answered"


def test_what_no_message_has_is_collected_by_the_census_and_what_one_has_stays(team: Team, notes: Path, contents: Path):
    Path(team.home.config).mkdir(parents=True, exist_ok=True)
    Path(team.home.settings_file).write_text("census_s = 1\n")
    team.start()
    team.add("ada", "actor")
    team.send("ada", "read", attach=[str(notes)], wait="ended", timeout_s=20)
    (kept,) = os.listdir(contents)

    (contents / ("0" * 64)).write_text("nobody's")

    eventually(lambda: os.listdir(contents) == [kept], within_s=10)


@pytest.fixture(params=["actor", "pass"])
def eve(team: Team, request: pytest.FixtureRequest) -> Team:
    """Of either kind."""
    if request.param == "pass":
        declare(team, PASS % "true", "tidy")
    team.start()
    team.add("eve", "tidy" if request.param == "pass" else "actor", backoff_base_s=0.05)
    return team


def test_one_whose_content_was_taken_away_comes_to_nothing_and_holds_up_nobody(eve: Team, notes: Path, contents: Path):
    eve.call("queue.pause", peer="eve")
    eve.send("eve", "read", attach=[str(notes)], wait="accepted", id="m-1")
    eve.send("eve", "hello", wait="accepted", id="m-2")
    (content,) = contents.iterdir()
    content.rename(eve.work / "away")
    eve.call("queue.resume", peer="eve")

    after = eve.call("message.wait", id="m-2", until="ended", timeout_s=30)
    lost = eve.call("message.show", id="m-1")

    gone = f"my_notes.txt, which was attached to it, no longer exists: {content}"
    assert (after["state"], lost["state"], lost["task"], lost["attempt"]) == ("submitted", "dead", "dead", 0)
    assert (lost["history"][-1]["evidence"], eve.log("delivery").count("ev=dead-letter")) == (gone, 1)
    assert "1 message to eve failed" in "".join(eve.call("daemon.status")["notices"])
    (eve.work / "away").rename(content)
    eve.run("queue", "requeue", "m-1")
    assert eve.call("message.wait", id="m-1", until="ended", timeout_s=30)["attempt"] == 1


def test_a_name_cannot_leave_its_folder_or_be_taken_for_anything_else(up: Team):
    up.add("ada", "actor")
    (up.work / 'x"\n\x1b[2J -rf').write_text("odd")

    asked = up.send("ada", "read", attach=[str(up.work / 'x"\n\x1b[2J -rf')], wait="ended", timeout_s=20)

    assert asked["answer"] == "ada got 4 bytes, x_2J_-rf: read"
    assert json.loads(json.dumps(asked["answer"])) == asked["answer"]


@pytest.mark.parametrize("with_file", [0, 1], ids=["the answer", "a later reply"])
def test_the_answers_files_are_those_of_the_reply_that_ended_it(up: Team, notes: Path, with_file: int):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    asked, token = {"to": "operator", "body": "which?", "wait": "accepted"}, up.caller("ada")["PEERD_TOKEN"]
    id = call("message.send", asked, timeout_s=10, socket_path=up.home.socket, token=token)["id"]

    for n in range(2):
        attach = [str(notes)] if n == with_file else []
        up.call("message.send", to=None, reply_to=id, body="this", id=f"re-{n}", attach=attach, wait="accepted")

    assert up.call("message.show", id=id).get("files_of") == (None if with_file else "re-0")
