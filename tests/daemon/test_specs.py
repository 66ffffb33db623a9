"""Specs as they are taken from their folder: changed since they were read, or in a folder that cannot be read."""

import asyncio
import os
import resource
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from peerd.daemon import specs
from peerd.errors import ConfigError
from peerd.model.peer import PeerName, Spec
from peerd.specfile import Found
from peerd.specwrite import write_spec
from peerd.store.decode import MayLive
from peerd.store.read_peers import KeptSpec
from peerd.store.write import SetSpec

ADA, BOB = PeerName("ada"), PeerName("bob")
NOTHING = Found({}, {}, [])


class Daemon:
    """Ada and Bob by older specs. Once Ada is told of hers, `then` happens."""

    def __init__(self, peers: Path) -> None:
        self.home = SimpleNamespace(peers=str(peers))
        self.leaving: set[PeerName] = set()
        self.found, self.found_in, self.specs_read = Found({}, {}, []), str(os.stat(peers).st_ino), None
        self.at_specs, self.taking_up = asyncio.Lock(), asyncio.Lock()
        self.store = SimpleNamespace(reader=SimpleNamespace(renames=list, removals=dict))
        self.log = SimpleNamespace(write=lambda *_, **__: None)
        self.loop = SimpleNamespace(
            peers={name: SimpleNamespace(spec=None, unclear=True) for name in (ADA, BOB)}, feed=self._feed
        )
        self.fed: list[Spec] = []
        self.recorded: list[Any] = []
        self.bugs: list[str] = []
        self.told: list[str] = []
        self.then = lambda: None
        self.reading = lambda: None
        self.rejecting = lambda: None

    @property
    def settings(self) -> Any:
        """Asked for just before the folder is read."""
        self.reading()
        return SimpleNamespace(peers={})

    def _feed(self, event: Any) -> None:
        self.fed.append(event.spec)
        if event.peer == ADA:
            self.then()

    def task_attempts(self, _: Spec) -> int:
        return 1

    def kind(self, _: Spec) -> str:
        return "tui"

    def bug(self, what: str, _: BaseException) -> None:
        self.bugs.append(what)

    def reject(self, _: str, wrong: Iterable[ConfigError]) -> None:
        self.told += [str(each) for each in wrong]
        self.rejecting()

    def record(self, *writes: Any) -> None:
        self.recorded.append(writes)

    def note_odd(self, _: Iterable[str]) -> None: ...


@pytest.fixture
def daemon(tmp_path: Path) -> Any:
    for name in (ADA, BOB):
        write_spec(str(tmp_path), Spec(name=name, runtime="shell", dir="/"))
    return Daemon(tmp_path)


def test_a_peer_that_is_removed_while_others_are_taken_up_does_not_come_back(daemon: Any):
    def removed() -> None:
        os.unlink(os.path.join(daemon.home.peers, "bob.toml"))
        del daemon.loop.peers[BOB]

    daemon.then = removed

    assert asyncio.run(specs.read(daemon))

    assert ([spec.name for spec in daemon.fed], daemon.bugs) == ([ADA], [])


def test_a_peer_that_is_just_leaving_is_not_taken_for_a_new_one(daemon: Any):
    def leaves() -> None:
        daemon.leaving.add(BOB)
        del daemon.loop.peers[BOB]

    daemon.then = leaves

    assert asyncio.run(specs.read(daemon))

    assert ([spec.name for spec in daemon.fed], daemon.bugs) == ([ADA], [])


def test_a_peer_that_is_edited_while_others_are_taken_up_goes_by_that(daemon: Any):
    def edited() -> None:
        with open(os.path.join(daemon.home.peers, "bob.toml"), "a", encoding="utf-8") as file:
            file.write("idle_s = 5.0\n")

    Path(daemon.home.peers, "bob.toml").write_text("name = 'bob'\nruntime = 'shell'\ndir = '/'\n")
    daemon.then = edited

    assert asyncio.run(specs.read(daemon))

    assert [spec.idle_s for spec in daemon.fed if spec.name == BOB] == [5.0]


def test_what_peers_go_by_is_put_on_record_in_one_commit_and_only_where_it_differs(daemon: Any):
    held = {name: Spec(name=name, runtime="shell", dir="/") for name in (ADA, BOB)}
    known = held | {BOB: replace(held[BOB], idle_s=7.0)}
    here = str(os.stat(daemon.home.peers).st_ino)
    daemon.store.reader.kept_specs = dict
    specs.put_on_record(daemon, held, held, NOTHING)
    daemon.store.reader.kept_specs = lambda: {name: KeptSpec(spec, here) for name, spec in held.items()}
    specs.put_on_record(daemon, held, held, NOTHING)
    specs.put_on_record(daemon, known, known, NOTHING)

    both = (SetSpec(ADA, held[ADA], here), SetSpec(BOB, held[BOB], here))
    assert daemon.recorded == [both, (SetSpec(BOB, known[BOB], here),)]


def test_one_that_was_in_another_folder_is_in_this_one_from_then_on(daemon: Any):
    held = {ADA: Spec(name=ADA, runtime="shell", dir="/")}
    daemon.store.reader.kept_specs = lambda: {ADA: KeptSpec(held[ADA], "another")}

    specs.put_on_record(daemon, held, held, NOTHING)

    assert daemon.recorded == [(SetSpec(ADA, held[ADA], str(os.stat(daemon.home.peers).st_ino)),)]


def test_one_that_was_read_before_a_later_one_was_taken_up_does_not_undo_that(daemon: Any):
    older = Spec(name=ADA, runtime="shell", dir="/")

    def meanwhile() -> MayLive:
        daemon.loop.peers[ADA] = SimpleNamespace(spec=replace(older, idle_s=7.0), unclear=True)
        return MayLive([], [])

    del daemon.loop.peers[ADA]
    daemon.home.socket = ""
    daemon.store.reader.may_live = meanwhile
    daemon.store.commit = lambda: asyncio.sleep(0)

    asyncio.run(specs.take(daemon, older, "its file"))

    assert (daemon.loop.peers[ADA].spec.idle_s, daemon.fed, daemon.recorded) == (7.0, [], [])


def test_a_peer_that_is_removed_while_its_file_is_about_to_be_taken_up_is_not_there_again(daemon: Any):
    def removed_meanwhile() -> MayLive:
        os.unlink(os.path.join(daemon.home.peers, "bob.toml"))
        return MayLive([], [])

    del daemon.loop.peers[BOB]
    daemon.home.socket = ""
    daemon.store.reader.may_live = removed_meanwhile

    assert asyncio.run(specs.read(daemon))

    assert (BOB in daemon.loop.peers, daemon.bugs) == (False, [])
    assert [write.peer for writes in daemon.recorded for write in writes] == [ADA]


def test_who_has_a_spec_taken_up_is_answered_once_it_is_on_record(daemon: Any):
    async def on_disk() -> None:
        daemon.recorded.append("on disk")

    daemon.store.commit = on_disk
    spec = Spec(name=BOB, runtime="shell", dir="/", idle_s=7.0)

    asyncio.run(specs.take(daemon, spec, "operator"))

    assert daemon.recorded == [(SetSpec(BOB, spec, str(os.stat(daemon.home.peers).st_ino)),), "on disk"]


def test_a_spec_is_forgotten_where_its_file_is_gone_and_the_folder_is_there_also_empty_where_it_was_in_that(
    daemon: Any, tmp_path: Path
):
    held = {ADA: Spec(name=ADA, runtime="shell", dir="/")}
    folder = "another"
    daemon.store.reader.kept_specs = lambda: {name: KeptSpec(spec, folder) for name, spec in held.items()}
    specs.put_on_record(daemon, {}, held, NOTHING)
    specs.put_on_record(daemon, {}, {}, Found({}, {"ada": ConfigError("")}, []))
    assert daemon.recorded == []

    (tmp_path / "ada.toml").unlink()
    specs.put_on_record(daemon, {}, {}, NOTHING)
    assert daemon.recorded == [(SetSpec(ADA, None),)]
    (tmp_path / "bob.toml").unlink()
    specs.put_on_record(daemon, {}, {}, NOTHING)
    assert len(daemon.recorded) == 1
    folder = str(os.stat(tmp_path).st_ino)
    specs.put_on_record(daemon, {}, {}, NOTHING)
    assert len(daemon.recorded) == 2


def open_at_most(limit: int) -> None:
    """Descriptors of this process; those that are open stay open."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def test_a_folder_that_cannot_be_read_is_told_and_read_once_it_can_be(daemon: Any):
    limit, limits = resource.getrlimit(resource.RLIMIT_NOFILE)[0], [0]
    daemon.reading = lambda: open_at_most(limits.pop() if limits else limit)
    daemon.rejecting = lambda: open_at_most(limit)

    async def main() -> None:
        following = asyncio.create_task(specs.follow(daemon))
        taken = asyncio.Event()
        daemon.then = taken.set
        waiting = asyncio.create_task(taken.wait())
        await asyncio.wait((following, waiting), timeout=10, return_when=asyncio.FIRST_COMPLETED)
        for each in (following, waiting):
            each.cancel()

    asyncio.run(main())

    assert daemon.told == [f"{daemon.home.peers}: Too many open files. Make it readable."]
    assert [spec.name for spec in daemon.fed][:1] == [ADA]
