"""The end of a turn that is told late, once another turn has begun."""

from peerd.daemon import midturn
from peerd.daemon.midturn import TURNS_MAX
from peerd.model.fact import Submitted, TurnClosed
from peerd.model.message import MessageId
from tests.build import running
from tests.daemon.test_heard_on_boot import live


def test_it_is_no_end_of_the_turn_that_is_open():
    session = live()
    for number in (1, 2):
        midturn.submitted(session, Submitted(MessageId(f"m-{number}"), 1, f"t-{number}"), None)

    assert midturn.ends_another(session, running(), TurnClosed("words", None, "t-1"))
    assert not midturn.ends_another(session, running(), TurnClosed("words", None, "t-2"))
    assert midturn.begun_by(session, TurnClosed("words", None, "t-1")) == "m-1"


def test_of_the_turns_of_a_long_session_the_latest_are_remembered():
    session = live()
    for number in range(10 * TURNS_MAX):
        midturn.submitted(session, Submitted(MessageId(f"m-{number}"), 1, f"t-{number}"), None)
        midturn.began(session, f"own-{number}")

    assert len(session.turns) == TURNS_MAX
    assert list(session.turns)[-1] == session.turn
