"""A file that declares a service or a pass, and is wrong, says where."""

from pathlib import Path

import pytest

from tests.live.conftest import Team
from tests.live.test_declared_runtimes import declare

pytestmark = pytest.mark.tmux

LISTENS = "kind = 'service'\nargv = ['x']\nlisten = "


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind = 'pass'\nargv = ['x']\nready = 'y'", "ready and notify are a service's"),
        ("kind = 'service'\nargv = []", "argv is empty"),
        ("kind = 'service'\nargv = ['x']\nready = '('", "ready is not a pattern"),
        ("kind = 'service'\nargv = ['{nowhere}']", "no {nowhere} is known"),
        ("kind = 'pass'\nargv = ['x']\nbusy = 'y'", "unknown field `busy`"),
        (
            "kind = 'pass'\nargv = ['x']\nmethods = ['message.sent']",
            "methods: no method is called 'message.sent'. There are: hello, daemon.status, ",
        ),
        ("kind = 'pass'\nargv = ['x']\nlisten = ['127.0.0.1:80']", "a pass is met by nobody; listen is a service's"),
        (f"{LISTENS}['8765']", "listen[0]: '8765': a port needs its address: 127.0.0.1:8765, or 0.0.0.0:8765"),
        (f"{LISTENS}['127.0.0.1:80', 'web.sock']", "listen[1]: 'web.sock': write ADDRESS:PORT"),
        (f"{LISTENS}['{{folder}}/s']", "listen[0]: '{folder}/s': no {folder} is known; there are dir, peer"),
        (f"{LISTENS}['[::1]:80', '[0::1]:80']", "listen[1]: '[0::1]:80' is there twice"),
        (f"{LISTENS}{['/s'] * 65}", "of length <= 64"),
    ],
)
def test_a_declaration_that_is_wrong_says_where(team: Team, text: str, told: str):
    declare(team, f"name = 'tidy'\n{text}\n", "tidy")
    team.start()

    (notice,) = team.call("daemon.status")["notices"]

    assert told in notice
    assert Path(team.home.runtimes, "tidy.toml").name in notice
