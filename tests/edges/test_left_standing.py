"""What an earlier attempt left in an input line, taken back on real tmux: never with what a person typed."""

import sys
from pathlib import Path

import pytest

from peerd.adapter import Keys, Place
from peerd.daemon.inputline import InputLine
from peerd.daemon.live import Live
from peerd.model.landing import exactly
from peerd.model.message import Hold
from peerd.model.session import Host, Process
from peerd_adapters.declared import Declared, declared
from tests.build import spec
from tests.edges.tmux_home import TmuxHome
from tests.eventually import eventually
from tests.store.records import session

pytestmark = pytest.mark.tmux

CHAT = str(Path(__file__).parents[2] / "fixtures" / "bin" / "chat")
DECLARED = b"name = 'chat'\nargv = ['chat']\nready = '> ?(.*)'\n"
OURS = "a text of ours"


def line_with_ours(home: TmuxHome) -> InputLine:
    pane = home.pane(sys.executable, CHAT)
    adapter = declared(DECLARED, "chat.toml")
    assert isinstance(adapter, Declared)
    nobody, folder = Process(0, 0), str(home.folder)
    live = Live(session(), Host("", "", nobody, nobody), spec(), adapter, Place(folder, folder, folder, folder))
    line = InputLine(live, pane, Keys(pastes=(OURS,), landed=exactly(OURS), clear=("C-e", "C-u")))
    eventually(lambda: home.run(line.text()) == "")
    home.run(pane.paste(OURS))
    assert home.run(line.comes_to_hold(line.keys.landed, 5.0)) is None
    return line


def test_a_text_of_ours_is_taken_back_once_that_is_on_record(tmux_home: TmuxHome):
    line = line_with_ours(tmux_home)
    told: list[str | None] = []

    async def taken_back() -> None:
        told.append(await line.text())

    assert tmux_home.run(line.in_the_way((line.keys.landed,), taken_back)) is None
    assert told == ["atextofours"]


def test_a_text_that_a_person_went_on_with_meanwhile_is_a_draft_of_theirs(tmux_home: TmuxHome):
    line = line_with_ours(tmux_home)

    async def typed_on() -> None:
        await line.pane.paste(" and more")
        assert await line.comes_to_hold(exactly(f"{OURS} and more"), 5.0) is None

    assert tmux_home.run(line.in_the_way((line.keys.landed,), typed_on)) is Hold.DRAFT
    assert tmux_home.run(line.text()) == "atextofoursandmore"
