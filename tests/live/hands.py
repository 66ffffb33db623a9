"""A runtime that runs what it is told, tells of its turns by its journal, and takes answers: `hands`."""

import sys
from pathlib import Path

from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare

PROGRAM = r"""
import json, os, re, subprocess, sys

def tell(**fact):
    with open(os.environ["PEERD_JOURNAL"], "a") as journal:
        journal.write(json.dumps(fact) + "\n")

tell(ev="ready")
while True:
    text = input("> ")
    named = re.search(r"message (\S+) from", text)
    message = named[1] if named else None
    tell(ev="submitted", message=message)
    command = text.partition("run: ")[2]
    if command:
        subprocess.run(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL)
    tell(ev="turn_ended", message=message, status=0)
"""


def declare_hands(team: Team) -> None:
    """Before its daemon starts. It takes what follows `run: ` for a command."""
    program = Path(team.root, "hands")
    program.write_text(PROGRAM)
    argv = f'["{sys.executable}", "{program}"]'
    text = f"name = 'hands'\nargv = {argv}\nready = '> ?(.*)'\nconfirm = 'journal'\none_line = true\n"
    declare(team, text, "hands")
