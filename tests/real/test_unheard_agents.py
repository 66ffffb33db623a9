"""Real agents whose hooks cannot run any more, as after an upgrade of the Python that peerd was started with."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import RUN_DAEMON, a_team
from tests.models.server import models
from tests.real.conftest import Agents

LONG = "\n".join(f"{n}: a line of a message that is too long to be pasted as it is" for n in range(40))
BLOCKS = "#!/bin/sh\necho cannot open hook.py >&2\nexit 2\n"


class Unheard(Agents):
    """Agents whose hooks run by a name of their own for Python."""

    @property
    def python(self) -> Path:
        return self.team.root / "python"

    def takes(self, runtime: str, text: str, **fields: Any) -> list[Any]:
        """What the model was asked of m-1, once it has taken that."""
        self.team.send("ada", f"{text} [[say forty-two]]", id="m-1", wait="accepted", **fields)
        eventually(lambda: self.shown()["state"] == "submitted", within_s=40)
        return self.asked("forty-two")

    def shown(self) -> dict[str, Any]:
        return self.team.call("message.show", id="m-1")


@pytest.fixture
def unheard() -> Iterator[Unheard]:
    with a_team() as team, models() as serving:
        os.makedirs(team.home.config)
        Path(team.home.settings_file).write_text("census_s = 1\nsilent_s = 1\n")
        found = Unheard(team, serving)
        found.python.symlink_to(sys.executable)
        here = f"from peerd_adapters import here; here.PYTHON = {str(found.python)!r}"
        team.start(sys.executable, "-c", f"{here}; {RUN_DAEMON}")
        yield found
        for name in os.listdir(team.home.peers):
            team.call("peer.stop", peer=name.removesuffix(".toml"))


@pytest.mark.parametrize("text", ["what is it?", LONG], ids=["short", "long"])
def test_an_agent_whose_hooks_are_gone_does_a_message_once_and_is_told_as_unheard(
    unheard: Unheard, runtime: str, text: str
):
    unheard.add("ada", runtime, lease_s=15.0)
    unheard.team.send("ada", "hello [[say hi]]", wait="ended", timeout_s=30)
    unheard.python.unlink()

    asked = unheard.takes(runtime, text)
    done = unheard.team.call("message.wait", id="m-1", until="ended", timeout_s=20)

    assert (len(asked), done["task"], done["attempt"]) == (1, "turn_ended", 1)
    (notice,) = unheard.team.call("daemon.status")["notices"]
    assert notice.startswith("ada is not heard: it took m-1, but its hooks have reported nothing since")


def test_an_agent_whose_hooks_are_gone_before_its_first_message_does_that_once(unheard: Unheard):
    unheard.add("ada", "claude", lease_s=15.0)
    unheard.team.call("peer.wake", peer="ada", timeout_s=60)
    unheard.python.unlink()

    assert len(unheard.takes("claude", "what is it?")) == 1
    assert unheard.shown()["attempt"] == 1


def test_an_agent_whose_hooks_are_gone_after_its_conversation_was_cleared_does_a_message_once(unheard: Unheard):
    unheard.add("ada", "claude", lease_s=15.0)
    unheard.team.send("ada", "hello [[say hi]]", wait="ended", timeout_s=30)
    journal = Path(unheard.team.home.session(unheard.team.session("ada").id), "journal")
    unheard.enters("ada", "/clear")
    eventually(lambda: '\\"source\\":\\"clear\\"' in journal.read_text(), within_s=20)
    unheard.python.unlink()

    assert len(unheard.takes("claude", "what is it?")) == 1
    assert unheard.shown()["attempt"] == 1


def test_a_prompt_that_a_hook_keeps_from_the_model_is_not_told_as_taken(unheard: Unheard, runtime: str):
    unheard.add("ada", runtime, lease_s=15.0)
    unheard.team.send("ada", "hello [[say hi]]", wait="ended", timeout_s=30)
    unheard.python.unlink()
    unheard.python.write_text(BLOCKS)
    unheard.python.chmod(0o755)

    unheard.team.send("ada", "what is it? [[say forty-two]]", id="m-1", wait="accepted")
    eventually(lambda: unheard.shown()["attempt"] == 2, within_s=40)
    unheard.python.unlink()
    unheard.python.symlink_to(sys.executable)
    done = unheard.team.call("message.wait", id="m-1", until="ended", timeout_s=60)

    assert (done["task"], len(unheard.asked("forty-two"))) == ("turn_ended", 1)


def test_a_codex_whose_hooks_are_gone_before_its_session_begins_does_a_message_once(unheard: Unheard):
    unheard.add("ada", "codex", lease_s=15.0)
    unheard.python.unlink()

    unheard.team.send("ada", "what is it? [[say forty-two]]", id="m-1", wait="accepted")
    eventually(lambda: unheard.shown()["hold"] == "unheard", within_s=60)

    assert (len(unheard.asked("forty-two")), unheard.shown()["state"]) == (1, "accepted")
    (notice,) = unheard.team.call("daemon.status")["notices"]
    assert notice.startswith("ada is not heard: it may have taken m-1")
