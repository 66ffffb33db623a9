"""What stands on a screen where an empty input line should: it holds back what waits, and ends nothing."""

import pytest
from msgspec.structs import replace

from peerd.core.action import Decision, Kill, NoteHold
from peerd.core.decide import decide
from peerd.core.event import (
    ActivitySeen,
    DeadlinePassed,
    DeliveryHeld,
    FoundAtRest,
    FoundAtWork,
    SessionExited,
    SessionReady,
)
from peerd.core.holds import ScreenSeen
from peerd.core.queries import hold_of
from peerd.core.state import Look, Peer, Waiting
from peerd.model.message import Hold
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause
from tests.build import ADA, M1, M2, S1, S2, lease, peer, running, spec, waiting

EPHEMERAL = spec(wake_policy="ephemeral")
STANDS = [Hold.DRAFT, Hold.UNKNOWN_SCREEN, Hold.DIALOG]


def over(**changes: object) -> Peer:
    """Its one task is, another waits."""
    return running(
        **({"spec": EPHEMERAL, "finished": True, "served": M1, "queue": waiting(M2), "noted": Hold.BUSY} | changes)
    )


@pytest.mark.parametrize("hold", STANDS)
def test_what_stands_in_a_session_whose_task_is_over_is_what_the_next_one_waits_for(hold: Hold):
    seen = decide(over(), ScreenSeen(ADA, S1, hold), now=5.0)

    assert seen.actions == (NoteHold(ADA, M2, hold),)
    assert (hold_of(seen.peer), seen.peer.held_since) == (hold, 5.0)


def test_it_stands_there_since_it_was_first_seen_whoever_saw_it():
    held = running(lease=lease(M1), queue=())
    first = decide(held, DeliveryHeld(ADA, S1, M1, Hold.UNKNOWN_SCREEN), now=1.0).peer
    again = decide(replace(first, retry_at=99.0), ScreenSeen(ADA, S1, Hold.UNKNOWN_SCREEN), now=9.0).peer
    another = decide(again, ScreenSeen(ADA, S1, Hold.DRAFT), now=10.0).peer

    assert [each.held_since for each in (first, again, another)] == [1.0, 1.0, 10.0]


def test_what_waits_is_delivered_as_soon_as_its_screen_is_known_again():
    held = running(queue=waiting(M1), hold=Hold.UNKNOWN_SCREEN, held_since=0.0, noted=Hold.UNKNOWN_SCREEN, retry_at=5.0)

    known = decide(held, ScreenSeen(ADA, S1, None), now=1.0)

    assert (known.peer.lease is not None, known.peer.hold, known.peer.held_since) == (True, None, None)


@pytest.mark.parametrize("hold", [Hold.UNWRITABLE, Hold.UNHEARD], ids=["a disk that is full", "a session not heard"])
def test_an_empty_input_line_is_no_word_of_what_no_screen_shows(hold: Hold):
    held = running(queue=waiting(M1), hold=hold, held_since=0.0, noted=hold, looks=7, retry_at=5.0)

    assert decide(held, ScreenSeen(ADA, S1, None), now=1.0) == Decision(held)
    assert decide(held, DeadlinePassed(ADA), now=5.0).peer.lease is not None


@pytest.mark.parametrize(
    "other",
    [
        {"turn": Waiting(M1), "activity": Activity.BUSY},
        {"activity": Activity.BUSY},
        {"activity": Activity.BLOCKED, "hold": Hold.PROMPT},
        {"lease": lease(M1)},
        {"session": S2},
        {"phase": Phase.STARTING, "activity": Activity.UNKNOWN},
    ],
    ids=["in a turn", "busy", "at a prompt", "being typed at", "another session", "starting"],
)
def test_a_look_at_the_screen_tells_nothing_of_a_session_that(other: dict[str, object]):
    before = running(**other)

    assert decide(before, ScreenSeen(ADA, S1, Hold.UNKNOWN_SCREEN), now=1.0).peer == before


@pytest.mark.parametrize("hold", STANDS)
def test_a_session_with_that_on_its_screen_is_looked_at_again_and_not_ended(hold: Hold):
    asked = decide(replace(over(), hold=hold), DeadlinePassed(ADA), now=20.0).peer
    assert asked.considered is Look.ASKED

    put_off = decide(asked, FoundAtWork(ADA, S1), now=21.0)

    assert (put_off.peer.phase, [each for each in put_off.actions if isinstance(each, Kill)]) == (Phase.RUNNING, [])
    gone = decide(put_off.peer, DeadlinePassed(ADA), now=41.0).peer
    assert Kill(ADA, S1, EndCause.FINISHED) in decide(gone, FoundAtRest(ADA, S1), now=42.0).actions


def boots(*seen: ActivitySeen) -> Peer:
    starting = peer(phase=Phase.STARTING, session=S1, deadline=240.0)
    for each in seen:
        starting = decide(starting, each, now=100.0).peer
    return starting


WAITING_FOR_SOMEBODY = [
    ActivitySeen(ADA, S1, Activity.BLOCKED, Hold.DIALOG),
    ActivitySeen(ADA, S1, Activity.BLOCKED, Hold.STARTING),
    ActivitySeen(ADA, S1, Activity.BLOCKED, Hold.UNKNOWN_SCREEN, attended=True),
    ActivitySeen(ADA, S1, Activity.UNKNOWN, attended=True),
]


@pytest.mark.parametrize(
    "seen", WAITING_FOR_SOMEBODY, ids=["a dialog", "out of reach", "unknown, attended", "attended"]
)
def test_a_boot_that_waits_for_somebody_has_another_whole_deadline(seen: ActivitySeen):
    late = decide(boots(seen), DeadlinePassed(ADA), now=240.0)

    assert (late.actions, late.peer.phase, late.peer.deadline) == ((), Phase.STARTING, 480.0)


LEFT_ALONE = [
    (ActivitySeen(ADA, S1, Activity.BLOCKED, Hold.UNKNOWN_SCREEN),),
    (ActivitySeen(ADA, S1, Activity.UNKNOWN, attended=True), ActivitySeen(ADA, S1, Activity.UNKNOWN)),
    (),
]


@pytest.mark.parametrize("seen", LEFT_ALONE, ids=["a screen nobody knows", "who sat there has gone", "nothing seen"])
def test_a_boot_that_nobody_sits_at_is_ended_by_its_deadline(seen: tuple[ActivitySeen, ...]):
    late = decide(boots(*seen), DeadlinePassed(ADA), now=240.0)

    assert late.actions == (Kill(ADA, S1, EndCause.BOOT_FAILED, "not ready within 240 s"),)


def test_what_stood_on_a_screen_is_forgotten_with_its_session():
    seen = boots(ActivitySeen(ADA, S1, Activity.BLOCKED, Hold.UNKNOWN_SCREEN, attended=True))
    for gone in (SessionReady(ADA, S1), SessionExited(ADA, S1, End(EndCause.EXITED))):
        left = decide(seen, gone, now=101.0).peer
        assert (left.hold, left.held_since, left.attended) == (None, None, False)
