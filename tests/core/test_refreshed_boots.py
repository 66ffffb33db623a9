"""A refresh, or a new session, while the one before only starts."""

import pytest

from peerd.core.action import Kill, SaveMark, Spawn
from peerd.core.decide import decide
from peerd.core.event import (
    DeadlinePassed,
    RefreshRequested,
    SessionAdopted,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpawnFailed,
)
from peerd.core.lifecycle import used_up
from peerd.core.record import record
from peerd.core.state import Past, Peer
from peerd.model.peer import Activity, Phase
from peerd.model.session import End, EndCause, Mode
from tests.build import ADA, S1, S2, peer


@pytest.mark.parametrize("mode", ["fresh", "resume"])
def test_a_refresh_in_a_boot_has_that_begun_once_more_and_is_not_used_up_by_it(mode: Mode):
    boots = peer(phase=Phase.STARTING, session=S1, mode=mode, called="operator")

    asked = decide(boots, RefreshRequested(ADA), now=1.0)
    over = decide(asked.peer, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=2.0)

    assert asked.actions == (SaveMark(ADA, marked=True, again="operator"), Kill(ADA, S1, EndCause.REPLACED))
    assert over.actions == (Spawn(ADA, "fresh", "operator", "refreshed"),)
    up = after_boot(over.peer)
    assert (up.phase, up.past.marked, up.hurry) == (Phase.RUNNING, False, False)


def test_a_session_that_wishes_so_in_its_own_boot_is_not_ended_for_that():
    boots = peer(phase=Phase.STARTING, session=S1)

    asked = decide(boots, RefreshRequested(ADA, again="shell-ada", itself=True), now=1.0)

    assert asked.actions == (SaveMark(ADA, marked=True, again="shell-ada"),)


def test_a_refresh_before_there_is_a_session_ends_that_as_soon_as_it_has_a_name():
    asked = decide(peer(phase=Phase.STARTING, called="operator"), RefreshRequested(ADA), now=1.0)

    named = decide(asked.peer, SessionStarted(ADA, S1), now=2.0)

    assert named.actions == (Kill(ADA, S1, EndCause.REPLACED),)


def test_nor_does_a_start_that_failed_have_the_next_session_replaced():
    asked = decide(peer(phase=Phase.STARTING, called="operator"), RefreshRequested(ADA), now=1.0).peer
    failed = decide(asked, SpawnFailed(ADA, "tmux"), now=2.0).peer

    up = after_boot(decide(failed, DeadlinePassed(ADA), now=10.0).peer)

    assert (up.phase, up.past.marked) == (Phase.RUNNING, False)


@pytest.mark.parametrize(("refreshed", "kills"), [(True, 0), (False, 1)], ids=["before it began", "while it booted"])
def test_the_next_daemon_has_a_boot_begun_once_more_that_was_marked_meanwhile(refreshed: bool, kills: int):
    marked = peer(past=Past(marked=True, again="operator"))
    boots = SessionAdopted(ADA, S1, False, Activity.UNKNOWN, None, refreshed=refreshed)

    taken = decide(marked, boots, now=0.0)

    assert taken.actions == (Kill(ADA, S1, EndCause.REPLACED),) * kills


@pytest.mark.parametrize("refreshed", [True, False], ids=["before it began", "while it booted"])
def test_one_that_was_ready_before_the_next_daemon_came_uses_no_wish_up_that_came_while_it_booted(refreshed: bool):
    marked = peer(past=Past(marked=True, again="operator"))
    boots = record(marked, SessionAdopted(ADA, S1, False, Activity.UNKNOWN, None, refreshed=refreshed), 0.0).peer

    used = used_up(boots)
    ready = decide(boots, SessionReady(ADA, S1), now=1.0)

    assert used == (SaveMark(ADA, marked=False),) * refreshed
    assert ready.actions == (used if refreshed else (Kill(ADA, S1, EndCause.REPLACED),))
    over = decide(ready.peer, SessionExited(ADA, S1, End(EndCause.REPLACED)), now=2.0)
    assert over.actions == (() if refreshed else (Spawn(ADA, "fresh", "operator", "refreshed"),))


def after_boot(starting: Peer) -> Peer:
    named = decide(starting, SessionStarted(ADA, S2), now=20.0).peer
    return decide(named, SessionReady(ADA, S2), now=21.0).peer
