"""Tables at a terminal: the first column is what other commands are called with, and stands there whole."""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.cli.answers import row
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub

ID = "re-m-01k8he4ki3b6p0ltmr"
AT = "2999-01-02T03:04:05.678Z"
LONG = "and so it goes on " * 10
MESSAGE: dict[str, Any] = {
    "id": ID,
    "from": "reviewer",
    "to": "deployer",
    "state": "accepted",
    "task": "open",
    "hold": "busy",
    "accepted_at": AT,
    "topic": LONG,
}
ASKED = MESSAGE | {"topic": None, "awaits": True, "says": LONG, "reply_to": None, "answers": None}
PAIR = {"one": "reviewer", "other": "deployer", "paused": True, "since": AT, "waiting": 12, "why": LONG}
NAMES = [f"reviewer-of-part-{n}" for n in range(20)]
QUEUE = {"peer": ID, "waiting": 3, "paused": True, "hold": None, "awaits": NAMES, "dead": 7}

LISTS: dict[str, tuple[str, dict[str, Any], str]] = {
    "inbox ls": ("inbox.list", {"messages": [ASKED], "unread": 1, "more": False, "left_out": []}, ID),
    "messages": ("message.list", {"messages": [MESSAGE], "left_out": []}, ID),
    "queue ls": ("queue.list", {"queues": [QUEUE], "waiting": [], "dead": []}, ID),
    "queue ls ada": ("queue.list", {"queues": [QUEUE], "waiting": [MESSAGE], "dead": [MESSAGE]}, ID),
    "ls": ("peer.list", {"peers": [row(peer=ID, hold=None, awaits=NAMES, groups=NAMES)]}, ID),
    "pairs": ("pair.list", {"pairs": [PAIR]}, "reviewer deployer"),
}


def screen(words: str, columns: int, **variables: str) -> list[str]:
    """What `peerd WORDS` shows at a terminal of so many columns, its lines as they stand there."""
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        env |= {"TERM": "xterm", "NO_COLOR": "1", "LC_ALL": "C.UTF-8", **variables}
        os.execve(sys.executable, (sys.executable, "-m", "peerd", *words.split()), env)
    shown = b""
    with suppress(OSError):  # Linux's end of file of a terminal
        while part := os.read(fd, 1 << 16):
            shown += part
    os.waitpid(pid, 0)
    os.close(fd)
    return [line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", shown.decode()).splitlines()]


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
@pytest.mark.parametrize("words", LISTS)
def test_a_name_or_an_id_is_never_cut_and_no_line_is_broken(daemon: Stub, home: Path, words: str, columns: int):
    method, answer, first = LISTS[words]
    daemon.answers = {method: answer}

    shown = [line for line in screen(words, columns) if not re.search(r"^peerd: |held back$|^dead letters;", line)]

    named = [line for line in shown if line.startswith(first)]
    assert len(named) == (2 if words == "queue ls ada" else 1), shown
    assert all(line == first or line.startswith(f"{first}  ") for line in named), shown
    assert max(len(line) for line in shown) <= columns, shown


def test_a_terminal_of_no_columns_as_COLUMNS_has_it_is_as_wide_as_it_is(daemon: Stub, home: Path):
    daemon.answers = {LISTS["inbox ls"][0]: LISTS["inbox ls"][1]}

    assert screen("inbox ls", 80, COLUMNS="0") == screen("inbox ls", 80)


def test_a_pipe_shows_all_also_where_colours_are_asked_for(daemon: Stub, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "40")
    daemon.answers = {LISTS["inbox ls"][0]: LISTS["inbox ls"][1]}

    ran = peerd("inbox", "ls")

    assert (LONG.strip() in ran.out, "left out" in ran.err, "\x1b[" in ran.out) == (True, False, True)


def test_a_cell_that_is_cut_says_so(daemon: Stub, home: Path):
    daemon.answers = {LISTS["inbox ls"][0]: LISTS["inbox ls"][1]}

    titles, line = screen("inbox ls", 80)[:2]

    assert titles.split() == ["ID", "FROM", "AGE", "SAYS"]
    assert (line[: len(ID) + 3], line[-1], len(line)) == (f"{ID}  r", "…", 80)


def test_what_a_message_says_is_shown_beside_a_topic(daemon: Stub, home: Path):
    daemon.answers = {"inbox.list": {"messages": [ASKED | {"topic": "release-notes"}], "unread": 1, "more": False}}

    titles, line = screen("inbox ls", 80)[:2]

    assert titles.split() == ["ID", "FROM", "AGE", "TOPIC", "SAYS"]
    assert (line[: len(ID) + 3], line[-1], len(line)) == (f"{ID}  r", "…", 80)


def test_columns_that_are_left_out_are_told(daemon: Stub, home: Path):
    daemon.answers = {LISTS["inbox ls"][0]: LISTS["inbox ls"][1]}

    told = (
        "peerd: 3 columns (AGE, SAYS) left out: the terminal is too narrow. A wider one shows all, and so does a pipe."
    )
    assert told in "".join(screen("inbox ls", 40))


@pytest.mark.parametrize(("columns", "looked"), [(40, False), (80, True)])
def test_what_came_to_nothing_is_looked_at_where_that_is_seen(daemon: Stub, home: Path, columns: int, looked: bool):
    ended = ASKED | {"awaits": False, "state": "expired", "task": None}
    listed = {"messages": [ended], "unread": 0, "more": False, "unseen": [ID]}
    daemon.answers = {"inbox.list": listed, "message.looked": {}}

    screen("inbox ls --all", columns)

    assert [method for method, _ in daemon.asked].count("message.looked") == looked


def test_the_widest_gives_way_to_what_stands_behind_it(daemon: Stub, home: Path):
    daemon.answers = {LISTS["queue ls"][0]: LISTS["queue ls"][1]}

    titles, line = screen("queue ls", 80)[:2]

    assert titles == "PEER                     WAITING  WAITS FOR                 PAUSED  DEAD LETTERS"
    assert line == f"{ID}  3        an answer to reviewer-o…  paused  7"
