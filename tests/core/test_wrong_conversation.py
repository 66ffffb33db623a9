"""A session that was to go on with a conversation, and is in another one: it never was what was asked for."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Kill, Requeue
from peerd.core.decide import decide
from peerd.core.event import MessageSubmitted, SessionExited, SessionReady, WrongConversation
from peerd.core.state import Past, Peer, Waiting
from peerd.core.tally import Tally
from peerd.core.wakemode import Choice, wake_mode
from peerd.model.peer import Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, S1, S2, lease, peer, running, waiting

WRONG = WrongConversation(ADA, S1, "c-2 is not c-1")
ENDED = SessionExited(ADA, S1, End(EndCause.BOOT_FAILED))
PARKED = Past(parked=True, conversation="c-1", topics=("tax",))
BOOTING = peer(phase=Phase.STARTING, session=S1, mode="resume", past=PARKED, queue=(Waiting(M1, topic="tax"),))


def after(peer: Peer, *events: WrongConversation | SessionReady | MessageSubmitted | SessionExited) -> Peer:
    for event in events:
        peer = decide(peer, event, now=1.0).peer
    return peer


def test_a_peer_in_another_conversation_is_ended_and_given_nothing():
    ended = decide(running(mode="resume", queue=waiting(M1)), WRONG, now=0.0)

    assert ended.actions[0] == Kill(ADA, S1, EndCause.BOOT_FAILED, "c-2 is not c-1")
    assert (ended.peer.phase, ended.peer.lease) == (Phase.STOPPING, None)


@pytest.mark.parametrize("phase", [Phase.ASLEEP, Phase.STOPPING, Phase.BACKOFF, Phase.FAILED])
def test_a_peer_that_is_ended_already_is_not_ended_again(phase: Phase):
    over = running(phase=phase)

    assert decide(over, WRONG, now=0.0).actions == ()


def test_what_is_told_of_an_earlier_session_of_a_peer_ends_no_later_one():
    assert decide(running(session=S2), WRONG, now=0.0).actions == ()


def test_a_peer_that_was_told_of_before_it_was_ready_tries_once_more_to_go_on():
    failed = after(BOOTING, WRONG, SessionReady(ADA, S1), ENDED)

    assert failed.past == replace(PARKED, resume_failures=1)
    assert wake_mode(failed) == Choice("resume", "parked, same topic")


def test_a_peer_that_was_ready_before_it_was_told_of_begins_afresh():
    failed = after(BOOTING, SessionReady(ADA, S1), WRONG, ENDED)

    assert failed.past.resume_failures == 1
    assert wake_mode(failed).mode == "fresh"


def test_a_task_that_a_peer_took_in_another_conversation_is_open_again_and_no_death_counts_against_it():
    typed = running(mode="resume", past=PARKED, lease=lease(M1), task_attempts=2)
    taken = after(typed, WRONG, MessageSubmitted(ADA, S1, M1))

    ended = decide(taken, ENDED, now=1.0)

    assert ended.peer.queue == (Waiting(M1, attempts=1, tally=Tally(taken=1)),)
    assert any(isinstance(action, Requeue) for action in ended.actions)
    assert len(ended.peer.deaths) == 1  # it counts against the peer
