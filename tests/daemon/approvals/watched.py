"""A session whose screen is watched for what it asks for, without a daemon."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from peerd.adapter import Adapter
from peerd.config import Settings
from peerd.daemon.approvals import recovery, watcher
from peerd.daemon.approvals.requests import Asks
from peerd.daemon.live import Live
from peerd.edges import clock
from peerd.model.approval import Approval
from peerd.model.peer import Activity, Phase
from peerd.model.rule import Rule
from peerd.model.screen import Screen
from peerd_adapters.actor import Actor
from tests.build import ADA, S1
from tests.daemon.approvals.terminals import Terminal, live, standing
from tests.daemon.approvals.test_answering import BUSY, IDLE, RM

ACTOR = Actor()
BLANK = Screen(("",) * 50, 0, 0)


class Watched:
    """A session that is watched, and all that was put on record of what it asks for."""

    def __init__(
        self, *screens: Screen, rules: tuple[Rule, ...] = (), expires_s: float = 3600.0, adapter: Adapter = ACTOR
    ) -> None:
        self.terminal = Terminal(BLANK, {"1": [BUSY], "2": [IDLE]})
        self.terminal.shows = list(screens)
        self.live: Live = live(adapter, self.terminal)
        hearing: Any = object()
        self.live.ready_at, self.live.hearing = 1.0, hearing
        self.puts: list[Approval] = []
        self.on_record: list[Approval] = []
        self.activity = Activity.IDLE
        self.poll: Callable[[], object] = lambda: None
        self.settings = Settings(approve=rules, approval_expires_s=expires_s)

    @property
    def daemon(self) -> Any:
        quiet = SimpleNamespace(write=lambda *_, **__: None, forget=lambda *_: None, stirred=asyncio.Event())
        return SimpleNamespace(
            task=lambda work, name: asyncio.create_task(work),
            loop=SimpleNamespace(peers={ADA: SimpleNamespace(phase=Phase.RUNNING, turn=None, activity=self.activity)}),
            live={S1: self.live},
            settings=self.settings,
            record=lambda write: self.puts.append(write.approval),
            store=SimpleNamespace(
                commit=self.commit, reader=SimpleNamespace(standing_approvals=lambda *_: self.on_record)
            ),
            log=quiet,
            board=quiet,
            journals=SimpleNamespace(poll=lambda session: self.poll()),
        )

    async def commit(self, write: Any) -> None:
        self.puts.append(write.approval)

    @property
    def states(self) -> list[str]:
        return [each.state.value for each in self.puts]

    def watched(self, *steps: Callable[[], object], looks: int = 6) -> None:
        """So many looks before each step, and after the last."""

        async def story() -> None:
            watcher.begin(self.daemon, self.live)
            for step in (*steps, lambda: None):
                for _ in range(looks):
                    await self._look()
                step()
            if self.live.asks.watching is not None:
                self.live.asks.watching.cancel()

        asyncio.run(asyncio.wait_for(story(), 10))

    async def _look(self) -> None:
        watching = self.live.asks.watching
        if watching is not None and not watching.done():
            self.terminal.looked = asyncio.get_running_loop().create_future()
            await asyncio.wait((watching, self.terminal.looked), return_when=asyncio.FIRST_COMPLETED)

    def show(self, *screens: Screen) -> Callable[[], None]:
        def shown() -> None:
            self.terminal.shows = list(screens)

        return shown

    def stood(self, **fields: Any) -> Approval:
        """On record, by the daemon before."""
        self.live.asks.hear(RM)
        known = replace(standing(self.live, self.terminal), opened_at=clock.wall(), **fields)
        self.live.asks = Asks()
        self.on_record = [known]
        asyncio.run(recovery.recall(self.daemon, self.live))
        return known
