"""The real agent CLIs, offline: a team of a test's own, their model on loopback, a HOME and keys that are nobody's.

`contrib/live.sh` installs them and names their folder in PEERD_REAL_CLIS; without it these tests are skipped.
"""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.eventually import eventually
from tests.live.conftest import Team, a_team
from tests.live.test_holds import at_the_keyboard
from tests.models.server import Models, models

CLIS = os.environ.get("PEERD_REAL_CLIS", "")
KEY = "sk-ant-test-loopback"
CODEX_CONFIG = """\
model = "gpt-5.5-codex"
model_provider = "stub"
[model_providers.stub]
name = "stub"
base_url = "{url}/v1"
env_key = "STUB_API_KEY"
wire_api = "responses"
request_max_retries = 2
stream_max_retries = 2
[notice]
hide_rate_limit_model_nudge = true
[tui]
screen_reader_detection_done = true
[tui.model_availability_nux]
"gpt-6.1-sol" = 4
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.real)
            if not CLIS:
                item.add_marker(pytest.mark.skip(reason="the real CLIs: sh contrib/live.sh"))


def cli(runtime: str) -> str:
    """The program of a runtime: Codex's own binary, not the script around it."""
    found = next(Path(CLIS).glob("node_modules/@openai/codex-*/vendor/*/bin/codex"), None)
    return str(found) if runtime == "codex" and found else f"{CLIS}/node_modules/.bin/{runtime}"


class Agents:
    """A team whose agents ask the stub."""

    def __init__(self, team: Team, models: Models) -> None:
        self.team = team
        self.models = models

    def env(self, runtime: str) -> dict[str, str]:
        if runtime == "codex":
            return {"STUB_API_KEY": "nobody's"}
        quiet = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
        return {"ANTHROPIC_BASE_URL": self.models.url, "ANTHROPIC_API_KEY": KEY, **quiet}

    def add(self, name: str, runtime: str, **fields: Any) -> None:
        """A peer with a login of its own, unless the fields say otherwise."""
        fields = {"login": "own", "bin": cli(runtime), "env": self.env(runtime), **fields}
        if runtime == "codex" and fields["login"] == "own":
            folder = Path(self.team.home.state, "logins", name, runtime)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (folder / "config.toml").write_text(CODEX_CONFIG.format(url=self.models.url))
        self.team.add(name, runtime, **fields)

    def asked(self, text: str) -> list[Any]:
        """The requests whose newest words of the user's hold this text."""
        return [each for each in self.models.requests if text in each.api.newest(each.body)[0]]

    def screen(self, name: str) -> str:
        return "\n".join(self.team.call("peer.peek", peer=name)["lines"])

    def enters(self, name: str, text: str) -> None:
        """As a person does: an Enter in the same read as the text would be a newline of it."""
        at_the_keyboard(self.team, name, "send-keys", "-l", text)
        seen = "".join(text.split())
        eventually(lambda: seen in "".join(self.screen(name).split()), within_s=20)
        moment = time.monotonic() + 0.3
        eventually(lambda: time.monotonic() > moment)
        at_the_keyboard(self.team, name, "send-keys", "Enter")

    def sees(self, name: str, text: str, within_s: float = 20.0) -> None:
        eventually(lambda: text in self.screen(name), within_s=within_s)


@pytest.fixture
def agents() -> Iterator[Agents]:
    with a_team() as team, models() as serving:
        os.makedirs(team.home.config)
        Path(team.home.settings_file).write_text("census_s = 1\nsilent_s = 1\n")
        team.start()
        yield Agents(team, serving)
        for name in os.listdir(team.home.peers):
            team.call("peer.stop", peer=name.removesuffix(".toml"))


@pytest.fixture(params=["claude", "codex"])
def runtime(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    if not shutil.which(cli(found)):
        pytest.fail(f"{cli(found)} is not there: sh contrib/live.sh installs it")
    return found
