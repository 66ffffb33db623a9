"""What the daemon watches as long as it lives: a fault of ours is on record, and the watch goes on."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from peerd.daemon import census, runtimes, specs, watchdog
from peerd.daemon.context import Daemon
from peerd.edges.manager import Manager

Work = Coroutine[Any, Any, None]


class Faulty:
    """A daemon of which the first look at whatever `settings`, `live` and `loop` have fails."""

    def __init__(self, root: Path) -> None:
        self.home = SimpleNamespace(peers=str(root), runtimes=str(root))
        self.adapters: dict[str, Any] = {}
        self.declared: set[str] = set()
        self.runtimes_read: Any = None
        self.bugs: list[str] = []
        self.failed = asyncio.Event()
        self.went_on = asyncio.Event()
        self.at_specs = asyncio.Lock()
        self.log = SimpleNamespace(write=lambda *_, **__: None)
        self.peers: dict[str, Any] = {}
        self.looks = 0
        self.specs_read = None

    def _look(self) -> None:
        self.looks += 1
        if self.looks == 1:
            raise RuntimeError("a fault of ours")
        self.went_on.set()

    @property
    def live(self) -> dict[str, Any]:
        self._look()
        return {}

    @property
    def settings(self) -> Any:
        self._look()
        return SimpleNamespace(peers={}, census_s=1e9)

    @property
    def loop(self) -> Any:
        return SimpleNamespace(peers=self.peers)

    def bug(self, what: str, _: BaseException) -> None:
        self.bugs.append(what)
        self.failed.set()

    def reject(self, *_: Any) -> None:
        self._look()

    def note_odd(self, *_: Any) -> None: ...


def watched(work: Callable[[Any], Work], root: Path) -> tuple[list[str], bool]:
    """The faults on record of a watch, and whether it went on; a file in its folder changes when the first was met."""

    async def main() -> tuple[list[str], bool]:
        daemon = Faulty(root)
        watching = asyncio.create_task(work(daemon))
        changing = asyncio.create_task(_change_once_it_failed(daemon, root))
        waiting = asyncio.create_task(daemon.went_on.wait())
        await asyncio.wait((watching, waiting), timeout=10, return_when=asyncio.FIRST_COMPLETED)
        for each in (watching, waiting, changing):
            each.cancel()
        await asyncio.gather(watching, waiting, changing, return_exceptions=True)
        return daemon.bugs, daemon.went_on.is_set()

    return asyncio.run(main())


async def _change_once_it_failed(daemon: Faulty, root: Path) -> None:
    await daemon.failed.wait()
    (root / "note").write_text("")


async def nothing(daemon: Daemon) -> None:
    """Follows each look at the runtimes."""


@pytest.mark.parametrize(
    ("work", "what"),
    [
        (partial(runtimes.follow, taken_up=nothing), "read the runtimes"),
        (specs.follow, "read the specs"),
        (census.watch, "census"),
    ],
    ids=["runtimes", "specs", "census"],
)
def test_a_watch_outlives_a_fault_of_ours(work: Callable[[Any], Work], what: str, tmp_path: Path):
    (tmp_path / "readme").write_text("")

    assert watched(work, tmp_path) == ([what], True)


def test_a_fault_over_one_runtime_or_one_peer_costs_no_other(tmp_path: Path):
    class Adapters(dict[str, Any]):
        def __contains__(self, name: object) -> bool:
            if name == "bad":
                raise RuntimeError("a fault of ours")
            return super().__contains__(name)

    for name in ("bad", "good"):
        (tmp_path / f"{name}.toml").write_text(f"name = '{name}'\nkind = 'service'\nargv = ['x']\n")
    looked_at: list[str] = []
    daemon: Any = Faulty(tmp_path)
    daemon.looks, daemon.adapters = 1, Adapters()
    daemon.peers = {name: SimpleNamespace(spec=SimpleNamespace(name=name, runtime="sh")) for name in ("ada", "bob")}

    def task_attempts(spec: Any) -> int:
        looked_at.append(spec.name)
        raise RuntimeError("a fault of ours")

    daemon.task_attempts = task_attempts

    runtimes.read(daemon)

    assert (list(daemon.adapters), looked_at) == (["good"], ["ada", "bob"])
    assert daemon.bugs == [f"take up {tmp_path}/bad.toml", "the runtime of ada", "the runtime of bob"]


def test_a_manager_goes_on_hearing_of_us_after_a_fault_of_ours(tmp_path: Path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(address)

        bugs = watched(lambda daemon: watchdog.give(daemon, Manager(address, watchdog_s=0.02)), tmp_path)

        ear.settimeout(0)
        assert (bugs, ear.recv(100)) == ((["signs of life"], True), b"WATCHDOG=1\nSTATUS=0 peers, 0 sessions")


def test_a_fault_is_on_record_where_its_traceback_cannot_be_written(monkeypatch: pytest.MonkeyPatch):
    said: list[dict[str, Any]] = []
    full = os.fdopen(os.open("/dev/full", os.O_WRONLY), "w", buffering=1, encoding="utf-8")
    monkeypatch.setattr("sys.stderr", full)
    daemon: Any = SimpleNamespace(log=SimpleNamespace(write=lambda _, **fields: said.append(fields)))

    Daemon.bug(daemon, "census", RuntimeError("a fault of ours"))

    assert said == [{"action": "census", "why": "RuntimeError: a fault of ours"}]
