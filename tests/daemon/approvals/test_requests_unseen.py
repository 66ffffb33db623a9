"""A permission that is not seen whole stands on under its id beside others that are asked for and plainly not it."""

import pytest

from peerd.daemon.approvals import watcher
from peerd.daemon.approvals.outcome import DOUBTED
from peerd.daemon.approvals.requests import Asks
from peerd.model.fact import PromptOpened, TurnBegan
from peerd_adapters.claude import Claude
from tests.daemon.approvals.test_requests import opened, request
from tests.daemon.approvals.test_seen_in_part import END, STEPS
from tests.daemon.approvals.watched import Watched


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_AGAIN_S", 0.002)


def steps(*lines: str) -> PromptOpened:
    return request({"command": "\n".join(lines)})


TALL = steps(*STEPS)
BESIDE = {
    "a short one": steps("touch made"),
    "another long one": steps(*(f"other {n}" for n in range(25))),
    "an edit": request({"file_path": "/p/a.py", "old_string": "one = 1", "new_string": "two = 2"}, "Edit"),
}


@pytest.mark.parametrize("beside", BESIDE)
def test_one_whose_beginning_is_off_the_screen_stands_on_as_others_are_asked_for_and_tools_run(beside: str):
    scene = Watched(END, adapter=Claude())
    scene.live.asks.hear(TALL)
    scene.watched(
        lambda: scene.live.asks.hear(BESIDE[beside]),
        lambda: scene.live.asks.hear(TurnBegan()),
        lambda: scene.live.asks.hear(BESIDE[beside]),
    )

    (opened,) = scene.puts
    assert (opened.input, scene.live.asks.open, scene.live.asks.several) == (TALL.input, opened, False)


ITS_END = {
    "another beginning": steps("rm -rf /", *STEPS[1:]),
    "all on one line": steps("rm -rf /;" + "".join(STEPS[1:])),
    "the same": TALL,
    "on nobody knows what": PromptOpened("", "Bash", '{"command": "rm -rf', cut=True),
}


@pytest.mark.parametrize("later", ITS_END)
def test_one_that_ends_as_it_does_may_stand_there_and_nobody_is_said_to_have_answered_the_first(later: str):
    scene = Watched(END, adapter=Claude())
    scene.live.asks.hear(TALL)
    scene.watched(lambda: scene.live.asks.hear(ITS_END[later]))

    assert scene.states == ["open", "gone", "open"]
    assert scene.puts[1].evidence == DOUBTED


def test_of_two_heard_at_once_it_is_told_as_the_one_whose_lines_are_seen():
    asks = Asks()
    for each in (TALL, BESIDE["a short one"]):
        asks.hear(each)
    prompt = Claude().prompt(END)
    assert prompt is not None

    stands = opened(asks, prompt)

    assert (stands.input, stands.certain, stands.alike) == (TALL.input, False, 1)
