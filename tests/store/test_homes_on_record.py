"""Which home a record is of, as the next daemon reads it."""

from pathlib import Path

import pytest

from peerd.model.peer import PeerName, Want
from peerd.store.read_peers import HomeOnRecord
from peerd.store.store import Store
from peerd.store.write import RenamePeer, SetHome, SetWant, Write
from tests.build import ADA
from tests.store.records import WALL, in_store

BOB = PeerName("bob")
COPY = SetHome("/copy", "1:2", "/home", WALL)


def test_of_which_home_it_is_a_copy_is_kept_when_the_copy_is_moved(tmp_path: Path):
    async def story(store: Store) -> list[HomeOnRecord | None]:
        found = [store.reader.home()]
        for write in (SetHome("/home", "1:1", None, WALL), COPY, SetHome("/moved", "1:2", None, WALL + 1)):
            await store.commit(write)
            found.append(store.reader.home())
        assert len({each.mark for each in found if each is not None}) == 1, "it is another record by now"
        return [each and each._replace(mark="") for each in found]

    assert in_store(tmp_path, story) == [
        None,
        HomeOnRecord("/home", "1:1", None),
        HomeOnRecord("/copy", "1:2", "/home"),
        HomeOnRecord("/moved", "1:2", "/home"),
    ]


@pytest.mark.parametrize(
    ("then", "stopped"),
    [
        ((), {"ada"}),
        ((SetHome("/moved", "1:2", None, WALL + 1),), {"ada"}),
        ((RenamePeer(ADA, BOB, WALL + 1),), {"bob"}),
        ((SetWant(ADA, Want.ON_DEMAND, WALL + 1),), set()),
        ((SetWant(ADA, Want.ON_DEMAND, WALL + 1), SetWant(ADA, Want.DOWN, WALL + 2)), set()),
    ],
    ids=["as it was", "moved", "renamed", "started", "stopped since"],
)
def test_who_is_stopped_for_that_is_known_until_it_is_started(
    tmp_path: Path, then: tuple[Write, ...], stopped: set[PeerName]
):
    async def story(store: Store) -> frozenset[PeerName]:
        await store.commit(SetWant(PeerName("eve"), Want.DOWN, WALL - 1))
        await store.commit(COPY, SetWant(ADA, Want.DOWN, WALL), *then)
        return store.reader.stopped_as_copied()

    assert in_store(tmp_path, story) == stopped
