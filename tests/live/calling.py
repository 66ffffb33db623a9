"""A method of the socket, asked by a process with a terminal of its own."""

import json
import os
import pty
import sys
from shlex import quote

from peerd import errors
from tests.live.conftest import Team
from tests.live.persons import read_to_end

PROGRAM = """
import json, sys
from peerd.errors import PeerdError
from peerd.rpc.client import call
try:
    print(json.dumps(call(sys.argv[1], json.loads(sys.argv[2]), timeout_s=30, socket_path=sys.argv[3])))
except PeerdError as error:
    print(json.dumps({"refused": str(error)}))
"""


def program(team: Team, id: str) -> str:
    """As a shell's command: approves what has this id."""
    params = json.dumps({"id": id, "answer": "approve"})
    path = os.pathsep.join(sys.path)
    script = team.root / "asks.py"
    script.write_text(PROGRAM)
    words = (sys.executable, str(script), "approval.answer", params, team.home.socket)
    return f"env PYTHONPATH={quote(path)} {' '.join(map(quote, words))}"


def at_a_terminal(team: Team, method: str, *, env: dict[str, str] | None = None, **params: str) -> dict[str, object]:
    """Raises PeerdError with what the daemon said."""
    pid, fd = pty.fork()
    if pid == 0:
        words = (sys.executable, "-c", PROGRAM, method, json.dumps(params), team.home.socket)
        os.execve(sys.executable, words, team.env | (env or {}))
    try:
        _, told = read_to_end(pid, fd)
    finally:
        os.close(fd)
    answer: dict[str, object] = json.loads(told)
    if "refused" in answer:
        raise errors.PeerdError(answer["refused"])
    return answer
