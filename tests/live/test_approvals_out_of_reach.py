"""A permission that is answered while its session's tmux does not: nothing is pressed, and that is what is said."""

import os
import signal

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.impatient import IMPATIENT
from tests.live.persons import at_a_terminal
from tests.live.test_approvals import APPROVED, answers, asking, of, stands

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize("words", [("approve", "--yes"), ("deny",)], ids=lambda words: words[0])
def test_an_answer_to_one_whose_tmux_hangs_says_that_nothing_was_pressed(team: Team, words: tuple[str, ...]):
    team.start(*IMPATIENT)
    id, server = asking(team)["id"], team.session("ada").host.server
    command, *flags = words
    os.kill(server.pid, signal.SIGSTOP)
    try:
        said = at_a_terminal(team, command, id, *flags)
        again = at_a_terminal(team, command, id, *flags)
    finally:
        os.kill(server.pid, signal.SIGCONT)

    for each in (said, again):
        assert each.code == 1
        assert "ada is alive, but its tmux server cannot be reached" in each.out
        assert "Nothing was pressed." in each.out
        assert "whether it was done is not known" not in each.out
    assert of(team, id)["state"] == "open"
    assert stands(team)["id"] == id
    eventually(lambda: at_a_terminal(team, "approve", id, "--yes").code == 0, within_s=15)
    assert answers(team) == [APPROVED]
