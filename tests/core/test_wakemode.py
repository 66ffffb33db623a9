"""Which wake begins afresh and which goes on with the last conversation, and what that is forgotten by."""

from typing import Any

import pytest
from msgspec.structs import replace

from peerd.core.action import Deliver, Kill, LookForWork, SaveMark, Spawn
from peerd.core.decide import decide, next_deadline
from peerd.core.event import (
    DeadlinePassed,
    Event,
    FoundAtRest,
    FoundAtWork,
    MessageAccepted,
    MessageSubmitted,
    RefreshRequested,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpecChanged,
    StartRequested,
    StopRequested,
    TurnEnded,
    WakeRequested,
)
from peerd.core.state import Past, Peer, Waiting
from peerd.core.wakemode import Choice, Conversed, remembered, wake_mode
from peerd.model.message import MessageId
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, peer, running, spec

ANSWER = Waiting(M1, task=False, reply_to=M2, asked_in="c-0")
PARKED = Past(parked=True, conversation="c-1", topics=("tax", "cats"))


def asleep(topic: str | None = "tax", past: Past = PARKED, **changes: Any) -> Peer:
    return peer(**({"past": past, "queue": (Waiting(M1, topic=topic),)} | changes))


@pytest.mark.parametrize(
    ("sleeper", "chosen"),
    [
        (asleep(asked="fresh"), Choice("fresh", "asked for")),
        (asleep("dogs", asked="resume"), Choice("resume", "asked for")),
        (asleep(past=Past(True, True, "c-1", ("tax",))), Choice("fresh", "refreshed")),
        (asleep(spec=spec(wake_policy="ephemeral", front="person")), Choice("fresh", "ephemeral")),
        (asleep(past=Past(False, False, "c-1", ("tax",))), Choice("fresh", "not parked")),
        (peer(), Choice("fresh", "not parked")),
        (asleep(past=Past(True)), Choice("fresh", "nothing to resume")),
        (asleep(past=Past(True, False, "c-1", ("tax",), 2)), Choice("fresh", "resuming failed 2 times")),
        (asleep(past=Past(True, False, "c-1", ("tax",), 1)), Choice("resume", "parked, same topic")),
        (asleep(None, spec=spec(front="person")), Choice("resume", "parked, a person's front")),
        (asleep("dogs", spec=spec(front="person")), Choice("resume", "parked, a person's front")),
        (asleep("tax"), Choice("resume", "parked, same topic")),
        (asleep("dogs"), Choice("fresh", "parked, another topic")),
        (asleep(None), Choice("fresh", "parked, no topic")),
        (asleep(queue=()), Choice("fresh", "parked, no topic")),
        (asleep(queue=(ANSWER,)), Choice("resume", "parked, an answer to what it asked", "c-0")),
        (asleep(queue=(ANSWER,), spec=spec(front="person")), Choice("resume", "parked, a person's front")),
        (asleep(queue=(ANSWER,), past=Past(False, False, "c-1")), Choice("fresh", "not parked")),
        (asleep(queue=(Waiting(M2, topic="dogs"), ANSWER)), Choice("fresh", "parked, another topic")),
    ],
)
def test_a_wake_begins_afresh_or_goes_on_by_the_table(sleeper: Peer, chosen: Choice):
    assert wake_mode(sleeper) == chosen


def test_a_message_on_a_topic_of_the_conversation_resumes_it_and_says_why():
    woken = decide(peer(past=PARKED), MessageAccepted(ADA, Waiting(M2, topic="cats")), now=0.0)

    assert woken.actions[0] == Spawn(ADA, "resume", "message", "parked, same topic", "c-1")


def test_what_an_operator_asked_for_is_the_newest_conversation_on_record():
    woken = decide(peer(past=PARKED), WakeRequested(ADA, "operator", "resume"), now=0.0)

    assert woken.actions == (Spawn(ADA, "resume", "operator", "asked for"),)


def test_the_topics_are_those_of_every_message_that_was_submitted_and_the_latest_is_last():
    busy = running(queue=(Waiting(M1, 1, topic="tax"),), activity=Activity.BUSY, past=Past(topics=("tax", "cats")))

    assert decide(busy, MessageSubmitted(ADA, S1, M1), now=0.0).peer.past.topics == ("cats", "tax")


@pytest.mark.parametrize(("anew", "topics"), [(False, ("tax", "cats")), (True, ())])
def test_topics_go_with_a_conversation_under_another_id_and_not_to_another_one(anew: bool, topics: tuple[str, ...]):
    told = decide(running(past=PARKED), Conversed(ADA, S1, "c-2", anew=anew), now=0.0).peer

    assert (told.past.conversation, told.past.topics) == ("c-2", topics)


def test_at_most_sixteen_topics_are_remembered():
    topics: tuple[str, ...] = ()
    for number in range(20):
        topics = remembered(topics, f"t{number}")

    assert topics == tuple(f"t{number}" for number in range(4, 20))
    assert remembered(topics, None) == topics


def test_an_answer_is_given_in_the_conversation_that_asked_though_another_was_had_since():
    woken = decide(peer(past=PARKED), MessageAccepted(ADA, ANSWER), now=0.0)

    assert woken.actions[0] == Spawn(ADA, "resume", "message", "parked, an answer to what it asked", "c-0")


@pytest.mark.parametrize(("anew", "asked_in"), [(False, "c-2"), (True, "c-1")])
def test_what_was_asked_in_a_conversation_was_so_under_its_other_id_too(anew: bool, asked_in: str):
    busy = running(past=PARKED, activity=Activity.BUSY, queue=(replace(ANSWER, asked_in="c-1"), replace(ANSWER, id=M2)))

    told = decide(busy, Conversed(ADA, S1, "c-2", anew=anew), now=0.0).peer

    assert [each.asked_in for each in told.queue] == [asked_in, "c-0"]


def test_another_runtime_cannot_go_on_with_what_asked():
    busy = running(queue=(ANSWER,), activity=Activity.BUSY)

    known = decide(busy, SpecChanged(ADA, spec(runtime="shell"), 3), now=0.0)

    assert known.peer.queue[0].asked_in is None


STARTING = peer(phase=Phase.STARTING, session=S1, past=PARKED)


@pytest.mark.parametrize(
    "ends",
    [
        (SessionReady(ADA, S1), SessionExited(ADA, S1, End(EndCause.PARKED))),
        (SessionExited(ADA, S1, End(EndCause.EXITED, code=1)),),
        (StopRequested(ADA), SessionExited(ADA, S1, End(EndCause.STOPPED)), StartRequested(ADA)),
    ],
    ids=["it came up", "it failed", "it was stopped"],
)
def test_a_mode_that_was_asked_for_is_that_wakes_alone(ends: tuple[Event, ...]):
    sleeper = decide(STARTING, WakeRequested(ADA, "operator", "fresh"), now=0.0).peer
    for event in ends:
        sleeper = decide(sleeper, event, now=1.0).peer

    rested = decide(sleeper, DeadlinePassed(ADA), now=2.0).peer
    woken = decide(rested, WakeRequested(ADA, "operator"), now=3.0)

    assert (rested.phase, rested.asked) == (Phase.ASLEEP, None)
    assert next(each for each in woken.actions if isinstance(each, Spawn)).because != "asked for"


def test_a_wake_that_asks_for_no_mode_leaves_the_one_that_is_owed():
    ending = running(phase=Phase.STOPPING, past=PARKED)
    for mode in ("resume", None):
        ending = decide(ending, WakeRequested(ADA, "operator", mode), now=0.0).peer

    again = decide(ending, SessionExited(ADA, S1, End(EndCause.PARKED)), now=1.0)

    assert again.actions == (Spawn(ADA, "resume", "operator", "asked for"),)


def test_a_boot_that_fails_leaves_what_speaks_for_resuming():
    booting = decide(peer(past=PARKED), MessageAccepted(ADA, Waiting(M1, topic="tax")), now=0.0).peer
    started = decide(booting, SessionStarted(ADA, S1), now=1.0).peer

    failed = decide(started, SessionExited(ADA, S1, End(EndCause.EXITED, code=1)), now=2.0).peer

    assert failed.past == Past(True, False, "c-1", ("tax", "cats"), 1)
    assert wake_mode(failed) == Choice("resume", "parked, same topic")


@pytest.mark.parametrize(("mode", "past"), [("fresh", Past()), ("resume", Past(False, False, "c-1", ("tax", "cats")))])
def test_it_is_used_up_once_the_session_is_ready(mode: Any, past: Past):
    kept = Past(True, True, "c-1", ("tax", "cats"), 1)
    booting = peer(phase=Phase.STARTING, session=S1, mode=mode, past=kept)

    ready = decide(booting, SessionReady(ADA, S1), now=1.0)

    assert ready.peer.past == past
    assert ready.actions == (SaveMark(ADA, marked=False),)


@pytest.mark.parametrize(
    ("cause", "parked"),
    [
        (EndCause.PARKED, True),
        (EndCause.STOPPED, True),
        (EndCause.REPLACED, False),
        (EndCause.FINISHED, False),
        (EndCause.EXITED, False),
        (EndCause.KILLED, False),
        (EndCause.SERVER_DIED, False),
    ],
)
def test_only_an_end_of_our_choosing_parks(cause: EndCause, parked: bool):
    ended = decide(running(phase=Phase.STOPPING), SessionExited(ADA, S1, End(cause, code=0)), now=0.0).peer

    assert ended.past.parked is parked


def test_the_conversation_is_the_one_the_runtime_told_last():
    assert decide(running(), Conversed(ADA, S1, "c-2"), now=0.0).peer.past.conversation == "c-2"


def test_a_conversation_of_the_runtime_that_the_spec_had_before_is_not_gone_on_with():
    edited = running(spec=spec(runtime="codex"))

    told = decide(edited, Conversed(ADA, S1, "c-2", "claude"), now=0.0).peer

    assert told.past.conversation is None


def test_another_runtime_has_nothing_to_resume():
    changed = decide(peer(past=PARKED), SpecChanged(ADA, spec(runtime="codex"), 3), now=0.0).peer

    assert (changed.past.conversation, changed.past.topics) == (None, ())


def test_a_refresh_ends_a_session_as_soon_as_nothing_is_under_way():
    working = running(turn=Waiting(M1, 1), activity=Activity.BUSY)
    marked = decide(working, RefreshRequested(ADA), now=0.0)
    assert marked.actions == (SaveMark(ADA, marked=True),)

    looked_at = decide(marked.peer, TurnEnded(ADA, S1, M1), now=1.0)
    assert looked_at.actions[1:] == (LookForWork(ADA, S1),)
    over = decide(looked_at.peer, FoundAtRest(ADA, S1), now=1.1)

    assert over.actions == (Kill(ADA, S1, EndCause.REPLACED),)
    assert decide(over.peer, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=2.0).peer.phase is Phase.ASLEEP


def test_a_new_session_comes_at_once_where_it_was_asked_for():
    looked_at = decide(running(past=PARKED), RefreshRequested(ADA, "operator"), now=0.0).peer
    ending = decide(looked_at, FoundAtRest(ADA, S1), now=0.1).peer

    ended = decide(ending, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=1.0)

    assert ended.actions == (Spawn(ADA, "fresh", "operator", "refreshed"),)


def test_a_new_session_that_was_asked_for_comes_also_where_the_old_one_or_its_own_boot_dies():
    died = SessionExited(ADA, S1, End(EndCause.KILLED, signal=9))
    waits = decide(running(turn=Waiting(M1, 1, task=False)), RefreshRequested(ADA, "operator"), now=0.0).peer
    dead = decide(waits, died, now=1.0).peer
    assert dead.phase is Phase.BACKOFF

    comes = decide(dead, DeadlinePassed(ADA), now=1.5)
    assert comes.actions == (Spawn(ADA, "fresh", "operator", "refreshed"),)
    booting = decide(comes.peer, SessionStarted(ADA, S1), now=1.6).peer
    again = decide(decide(booting, died, now=2.0).peer, DeadlinePassed(ADA), now=3.0).peer
    up = decide(decide(again, SessionStarted(ADA, S1), now=3.1).peer, SessionReady(ADA, S1), now=3.2).peer

    assert (up.phase, up.past.again) == (Phase.RUNNING, None)


def test_a_session_somebody_sits_at_is_refreshed_later_and_takes_its_messages_meanwhile():
    waits = running(queue=(Waiting(M1),))
    looked_at = decide(waits, RefreshRequested(ADA), now=0.0)
    assert LookForWork(ADA, S1) in looked_at.actions

    attended = decide(looked_at.peer, FoundAtWork(ADA, S1), now=0.5)

    assert Deliver(ADA, S1, M1, 1) in attended.actions
    assert next_deadline(replace(attended.peer, lease=None)) == 1.5  # it is looked at again


def test_a_refreshed_peer_begins_afresh_whatever_the_topic():
    marked = decide(peer(past=PARKED), RefreshRequested(ADA), now=0.0).peer
    assert marked.phase is Phase.ASLEEP

    woken = decide(marked, MessageAccepted(ADA, Waiting(MessageId("m-9"), topic="tax")), now=1.0)

    assert woken.actions[0] == Spawn(ADA, "fresh", "message", "refreshed")


def test_who_wants_the_next_session_at_once_is_kept_with_the_mark_until_a_stop():
    asked = decide(running(), RefreshRequested(ADA, again="operator"), now=0.0)
    assert SaveMark(ADA, marked=True, again="operator") in asked.actions

    stopped = decide(asked.peer, StopRequested(ADA), now=1.0)

    assert SaveMark(ADA, marked=True, again=None) in stopped.actions


@pytest.mark.parametrize(
    ("end", "failures"),
    [
        (End(EndCause.EXITED, 1), 1),
        (End(EndCause.BOOT_FAILED), 1),
        (End(EndCause.BOOT_FAILED, forsaken=True), 0),
        (End(EndCause.MACHINE_RESTARTED), 0),
        (End(EndCause.STOPPED), 0),
    ],
    ids=["died", "not ready in time", "its daemon ended", "its machine ended", "stopped"],
)
def test_only_what_failed_by_itself_speaks_against_a_conversation(end: End, failures: int):
    booting = asleep(phase=Phase.STARTING, session=S1, mode="resume")

    assert decide(booting, SessionExited(ADA, S1, end), now=1.0).peer.past.resume_failures == failures
