"""Whether a child works, by what it, and those that it waited for, used between looks."""

from collections.abc import Mapping

from peerd.daemon.children import looked_at, stood, worked
from peerd.daemon.live import ChildrenSeen, Stood
from peerd.edges.process.kin import Seen
from peerd.model.session import Process

CHILD = Process(7, 70)


def looks(*used: tuple[float, int]) -> list[bool]:
    """Of each look, with what the child had used by then, whether it was found to work."""
    before: tuple[ChildrenSeen, ...] = ()
    found: list[bool] = []
    for at, ticks in used:
        seen = ChildrenSeen(at, {CHILD: ticks})
        found.append(any(worked(each, seen) for each in before))
        before = looked_at(before, seen)
    return found


def test_one_that_works_does_so_also_a_moment_after_the_last_look():
    assert looks((0.0, 0), (1.0, 5), (1.01, 5), (1.02, 5)) == [False, True, True, True]


def test_one_that_began_to_work_after_a_long_rest_works():
    assert looks((0.0, 0), (60.0, 0), (120.0, 0), (121.0, 3)) == [False, False, False, True]


def test_one_that_stopped_working_is_at_rest_two_looks_later():
    assert looks((0.0, 0), (60.0, 600), (120.0, 600), (180.0, 600)) == [False, True, True, False]


def stands(*reaped: tuple[float, int]) -> list[float]:
    """After each look, with what the children that it waited for had used by then, for how long it has stood by."""
    before: Mapping[Process, Stood] = {}
    found: list[float] = []
    for at, used in reaped:
        before = stood(before, {CHILD: Seen(1, 1, CHILD.start, reaped=used)}, at)
        found.append(at - before[CHILD].since)
    return found


def test_one_that_waits_for_no_child_stands_by_from_the_first_look_on():
    assert stands((0.0, 7), (1.0, 7), (60.0, 7)) == [0.0, 1.0, 60.0]


def test_a_loop_whose_children_no_look_meets_stands_by_from_its_last_one_on():
    assert stands((0.0, 7), (60.0, 90), (61.0, 90), (120.0, 170)) == [0.0, 0.0, 1.0, 0.0]
