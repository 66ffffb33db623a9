"""What is known of a limit, as the next daemon reads it."""

from pathlib import Path

from peerd.model.limit import LimitKind
from peerd.model.peer import PeerName
from peerd.store.limited import KeptLimit, SetLimit
from peerd.store.store import Store
from peerd.store.write import ForgetPeer, RenamePeer, Write
from tests.build import ADA
from tests.store.records import WALL, in_store

BOB = PeerName("bob")
MET = KeptLimit(LimitKind.OVERLOADED, WALL + 60.0, True, 3)
LET_GO = KeptLimit(LimitKind.RATE_LIMIT, None, False, 1)


def known(folder: Path, *writes: Write) -> dict[PeerName, KeptLimit]:
    async def story(store: Store) -> dict[PeerName, KeptLimit]:
        await store.commit(*writes)
        return store.reader.limits()

    return in_store(folder, story)


def test_the_last_that_is_known_of_a_limit_is_kept_until_nothing_is(tmp_path: Path):
    assert known(tmp_path, SetLimit(ADA, LET_GO), SetLimit(BOB, LET_GO), SetLimit(ADA, MET)) == {ADA: MET, BOB: LET_GO}
    assert known(tmp_path, SetLimit(ADA, None)) == {BOB: LET_GO}


def test_a_limit_goes_with_its_peer_to_another_name_and_a_namesake_inherits_none(tmp_path: Path):
    assert known(tmp_path, SetLimit(ADA, MET), RenamePeer(ADA, BOB, WALL)) == {BOB: MET}
    assert known(tmp_path, ForgetPeer(BOB, WALL, "removed")) == {}
