"""Who asks for a session while a try to attach to it is under way is told what is so since then; on real tmux."""

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import pytest

from peerd.adapter import Place
from peerd.daemon.live import Live
from peerd.daemon.missing_runtime import Unknown
from peerd.daemon.reach import reach, reach_again, reach_dead
from peerd.edges.tmux.pane import Pane
from peerd.errors import TmuxError
from peerd.model.session import Host, Process
from tests.build import spec
from tests.edges.tmux_home import TmuxHome, fake_tmux
from tests.eventually import eventually
from tests.store.records import session

pytestmark = pytest.mark.tmux

Ask = Callable[[Live], Coroutine[Any, Any, Pane]]

FAILS_ONCE_TOLD = """
case " $* " in *" -C "*)
    echo >> {folder}/tries
    [ ! -e {folder}/away ] || {{ read -r _ < {folder}/away; echo "lost server" >&2; exit 1; }}
esac
exec {real} "$@"
"""


class Away:
    """ada's server, to which one try to attach is under way: it fails, once it is let."""

    def __init__(self, home: TmuxHome, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        script = FAILS_ONCE_TOLD.format(folder=home.folder, real=shutil.which("tmux"))
        fake_tmux(home.folder, monkeypatch, script)
        host = Host(home.socket, home.start("cat").pane, Process(0, 0), Process(0, 0))
        nowhere = str(home.folder)
        self.live = Live(session(runtime="shell"), host, spec(), Unknown(), Place(nowhere, nowhere, nowhere, nowhere))
        os.mkfifo(home.folder / "away")
        self._fails = os.open(home.folder / "away", os.O_RDWR)
        self.first = home.run(self._asks(reach))
        eventually(self._is_tried)

    async def _asks(self, how: Ask) -> "asyncio.Task[Pane]":
        return asyncio.create_task(how(self.live))

    def _is_tried(self) -> bool:
        self.home.run(asyncio.sleep(0))
        return self.tries == 1

    @property
    def tries(self) -> int:
        tries = self.home.folder / "tries"
        return len(tries.read_text().splitlines()) if tries.exists() else 0

    def is_back(self) -> None:
        (self.home.folder / "away").unlink()

    def told(self, *others: Ask) -> list[Pane | BaseException]:
        """What each is told once the try has failed: who began it, and these, who have asked by then."""
        told = self.home.run(self._told(others))
        if self.live.control is not None:
            self.home.clients.append(self.live.control)
        return told

    async def _told(self, others: Sequence[Ask]) -> list[Pane | BaseException]:
        asking = [await self._asks(how) for how in others]
        await asyncio.sleep(0)
        os.write(self._fails, b"\n\n")
        return await asyncio.gather(self.first, *asking, return_exceptions=True)

    def end(self) -> None:
        os.close(self._fails)


@pytest.fixture
def away(tmux_home: TmuxHome, monkeypatch: pytest.MonkeyPatch) -> Iterator[Away]:
    away = Away(tmux_home, monkeypatch)
    yield away
    away.end()


def test_one_that_came_back_while_a_try_was_under_way_is_found_by_all_who_asked_since(away: Away):
    away.is_back()

    first, *others = away.told(reach, reach, reach_dead)

    assert isinstance(first, TmuxError)
    assert others == [away.live.pane] * 3
    assert away.tries == 2


def test_one_that_stays_away_is_tried_once_more_for_all_who_asked_since(away: Away):
    told = away.told(reach, reach, reach)

    assert [type(each) for each in told] == [TmuxError] * 4
    assert away.tries == 2


def test_what_looks_over_and_over_goes_by_the_try_that_is_under_way(away: Away):
    away.is_back()

    told = away.told(reach_again)

    assert [type(each) for each in told] == [TmuxError] * 2
    assert away.tries == 1
