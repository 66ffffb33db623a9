"""A message that may not wake its peer waits until that is up for another reason."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Deliver, NoteHold, Spawn
from peerd.core.decide import decide
from peerd.core.event import MessageAccepted, SessionExited, WakeRequested
from peerd.core.order import woken_for
from peerd.core.state import Past, Waiting
from peerd.core.wakemode import Choice, wake_mode
from peerd.model.message import Hold
from peerd.model.peer import Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, running

QUIET = Waiting(M1, wakes=False)


def test_a_quiet_message_wakes_nobody_and_its_sender_is_told():
    told = decide(peer(), MessageAccepted(ADA, QUIET), now=0.0)

    assert told.peer.phase is Phase.ASLEEP
    assert told.actions == (NoteHold(ADA, M1, Hold.ASLEEP),)


def test_it_is_given_to_one_that_runs_and_to_one_that_is_woken_for_something_else():
    assert Deliver(ADA, S1, M1, 1) in decide(running(), MessageAccepted(ADA, QUIET), now=0.0).actions

    waits = replace(peer(), queue=(QUIET,))
    for event in (MessageAccepted(ADA, Waiting(M2)), WakeRequested(ADA, "operator")):
        assert any(isinstance(each, Spawn) for each in decide(waits, event, now=0.0).actions)


@pytest.mark.parametrize(
    ("wakes", "chosen"),
    [
        (Waiting(M2, topic="tax"), Choice("resume", "parked, same topic")),
        (Waiting(M2, task=False, asked_in="c-0"), Choice("resume", "parked, an answer to what it asked", "c-0")),
    ],
)
def test_how_its_peer_begins_is_decided_by_what_wakes_it_and_not_by_a_quiet_one_before(wakes: Waiting, chosen: Choice):
    parked = peer(past=Past(parked=True, conversation="c-1", topics=("tax",)), queue=(QUIET, wakes))

    assert wake_mode(parked) == chosen
    assert woken_for(parked) == wakes


def test_a_quiet_one_decides_it_where_nothing_else_waits():
    parked = peer(past=Past(parked=True, conversation="c-1", topics=("tax",)), queue=(replace(QUIET, topic="tax"),))

    assert wake_mode(parked) == Choice("resume", "parked, same topic")


def test_it_brings_back_nobody_whose_session_has_ended():
    parked = decide(running(queue=(QUIET,), phase=Phase.STOPPING), SessionExited(ADA, S1, End(EndCause.PARKED)), 1.0)

    assert parked.peer.phase is Phase.ASLEEP
    assert not any(isinstance(each, Spawn) for each in parked.actions)
