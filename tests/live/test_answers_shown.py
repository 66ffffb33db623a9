"""The answer to what the operator asked is read once it was printed to them, and by nothing else."""

from typing import Any

import pytest

from tests.live.conftest import Team

pytestmark = pytest.mark.tmux


def stands(team: Team, id: str) -> tuple[Any, ...]:
    shown = team.call("message.show", id=id, look=True)
    return shown["state"], shown["history"][-1]["evidence"]


def test_an_answer_is_read_once_a_command_has_printed_it(up: Team):
    up.add("ada", "actor")

    sent = up.run("send", "ada", "what is up", "--id", "s-1", "--wait", "ended")
    up.run("reply", "s-1", "and one more thing", "--id", "r-2", env=up.env | up.caller("ada"))

    assert (sent.code, "`peerd inbox read re-s-1` shows it" in sent.err) == (0, True)
    assert stands(up, "re-s-1")[0] == "accepted"
    assert up.run("wait", "s-1", "--for", "ended").code == 0
    assert stands(up, "re-s-1") == ("submitted", "shown to the operator by peerd wait")
    assert stands(up, "r-2")[0] == "accepted"  # which was not printed
    assert up.call("message.wait", id="s-1", until="ended")["unread"] is None
