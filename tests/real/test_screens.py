"""An agent draws on the main screen, whatever its user has chosen: what it said scrolls back."""

import json
import subprocess
from pathlib import Path

from tests.real.conftest import Agents


def test_a_claude_whose_user_chose_the_full_screen_keeps_to_the_main_one(agents: Agents):
    folder = Path(agents.team.home.state, "logins", "ada", "claude")
    folder.mkdir(parents=True, mode=0o700)
    (folder / "settings.json").write_text(json.dumps({"tui": "fullscreen"}))
    agents.add("ada", "claude")

    told = agents.team.run("ask", "ada", "what is it? [[say forty-two]]", timeout_s=60)

    assert (told.code, told.out) == (0, "forty-two\n")
    assert _is_alternate(agents) is False


def _is_alternate(agents: Agents) -> bool:
    host = agents.team.session("ada").host
    asked = ("tmux", "-S", host.socket, "display-message", "-p", "-t", host.pane, "#{alternate_on}")
    return subprocess.run(asked, check=True, timeout=10, capture_output=True, text=True).stdout == "1\n"
