"""What a message's history says of it."""

import pytest

from peerd.daemon.onrecord import counted
from peerd.model.message import Step

TAKEN = ("accepted 0", "leased 1", "handed_over 1", "submitted 1")
TAKEN_AGAIN = ("leased 2", "handed_over 2", "submitted 2")


@pytest.mark.parametrize(
    ("told", "deaths", "forgiven"),
    [
        (TAKEN, 0, 0),
        (("accepted 0", "leased 1", "handed_over 1", "accepted 1", *TAKEN_AGAIN), 0, 0),
        ((*TAKEN, "accepted 1", *TAKEN_AGAIN), 1, 0),
        ((*TAKEN, "accepted 1", *TAKEN_AGAIN, "accepted 2", "leased 3"), 2, 0),
        ((*TAKEN, "dead 1", "accepted 1", *TAKEN_AGAIN), 0, 1),
        ((*TAKEN, "accepted 1", *TAKEN_AGAIN, "dead 2", "accepted 2", "leased 3", "submitted 3", "accepted 3"), 1, 2),
        (("accepted 0", "cancelled 0", "accepted 0", "leased 1"), 0, 0),
        ((*TAKEN, "accepted 1 waits again: session ended (stopped) before the turn did", *TAKEN_AGAIN), 0, 0),
        ((*TAKEN, "accepted 1 waits again: session ended (killed) before the turn did", *TAKEN_AGAIN), 1, 0),
    ],
    ids=[
        "taken",
        "typed twice",
        "one death",
        "two deaths",
        "handed out anew",
        "and dead again",
        "cancelled",
        "stopped",
        "killed",
    ],
)
def test_what_a_message_has_behind_it_is_told_by_its_history(told: tuple[str, ...], deaths: int, forgiven: int):
    steps = [(*each.split(" ", 2), "")[:3] for each in told]
    history = tuple(Step(at=0.0, state=state, attempt=int(n), evidence=evidence) for state, n, evidence in steps)

    assert counted(history) == (deaths, forgiven)
