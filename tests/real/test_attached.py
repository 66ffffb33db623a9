"""A person at an ordinary terminal sees what the agent asks and what is typed; messages get there all the same."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.edges.tmux_home import terminal
from tests.eventually import eventually
from tests.live.persons import at_a_terminal
from tests.real.conftest import Agents
from tests.real.test_permissions_given import stands, state

BODIES = {
    "short": "hello",
    "lines": "one\ntwo",
    "whole": "word " * 140,
    "own": "word " * 155,
    "long": "line\n" * 40,
}


@contextmanager
def attached(agents: Agents, columns: int, rows: int) -> Iterator[int]:
    at = agents.team.call("peer.attach", peer="ada")
    command = ("tmux", "-N", "-S", at["socket"], "attach-session", "-t", f"={at['session']}")
    with terminal(command, {"TERM": "xterm", "HOME": str(agents.team.root)}, columns=columns, rows=rows) as typing:
        threading.Thread(target=drain, args=(typing,), daemon=True).start()
        eventually(lambda: size(agents) == f"{max(columns, 80)}x{max(rows, 24)}")
        yield typing


def drain(terminal: int) -> None:
    """A terminal shows what is written to it; where nobody read that, its program would wait."""
    with suppress(OSError):
        while os.read(terminal, 1 << 16):
            pass


def size(agents: Agents) -> str:
    socket = agents.team.session("ada").host.socket
    asked = ("tmux", "-S", socket, "display-message", "-p", "-t", "%0", "#{window_width}x#{window_height}")
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 30), (50, 15)])
def test_what_is_sent_and_asked_while_somebody_is_attached_is_seen_and_answered(
    agents: Agents, runtime: str, columns: int, rows: int
):
    agents.add("ada", runtime)
    agents.team.call("peer.wake", peer="ada", timeout_s=60)
    made = agents.team.root / "made"
    with attached(agents, columns, rows):
        for name, body in BODIES.items():
            done = agents.team.send("ada", body, id=f"m-{name}", wait="ended", timeout_s=60)
            assert (done["state"], done["attempt"], done["task"]) == ("submitted", 1, "turn_ended"), name
        agents.team.send("ada", f"make it [[run touch {made}]]", id="m-asks", timeout_s=60)
        asked = stands(agents)
        assert "Yes" in agents.screen("ada")
        said = at_a_terminal(agents.team, "approve", asked["id"], typed="y\n")
        assert said.code == 0, said.out
        assert agents.team.call("message.wait", id="m-asks", until="ended", timeout_s=60)["exit_status"] in (None, 0)
        assert state(agents, asked["id"]) == "approved"
    eventually(lambda: size(agents) == "220x50")
    done = agents.team.send("ada", "bye", wait="ended", timeout_s=60)
    assert (done["state"], done["attempt"]) == ("submitted", 1)


def test_a_permission_that_stands_keeps_its_id_while_somebody_attaches_and_leaves(agents: Agents, runtime: str):
    """Of a command that has no room in their terminal."""
    agents.add("ada", runtime)
    words = " ".join(f"word{n}" for n in range(150))
    agents.team.send("ada", f"make it [[run touch {words}]]", id="m-asks", timeout_s=60)
    asked = stands(agents)

    with attached(agents, 80, 24):
        assert stays(agents) == [(asked["id"], "open", "Bash")]
    eventually(lambda: size(agents) == "220x50")
    assert stays(agents) == [(asked["id"], "open", "Bash")]

    denied = at_a_terminal(agents.team, "deny", asked["id"])
    assert denied.code == 0, denied.out
    assert state(agents, asked["id"]) == "denied"


def stays(agents: Agents) -> list[tuple[str, str, str]]:
    """All that was ever listed, once what is drawn again has settled."""
    moment = time.monotonic() + 2.0
    eventually(lambda: time.monotonic() > moment)
    listed = agents.team.call("approval.list", all=True)["approvals"]
    return [(each["id"], each["state"], each["tool"]) for each in listed]
