"""The lasting client: answers in order, whatever else happens; on real tmux."""

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from peerd.edges import clock
from peerd.edges.tmux import server
from peerd.edges.tmux.control import WAITING_MAX, Control
from peerd.edges.tmux.line import command
from peerd.edges.tmux.pane import Pane
from peerd.errors import TmuxError
from tests.edges.tmux_home import ENV, TmuxHome
from tests.eventually import eventually

pytestmark = pytest.mark.tmux

SHOWS_PROTOCOL = """
import time
print("%end 1 2 1\\n%error 1 2 1\\n%begin 1 2 1\\n%exit\\n%end", flush=True)
time.sleep(1000)
"""


def say(text: str) -> str:
    return command("display-message", "-p", text)


async def clock_of(client: Control) -> str:
    ((now,),) = await client.ask(say("still here"))
    return now


def test_calls_made_at_once_are_answered_in_order(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    client = tmux_home.attach()

    async def story() -> list[tuple[tuple[str, ...], ...]]:
        return await asyncio.gather(*(client.ask(say(f"a{i}"), say(f"b{i}")) for i in range(200)))

    assert tmux_home.run(story()) == [((f"a{i}",), (f"b{i}",)) for i in range(200)]


def test_a_failure_is_that_calls_own_and_stops_its_own_line_only(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    client = tmux_home.attach()
    bad = (command("kill-pane", "-t", "%7"), command("no-such-command"), command("set-buffer", "-b"))

    async def story() -> list[object]:
        lines = (client.ask(each, say("never")) for each in bad)
        return list(await asyncio.gather(*lines, client.ask(say("after")), return_exceptions=True))

    *failures, after = tmux_home.run(story())
    assert after == (("after",),)
    assert [str(each).split(":")[0] for each in failures] == [
        "tmux kill-pane",
        "tmux no-such-command",
        "tmux set-buffer",
    ]
    assert "can't find pane: %7" in str(failures[0])


def test_notifications_in_between_disturb_no_answer(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    client, other = tmux_home.attach(), tmux_home.attach()

    async def story() -> list[tuple[tuple[str, ...], ...]]:
        noise = [
            other.ask(command("rename-window", f"w{i}"), command("set-buffer", "-b", f"b{i}", "x")) for i in range(100)
        ]
        calls = [client.ask(say(f"a{i}")) for i in range(100)]
        mixed = [each for pair in zip(calls, noise, strict=True) for each in pair]
        return (await asyncio.gather(*mixed))[::2]

    assert tmux_home.run(story()) == [((f"a{i}",),) for i in range(100)]


def test_what_hooks_print_is_nobodys_answer(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    tmux_home.tmux("set-hook", "-g", "after-rename-window", "display-message -p hooked")
    client = tmux_home.attach()

    async def story() -> list[tuple[tuple[str, ...], ...]]:
        calls = (client.ask(command("rename-window", f"w{i}"), say(f"a{i}")) for i in range(20))
        return list(await asyncio.gather(*calls))

    assert tmux_home.run(story()) == [((), (f"a{i}",)) for i in range(20)]


def test_a_pane_that_shows_what_the_protocol_says_is_read_like_any_other(tmux_home: TmuxHome) -> None:
    pane = tmux_home.pane("python3", "-c", SHOWS_PROTOCOL)

    eventually(lambda: "%end" in tmux_home.run(pane.capture()).lines)

    shown = tmux_home.run(pane.history(9))
    assert shown == ("%end 1 2 1", "%error 1 2 1", "%begin 1 2 1", "%exit", "%end")


def test_the_last_lines_are_those_that_say_something(tmux_home: TmuxHome) -> None:
    pane = tmux_home.pane("sh", "-c", r"printf 'first\nlast words\n\n\n\n\n\nend'; exec sleep 1000")

    eventually(lambda: "end" in tmux_home.run(pane.capture()).lines)

    assert tmux_home.run(pane.history(2)) == ("last words", "end")


@pytest.mark.timing
def test_a_call_that_meets_its_deadline_leaves_the_client_in_step(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    client = tmux_home.attach()
    began = time.monotonic()

    with pytest.raises(TmuxError, match=r"display-message: no answer within 0\.1 s; whether it was done is not known"):
        tmux_home.run(client.ask(command("run-shell", "sleep 0.5"), say("late"), deadline_s=0.1))

    assert time.monotonic() - began < 0.4
    assert tmux_home.run(client.ask(say("in step"))) == (("in step",),)


def test_a_server_that_owes_an_answer_hangs_until_it_says_something(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    client = tmux_home.attach()

    async def story() -> list[str | None]:
        hangs = [client.hangs]
        os.kill(begun.server_pid, signal.SIGSTOP)
        with pytest.raises(TmuxError):
            await client.ask(say("late"), deadline_s=0.1)
        hangs.append(client.hangs)
        os.kill(begun.server_pid, signal.SIGCONT)
        await client.ask(say("in step"))
        return [*hangs, client.hangs]

    assert tmux_home.run(story()) == [None, "no answer within 0.1 s", None]


def test_a_call_given_up_by_its_caller_leaves_the_client_in_step(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    client = tmux_home.attach()

    async def story() -> tuple[tuple[str, ...], ...]:
        given_up = asyncio.create_task(client.ask(command("run-shell", "sleep 0.2"), say("late")))
        await asyncio.sleep(0)
        given_up.cancel()
        return await client.ask(say("in step"))

    assert tmux_home.run(story()) == (("in step",),)


def test_kill_9_of_the_server_fails_what_waits_at_once(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    client = tmux_home.attach()

    async def story() -> tuple[list[object], float]:
        os.kill(begun.server_pid, signal.SIGSTOP)
        waiting = [asyncio.create_task(client.ask(say("never"), deadline_s=30)) for _ in range(5)]
        await asyncio.sleep(0)
        killed = time.monotonic()
        os.kill(begun.server_pid, signal.SIGKILL)
        failures = await asyncio.gather(*waiting, return_exceptions=True)
        return list(failures), time.monotonic() - killed

    failures, took_s = tmux_home.run(story())
    assert [type(each) for each in failures] == [TmuxError] * 5
    assert took_s < 1.0
    with pytest.raises(TmuxError, match="no connection"):
        tmux_home.run(client.ask(say("after")))
    assert tmux_home.run(client.gone())


def test_kill_9_of_the_client_fails_what_waits_at_once_and_hurts_nobody(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    client = tmux_home.attach()
    os.kill(begun.server_pid, signal.SIGSTOP)

    async def story() -> None:
        waiting = asyncio.create_task(client.ask(say("never"), deadline_s=30))
        await asyncio.sleep(0)
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(TmuxError):
            await waiting

    tmux_home.run(story())
    os.kill(begun.server_pid, signal.SIGCONT)
    again = tmux_home.attach()
    assert tmux_home.run(clock_of(again)) == "still here"


def test_a_client_that_somebody_detaches_is_lost_with_its_reason(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    client = tmux_home.attach()

    tmux_home.tmux("detach-client", "-s", "=shell-ada")

    tmux_home.run(client.gone())
    assert client.lost is not None
    with pytest.raises(TmuxError, match="no connection"):
        tmux_home.run(client.ask(say("x")))


def test_a_client_leaves_by_end_of_input(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    client = tmux_home.attach()

    began = time.monotonic()
    tmux_home.run(client.close(deadline_s=10))
    tmux_home.run(client.close())

    assert time.monotonic() - began < 5
    assert not os.path.exists(f"/proc/{client.pid}")
    eventually(lambda: tmux_home.tmux("list-clients") == "")
    assert tmux_home.tmux("display-message", "-p", "#{pid} #{pane_pid}") == f"{begun.server_pid} {begun.pane_pid}"


def test_a_client_of_a_server_that_hangs_is_closed_all_the_same(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    before = sorted(os.listdir("/proc/self/fd"))
    client = tmux_home.attach()
    os.kill(begun.server_pid, signal.SIGSTOP)

    tmux_home.run(client.close(deadline_s=0.1))

    assert not os.path.exists(f"/proc/{client.pid}")
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_attaching_to_a_server_that_hangs_meets_its_deadline(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    os.kill(begun.server_pid, signal.SIGSTOP)

    with pytest.raises(TmuxError, match=r"no answer from .* within 0\.2 s"):
        tmux_home.run(Control.attach(tmux_home.socket, "shell-ada", deadline_s=0.2))


def test_attaching_where_no_server_is_says_so_and_starts_none(tmux_home: TmuxHome) -> None:
    with pytest.raises(TmuxError, match="No such file or directory"):
        tmux_home.attach()

    assert not tmux_home.run(server.alive(tmux_home.socket))


def test_attaching_takes_only_exactly_the_session_named(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")

    with pytest.raises(TmuxError, match="can't find session"):
        tmux_home.run(Control.attach(tmux_home.socket, "shell-ad"))


def test_a_server_that_answers_nobody_does_not_gather_calls_without_end(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000")
    client = tmux_home.attach()
    os.kill(begun.server_pid, signal.SIGSTOP)

    async def story() -> list[object]:
        calls = (client.ask(say("x"), deadline_s=0.1) for _ in range(WAITING_MAX + 1))
        return list(await asyncio.gather(*calls, return_exceptions=True))

    *waited, refused = tmux_home.run(story())
    assert {str(each) for each in waited} == {
        "tmux display-message: no answer within 0.1 s; whether it was done is not known"
    }
    assert "calls wait already" in str(refused)


def test_a_client_ending_leaves_no_thread_or_descriptor_behind(tmux_home: TmuxHome) -> None:
    tmux_home.start("sleep", "1000")
    tmux_home.run(tmux_home.attach().close())
    before = sorted(os.listdir("/proc/self/fd"))

    for _ in range(5):
        tmux_home.run(tmux_home.attach().close())

    eventually(lambda: sorted(os.listdir("/proc/self/fd")) == before)


def test_whose_server_it_is_is_told_by_its_socket(tmux_home: TmuxHome) -> None:
    begun = tmux_home.start("sleep", "1000", env={**ENV, "X": "1"})
    client = tmux_home.attach()

    assert tmux_home.run(server.mark(tmux_home.socket)) == "s-1"
    assert Path(f"/proc/{begun.pane_pid}").exists()
    assert tmux_home.run(Pane(client, "%0", clock.second).humans()) == 0
