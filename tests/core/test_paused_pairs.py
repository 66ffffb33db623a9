"""Two peers that are paused: what one sent the other waits, what others send goes on, and so does all once released."""

from msgspec.structs import replace

from peerd.core.action import Deliver, NoteHold, Spawn
from peerd.core.decide import decide
from peerd.core.event import DeadlinePassed, MessageAccepted
from peerd.core.pair import SenderHeld
from peerd.core.queries import hold_of, hold_on
from peerd.core.queue import sender_renamed
from peerd.core.recovery import Known, recalled
from peerd.core.state import Waiting
from peerd.model.message import Hold
from peerd.model.peer import Activity, PeerName, Phase
from tests.build import ADA, M1, M2, S1, peer, running, spec

BOB, EVE = PeerName("bob"), PeerName("eve")
FROM_BOB, FROM_EVE = Waiting(M1, sender=BOB), Waiting(M2, sender=EVE)
PAUSED = frozenset({BOB})


def test_what_waits_of_a_sender_that_is_held_back_is_told_so_and_what_others_sent_goes_first():
    busy = running(queue=(FROM_BOB, FROM_EVE), activity=Activity.BUSY)
    held = decide(busy, SenderHeld(ADA, BOB, held=True), 0.0)

    assert NoteHold(ADA, M1, Hold.PAIR_PAUSED) in held.actions
    holds = [hold_on(held.peer, each, hold_of(held.peer)) for each in held.peer.queue]
    assert holds == [Hold.PAIR_PAUSED, Hold.BUSY]
    idle = replace(held.peer, activity=Activity.IDLE)
    assert Deliver(ADA, S1, M2, 1) in decide(idle, DeadlinePassed(ADA), 0.0).actions


def test_what_is_held_back_is_no_reason_to_wake_and_is_given_once_the_two_are_released():
    waits = decide(peer(held_from=PAUSED), MessageAccepted(ADA, FROM_BOB), 0.0)
    assert waits.peer.phase is Phase.ASLEEP
    assert waits.actions == (NoteHold(ADA, M1, Hold.PAIR_PAUSED),)
    assert hold_of(waits.peer) is Hold.PAIR_PAUSED

    released = decide(waits.peer, SenderHeld(ADA, BOB, held=False), 1.0)
    assert any(isinstance(each, Spawn) for each in released.actions)
    up = replace(running(), queue=waits.peer.queue, held_from=PAUSED)
    assert Deliver(ADA, S1, M1, 1) in decide(up, SenderHeld(ADA, BOB, held=False), 1.0).actions


def test_to_pause_a_sender_twice_is_the_same():
    held = running(queue=(FROM_BOB,), held_from=PAUSED, noted=Hold.PAIR_PAUSED)

    assert decide(held, SenderHeld(ADA, BOB, held=True), 0.0).actions == ()


def test_the_next_daemon_and_a_new_name_of_the_sender_know_it_too():
    known = Known(queue=(FROM_BOB,), held_from=PAUSED)
    assert recalled(spec(), "tui", 3, known, 0.0).peer.held_from == PAUSED

    renamed = sender_renamed(running(queue=(FROM_BOB,), held_from=PAUSED), BOB, PeerName("rob"))
    assert renamed.held_from == {"rob"}
    assert hold_of(renamed) is Hold.PAIR_PAUSED
