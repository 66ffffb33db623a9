"""What was asked for stays on record: an end is kept, what is over is bounded, and is kept when its peer is removed."""

import asyncio
from pathlib import Path

from msgspec.structs import replace

from peerd.model.approval import Approval, ApprovalId, ApprovalState
from peerd.model.peer import PeerName
from peerd.model.session import End, EndCause, SessionId
from peerd.store import approvals
from peerd.store.approvals import KEPT_MAX, SetApproval
from peerd.store.store import Store
from peerd.store.write import EndSession, ForgetPeer, InsertSession, RenamePeer, Write
from tests.build import S1
from tests.store.records import in_store, session


def approval(n: int, state: ApprovalState = ApprovalState.OPEN) -> Approval:
    return Approval(
        id=ApprovalId(f"a-{n}"),
        peer=PeerName("ada"),
        session=SessionId("s-1"),
        runtime="claude",
        tool="Bash",
        input='{"command": "\ud800"}' if n == 1 else None,
        question="?",
        choices=("Yes", "No"),
        opened_at=float(n),
        state=state,
    )


def kept(tmp_path: Path, *writes: Write) -> list[Approval]:
    async def story() -> list[Approval]:
        store = Store.open(str(tmp_path / "db"), wall=1.0)
        for write in writes:
            await store.commit(write)
        found = store.reader.approvals(limit=2000)
        await store.close()
        return found

    return asyncio.run(story())


def test_the_end_of_one_is_kept(tmp_path: Path):
    denied = replace(approval(2, ApprovalState.DENIED), by="operator on pts/1", ended_at=3.0)
    late = replace(denied, state=ApprovalState.APPROVED)

    (found,) = kept(tmp_path, SetApproval(approval(2)), SetApproval(denied), SetApproval(late))

    assert found == denied


def test_what_its_hook_told_late_is_kept_with_how_much_was_heard_by_then(tmp_path: Path):
    """The next daemon hears what was said after that, and would take one request for two."""
    drawn = replace(approval(2), heard_to=100)
    told = replace(drawn, tool="Bash", input='{"command": "ls"}', heard_to=200, alike=1)

    assert kept(tmp_path, SetApproval(drawn), SetApproval(told)) == [told]


def test_only_what_stands_is_told_where_that_is_asked_for(tmp_path: Path):
    async def story() -> list[ApprovalId]:
        store = Store.open(str(tmp_path / "db"), wall=1.0)
        await store.commit(SetApproval(approval(1)), SetApproval(approval(2, ApprovalState.GONE)))
        await store.commit(SetApproval(approval(3, ApprovalState.ANSWERING)))
        found = store.reader.standing_approvals(SessionId("s-1"))
        assert store.reader.standing_approvals() == found
        assert store.reader.standing_approvals(SessionId("s-2")) == []
        await store.close()
        return [each.id for each in found]

    assert asyncio.run(story()) == ["a-1", "a-3"]


def test_what_is_over_is_bounded_and_what_stands_is_not(tmp_path: Path):
    ended = [SetApproval(approval(n, ApprovalState.GONE)) for n in range(2, KEPT_MAX + 7)]

    found = kept(tmp_path, SetApproval(approval(1)), *ended)

    assert len(found) == KEPT_MAX + 1
    assert (found[0].id, found[1].id) == ("a-1", "a-7")


def test_what_stands_is_listed_however_many_came_and_went_since(tmp_path: Path):
    async def story() -> list[ApprovalId]:
        store = Store.open(str(tmp_path / "db"), wall=1.0)
        for n in range(1, 6):
            state = ApprovalState.OPEN if n in (1, 3) else ApprovalState.APPROVED
            await store.commit(SetApproval(approval(n, state)))
        found = store.reader.approvals(limit=1)
        await store.close()
        return [each.id for each in found]

    assert asyncio.run(story()) == ["a-1", "a-3", "a-5"]


def test_it_goes_by_its_peers_name(tmp_path: Path):
    renamed = kept(tmp_path, SetApproval(approval(2)), RenamePeer(PeerName("ada"), PeerName("eve"), 1.0))

    assert [each.peer for each in renamed] == ["eve"]


def test_who_approved_what_is_kept_when_its_peer_is_removed_and_is_no_namesakes(tmp_path: Path):
    approved = replace(approval(2, ApprovalState.APPROVED), by="operator on pts/1", ended_at=3.0)
    gone = ForgetPeer(PeerName("ada"), 9.0, "removed")
    later = RenamePeer(PeerName("bob"), PeerName("ada"), 10.0)

    over, stood, another = kept(
        tmp_path, SetApproval(approved), SetApproval(approval(3)), gone, later, SetApproval(approval(4))
    )

    assert over == replace(approved, peer=PeerName("ada (removed)"))
    assert (stood.state, stood.ended_at, stood.evidence) == (ApprovalState.GONE, 9.0, "its peer was removed")
    assert (stood.peer, another.peer) == ("ada (removed)", "ada")


def test_it_is_nobodys_who_is_given_the_name_of_its_peer(tmp_path: Path):
    """One that was given up by hand, and never removed."""
    rename = RenamePeer(PeerName("bob"), PeerName("ada"), 9.0)

    (found,) = kept(tmp_path, SetApproval(approval(2, ApprovalState.DENIED)), rename)

    assert found.peer == "ada (removed)"


def test_a_row_that_makes_no_sense_costs_no_other(tmp_path: Path):
    import sqlite3

    kept(tmp_path, SetApproval(approval(2)), SetApproval(approval(3)))
    with sqlite3.connect(tmp_path / "db") as connection:
        connection.execute("UPDATE approval SET choices = 'x' WHERE id = 'a-2'")
        connection.execute("UPDATE approval SET opened_at = 'never' WHERE id = 'a-4'")

    assert [each.id for each in kept(tmp_path)] == ["a-3"]
    assert approvals.STANDING == "state IN ('open', 'answering')"


def test_what_stands_of_sessions_that_are_over_is_told_and_not_that_of_one_that_may_live(tmp_path: Path):
    async def story(store: Store) -> list[ApprovalId]:
        await store.commit(InsertSession(session()), SetApproval(replace(approval(2), session=S1)))
        await store.commit(SetApproval(replace(approval(3), session=SessionId("s-0"))))
        before = store.reader.left_standing()
        await store.commit(EndSession(S1, End(EndCause.STOPPED), 9.0))
        return [each.id for each in (*before, *store.reader.left_standing())]

    assert in_store(tmp_path, story) == ["a-3", "a-2", "a-3"]
