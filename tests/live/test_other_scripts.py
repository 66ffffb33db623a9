"""A message in any script is entered whole, by a program that reads single lines of a terminal too, or not at all."""

import json
import sys
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare

pytestmark = pytest.mark.tmux

READER = r"""
import os, sys
out = open(sys.argv[1], "ab", buffering=0)
while True:
    os.write(1, b"> ")
    line = sys.stdin.buffer.readline()
    if not line:
        break
    out.write(line)
    os.write(1, b"you said %d bytes\n" % len(line))
"""
"""Its input line is the terminal's own, which takes no more than 4095 bytes."""

FORGETFUL = r"""
import os, sys, termios, tty
out = open(sys.argv[1], "ab", buffering=0)
tty.setcbreak(0)
while True:
    os.write(1, b"> ")
    line = ""
    while (char := sys.stdin.read(1)) != "\n":
        if char == "\x15":
            os.write(1, b"\r\x1b[J> ")
            line = ""
        elif len(line) < 100:
            line += char
            os.write(1, char.encode())
    out.write(line.encode())
    os.write(1, b"\n")
"""
"""Takes a hundred letters, and nothing of the rest."""


def begun(team: Team, program: str) -> Path:
    """`eve` is one. Returns where it writes what it took."""
    got = team.work / "got"
    script = team.work / "program.py"
    script.write_text(program)
    argv = json.dumps([sys.executable, "-u", str(script), str(got)])
    fields = "ready = '> ?(.*)'\none_line = true\nclear = ['C-u']\n"
    declare(team, f"name = 'reader'\nargv = {argv}\nenv = {{ LANG = 'C.UTF-8' }}\n{fields}", "reader")
    team.start()
    team.add("eve", "reader")
    return got


@pytest.mark.parametrize("body", ["ж" * 1900, "データ" * 430], ids=["cyrillic", "japanese"])
def test_what_a_line_takes_is_typed_whole(team: Team, body: str):
    got = begun(team, READER)

    sent = team.send("eve", body, id="m-1", wait="ended", timeout_s=30)

    assert (sent["state"], sent["attempt"], sent["task"]) == ("submitted", 1, "turn_ended")
    assert got.read_text().endswith(f" {body}\n")


@pytest.mark.parametrize("body", ["ж" * 3000, "データ" * 900], ids=["cyrillic", "japanese"])
def test_what_it_would_not_take_whole_goes_by_file(team: Team, body: str):
    got = begun(team, READER)

    sent = team.send("eve", body, id="m-1", wait="ended", timeout_s=30)

    assert (sent["state"], sent["attempt"], sent["task"]) == ("submitted", 1, "turn_ended")
    (named,) = (word for word in got.read_text().split() if word.endswith("in/m-1"))
    assert Path(named).read_text() == body


@pytest.mark.parametrize("body", ["удали всё, но базу не трогай", "全部消してください。でもデータベースは残して"])
def test_what_lost_its_end_on_the_way_is_not_entered(team: Team, body: str):
    got = begun(team, FORGETFUL)

    team.send("eve", body * 3, id="m-1", wait="accepted")

    assert eventually(lambda: "ev=unconfirmed" in team.log("delivery"), within_s=20)
    assert got.read_bytes() == b""
    assert team.call("message.show", id="m-1")["state"] != "submitted"
