"""An ephemeral session that speaks before its screen shows that it took its task."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, Team
from tests.live.test_declared_runtimes import declare
from tests.live.test_ephemeral import QUICK, ended

pytestmark = pytest.mark.tmux

OBEYS = """
import subprocess
while True:
    words = input("> ").partition("run: ")[2].split()
    said = subprocess.run(words, capture_output=True, text=True).stdout if words else "noted"
    print(said or "did it", flush=True)
"""


DEAF = """
import subprocess, sys
speaks = "until [ -e $0 ]; do sleep 0.05; done; peerd send operator tick --wait accepted; touch $0.said"
subprocess.Popen(["/bin/sh", "-c", speaks, sys.argv[1]], stdin=subprocess.DEVNULL)
while True:
    input("> ")
"""
"""Obeys nothing; what it has begun beside that speaks once a file is there."""


@pytest.fixture
def eve(team: Team) -> Team:
    """A program that shows nothing of what it took before it has run a command for it."""
    return runs(team, OBEYS)


def runs(team: Team, text: str, *args: str, launcher: tuple[str, ...] = ()) -> Team:
    """eve, of this program."""
    program = Path(team.root, "program")
    program.write_text(text)
    argv = json.dumps([*launcher, sys.executable, str(program), *args])
    declared = f"name = 'obeys'\nargv = {argv}\nready = '> ?(.*)'\nbusy = '^thinking'\none_line = true\n"
    declare(team, declared, "obeys")
    team.start()
    team.add("eve", "obeys", **(QUICK | {"ephemeral_quiet_s": 1.5}))
    return team


def test_a_question_that_is_asked_at_once_is_of_the_task_and_its_answer_comes_to_who_asked(eve: Team):
    eve.add("bob", "actor", "--busy-s", "4")
    asks = eve.send("eve", "run: peerd send bob well? --wait accepted", wait="accepted")["id"]
    after = eve.send("eve", "hello", wait="accepted")["id"]

    over = ended(eve, asks)

    (answer,) = (each for each in eve.call("message.list", peer="eve")["messages"] if each["from"] == "bob")
    reply = eve.call("message.show", id=answer["id"])
    taken = [each["evidence"] for each in eve.call("message.show", id=asks)["history"] if each["state"] == "submitted"]
    assert (over["task"], over["answer"], over["attempt"]) == ("turn_ended", "noted", 1)
    assert taken == [f"{over['session']} spoke, and nothing but this was handed to it"]
    assert reply["session"] == over["session"] != ended(eve, after)["session"]


def test_one_that_says_at_once_that_it_is_done_has_done_its_task(eve: Team):
    over = eve.send("eve", "run: peerd self-done", wait="ended", timeout_s=30)

    assert (over["task"], over["attempt"]) == ("done", 1)
    eventually(lambda: eve.show("eve")["phase"] == "asleep", within_s=10)


def test_so_has_one_that_was_begun_by_a_launcher_which_waits_for_it(team: Team):
    runs(team, OBEYS, launcher=("/bin/sh", "-c", '"$@"; true', "launcher"))

    over = team.send("eve", "run: peerd self-done", wait="ended", timeout_s=30)

    assert (over["task"], over["attempt"]) == ("done", 1)


def test_what_ran_beside_it_before_its_task_was_entered_proves_nothing_by_speaking(team: Team):
    now = Path(team.root, "now")
    runs(team, DEAF, str(now))
    id = team.send("eve", "hello", wait="accepted")["id"]
    eventually(lambda: _prompts(team) == 2, within_s=20)

    now.touch()

    eventually(lambda: Path(f"{now}.said").exists(), within_s=20)
    said = [each["to"] for each in team.call("message.list", peer="eve")["messages"] if each["from"] == "eve"]
    steps = {each["state"] for each in team.call("message.show", id=id)["history"]}
    assert (said, "submitted" in steps, "handed_over" in steps) == (["operator"], False, True)


def _prompts(team: Team) -> int:
    """Where the second one stands, the first line was read."""
    return sum(line.startswith(">") for line in team.call("peer.peek", peer="eve")["lines"])


SLOW_TO_HEED = """
import asyncio, os
from peerd.daemon import implicit_ack
home = os.environ["PEERD_HOME"]
right = implicit_ack.heed
async def slow(daemon, who):
    await right(daemon, who)
    open(home + "/heeded", "w").close()
    while not os.path.exists(home + "/go"):
        await asyncio.sleep(0.01)
implicit_ack.heed = slow
"""


def test_who_writes_to_one_that_is_removed_meanwhile_is_told_that_there_is_none(team: Team):
    team.start(sys.executable, "-c", SLOW_TO_HEED + RUN_DAEMON)
    team.add("ada", "actor")
    team.add("bob", "actor")
    team.call("peer.wake", peer="ada")
    with ThreadPoolExecutor(1) as pool:
        sent = pool.submit(team.run, "send", "bob", "hello", env=team.caller("ada"))
        eventually(Path(team.env["PEERD_HOME"], "heeded").exists, within_s=15)
        team.call("peer.remove", peer="bob")
        Path(team.env["PEERD_HOME"], "go").touch()

    assert (sent.result().code, "no peer 'bob'" in sent.result().err) == (1, True), sent.result().err
