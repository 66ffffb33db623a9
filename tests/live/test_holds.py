"""What keeps a message from being typed, and that it goes on by itself once that is over."""

import contextlib
import os
import pty
import subprocess
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.tmux.server import COLUMNS, ROWS
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_payloads import submissions

pytestmark = pytest.mark.tmux


def at_the_keyboard(team: Team, name: str, *words: str) -> None:
    """What a person attached to the peer's tmux would do."""
    socket, pane = team.session(name).host.socket, team.session(name).host.pane
    target = () if words[0] == "set-buffer" else ("-t", pane)
    subprocess.run(("tmux", "-S", socket, words[0], *target, *words[1:]), check=True, timeout=10)


@pytest.fixture(params=["actor", "shell"])
def peer(up: Team, request: pytest.FixtureRequest) -> str:
    """An idle peer of either runtime."""
    name = f"one-{request.param}"
    up.add(name, request.param)
    up.send(name, "true", wait="ended")
    return name


def test_a_message_waits_for_a_persons_draft_and_leaves_it_as_it_is(up: Team, peer: str):
    at_the_keyboard(up, peer, "send-keys", "-l", "half a thought")
    eventually(lambda: "half a thought" in "\n".join(up.call("peer.peek", peer=peer)["lines"]))

    waiting = up.send(peer, "true", timeout_s=0.7)

    assert (waiting["waiting"], waiting["state"], waiting["hold"]) == (True, "accepted", "draft")
    screen = "\n".join(up.call("peer.peek", peer=peer)["lines"])
    assert screen.rstrip().count("half a thought") == 1
    at_the_keyboard(up, peer, "send-keys", "C-u")
    assert up.call("message.wait", id=waiting["id"], until="ended", timeout_s=15)["attempt"] == 1


def test_a_message_waits_while_a_person_reads_in_copy_mode(up: Team, peer: str):
    at_the_keyboard(up, peer, "copy-mode")

    waiting = up.send(peer, "true", timeout_s=0.7)

    assert (waiting["waiting"], waiting["state"], waiting["hold"]) == (True, "accepted", "tmux-mode")
    at_the_keyboard(up, peer, "send-keys", "-X", "cancel")
    assert up.call("message.wait", id=waiting["id"], until="ended", timeout_s=15)["attempt"] == 1


def test_a_message_waits_for_what_a_person_runs_in_a_shell(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    at_the_keyboard(up, "sh", "send-keys", "read answer", "Enter")
    eventually(lambda: up.show("sh")["activity"] == "busy")

    waiting = up.send("sh", "echo $answer", timeout_s=0.5)

    assert (waiting["state"], waiting["hold"]) == ("accepted", "busy")
    at_the_keyboard(up, "sh", "send-keys", "42", "Enter")
    assert up.call("message.wait", id=waiting["id"], until="ended", timeout_s=15)["answer"] == "42"


def test_messages_wait_in_order_for_a_permission_prompt_that_a_person_answers(up: Team):
    up.add("ada", "actor", "--permission-on", "danger")
    up.send("ada", "danger ahead")
    eventually(lambda: up.show("ada")["activity"] == "blocked")
    ids = [up.send("ada", f"later {n}", wait="accepted")["id"] for n in range(3)]

    at_the_keyboard(up, "ada", "send-keys", "2")

    over = [up.call("message.wait", id=id, until="ended", timeout_s=15) for id in ids]
    assert [each["task"] for each in over] == ["answered"] * 3
    at = [up.call("message.show", id=id)["history"][-1]["at"] for id in ids]
    assert at == sorted(at)


def test_a_peer_whose_control_client_is_gone_is_reached_again(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    subprocess.run(
        ("tmux", "-S", up.session("ada").host.socket, "detach-client", "-a", "-s", "=actor-ada"),
        check=False,
        timeout=10,
    )
    subprocess.run(
        ("tmux", "-S", up.session("ada").host.socket, "detach-client", "-s", "=actor-ada"), check=False, timeout=10
    )

    assert up.send("ada", "hello", wait="ended")["task"] == "answered"


def test_people_at_a_pane_are_counted(up: Team):
    up.add("ada", "actor")
    up.call("peer.wake", peer="ada")
    assert _on_screen(up) == "idle, input line ''"

    host = up.session("ada").host
    with attached(host.socket):
        assert eventually(lambda: _on_screen(up).endswith("; 1 attached"))

    assert eventually(lambda: _on_screen(up) == "idle, input line ''")


def _on_screen(team: Team) -> str:
    says: str = next(each for each in team.show("ada")["evidence"] if each["source"] == "screen")["says"]
    return says


@contextlib.contextmanager
def attached(socket: str) -> Iterator[None]:
    """A person's terminal at the session on this socket, as large as that."""
    controller, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (ROWS, COLUMNS))
    person = subprocess.Popen(("tmux", "-S", socket, "attach"), stdin=terminal, stdout=terminal, stderr=terminal)
    try:
        yield
    finally:
        person.terminate()
        person.wait(timeout=10)
        os.close(controller)
        os.close(terminal)


def test_what_another_message_of_ours_left_in_the_input_line_is_cleared_and_no_draft(up: Team):
    """Evidence of an earlier attempt may come while the next one stands typed already."""
    record = up.root / "record"
    up.add("ada", "actor", "--record", str(record))
    up.send("ada", "first", wait="ended", id="m-first")
    at_the_keyboard(up, "ada", "set-buffer", "-b", "again", _again())
    at_the_keyboard(up, "ada", "paste-buffer", "-p", "-r", "-b", "again")
    eventually(lambda: any(line.startswith("❯ [pasted") for line in up.call("peer.peek", peer="ada")["lines"]))

    assert up.send("ada", "second", wait="ended", timeout_s=15)["attempt"] == 1
    assert len(submissions(record)) == 2


def _again() -> str:
    return "peerd message m-first from operator (person) attempt 1 hops 0:\nfirst"


def test_a_draft_that_names_the_waiting_message_is_left_as_it_is(up: Team):
    up.add("sh", "shell")
    up.call("peer.wake", peer="sh")
    at_the_keyboard(up, "sh", "send-keys", "-l", "git commit -m 'see peerd message ticket7")
    eventually(lambda: "ticket7" in "\n".join(up.call("peer.peek", peer="sh")["lines"]))

    waiting = up.send("sh", "echo ran > ran", id="ticket7", timeout_s=1.5)

    assert waiting["hold"] == "draft"
    assert "see peerd message ticket7" in "\n".join(up.call("peer.peek", peer="sh")["lines"])
    assert not os.path.exists(f"{up.work}/ran")


def test_a_prompt_that_stands_open_is_known_to_the_next_daemon(team: Team):
    record = team.root / "record"
    team.start()
    team.add("ada", "actor", "--permission-on", "danger", "--record", str(record))
    team.send("ada", "danger ahead")
    eventually(lambda: team.show("ada")["activity"] == "blocked")
    team.kill_daemon()
    team.start()

    waiting = team.send("ada", "and this?", timeout_s=1.0)
    assert (waiting["state"], waiting["hold"]) == ("accepted", "prompt")
    at_the_keyboard(team, "ada", "send-keys", "Escape")

    assert team.call("message.wait", id=waiting["id"], until="ended", timeout_s=20)["task"] == "answered"
    assert "approved" not in Path(f"{record}.jsonl").read_text()
