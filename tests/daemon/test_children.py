"""Whether a child works, by what it used of the CPU between looks."""

from peerd.daemon.live import ChildrenSeen
from peerd.daemon.park import looked_at, worked
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
