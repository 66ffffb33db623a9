"""A pane that shows what it is told to, and answers keys as tmux does, for who is to press one."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from peerd.adapter import Adapter, Place
from peerd.daemon.live import Live
from peerd.edges.tmux.pane import View
from peerd.edges.tmux.shown import Shown
from peerd.errors import PaneChanged, PaneInMode
from peerd.model.approval import Approval
from peerd.model.screen import Screen
from peerd.model.session import Host, Process, Session
from tests.build import ADA, S1, spec
from tests.daemon.approvals.test_requests import opened

NOWHERE = Host("/nowhere", "%0", Process(0, 0), Process(0, 0))


class Terminal:
    """`then`: what a key leads to, screens for one look each, the last of which stays. `at_look` and `at_key`: what
    happens right before the nth of them."""

    def __init__(self, screen: Screen, then: Mapping[str, Iterable[Screen]]) -> None:
        self.shows = [screen]
        self.then = then
        self.dead = self.in_mode = False
        self.pressed: list[str] = []
        self.at_look: dict[int, Callable[[], None]] = {}
        self.at_key: dict[int, Callable[[], None]] = {}
        self.looks = self.keys = 0
        self.looked: asyncio.Future[None] | None = None  # at the next one

    async def look(self) -> View:
        self.looks += 1
        if self.looked is not None and not self.looked.done():
            self.looked.set_result(None)
        self.at_look.get(self.looks, lambda: None)()
        screen = self.shows[0]
        self.shows = self.shows[1:] or self.shows
        return View(screen, self.dead, self.in_mode)

    async def capture(self) -> Screen:
        return (await self.look()).screen

    async def press(self, key: str, *, shows: Shown = ()) -> None:
        self.keys += 1
        self.at_key.get(self.keys, lambda: None)()
        if self.in_mode:
            raise PaneInMode("type", "it is in a tmux mode")
        lines = self.shows[0].lines
        if not all(0 < at <= len(lines) and re.match(pattern, lines[at - 1]) for pattern, at in shows):
            raise PaneChanged("it shows something else")
        self.pressed.append(key)
        self.shows = list(self.then.get(key, self.shows))


def live(adapter: Adapter, terminal: Terminal) -> Live:
    session = Session(
        id=S1, peer=ADA, runtime="actor", mode="fresh", cause="wake", boot_id="b", token_hash="t", started_at=0.0
    )
    made: Any = Live(session, NOWHERE, spec(), adapter, Place("/nowhere", "/nowhere", "/nowhere", "/nowhere"))
    made.control, made.pane, made.proved = SimpleNamespace(lost=None, hangs=None), terminal, True
    found: Live = made
    return found


def standing(live: Live, terminal: Terminal) -> Approval:
    """What the terminal shows, as it is known."""
    prompt = live.adapter.prompt(terminal.shows[0])
    assert prompt is not None
    choices = tuple(option.label for option in prompt.options)
    live.asks.open = replace(opened(live.asks, prompt), choices=choices)
    return live.asks.open


class Record:
    """A daemon of which only the record counts: each state that was put on it, and what had been pressed by then."""

    def __init__(self, terminal: Terminal) -> None:
        self.states: list[tuple[str, int]] = []
        self._terminal = terminal
        self.on_record: list[Approval] = []
        self.poll: Callable[[str], None] = lambda session: None

    @property
    def daemon(self) -> Any:
        quiet = SimpleNamespace(write=lambda *_, **__: None, forget=lambda *_: None)
        reader = SimpleNamespace(left_standing=lambda: self.on_record)
        journals, store = SimpleNamespace(poll=lambda session: self.poll(session)), SimpleNamespace(commit=self.commit)
        store.reader = reader
        fields = {"journals": journals, "store": store, "log": quiet, "board": quiet, "record": self.put}
        return SimpleNamespace(**fields, live={}, task=lambda work, name: asyncio.ensure_future(work))

    def put(self, write: Any) -> None:
        self.states.append((write.approval.state.value, len(self._terminal.pressed)))

    async def commit(self, write: Any) -> None:
        await asyncio.sleep(0)
        self.put(write)
