"""What goes beside a message is the file that its sender means: never what the daemon finds under the same path."""

import os
import shlex
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from peerd.errors import UsageError
from tests.live.conftest import Ran, Team

pytestmark = pytest.mark.tmux

ANOTHER = "another process finds another file there, or none"


class Beside(NamedTuple):
    name: str
    content: str


@pytest.fixture
def mine(up: Team) -> Path:
    """A file of the sender's; what is sent waits."""
    for name in ("ada", "bob"):
        up.add(name, "actor", groups=["g"])
        up.call("queue.pause", peer=name)
    path = up.work / "mine.txt"
    path.write_text("mine")
    return path


def sent(team: Team, words: str, to: str = "ada", before: str = "") -> Ran:
    """By a shell of the sender's. `words`: what it attaches, and what it has open."""
    command = f"{before}{shlex.quote(sys.executable)} -m peerd send {to} look --id m-1 --wait accepted --attach {words}"
    done = subprocess.run(
        ("bash", "-c", command), env=team.env, cwd=team.work, capture_output=True, text=True, timeout=60
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def beside(team: Team, id: str = "m-1") -> list[Beside]:
    attached = team.call("message.show", id=id)["attached"]
    return [Beside(each["name"], Path(each["path"]).read_text()) for each in attached]


@pytest.mark.parametrize("number", [0, 3, 4, 7, 10, 13, 25, 63])
def test_a_descriptor_is_the_senders_own(up: Team, mine: Path, number: int):
    ran = sent(up, f"/dev/fd/{number} {number}<mine.txt")

    assert ran.code == 0, ran.err
    assert beside(up) == [("mine.txt", "mine")]


@pytest.mark.parametrize(
    "words",
    [
        "/dev/stdin <mine.txt",
        "/proc/self/fd/11 11<mine.txt",
        "/proc/thread-self/fd/11 11<mine.txt",
        "/proc/self/cwd/mine.txt",
        "/proc/self/root$PWD/mine.txt",
        "link 11<mine.txt",
        "folder/11 11<mine.txt",
    ],
)
def test_whatever_leads_to_it(up: Team, mine: Path, words: str):
    os.symlink("/dev/fd/11", up.work / "link")
    os.symlink("/proc/self/fd", up.work / "folder")

    ran = sent(up, words)

    assert ran.code == 0, ran.err
    assert beside(up) == [("mine.txt", "mine")]


def test_for_a_group_too(up: Team, mine: Path):
    ran = sent(up, "/dev/fd/11 11<mine.txt", to="@g")

    assert ran.code == 0, ran.err
    assert [beside(up, f"m-1.{name}") for name in ("ada", "bob")] == [[("mine.txt", "mine")]] * 2


@pytest.mark.parametrize(
    "words",
    ["<(echo hi)", "/dev/fd/12", "/proc/self/environ", "/proc/cpuinfo", "/dev/fd/99"],
)
@pytest.mark.parametrize("to", ["ada", "@g"])
def test_what_has_no_name_for_others_is_refused_with_a_word(up: Team, mine: Path, words: str, to: str):
    ran = sent(up, words, to, before="exec 12<>gone.txt; rm gone.txt; ")

    assert (ran.code, "the daemon may find another file there" in ran.err) == (2, True), ran
    assert up.call("message.list")["messages"] == []


@pytest.mark.parametrize("path", ["/dev/fd/10", "/proc/self/environ", "/proc/self/cwd/mine.txt", "/dev/stdin", "link"])
@pytest.mark.parametrize("to", ["ada", "@g"])
def test_the_daemon_attaches_nothing_of_its_own(up: Team, mine: Path, path: str, to: str):
    os.symlink("/proc/thread-self/fd/10", up.work / "link")
    asked = {"to": to, "body": "look", "attach": [str(mine), os.path.join(up.work, path)]}

    if to == "ada":
        with pytest.raises(UsageError, match=ANOTHER):
            up.call("message.send", **asked)
    else:
        errors = up.call("group.send", **asked)["errors"]
        assert [ANOTHER in str(each) for each in errors] == [True, True]

    assert up.call("message.list")["messages"] == []
    assert not os.path.exists(up.home.attachments)


def test_a_plain_link_keeps_its_name(up: Team, mine: Path):
    os.symlink("mine.txt", up.work / "report.txt")

    assert sent(up, "report.txt").code == 0
    assert beside(up) == [("report.txt", "mine")]


@pytest.mark.parametrize("name", ["peerd.db", "peerd.db-wal", "peerd.db-shm", "link"])
def test_the_record_that_the_daemon_has_open_is_not_opened_a_second_time(up: Team, mine: Path, name: str):
    """It would be closed too, and with that its locks are gone: whoever looks at it next by sqlite3 cuts it off."""
    os.symlink(up.home.store, os.path.join(up.home.state, "link"))

    ran = sent(up, os.path.join(up.home.state, name))
    with closing(sqlite3.connect(up.home.store)) as looking:
        looking.execute("SELECT count(*) FROM message").fetchone()
    up.send("ada", "after that", id="m-after", wait="accepted")
    up.kill_daemon()
    up.start()

    assert (ran.code, "it is open as the record of this team" in ran.err) == (2, True), ran
    assert up.call("message.show", id="m-after")["body"] == "after that"
