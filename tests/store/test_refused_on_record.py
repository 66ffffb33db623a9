"""What one peer was refused towards another for its budget, as it is on record."""

from pathlib import Path

from peerd.model.peer import PeerName
from peerd.store.paused import SetPair
from peerd.store.refused import SetRefused
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, RenamePeer, Write
from tests.build import ADA
from tests.store.records import WALL, in_store

BOB, EVE, ZOE = PeerName("bob"), PeerName("eve"), PeerName("zoe")


def refused(sender: PeerName, target: PeerName, windows: int = 1) -> SetRefused:
    return SetRefused(sender, target, 9, WALL, windows)


def known(folder: Path, *writes: Write) -> list[SetRefused]:
    async def story(store: Store) -> list[SetRefused]:
        await store.commit(*writes)
        return store.reader.refused()

    return in_store(folder, story)


def test_each_way_is_kept_as_it_was_told_of_last(tmp_path: Path):
    both = refused(ADA, BOB, 1), refused(BOB, ADA, 5), refused(ADA, BOB, 2)

    assert known(tmp_path, *both) == [refused(ADA, BOB, 2), refused(BOB, ADA, 5)]


def test_two_that_are_let_go_begin_anew(tmp_path: Path):
    let_go = SetPair(BOB, ADA, False, WALL, "", "operator")

    assert known(tmp_path, refused(ADA, BOB), refused(BOB, ADA), refused(ADA, EVE), let_go) == [refused(ADA, EVE)]


def test_it_goes_with_a_peer_to_another_name_and_a_namesake_inherits_none(tmp_path: Path):
    renamed = RenamePeer(ADA, ZOE, WALL)
    left = [refused(BOB, ZOE), refused(ZOE, BOB)]

    assert known(tmp_path, refused(ADA, BOB), refused(BOB, ADA), refused(EVE, ZOE), renamed) == left
    assert known(tmp_path, ForgetPeer(ZOE, WALL, "removed")) == []
