"""A pane, looked at; on real tmux."""

from functools import partial

import pytest

from peerd.edges import process
from peerd.edges.tmux import server
from peerd.edges.tmux.pane import Ended, View
from peerd.model.screen import Screen
from tests.edges.children import known
from tests.edges.tmux_home import Reader, TmuxHome, dead, human
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


def test_the_screen_is_all_rows_and_the_cursor(tmux_home: TmuxHome) -> None:
    pane = tmux_home.pane("sh", "-c", "printf 'first  \\n\\tsecond é👩\\nthird'; exec sleep 1000")

    eventually(lambda: "third" in tmux_home.run(pane.capture()).lines)

    lines = ("first", "        second é👩", "third") + ("",) * 47
    assert tmux_home.run(pane.look()) == View(Screen(lines, 5, 2, 220), dead=False, in_mode=False)


def test_the_screen_under_a_mode_is_the_runtimes_own(reader: Reader) -> None:
    before = reader.home.run(reader.pane.look())

    reader.home.tmux("copy-mode", "-t", "%0")

    assert reader.home.run(reader.pane.look()) == View(before.screen, dead=False, in_mode=True)


def test_history_is_above_the_screen_and_the_cursor_counts_from_it(tmux_home: TmuxHome) -> None:
    pane = tmux_home.pane("sh", "-c", "seq 1 200; printf end; exec sleep 1000")
    eventually(lambda: "end" in tmux_home.run(pane.history(1)))

    screen = tmux_home.run(pane.capture(history=10))

    assert screen == Screen((*map(str, range(142, 201)), "end"), 3, 59, 220)
    assert tmux_home.run(pane.capture(history=10_000)).lines == (*map(str, range(1, 201)), "end")


def test_the_last_lines_of_a_dead_pane_can_be_read(tmux_home: TmuxHome) -> None:
    pane = dead(tmux_home, "seq 1 200; echo")

    assert tmux_home.run(pane.history(4)) == ("198", "199", "200", "last words")
    assert (tmux_home.run(pane.history(0)), len(tmux_home.run(pane.history(9_999)))) == ((), 201)
    assert tmux_home.run(pane.look()).dead


@pytest.mark.parametrize(("how", "ended"), [("exit 7", Ended(7, None)), ("kill -9 $$", Ended(None, 9))])
def test_how_a_runtime_ended_is_told_after_a_nudge(how: str, ended: Ended, tmux_home: TmuxHome) -> None:
    pane = dead(tmux_home, how=how)

    def told() -> bool:
        server.nudge(partial(process.tell, known(tmux_home.started[0].server_pid)))
        return tmux_home.run(pane.ended()) == ended

    eventually(told)


def test_a_runtime_that_lives_has_not_ended(reader: Reader) -> None:
    assert reader.home.run(reader.pane.ended()) is None
    assert not reader.home.run(reader.pane.drained(0.05))


def test_people_are_counted_and_control_clients_are_not(reader: Reader) -> None:
    counts = [reader.home.run(reader.pane.humans())]
    reader.home.attach()
    counts.append(reader.home.run(reader.pane.humans()))

    with human(reader.home):
        eventually(lambda: reader.home.run(reader.pane.humans()) == 1)
    eventually(lambda: reader.home.run(reader.pane.humans()) == 0)

    assert counts == [0, 0]
