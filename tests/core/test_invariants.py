"""Random histories (`histories`). What must hold, holds after every event. PEERD_HISTORIES=20000 looks at as many,
other ones each time; without it they are the same at every run. The daemon ends in them too, and the next one goes by
what is on record (`lasting`).

Of the invariants these are the core's, by their numbers. Of two the hands have their part:

4. Nothing is called submitted that was not seen. That it was seen, they say: `tests/live/test_payloads.py`.
5. Nothing is typed but at an input line: `tests/daemon/test_inputline.py`, `tests/live/test_holds.py`.

That only a whole configuration is ever active, the eighth, is not there yet: neither are generations of one.
"""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from peerd.core import death, decide, facts, history, lifecycle, order, queries, record, requeue, restart, rules
from peerd.core.action import Decision
from peerd.core.event import DeliveryLost, Event, MessageSubmitted, SessionAdopted, SpecChanged, TurnEnded
from peerd.core.history import Behind
from peerd.core.limit import TurnLimited
from peerd.core.recovery import recalled
from peerd.core.restart import Death
from peerd.core.rules import RULES, Rule
from peerd.core.state import Peer, Waiting
from peerd.core.tally import Tally
from peerd.model.attempt import AttemptEnd
from peerd.model.message import Delivery
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import End, EndCause, SessionId
from tests.core import lasting, world
from tests.core.chance import Chance
from tests.core.histories import Drawn, History, histories, missed
from tests.core.world import World

ROOT = Path(__file__).parents[2]
MANY = int(os.environ.get("PEERD_HISTORIES", "0"))
DRAWN = settings(
    max_examples=MANY or 300,
    derandomize=not MANY,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
ASKED = record._asked
Broken = tuple[object, str, object]


@pytest.mark.timeout(0)
@DRAWN
@given(story=histories())
def test_what_must_hold_holds_after_every_event_and_every_message_comes_to_its_end(story: History):
    assert story.missed == ""


def test_what_is_not_the_cores_is_held_by_tests_that_exist():
    named = re.findall(r"`(tests/\S+\.py)`", __doc__ or "")

    assert len(named) == 3
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_checks_can_fail():
    """A core that forgets a lease would be seen at once."""
    small = World(Chance(Random(1).randrange))
    while small.peer.lease is None:
        small.step()
    small.peer = replace(small.peer, lease=None)

    with pytest.raises(AssertionError, match="lost or doubled"):
        small.check()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.__name__))
def test_without_a_rule_something_no_longer_holds(rule: Rule, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decide, "RULES", tuple(each for each in RULES if each is not rule))

    assert missed()


def as_if_boots_counted(deaths: tuple[float, ...], death: Death, period_s: float) -> tuple[float, ...]:
    return restart.recent(deaths, Death(death.at), period_s)


def without(rule: Rule) -> Broken:
    return decide, "RULES", tuple(each for each in RULES if each is not rule)


def instead_of(rule: Rule, other: Rule) -> Broken:
    return decide, "RULES", tuple(other if each is rule else each for each in RULES)


def woken_though_stopped(peer: Peer, now: float) -> Decision | None:
    fired = rules.spawn_when_called(replace(peer, want=Want.ON_DEMAND), now)
    return fired and replace(fired, peer=replace(fired.peer, want=peer.want))


def given_up_silently(peer: Peer, cause: EndCause) -> Decision:
    return Decision(replace(peer, lease=None, turn=None, task=None, due=None))


def not_passed(peer: Peer, session: SessionId, end: End) -> Decision:
    return Decision(peer)


def for_ever(back: Callable[[Peer, EndCause], Decision]) -> Callable[[Peer, EndCause], Decision]:
    def again(peer: Peer, cause: EndCause) -> Decision:
        decided = back(replace(peer, task_attempts=99), cause)
        return replace(decided, peer=replace(decided.peer, task_attempts=peer.task_attempts))

    return again


def by_priority_alone(queue: Sequence[Waiting], given: object) -> Waiting:
    return min(queue, key=lambda each: (not each.first, not each.tried, -order.RANKS[each.priority]))


def first_accepted(peer: Peer) -> Waiting | None:
    return next(iter(peer.queue), None)


def never_ended(known: Behind, outcome: AttemptEnd, attempt: int) -> Behind:
    return replace(known, under_way=None)


def not_counted(waiting: Waiting, outcome: AttemptEnd) -> Waiting:
    return waiting


def put_back_beside(peer: Peer, waiting: Waiting) -> Decision:
    return Decision(replace(peer, queue=(waiting, *peer.queue)))


def released_without_doubt(peer: Peer, now: float) -> Decision | None:
    fired = rules.release_when_overdue(peer, now)
    return fired and replace(fired, peer=replace(fired.peer, doubts=()))


def taken_when_lost(peer: Peer, event: Event, now: float) -> Decision:
    if isinstance(event, DeliveryLost):
        event = MessageSubmitted(event.peer, event.session, event.message)
    return facts.told(peer, event, now)  # type: ignore[arg-type]


def ended_by_the_limit(peer: Peer, event: TurnLimited, now: float) -> Decision:
    return facts._turn_ended(peer, TurnEnded(event.peer, event.session, event.message, 1), now)


def reopened(peer: Peer, task: Waiting, why: str) -> Decision:
    return requeue.reopen(replace(peer, turn=task), EndCause.EXITED)


def edited_and_remembered(peer: Peer, event: Event) -> Decision:
    decided = ASKED(peer, event)  # type: ignore[arg-type]
    if not isinstance(event, SpecChanged):
        return decided
    return replace(decided, peer=replace(decided.peer, past=peer.past))


def only_when_asked(peer: Peer) -> str | None:
    return queries.reason_to_run(replace(peer, kind="tui"))


def whatever_it_is(peer: Peer) -> Waiting | None:
    return queries.next_message(replace(peer, kind="tui"))


def without_known(**fields: object) -> Broken:
    """A next daemon that forgets some of what is on record."""
    return (
        lasting,
        "recalled",
        lambda spec, kind, attempts, known, now: recalled(spec, kind, attempts, replace(known, **fields), now),
    )


def adopted_without(**fields: object) -> Broken:
    def adopt(peer: Peer, event: SessionAdopted, now: float) -> Decision:
        return lifecycle.adopt(peer, replace(event, **fields), now)

    asleep = {**lifecycle.TRANSITIONS[Phase.ASLEEP], SessionAdopted: adopt}
    return record, "TRANSITIONS", {**lifecycle.TRANSITIONS, Phase.ASLEEP: asleep}


def left_waiting(peer: Peer, cause: EndCause) -> Decision:
    return Decision(peer)


BROKEN: tuple[tuple[int, str, Broken], ...] = (
    (1, "a second live session", (record, "stale", lambda peer, event: False)),
    (2, "a message lost or doubled", (lifecycle, "returned", given_up_silently)),
    (2, "a message that never comes to its end", without(rules.deliver_when_listening)),
    (2, "a task past its deadline goes on", without(rules.give_up_when_late)),
    (2, "waits too long", without(rules.expire_when_due)),
    (3, "submitted out of order", (order, "_first", by_priority_alone)),
    (3, "a higher priority was passed over", (queries, "head", first_accepted)),
    (3, "a sender was passed over twice", (order, "_turn", lambda given: lambda sender: 0)),
    (3, "two wait under one key", (facts, "put_back", put_back_beside)),
    (3, "a second task in an ephemeral session", (queries, "spent", lambda peer: False)),
    (4, "called submitted, and not seen to be taken", (record, "told", taken_when_lost)),
    (5, "typed though it was not known to be idle", (rules, "listening", lambda peer: peer.phase is Phase.RUNNING)),
    (5, "typed into a service", (rules, "next_message", whatever_it_is)),
    (6, "a stopped peer was woken", (decide, "RULES", (*RULES, woken_though_stopped))),
    (6, "a stopped peer's session goes on", without(rules.kill_when_unwanted)),
    (6, "a stopped peer that waits for a start", without(rules.forget_when_stopped)),
    (7, "a start before its backoff was over", (death, "backoff_s", lambda failures, base_s, cap_s: 0.0)),
    (2, "a message lost or doubled", without_known(queue=())),
    (3, "whose turn it is is not on record", without_known(given=())),
    (2, "a message lost or doubled", adopted_without(turn=None)),
    (2, "a message lost or doubled", (record, "given_back", lambda peer, lost, now: Decision(peer))),
    (6, "a stopped peer was woken", without_known(want=Want.ON_DEMAND)),
    (6, "a session that is being ended goes on", adopted_without(ending=None)),
    (7, "a crash-looping peer was woken", without_known(left_down=None, deaths=())),
    (7, "a start before its backoff was over", without_known(deaths=(), last=None)),
    (2, "told wrongly whether it may have been taken", (Tally, "words", "")),
    (2, "what counts against a message is not on record", (history, "_ended", never_ended)),
    (2, "what counts against a message is not on record", (requeue, "_after", not_counted)),
    (2, "what counts against a message is not on record", (history, "UNDER_WAY", {each.value for each in Delivery})),
    (2, "handed over once more though it may have been taken", (requeue, "give_up_entered", left_waiting)),
    (2, "a pass that did its task has not done it", (lifecycle, "passed", not_passed)),
    (6, "one that is to be kept running is down and was not stopped", (rules, "reason_to_run", only_when_asked)),
    (7, "a crash-looping peer was woken", (world, "of_task", lambda peer, end: True)),
    (2, "a session that was silent for long in its turn goes on", (queries, "may_hang", lambda peer: False)),
    (2, "a task that a limit has ended", (facts, "_turn_limited", ended_by_the_limit)),
    (2, "a death that counts wrongly against a message", (facts, "spare", reopened)),
    (5, "given to one whose limit is used up", (lifecycle, "resting", lambda peer: Activity.IDLE)),
    (5, "given to one whose limit is used up", without_known(limited=None)),
    (5, "begun for a message though its limit is used up", (queries, "limit_holds", lambda peer: False)),
    (9, "a sender is not told why its message waits", without(rules.note_hold_when_changed)),
    (9, "a wake without a cause", (rules, "reason_to_run", lambda peer: "" if peer.queue else None)),
)
"""An invariant, what the witness says where it is broken, and the rule or guard without which it is."""

CALM, CALM_FOR_ONE = (0, 0, 0, 0, 0, 3), (1, 0, 0, 0, 0, 3)
DEADLY, DEADLY_FOR_ONE = (0, 0, 0, 0, 0, 5), (1, 0, 0, 0, 0, 5)
WARM, FOR_ONE = (0, 0, 0, 0, 0, 0), (1, 0, 0, 0, 0, 0)
A_PASS = (0, 0, 0, 3, 0, 5)
OF_A_PERSON = (0, 0, 1, 0, 0, 0)

WITHOUT_DOUBT = instead_of(rules.release_when_overdue, released_without_doubt)

RARE: tuple[tuple[int, str, Drawn, tuple[Broken, ...]], ...] = (
    (2, "handed out again after its last death", (), ((requeue, "reopen", for_ever(requeue.reopen)),)),
    (
        2,
        "handed out again after its last death",
        WARM,
        ((requeue, "hand_back", for_ever(requeue.hand_back)),),
    ),
    (
        2,
        "a death that counts wrongly against a message",
        (),
        ((requeue, "NO_FAULT", frozenset()),),
    ),
    (2, "a pass that did its task has not done it", A_PASS, ((record, "passed", not_passed),)),
    (2, "a task past its deadline goes on", CALM, ((lifecycle, "due_at", lambda task, now: None),)),
    (3, "a second task in an ephemeral session", FOR_ONE, (adopted_without(served=None),)),
    (3, "a second task in an ephemeral session", CALM_FOR_ONE, (WITHOUT_DOUBT,)),
    (7, "a crash-looping peer was woken", DEADLY, ((death, "in_crash_loop", lambda deaths, spec: False),)),
    (7, "a crash-looping peer was woken", DEADLY, ((death, "recent", as_if_boots_counted),)),
    (7, "recovered though it may hang over its first", DEADLY_FOR_ONE, ((rules, "at_its_first", lambda peer: False),)),
    (7, "left down without a crash loop", DEADLY_FOR_ONE, ((world, "of_task", lambda peer, end: False),)),
    (9, "resume, parked, a person's front", OF_A_PERSON, ((record, "_asked", edited_and_remembered),)),
    (9, "fresh, parked, another topic", CALM, ((facts, "remembered", lambda topics, topic: topics),)),
)
"""What few histories show, or only several changes: likewise, with the first draws of one that does: those of
`outside.drawn`, then `outside.LUCK`."""


@pytest.mark.parametrize(("said", "broken"), [row[1:] for row in BROKEN], ids=[f"{row[0]} {row[1]}" for row in BROKEN])
def test_without_its_guard_an_invariant_no_longer_holds(said: str, broken: Broken, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(*broken)

    assert missed(said) == said


@pytest.mark.parametrize(
    ("said", "first", "broken"), [row[1:] for row in RARE], ids=[f"{row[0]} {row[1]}" for row in RARE]
)
def test_without_its_guard_an_invariant_no_longer_holds_in_a_rare_history(
    said: str, first: Drawn, broken: tuple[Broken, ...], monkeypatch: pytest.MonkeyPatch
):
    for each in broken:
        monkeypatch.setattr(*each)

    assert missed(said, first) == said
