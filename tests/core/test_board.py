"""The board of notices: each matter once, with its age, its count and whether somebody has read it."""

import pytest
from msgspec.structs import replace

from peerd.core.board import BACK_WITHIN_S, KEPT_MAX, KEPT_S, Board, in_order, look, read, renamed, unlike, unread
from peerd.model.board import Entry
from peerd.model.notice import Notice, NoticeKind, Severity
from peerd.model.peer import PeerName

DOWN = Notice(kind="down", about="ada", text="ada is failed: 3 deaths", severity=Severity.URGENT)
PROMPT = Notice(kind="prompt", about="bob", text="bob is blocked")
ODD = Notice(kind="spec", about="a file", text="a file says what is not known", severity=Severity.NOTE)


def board(*told: Notice, at: float = 0.0, before: Board | None = None) -> Board:
    return look(before or {}, told, at).board


def entry(board: Board, notice: Notice) -> Entry:
    return board[notice.kind, notice.about]


def over(notice: Notice, at: float = 100.0, before: Board | None = None) -> Board:
    """It held until `at`."""
    gone = board(at=at, before=before or board(notice))
    return board(at=at + BACK_WITHIN_S, before=gone)


def test_what_is_told_is_raised_once_however_often_and_in_whatever_words_it_is_told():
    first = look({}, (DOWN,), 5.0)
    again = look(first.board, (replace(DOWN, text="ada is failed: 4 deaths"),), 9.0)

    assert [each.notice for each in first.raised] == [DOWN]
    assert (again.raised, again.ended) == ((), ())
    told = entry(again.board, DOWN)
    assert (told.n, told.raised_at, told.seen_at, told.count) == (1, 5.0, 9.0, 1)
    assert told.notice.text == "ada is failed: 4 deaths"


def test_of_two_that_are_told_of_the_same_the_first_counts():
    looked = look({}, (DOWN, replace(DOWN, text="in other words")), 0.0)

    assert [each.notice.text for each in looked.board.values()] == [DOWN.text]


def test_what_somebody_looked_at_is_over_at_once_so_that_the_next_loss_is_raised_however_soon():
    lost = Notice(kind="dead", about="ada", text="1 message to ada came to nothing", again=1)
    looked = look(read(board(lost), frozenset({1})), (), 5.0)
    next_one = look(looked.board, (lost,), 6.0)

    assert [each.notice for each in looked.ended] == [lost]
    assert [(each.count, each.read) for each in next_one.raised] == [(2, False)]


def test_what_is_told_no_more_is_over_a_while_later_and_that_is_told_once():
    gone = look(board(DOWN), (), 100.0)
    soon = look(gone.board, (), 100.0 + BACK_WITHIN_S - 1)
    late = look(soon.board, (), 100.0 + BACK_WITHIN_S)
    later = look(late.board, (), 500.0)

    assert (gone.ended, soon.ended, later.ended) == ((), (), ())
    assert [(each.notice, each.gone_at, each.over) for each in late.ended] == [(DOWN, 100.0, True)]
    assert not entry(gone.board, DOWN).holds


def test_what_is_back_soon_was_not_over():
    gone = read(board(at=100.0, before=board(DOWN)), frozenset({1}))
    back = look(gone, (DOWN,), 101.0)

    assert back.raised == ()
    told = entry(back.board, DOWN)
    assert (told.count, told.raised_at, told.read, told.holds) == (1, 0.0, True, True)


def test_what_is_back_after_it_was_over_is_raised_anew_counted_and_unread():
    back = look(read(over(DOWN), frozenset({1})), (DOWN,), 200.0)

    (raised,) = back.raised
    assert (raised.n, raised.count, raised.first_at, raised.raised_at, raised.read) == (1, 2, 0.0, 200.0, False)


def test_what_was_read_stays_so_until_it_is_graver():
    seen = read(board(PROMPT), frozenset({1}))
    as_it_was = look(seen, (PROMPT,), 10.0)
    graver = look(seen, (replace(PROMPT, severity=Severity.URGENT),), 10.0)

    assert (as_it_was.raised, entry(as_it_was.board, PROMPT).read) == ((), True)
    assert [each.read for each in graver.raised] == [False]


def test_the_gravest_comes_first_then_the_newest_and_what_is_over_last():
    known = over(DOWN, before=board(DOWN, at=0.0))
    known = board(ODD, at=200.0, before=known)
    known = board(ODD, PROMPT, at=201.0, before=known)
    newer = replace(ODD, about="another file")
    known = board(ODD, PROMPT, newer, at=202.0, before=known)

    assert [each.notice for each in in_order(known.values())] == [PROMPT, newer, ODD, DOWN]
    assert [each.notice for each in unread(known)] == [PROMPT, newer, ODD]


def test_numbers_are_kept_and_new_ones_are_higher():
    known = board(ODD, PROMPT, DOWN)
    after = board(PROMPT, DOWN, ODD, Notice(kind="log", about="logs", text="lost"), at=1.0, before=known)

    assert [entry(after, each).n for each in (ODD, PROMPT, DOWN)] == [1, 2, 3]
    assert after["log", "logs"].n == 4


def test_what_is_over_is_kept_for_a_week():
    assert board(at=KEPT_S, before=over(DOWN)) != {}
    assert board(at=KEPT_S + 1.0, before=over(DOWN)) == {}


def test_of_what_is_over_the_latest_are_kept_and_all_that_holds():
    many = [Notice(kind="spec", about=f"file {n}", text="odd") for n in range(KEPT_MAX + 2)]
    known = board(*many[:2], at=0.0)
    known = board(*many[2:], at=1.0, before=known)
    known = over(DOWN, at=2.0, before=known)

    assert len(known) == KEPT_MAX
    assert len(board(*many)) == KEPT_MAX + 2


def test_a_clock_that_was_set_back_keeps_nothing_from_being_over():
    gone = board(at=1e9, before=board(DOWN, at=1e9))
    after = board(at=100.0 + BACK_WITHIN_S, before=board(at=100.0, before=gone))

    assert entry(after, DOWN).over


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"seen_at": 9.0}, 0),
        ({"notice": replace(DOWN, text="in other words")}, 0),
        ({"read": True}, 1),
        ({"count": 2}, 1),
        ({"gone_at": 4.0}, 1),
        ({"notice": replace(DOWN, severity=Severity.NOTE)}, 1),
        ({"notice": replace(DOWN, again=1)}, 1),
    ],
    ids=lambda each: "-".join(each) if isinstance(each, dict) else None,
)
def test_only_what_matters_later_is_written(change: dict[str, object], written: int):
    known = board(DOWN)
    after = {which: replace(each, **change) for which, each in known.items()}

    changed, gone = unlike(after, known)

    assert (len(changed), gone) == (written, ())
    assert unlike({}, known) == ((), (("down", "ada"),))


def test_what_is_due_again_is_raised_anew_counted_and_unread():
    seen = read(board(PROMPT, at=5.0), frozenset({1}))
    again = look(seen, (replace(PROMPT, again=1),), 10.0)
    as_it_was = look(read(again.board, frozenset({1})), (replace(PROMPT, again=1),), 15.0)

    assert [(each.count, each.read, each.raised_at, each.seen_at) for each in again.raised] == [(2, False, 5.0, 10.0)]
    assert (as_it_was.raised, entry(as_it_was.board, PROMPT).count) == ((), 2)


@pytest.mark.parametrize(
    ("kind", "about", "by_then"),
    [
        ("dead", "ada", "zoe"),
        ("down", "ada", "zoe"),
        ("guard", "ada permissions", "zoe permissions"),
        ("pair-paused", "ada bob", "bob zoe"),
        ("circle", "ada bob eve", "bob eve zoe"),
        ("dead", "bob", "bob"),
        ("spec", "ada", "ada"),
    ],
)
def test_what_stands_of_a_peer_that_is_renamed_is_the_same_matter(kind: NoticeKind, about: str, by_then: str):
    noted = replace(PROMPT, kind=kind, about=about)
    stood = read(board(noted), frozenset({1}))

    found = renamed(stood, PeerName("ada"), PeerName("zoe"))

    assert found == {(kind, by_then): replace(stood[kind, about], notice=replace(noted, about=by_then))}


def test_of_a_peer_that_is_renamed_what_is_over_stays_as_it_was_told_and_what_is_yet_to_be_told_is_raised_anew():
    waits = replace(DOWN, kind="dead")
    stood = board(waits, PROMPT, at=120.0, before=over(DOWN))

    found = renamed(stood, PeerName("ada"), PeerName("zoe"), untold=frozenset({("dead", "ada")}))

    assert found == stood
    assert list(renamed(stood, PeerName("ada"), PeerName("zoe"))) == [
        ("down", "ada"),
        ("prompt", "bob"),
        ("dead", "zoe"),
    ]


def test_what_an_earlier_peer_of_the_new_name_left_on_the_board_gives_way():
    earlier = over(replace(DOWN, about="zoe"))
    stood = board(DOWN, at=120.0, before=earlier)

    (found,) = renamed(stood, PeerName("ada"), PeerName("zoe")).values()

    assert (found.n, found.notice.about, found.over) == (2, "zoe", False)
