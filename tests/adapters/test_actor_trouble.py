"""The trouble an actor can make, for real: it is what the daemon has to live with in others."""

import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest

from peerd.model.fact import Fact, PromptClosed, PromptOpened, Ready, Submitted, TurnEnded
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from tests.adapters.actors import Wake, records, turn
from tests.adapters.terminal import Seat
from tests.eventually import eventually

pytestmark = pytest.mark.tmux


def test_the_first_enter_after_a_paste_is_swallowed_once_a_message(wake_actor: Wake) -> None:
    actor = wake_actor("--swallow-first-enter")
    for id in ("m-1", "m-2"):
        actor.send("hello", id)
        assert MessageId(id) not in [fact.message for fact in actor.facts() if isinstance(fact, Submitted)]
        assert f", id {id}]" in (actor.composer() or "")

        actor.press("Enter")
        ended = TurnEnded(MessageId(id), None, "ada got 5 bytes: hello")
        eventually(partial(holds, actor, ended))

    actor.type("typed")
    eventually(lambda: actor.composer() == "typed")
    actor.press("Enter")
    eventually(lambda: TurnEnded(None, None, "noted") in actor.facts())


@pytest.mark.parametrize("key", ["Enter", "1"])
def test_a_dialog_comes_first(start_actor: Wake, key: str) -> None:
    actor = start_actor("--dialog", "Do you trust this folder?")
    actor.hears(PromptOpened("Do you trust this folder?"))
    assert actor.adapter.read(actor.screen()).activity is Activity.BLOCKED

    actor.press(key)

    actor.hears(PromptOpened("Do you trust this folder?"), PromptClosed(approved=True), Ready())
    eventually(lambda: actor.composer() == "")


@pytest.mark.parametrize("keys", [("2",), ("Escape",), ("Down", "Enter")], ids="-".join)
def test_a_dialog_that_is_declined_ends_it(start_actor: Wake, keys: tuple[str, ...]) -> None:
    actor = start_actor("--dialog", "Do you trust this folder?")
    actor.hears(PromptOpened("Do you trust this folder?"))

    actor.press(*keys)

    assert actor.ended() == 1


def asked(command: str) -> PromptOpened:
    return PromptOpened(f"Allow running {command}?", "run", json.dumps({"command": command}))


def test_an_enter_on_a_permission_prompt_approves_and_a_paste_is_lost(wake_actor: Wake) -> None:
    actor = wake_actor("--permission-on", "rm -rf", "--record", "record")
    actor.send("please rm -rf it")
    actor.sees("Allow running rm -rf?")

    actor.paste("lost\nlost")
    actor.press("Enter")

    last = "ada got 16 bytes: please rm -rf it"
    begun, ended = turn(last)[:2], turn(last)[2]
    actor.hears(Ready(), *begun, asked("rm -rf"), PromptClosed(approved=True), ended)
    assert records(actor)[1:] == [{"event": "approved", "what": "Allow running rm -rf?", "key": "enter"}]
    assert actor.composer() == ""


@pytest.mark.parametrize("key", ["2", "Escape"])
def test_a_permission_that_is_refused_ends_the_turn(wake_actor: Wake, key: str) -> None:
    actor = wake_actor("--permission-on", "rm", "--record", "record")
    actor.send("rm x")
    actor.sees("Allow running rm?")

    actor.press(key)

    begun, ended = turn("permission refused")[:2], turn("permission refused")[2]
    actor.hears(Ready(), *begun, asked("rm"), PromptClosed(approved=False), ended)
    assert [record.get("event") for record in records(actor)] == [None, "refused"]


def test_a_permission_prompt_can_open_over_a_draft(wake_actor: Wake) -> None:
    actor = wake_actor("--permission-after-s", "0.3")
    actor.type("draft")
    actor.sees("Allow running a background task?")
    assert actor.composer() is None

    actor.press("1")

    eventually(lambda: actor.composer() == "draft")
    actor.hears(Ready(), asked("a background task"), PromptClosed(approved=True))


def test_a_permission_prompt_can_open_over_a_paste_once(wake_actor: Wake) -> None:
    actor = wake_actor("--permission-on-paste", "danger")
    actor.paste("danger\nahead")
    actor.sees("Allow running danger?")
    assert actor.composer() is None

    actor.press("2")

    eventually(lambda: actor.composer() == "[pasted 12 bytes]")
    actor.hears(Ready(), asked("danger"), PromptClosed(approved=False))
    actor.paste("danger\n")
    eventually(lambda: actor.composer() == "[pasted 12 bytes][pasted 7 bytes]")


def test_a_slow_start_draws_nothing_and_drops_what_was_typed(start_actor: Wake) -> None:
    actor = start_actor("--boot-s", "0.4", "--record", "record")

    actor.paste("lost")
    assert actor.adapter.read(actor.screen()).activity is Activity.UNKNOWN
    actor.hears(Ready())

    eventually(lambda: actor.composer() == "")
    assert Path(actor.root, "record").read_bytes() == b""


def test_pastes_right_after_the_start_can_be_eaten(wake_actor: Wake) -> None:
    actor = wake_actor("--eat-boot-pastes", "0.5", "--record", "record")
    eventually(lambda: actor.composer() == "")

    actor.paste("eaten\n")
    eventually(lambda: b"eaten" in Path(actor.root, "record").read_bytes())
    assert actor.composer() == ""

    eventually(partial(shows_paste, actor), every_s=0.1)


def test_a_crash_leaves_its_exit_code_and_its_last_words(wake_actor: Wake) -> None:
    actor = wake_actor("--crash-after-s", "0.2", "--crash-code", "7")

    assert actor.ended() == 7
    assert "fatal: out of luck" in actor.screen().lines


def test_a_crash_in_mid_turn_leaves_it_open(wake_actor: Wake) -> None:
    actor = wake_actor("--crash-on", "boom")

    actor.send("go boom")

    assert actor.ended() == 1
    actor.hears(Ready(), *turn("")[:2])


def test_it_can_end_after_its_work(wake_actor: Wake) -> None:
    actor = wake_actor("--exit-on", "last one")

    actor.send("the last one")

    assert actor.ended() == 0
    actor.hears(Ready(), *turn("ada got 12 bytes: the last one"))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGHUP, 129), (signal.SIGTERM, 143)], ids=["hup", "term"])
def test_a_signal_ends_it(wake_actor: Wake, number: signal.Signals, code: int) -> None:
    actor = wake_actor()

    os.kill(actor.pid, number)

    assert actor.ended() == code


def test_told_to_ignore_the_hangup_it_outlives_its_terminal(wake_actor: Wake) -> None:
    actor = wake_actor("--ignore-hup")

    os.kill(actor.pid, signal.SIGTERM)
    actor.tmux("kill-server")

    eventually(lambda: state_of(actor.pid) == "S" and parent_of(actor.pid) == 1)
    os.kill(actor.pid, signal.SIGKILL)
    eventually(lambda: state_of(actor.pid) in (None, "Z"))


def test_a_child_left_behind_bears_our_mark(wake_actor: Wake) -> None:
    actor = wake_actor("--leave-child")
    child = eventually(lambda: children_of(actor.pid))[0]
    eventually(lambda: ignores_hangups(child))
    try:
        os.kill(actor.pid, signal.SIGKILL)
        actor.ended()
        os.kill(child, signal.SIGHUP)

        env = Path(f"/proc/{child}/environ").read_bytes()
        assert f"PEERD_SESSION={actor.root.name}".encode() in env
        assert b"PEERD_JOURNAL" not in env
    finally:
        os.kill(child, signal.SIGKILL)


def ignores_hangups(pid: int) -> bool:
    """By the lowest bit of SigIgn in proc(5), which is SIGHUP's."""
    status = Path(f"/proc/{pid}/status").read_text()
    return bool(int(status.partition("SigIgn:")[2].split()[0], 16) & 1)


def state_of(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def holds(actor: Seat, fact: Fact) -> bool:
    return fact in actor.facts()


def shows_paste(actor: Seat) -> bool:
    actor.paste("kept\n")
    return actor.composer() != ""
