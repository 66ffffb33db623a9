"""At the pane of a runtime without hooks a person may have it ask something: it is looked at as it is drawn to."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from peerd.adapter import Place
from peerd.daemon.approvals import idle_watch
from peerd.daemon.place import pane_log
from peerd.model.peer import Phase
from peerd.model.screen import Screen
from peerd_adapters.declared import declared
from tests.build import ADA
from tests.daemon.approvals.terminals import Terminal, live

PLAIN = b'name = "plain"\nargv = ["plain"]\nready = "> ?(.*)"\n'
AT_REST = Screen(("> ", *("",) * 49), 2, 0)


def test_one_that_draws_nothing_is_asked_nothing(tmp_path: Path) -> None:
    adapter: Any = declared(PLAIN, "plain.toml")
    terminal = Terminal(AT_REST, {})
    session = live(adapter, terminal)
    session.place = Place(*[str(tmp_path)] * 4)
    log = Path(pane_log(session.place))
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("> ")
    peer = SimpleNamespace(phase=Phase.RUNNING, turn=None, lease=None, hold=None)

    async def looks(times: int) -> int:
        daemon: Any = SimpleNamespace(
            live={session.id: session},
            loop=SimpleNamespace(peers={ADA: peer}),
            task=lambda work, name: asyncio.create_task(work, name=name),
        )
        for _ in range(times):
            idle_watch.look_where_drawn(daemon)
            if session.looking is not None:
                await session.looking
        return terminal.looks

    assert asyncio.run(looks(5)) == 1
    log.write_text("> danger")
    assert asyncio.run(looks(5)) == 2
