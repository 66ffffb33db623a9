"""What could not be ended with its session, for the daemons that come."""

from pathlib import Path

from peerd.model.peer import PeerName
from peerd.model.session import End, EndCause, Left, Process
from peerd.store.store import Store
from peerd.store.write import AddOutlived, EndSession, ForgetPeer, InsertSession, RenamePeer
from tests.build import ADA, S1
from tests.store.records import WALL, in_store, session

BOB = PeerName("bob")
CHILD = Left(Process(7, 70), "sleep\udcff", "Operation not permitted")
OTHER = Left(Process(8, 80), "sleep", "it outlives SIGKILL")
STOPPED = EndSession(S1, End(EndCause.STOPPED), WALL)


def test_it_is_kept_once_with_the_boot_of_the_machine_that_it_began_on(tmp_path: Path):
    async def story(store: Store) -> object:
        added = (AddOutlived(S1, (CHILD,)), AddOutlived(S1, (CHILD, OTHER)), AddOutlived(S1, (OTHER,)))
        done = await store.commit(InsertSession(session()), STOPPED, *added)
        return done[2:], store.reader.outlived()

    kept = [Left(CHILD.process, "sleep\ufffd", CHILD.why), OTHER]
    assert in_store(tmp_path, story) == ((True, True, False), [(ADA, session().boot_id, each) for each in kept])


def test_it_goes_with_its_peers_name_and_with_its_peer(tmp_path: Path):
    async def story(store: Store) -> list[object]:
        await store.commit(InsertSession(session()), STOPPED, AddOutlived(S1, (OTHER,)))
        await store.commit(RenamePeer(ADA, BOB, WALL))
        renamed = store.reader.outlived()
        await store.commit(ForgetPeer(BOB, WALL, "removed"))
        return [renamed, store.reader.outlived()]

    assert in_store(tmp_path, story) == [[(BOB, session().boot_id, OTHER)], []]


def test_of_a_session_that_is_on_no_record_nothing_is(tmp_path: Path):
    async def story(store: Store) -> object:
        return await store.commit(AddOutlived(S1, (OTHER,))), store.reader.outlived()

    assert in_store(tmp_path, story) == ((False,), [])
