"""A session goes by the terms it was begun with, also where its runtime is declared no more."""

import signal
from pathlib import Path

import pytest

from peerd.edges import process
from tests.eventually import eventually
from tests.live.conftest import Team
from tests.live.test_declared_runtimes import CHAT, declare

pytestmark = pytest.mark.tmux


@pytest.mark.parametrize(
    ("attempts", "stands", "died"), [(3, "accepted", False), (1, "submitted", True)], ids=["three", "one"]
)
@pytest.mark.parametrize("lives", [True, False], ids=["which lives", "which died"])
def test_a_task_of_a_session_whose_runtime_is_gone_has_the_attempts_it_had(
    team: Team, attempts: int, stands: str, died: bool, lives: bool
):
    declare(team, f"{CHAT}task_attempts = {attempts}\n", "chat")
    team.start()
    team.add("eve", "chat", "--thinks", "600")
    team.send("eve", "hello", id="m-1", wait="submitted", timeout_s=20)
    runtime = team.session("eve").host.runtime
    team.kill_daemon()
    Path(team.home.runtimes, "chat.toml").unlink()
    if not lives:
        process.tell(runtime, signal.SIGKILL)
        eventually(lambda: not process.alive(runtime))
    team.start()

    assert team.run("stop", "eve").code == 0

    shown = team.call("message.show", id="m-1")
    assert (shown["state"], shown["task"]) == (stands, "dead" if died else "open")
