"""What a person's commands are told: what they ask for, not at night, and no burst of it one by one."""

import pytest
from msgspec.structs import replace

from peerd.core import notify
from peerd.core.notify import AGAIN_S, BURST_MAX, BURST_S, PENDING_MAX, Outbox, Telling
from peerd.model.board import Entry
from peerd.model.notice import Notice, NoticeKind, Severity
from peerd.model.notify import Notify, Word
from tests.build import message

ALL = Notify(command=("tell", "{title}", "-m", "{text} ({severity})"), min=Severity.NOTE)
BY_NIGHT = Notify(command=("tell",), min=Severity.NOTE, quiet="22:00-07:00")


def word(n: int = 1, severity: Severity = Severity.WARNING) -> Word:
    return Word(about="notice", severity=severity, title=f"peerd: w{n}", text=f"text {n}", kind="down", of=f"p{n}")


def with_words(*words: Word, quiet: bool = False, outbox: Outbox | None = None) -> Outbox:
    box = outbox or Outbox()
    for each in words:
        box = notify.put(box, each, quiet=quiet)
    return box


def told_all(outbox: Outbox, to: Notify, now: float, *, quiet: bool = False) -> tuple[list[Telling], Outbox]:
    """All that is told at this moment."""
    tellings = []
    while (what := notify.telling(outbox, to, now, quiet=quiet)) is not None:
        tellings.append(what)
        outbox = notify.told(outbox, what, now)
    return tellings, outbox


def test_each_thing_is_told_once_by_its_own_title():
    tellings, left = told_all(with_words(word(1), word(2)), ALL, 0.0)

    assert [(each.title, each.text) for each in tellings] == [("peerd: w1", "text 1"), ("peerd: w2", "text 2")]
    assert left.pending == ()


def test_what_was_not_told_yet_is_due_again():
    box = with_words(word(1))

    assert notify.telling(box, ALL, 0.0, quiet=False) == notify.telling(box, ALL, 9.0, quiet=False) is not None


def test_more_than_a_few_at_once_are_told_as_one():
    (what,), left = told_all(with_words(*(word(n) for n in range(12))), ALL, 0.0)

    assert (what.title, len(what.words), left.pending) == ("peerd: 12 at once", 12, ())
    assert what.text.splitlines()[-1] == "and 2 more"


def test_what_follows_a_burst_waits_and_is_told_as_one():
    _, box = told_all(with_words(*(word(n) for n in range(BURST_MAX))), ALL, 0.0)
    box = with_words(*(word(n) for n in range(10, 17)), outbox=box)

    assert notify.telling(box, ALL, BURST_S - 0.1, quiet=False) is None
    (what,), _ = told_all(box, ALL, BURST_S)
    assert what.title == "peerd: 7 at once"


def test_what_came_in_quiet_hours_is_told_in_one_when_they_end():
    box = with_words(word(1), word(2), quiet=True)

    assert notify.telling(box, BY_NIGHT, 0.0, quiet=True) is None
    (what,), left = told_all(box, BY_NIGHT, 99.0)
    assert (what.title, what.text, left.pending) == ("peerd: 2 while it was quiet", "w1\nw2", ())


def test_what_is_urgent_passes_unless_that_is_not_wanted():
    urgent, silent = word(1, Severity.URGENT), Notify(command=("tell",), quiet="22:00-07:00", urgent_too=False)
    box = with_words(urgent, word(2), quiet=True)

    (what,), left = told_all(box, BY_NIGHT, 0.0, quiet=True)
    assert (what.words, [each.word for each in left.pending]) == ((urgent,), [word(2)])
    assert notify.telling(box, silent, 0.0, quiet=True) is None
    (later,), _ = told_all(box, silent, 0.0)
    assert later.severity is Severity.URGENT


@pytest.mark.parametrize(
    ("quiet", "minutes"),
    [("22:00-07:00", {0, 419, 1320, 1439}), ("12:00-13:30", {720, 809}), ("07:00-07:00", set()), ("", set())],
    ids=["over midnight", "by day", "none", "not said"],
)
def test_hours_are_quiet_from_their_first_minute_to_their_last(quiet: str, minutes: set[int]):
    to = Notify(command=("tell",), quiet=quiet)

    tried = {0, 419, 420, 719, 720, 809, 810, 1319, 1320, 1439}
    assert {each for each in tried if notify.is_quiet(to, each)} == minutes


def test_there_is_an_end_to_what_waits_and_what_was_lost_is_counted():
    box = with_words(*(word(n) for n in range(PENDING_MAX + 3)), quiet=True)

    (what,), left = told_all(box, BY_NIGHT, 0.0)
    assert (len(what.words), left.lost) == (PENDING_MAX, 0)
    assert what.title == f"peerd: {PENDING_MAX + 3} while it was quiet"


@pytest.mark.parametrize(
    ("to", "wanted"),
    [
        (Notify(command=("tell",)), True),
        (Notify(command=("tell",), min=Severity.URGENT), False),
        (Notify(command=("tell",), about=("message",)), False),
    ],
    ids=["by default", "too light", "of another kind"],
)
def test_only_what_is_asked_for_is_told(to: Notify, wanted: bool):
    assert notify.wanted(to, word()) is wanted


def of(kind: NoticeKind) -> Word:
    notice = Notice(kind=kind, about="ada", text="its screen shows 'hunter2'", severity=Severity.URGENT)
    return notify.of_notice(Entry(n=1, notice=notice, first_at=1.0, raised_at=2.0, seen_at=2.0))


@pytest.mark.parametrize("kind", ["prompt", "screen", "mute", "down", "unreached"])
def test_what_may_quote_a_screen_is_for_stdin_alone(kind: NoticeKind):
    told = of(kind)

    assert "hunter2" not in " ".join(notify.argv(ALL, Telling((told,), told.title, told.text)))
    assert "hunter2" in told.whole


def test_a_prompt_is_an_approval_and_other_notices_are_not():
    assert (of("prompt").about, of("down").about) == ("approval", "notice")


def test_a_permission_is_told_by_who_asks_for_it_and_never_by_for_what():
    answers = "`peerd approve a-1` or `peerd deny a-1` answers it"
    notice = Notice(kind="approval", about="a-1", text="ada asks for Bash rm hunter2", remedy=answers, peer="ada")

    told = notify.of_notice(Entry(n=1, notice=notice, first_at=1.0, raised_at=2.0, seen_at=2.0))

    assert (told.title, told.text) == ("peerd: warning: ada asks for a permission", answers)
    assert of("prompt").title == "peerd: urgent: ada asks something on its screen"


@pytest.mark.parametrize(("asks", "severity"), [(True, Severity.WARNING), (False, Severity.NOTE)])
def test_a_message_is_told_by_its_sender_and_topic_and_never_its_text(asks: bool, severity: Severity):
    told = notify.of_message(message(body="hunter2", topic="tests"), asks=asks)

    assert (told.severity, told.text.partition(":")[0]) == (severity, "on tests")
    assert "hunter2" not in repr(told)


def test_words_are_put_in_their_places_once_and_obey_no_terminal():
    what = Telling((word(),), "a\n{text}", "x\x1b\0y\nz")

    assert notify.argv(ALL, what) == ("tell", "a {text}", "-m", "x  y\nz (warning)")


def test_what_is_told_again_before_it_was_told_takes_its_place():
    late = with_words(word(1), word(2), quiet=True)
    again = word(1, Severity.URGENT)

    tellings, left = told_all(with_words(again, quiet=True, outbox=late), BY_NIGHT, 0.0)

    assert ([each.words for each in tellings], left.pending) == ([(word(2),), (again,)], ())


def test_what_there_was_no_room_for_is_told_once_and_what_came_meanwhile_after_that():
    box = replace(with_words(word(1)), lost=3)
    first = notify.telling(box, ALL, 0.0, quiet=False)
    assert first is not None

    box = notify.told(replace(with_words(word(2), outbox=box), lost=5), first, 0.0)
    (then,), left = told_all(box, ALL, 1.0)

    assert (first.title, first.text) == ("peerd: 4 at once", "w1\nand 3 more")
    assert (then.title, left.lost) == ("peerd: 3 at once", 0)


def after_a_failure(*words: Word, now: float = 0.0) -> Outbox:
    """All of them were told in vain, in one run or several."""
    box = with_words(*words)
    while (what := notify.telling(box, ALL, now, quiet=False)) is not None:
        box, _ = notify.failed(box, what, now)
    return box


def test_what_comes_while_another_waits_to_be_told_again_is_told_at_once_and_the_gravest_first():
    box = with_words(word(2), word(3, Severity.URGENT), outbox=after_a_failure(word(1)))

    tellings, left = told_all(box, ALL, 0.1)
    assert [each.words for each in tellings] == [(word(3, Severity.URGENT),), (word(2),)]
    assert [each.word for each in left.pending] == [word(1)]

    box = with_words(word(4), outbox=left)
    tellings, left = told_all(box, ALL, AGAIN_S[0])
    assert ([each.words for each in tellings], left) == ([(word(4),), (word(1),)], replace(left, pending=(), tried=()))


def test_what_fails_is_told_again_at_its_times_and_then_given_up():
    box, runs = with_words(word(1)), list[tuple[float, tuple[Word, ...]]]()
    for now in (0.0, 4.9, 5.0, 34.9, 35.0, 154.9, 155.0):
        what = notify.telling(box, ALL, now, quiet=False)
        if what is not None:
            box, given_up = notify.failed(box, what, now)
            runs.append((now, given_up))

    assert runs == [(0.0, ()), (5.0, ()), (35.0, ()), (155.0, (word(1),))]
    assert (box.pending, box.tried) == ((), ())


def test_of_several_that_fail_each_is_told_again_as_often_as_any_and_more_than_a_few_in_one():
    words = tuple(word(n) for n in range(BURST_MAX + 2))
    box = with_words(*words)
    what = notify.telling(box, ALL, 0.0, quiet=False)
    assert what is not None

    box, given_up = notify.failed(box, what, 0.0)

    assert (given_up, {each.times for each in box.tried}) == ((), {1})
    again = notify.telling(box, ALL, BURST_S, quiet=False)
    assert again == what


def test_what_changed_before_it_was_told_again_is_told_at_once_and_the_word_of_before_no_more():
    graver = word(1, Severity.URGENT)

    tellings, left = told_all(with_words(graver, outbox=after_a_failure(word(1))), ALL, 0.1)

    assert ([each.words for each in tellings], left.pending, left.tried) == ([(graver,)], (), ())


def test_what_is_to_be_told_again_in_quiet_hours_waits_for_their_end_unless_it_is_urgent():
    urgent = word(2, Severity.URGENT)
    box = notify.hushed(with_words(word(3), outbox=after_a_failure(word(1), urgent)), BY_NIGHT)

    assert [each.word for each in box.tried] == [urgent]
    what = notify.telling(box, BY_NIGHT, AGAIN_S[0], quiet=True)
    assert what is not None
    assert what.words == (urgent,)
    box = notify.told(box, what, AGAIN_S[0])
    (what,), left = told_all(box, BY_NIGHT, 30000.0)
    assert (what.title, what.words, left.pending) == ("peerd: 2 while it was quiet", (word(1), word(3)), ())


def test_what_failed_is_due_again_no_later_than_at_its_time():
    box = after_a_failure(word(1))

    assert [notify.look_s(box, now, 5.0) for now in (0.0, 4.0, 5.0, 6.0)] == [5.0, 1.0, 5.0, 5.0]
