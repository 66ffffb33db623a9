"""Histories miss what is taken away elsewhere than in a rule: each of these checks is seen to fail once."""

import pytest
from msgspec.structs import replace

from peerd.core import lifecycle, queries, record, rules
from peerd.core.action import Action, Decision, Kill, Requeue
from peerd.core.event import DeadlinePassed, SessionAdopted, SessionReady, WrongConversation
from peerd.core.recovery import Known, recalled
from peerd.core.state import Peer, Said
from peerd.model.peer import Phase, Spec
from peerd.model.session import Kind
from tests.core import lasting, shelf
from tests.core.histories import missed
from tests.core.shelf import Shelf

PERMANENT = (0, 2, 0, 0, 0, 5)
"""The first draws of a peer that is restarted after any death."""
FOR_ONE = (1, 0, 0, 0, 0, 3)
"""Of one that is begun for each task, where it is calm."""


def test_a_session_in_another_conversation_would_be_typed_into_if_it_was_not_ended(monkeypatch: pytest.MonkeyPatch):
    running = {**lifecycle.TRANSITIONS[Phase.RUNNING], WrongConversation: lifecycle.ignore}
    monkeypatch.setattr(record, "TRANSITIONS", {**lifecycle.TRANSITIONS, Phase.RUNNING: running})

    assert missed("typed into another conversation")


def test_a_session_that_was_asked_for_would_not_come_if_no_rule_knew_of_the_wish(monkeypatch: pytest.MonkeyPatch):
    reason = queries.reason_to_run
    monkeypatch.setattr(rules, "reason_to_run", lambda peer: reason(replace(peer, past=replace(peer.past, again=None))))

    assert missed("a session that was asked for does not come")


def test_an_end_that_was_not_on_record_before_its_signal_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    put = Shelf.put

    def put_later(shelf: Shelf, action: Action, now: float) -> None:
        if not isinstance(action, Kill):
            put(shelf, action, now)

    monkeypatch.setattr(Shelf, "put", put_later)

    assert missed("an end of ours that counts as its own")


def test_a_death_that_forgot_a_wish_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    kept = lifecycle._after
    monkeypatch.setattr(lifecycle, "_after", lambda peer, end: replace(kept(peer, end), again=None))

    assert missed("a wish that is not on record")


def test_a_wish_that_a_boot_used_up_which_it_is_to_replace_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    def ready(peer: Peer, event: SessionReady, now: float) -> Decision:
        return lifecycle.run(replace(peer, hurry=False), event, now)

    starting = {**lifecycle.TRANSITIONS[Phase.STARTING], SessionReady: ready}
    monkeypatch.setattr(record, "TRANSITIONS", {**lifecycle.TRANSITIONS, Phase.STARTING: starting})

    assert missed("a wish used up by a session that was begun before it")


def test_a_stop_that_left_a_wish_in_memory_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    stop = record._stop
    monkeypatch.setattr(record, "_stop", lambda peer: kept_wish(peer, stop(peer)))

    assert missed("a wish that is not on record")


def kept_wish(before: Peer, stopped: Decision) -> Decision:
    past = replace(stopped.peer.past, again=before.past.again)
    return Decision(replace(stopped.peer, past=past), stopped.actions)


def test_a_restart_that_is_due_would_be_forgotten_if_a_start_called_it_off(monkeypatch: pytest.MonkeyPatch):
    def called_off(spec: Spec, kind: Kind, attempts: int, known: Known, now: float) -> Decision:
        return recalled(spec, kind, attempts, replace(known, stopped_after=known.wanted_after), now)

    monkeypatch.setattr(lasting, "recalled", called_off)

    assert missed("a restart that was due is forgotten", PERMANENT)


def test_two_would_wait_under_one_key_if_the_next_daemon_took_the_queue_as_it_is(monkeypatch: pytest.MonkeyPatch):
    at_the_end = ("peerd.core.recovery.accept", lambda peer, new: Decision(replace(peer, queue=(*peer.queue, new))))
    monkeypatch.setattr(*at_the_end)

    assert missed("two wait under one key")


def test_last_words_that_the_next_daemon_was_not_told_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    def adopt(peer: Peer, event: SessionAdopted, now: float) -> Decision:
        return lifecycle.adopt(peer, replace(event, said=Said()), now)

    asleep = {**lifecycle.TRANSITIONS[Phase.ASLEEP], SessionAdopted: adopt}
    monkeypatch.setattr(record, "TRANSITIONS", {**lifecycle.TRANSITIONS, Phase.ASLEEP: asleep})

    assert missed("the last words of a task are forgotten", FOR_ONE)


def test_topics_that_went_with_a_task_which_waits_again_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    """As where those of what was not delivered count no more."""
    put = shelf.Shelf.put

    def forgetting(kept: shelf.Shelf, action: Action, now: float) -> None:
        put(kept, action, now)
        if isinstance(action, Requeue):
            lost = kept.letter(action.message).accepted.topic
            for run in kept.runs:
                run.spoken.pop(lost or "", None)

    monkeypatch.setattr(shelf.Shelf, "put", forgetting)

    assert missed("what was spoken of in a conversation is forgotten")


def test_a_boot_that_was_ended_with_somebody_at_it_would_be_seen(monkeypatch: pytest.MonkeyPatch):
    def give_up(peer: Peer, event: DeadlinePassed, now: float) -> Decision:
        return lifecycle.give_up_boot(replace(peer, attended=False), event, now)

    starting = {**lifecycle.TRANSITIONS[Phase.STARTING], DeadlinePassed: give_up}
    monkeypatch.setattr(record, "TRANSITIONS", {**lifecycle.TRANSITIONS, Phase.STARTING: starting})

    assert missed("a boot that waits for somebody was ended")
