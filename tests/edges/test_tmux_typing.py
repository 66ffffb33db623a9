"""A pane, typed into; on real tmux. What it got is what a runtime in raw mode read."""

import asyncio
import contextlib
import os
import signal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from peerd.edges import clock
from peerd.edges.tmux import server
from peerd.edges.tmux.pane import LATE_S, Pane
from peerd.errors import PaneDead, PaneInMode, PaneLate, TmuxError
from peerd.model.envelope import sanitise
from tests.edges.tmux_home import BRACKETED, Reader, TmuxHome, dead, human
from tests.eventually import eventually

pytestmark = pytest.mark.tmux

MULTI_LINE = "- a leading dash\n\t\"quotes\" 'single' `back` $(touch x) $HOME ~ \\ #{pid} %1 ;\n\n👩‍👩‍👧 é\n\n\n"


@pytest.mark.parametrize(
    "text",
    ["x", MULTI_LINE, "-l", "Enter", "\n", "a" * 10_000, "a\nb" * 5_000, ";", "C-u ; kill-server"],
    ids=lambda text: ascii(text[:12]),
)
def test_a_text_arrives_byte_for_byte_in_brackets(text: str, reader: Reader) -> None:
    reader.home.run(reader.pane.paste(text))
    reader.home.run(reader.pane.press("Enter"))

    expected = BRACKETED[0] + text.encode() + BRACKETED[1] + b"\r"
    assert reader.got(len(expected)) == expected
    assert reader.buffers() == ""


def test_a_mebibyte_arrives_whole(reader: Reader) -> None:
    text = ("0123456789 é👩\t'\"\n" * (1 << 16))[: 1 << 20]
    text = text.encode()[: 1 << 20].decode(errors="ignore")

    reader.home.run(reader.pane.paste(text))
    reader.home.run(reader.pane.press("Enter"))

    expected = BRACKETED[0] + text.encode() + BRACKETED[1] + b"\r"
    assert reader.got(len(expected)) == expected


def test_a_runtime_that_did_not_ask_for_brackets_gets_none(tmux_home: TmuxHome) -> None:
    reader = Reader(tmux_home, greeting="")

    tmux_home.run(reader.pane.paste("a\nb\n"))

    assert reader.got(4) == b"a\nb\n"


def test_texts_and_keys_arrive_in_the_order_typed(reader: Reader) -> None:
    async def story() -> None:
        for number in range(50):
            await reader.pane.paste(f"text {number}")
            await reader.pane.press("Enter")

    reader.home.run(story())

    expected = b"".join(b"%stext %d%s\r" % (BRACKETED[0], number, BRACKETED[1]) for number in range(50))
    assert reader.got(len(expected)) == expected


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=200).map(sanitise).filter(bool))
def test_any_sanitised_text_arrives_byte_for_byte(text: str, reader: Reader) -> None:
    before = reader.file.stat().st_size
    expected = BRACKETED[0] + text.encode() + BRACKETED[1]

    reader.home.run(reader.pane.paste(text))

    assert reader.got(before + len(expected))[before:] == expected


@pytest.mark.parametrize("text", ["", "a\x1b[201~rm -rf x\r", "a\r", "\x03", "\x9b201~", "\ud800"], ids=ascii)
def test_what_must_not_be_typed_is_refused(text: str, reader: Reader) -> None:
    with pytest.raises(TmuxError, match="sanitise"):
        reader.home.run(reader.pane.paste(text))

    reader.home.run(reader.pane.press("x"))
    assert reader.got(1) == b"x"


@pytest.mark.parametrize(
    ("key", "typed"),
    [("Enter", b"\r"), ("C-u", b"\x15"), ("Escape", b"\x1b"), ("Tab", b"\t"), (";", b";"), ("-", b"-"), ("y", b"y")],
)
def test_a_key_is_pressed_by_its_name(key: str, typed: bytes, reader: Reader) -> None:
    reader.home.run(reader.pane.press(key))

    assert reader.got(len(typed)) == typed


@pytest.mark.parametrize("key", ["", "Entr", "yes", "C-", "-l", "\r", "Enter\n", "Enter Enter"], ids=ascii)
def test_a_key_that_tmux_does_not_know_is_not_typed_as_letters(key: str, reader: Reader) -> None:
    with pytest.raises(TmuxError, match="no key is called"):
        reader.home.run(reader.pane.press(key))

    assert reader.file.read_bytes() == b""


def test_nothing_is_typed_into_a_dead_pane_and_the_server_lives(tmux_home: TmuxHome) -> None:
    pane = dead(tmux_home)
    alive = tmux_home.tmux("display-message", "-p", "#{pid}")

    for typing in (pane.paste("x"), pane.press("Enter")):
        with pytest.raises(PaneDead, match="nothing was typed"):
            tmux_home.run(typing)

    assert tmux_home.tmux("display-message", "-p", "#{pid}") == alive
    assert tmux_home.tmux("list-buffers") == ""


@pytest.mark.parametrize("mode", ["copy-mode", "clock-mode", "choose-tree"])
def test_nothing_is_typed_into_a_tmux_mode(mode: str, reader: Reader) -> None:
    reader.home.tmux(mode, "-t", "%0")

    for typing in (reader.pane.paste("x"), reader.pane.press("Enter")):
        with pytest.raises(PaneInMode, match="it is in a tmux mode; nothing was typed"):
            reader.home.run(typing)

    assert reader.home.tmux("display-message", "-p", "-t", "%0", "#{pane_in_mode}") == "1"
    assert (reader.file.read_bytes(), reader.buffers()) == (b"", "")


def test_nothing_is_typed_into_a_pane_whose_input_is_off(reader: Reader) -> None:
    reader.home.tmux("select-pane", "-d", "-t", "%0")

    for typing in (reader.pane.paste("x"), reader.pane.press("Enter")):
        with pytest.raises(PaneInMode, match="switched off"):
            reader.home.run(typing)

    assert (reader.file.read_bytes(), reader.buffers()) == (b"", "")


def test_a_pane_that_is_not_there_is_said_and_its_text_goes_nowhere(reader: Reader) -> None:
    nowhere = Pane(reader.home.attach(), "%7", clock.second)

    for attempt in (nowhere.paste("x"), nowhere.press("Enter"), nowhere.look(), nowhere.history(5), nowhere.ended()):
        with pytest.raises(TmuxError, match="%7"):
            reader.home.run(attempt)

    assert (reader.file.read_bytes(), reader.buffers()) == (b"", "")


def test_a_paste_that_the_server_cannot_read_types_nothing(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 0)

    with pytest.raises(TmuxError, match="/proc/0/fd/.* No such file"):
        reader.home.run(reader.pane.paste("x"))

    assert reader.home.run(reader.pane.humans()) == 0
    assert (reader.file.read_bytes(), reader.buffers()) == (b"", "")


def test_what_people_do_meanwhile_does_not_change_what_is_typed(reader: Reader) -> None:
    with human(reader.home) as typing:
        eventually(lambda: reader.home.run(reader.pane.humans()) == 1)
        reader.home.tmux("set-option", "-g", "assume-paste-time", "0", ";", "set-buffer", "-b", "theirs", "not this")
        os.write(typing, b"\x02]\x02=\x02%\x02c")
        reader.home.run(reader.pane.paste("ours"))

    assert reader.got(16) == BRACKETED[0] + b"ours" + BRACKETED[1]


def test_a_paste_given_up_is_not_typed_later_nor_is_anything_else(reader: Reader) -> None:
    server_pid = reader.home.started[0].server_pid
    os.kill(server_pid, signal.SIGSTOP)
    before = set(os.listdir("/proc/self/fd"))

    with pytest.raises(TmuxError, match=r"no answer within 0\.05 s"):
        reader.home.run(reader.pane.paste("too late", deadline_s=0.05))
    held = set(os.listdir("/proc/self/fd")) - before
    (reader.home.folder / "secret").write_text("of somebody else")
    with contextlib.ExitStack() as files:
        for _ in range(5):
            files.enter_context(open(reader.home.folder / "secret"))
        os.kill(server_pid, signal.SIGCONT)
        reader.home.run(reader.pane.press("x"))

    assert reader.got(1) == b"x"
    assert len(held) == 1
    assert set(os.listdir("/proc/self/fd")) == before
    assert reader.buffers() == ""


@pytest.mark.parametrize("what", ["a paste", "a key"])
def test_what_a_server_that_stood_still_comes_to_late_is_not_typed(what: str, reader: Reader) -> None:
    server_pid, begun = reader.home.started[0].server_pid, clock.second()

    async def typed_while_it_stands_still() -> None:
        os.kill(server_pid, signal.SIGSTOP)
        typing = asyncio.ensure_future(reader.pane.paste("late") if what == "a paste" else reader.pane.press("Enter"))
        await asyncio.to_thread(eventually, lambda: clock.second() > begun + LATE_S + 1)
        os.kill(server_pid, signal.SIGCONT)
        await typing

    with pytest.raises(PaneLate, match="more than 1 s after it was asked for; nothing was typed"):
        reader.home.run(typed_while_it_stands_still())
    reader.home.run(reader.pane.press("x"))

    assert reader.got(1) == b"x"
    assert reader.buffers() == ""


def test_what_a_paste_holds_is_let_go_when_the_server_dies(reader: Reader) -> None:
    server_pid = reader.home.started[0].server_pid
    os.kill(server_pid, signal.SIGSTOP)
    before = set(os.listdir("/proc/self/fd"))

    with pytest.raises(TmuxError):
        reader.home.run(reader.pane.paste("x", deadline_s=0.05))
    os.kill(server_pid, signal.SIGKILL)

    reader.home.run(reader.home.clients[0].gone())
    eventually(lambda: set(os.listdir("/proc/self/fd")) < before)


def test_a_paste_leaves_no_descriptor_behind(reader: Reader) -> None:
    reader.home.run(reader.pane.paste("x"))
    before = sorted(os.listdir("/proc/self/fd"))

    reader.home.run(reader.pane.paste("x" * 100_000))

    assert sorted(os.listdir("/proc/self/fd")) == before


def test_a_runtime_that_dies_while_its_text_is_on_the_way_never_costs_the_server(tmux_home: TmuxHome) -> None:
    async def typed_while_it_dies(pane: Pane) -> object:
        begun = tmux_home.started[-1]
        os.kill(begun.server_pid, signal.SIGSTOP)
        typing = asyncio.create_task(pane.paste("x" * 5_000))
        await asyncio.sleep(0)
        os.kill(begun.pane_pid, signal.SIGKILL)
        os.kill(begun.server_pid, signal.SIGCONT)
        return (await asyncio.gather(typing, return_exceptions=True))[0]

    for _ in range(8):
        outcome = tmux_home.run(typed_while_it_dies(tmux_home.pane("sleep", "1000")))
        assert isinstance(outcome, PaneDead | None)
        assert tmux_home.tmux("display-message", "-p", "#{pid}") == str(tmux_home.started[-1].server_pid)
        tmux_home.run(server.kill(tmux_home.socket))
