"""What waited for a person's commands, once the file that has them says something else."""

from collections.abc import Sequence

from msgspec.structs import replace

from peerd.core import notify
from peerd.core.notify import Dealt, Outbox
from peerd.model.notice import Severity
from peerd.model.notify import About, Notify, Pending, Table, Word

DESKTOP = Notify(command=("notify-send", "{title}"))
PHONE = Notify(command=("curl", "https://here", "{title}"), quiet="22:00-07:00")
TO_PHONE = replace(PHONE, command=("curl", "https://there", "{title}"))


def waits(n: int, about: About = "notice", severity: Severity = Severity.WARNING) -> Pending:
    word = Word(about=about, severity=severity, title=f"w{n}", text="", kind="down", of=f"p{n}", at=float(n))
    return Pending(word, quiet=True)


W1, W2, W3 = (waits(n) for n in (1, 2, 3))
ASKED = waits(4, "message")


def tables(*says: Notify) -> list[Table]:
    return [Table(n, each) for n, each in enumerate(says, start=1)]


def dealt(before: Sequence[tuple[Notify, tuple[Pending, ...]]], after: list[Notify]) -> list[tuple[Pending, ...]]:
    """By the tables there are now. Nothing of it is lost."""
    kept = dict(zip(tables(*(says for says, _ in before)), (pending for _, pending in before), strict=True))
    found = notify.dealt(kept, tables(*after))
    assert found.lost == {}
    return [found.outboxes[each].pending for each in tables(*after)]


def test_each_has_what_it_had_wherever_it_stands_now():
    before = [(DESKTOP, (W1,)), (PHONE, (W2,))]

    assert dealt(before, [DESKTOP, PHONE]) == [(W1,), (W2,)]
    assert dealt(before, [PHONE, replace(DESKTOP, min=Severity.NOTE), DESKTOP]) == [(W2,), (), (W1,)]


def test_two_that_say_the_same_have_each_its_own():
    assert dealt([(PHONE, (W1,)), (PHONE, (W2,))], [PHONE, PHONE]) == [(W1,), (W2,)]


def test_one_that_was_edited_has_what_the_one_before_had_and_the_others_are_told_nothing_again():
    before = [(DESKTOP, ()), (PHONE, (W1, W2))]

    assert dealt(before, [DESKTOP, TO_PHONE]) == [(), (W1, W2)]
    assert dealt(before, [TO_PHONE, DESKTOP]) == [(W1, W2), ()]
    assert dealt(before, [DESKTOP, replace(PHONE, quiet="")]) == [(), (W1, W2)]


def test_of_several_that_were_edited_each_has_what_the_one_most_like_it_had():
    messages, notices = replace(PHONE, about=("message",)), replace(PHONE, about=("notice",))
    before = [(messages, (ASKED,)), (notices, (W1,))]

    for now in (
        [replace(messages, quiet=""), replace(notices, quiet="")],
        [replace(messages, command=TO_PHONE.command), replace(notices, command=TO_PHONE.command)],
    ):
        assert dealt(before, now) == [(ASKED,), (W1,)]
        assert dealt(before, now[::-1]) == [(W1,), (ASKED,)]
    assert dealt([(DESKTOP, (W1,)), (DESKTOP, (W2,))], [TO_PHONE, TO_PHONE]) == [(W1,), (W2,)]


def test_what_waited_for_one_that_was_split_goes_to_that_which_wants_it():
    now = [replace(PHONE, about=("message",)), replace(PHONE, about=("notice",))]

    assert dealt([(PHONE, (W1, ASKED))], now) == [(ASKED,), (W1,)]


def test_what_waited_for_two_that_became_one_is_told_once_in_the_order_it_came():
    assert dealt([(DESKTOP, (W1, W3)), (PHONE, (W1, W2))], [TO_PHONE]) == [(W1, W2, W3)]


def test_what_no_table_takes_is_lost_and_said_of_which():
    kept = dict(zip(tables(DESKTOP, PHONE), ((W1,), (W2, waits(9, severity=Severity.URGENT))), strict=True))
    (desktop,) = now = tables(DESKTOP)

    gone = notify.dealt(kept, now)
    graver = notify.dealt({Table(2, PHONE): kept[Table(2, PHONE)]}, tables(replace(PHONE, min=Severity.URGENT)))

    assert gone == Dealt({desktop: Outbox((W1,))}, {Table(2, PHONE): (W2.word, kept[Table(2, PHONE)][1].word)})
    assert graver.lost == {Table(2, PHONE): (W2.word,)}
