"""The last line of a command at a terminal while something is unread: as it is then, and after an error too."""

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.persons import at_a_terminal
from tests.live.test_notices import board, crash_loop, raised

pytestmark = pytest.mark.tmux

UNREAD = "peerd: 1 notice unread: sh is failed: 3 deaths"


@pytest.mark.parametrize("words", ["send nobody hi", "send sh hi", "wait m-none", "interrupt sh"])
def test_a_command_that_ends_in_an_error_tells_of_what_is_unread_after_it(up: Team, words: str):
    crash_loop(up)
    raised(up, "down")

    said = at_a_terminal(up, *words.split())

    assert said.code == 1
    error, last = said.out.splitlines()[-2:]
    assert error.startswith("peerd: ")
    assert last.startswith(UNREAD)


def test_an_error_in_json_is_all_that_is_said(up: Team):
    crash_loop(up)
    raised(up, "down")

    (line,) = at_a_terminal(up, "send", "nobody", "hi", "--json").out.splitlines()

    assert line.startswith('{"error":')


def test_a_command_that_ended_what_was_unread_tells_nothing_of_it(up: Team):
    crash_loop(up)
    raised(up, "down")
    up.run("edit", "sh", "--set", "bin=/bin/sh")
    assert at_a_terminal(up, "show", "sh").out.splitlines()[-1].startswith(UNREAD)

    assert "unread" not in at_a_terminal(up, "start", "sh").out


def test_what_is_unread_still_is_told_as_it_is_by_then(up: Team):
    for name in ("eve", "sh"):
        up.add(name, "shell", bin="/bin/false", backoff_base_s=0.05, probe_base_s=3600)
        up.send(name, "echo", wait="accepted")
    eventually(lambda: [each["kind"] for each in board(up)] == ["down", "down"], within_s=15)

    last = at_a_terminal(up, "stop", "sh").out.splitlines()[-1]

    assert last.startswith("peerd: 1 notice unread: eve is failed: 3 deaths")
