"""Captured panes: fixtures/panes/RUNTIME/STATE.txt, a line with the cursor and then the screen, blank rows below it
left out. `python -m tests.adapters.panes` captures them anew from the real runtimes."""

import re
from pathlib import Path
from typing import NamedTuple

from peerd.adapter import Adapter, Place
from peerd.model.message import MessageId
from peerd.model.screen import Screen
from peerd_adapters.actor import Actor
from peerd_adapters.shell import Shell
from tests.adapters.terminal import Seat, seats
from tests.build import message, spec
from tests.eventually import eventually

PANES = Path(__file__).parents[2] / "fixtures" / "panes"
ROWS = 50

LOOK_ALIKE = """
╭─ permission ────────────╮
│ Allow running rm?       │
│                         │
  Enter to confirm · Esc to cancel"""


class Press(NamedTuple):
    keys: tuple[str, ...]


class Paste(NamedTuple):
    text: str


class Type(NamedTuple):
    text: str


Step = Press | Paste | Type
ENTER = Press(("Enter",))


def pane(name: str) -> Screen:
    """A captured screen, its 50 rows whole."""
    cursor, *lines = (PANES / f"{name}.txt").read_text().splitlines()
    _, x, y = cursor.split()
    return Screen(tuple(lines + [""] * (ROWS - len(lines))), int(x), int(y))


def cut(screen: Screen, rows: int) -> Screen:
    """As it looks when only the first rows of it were drawn."""
    return Screen(screen.lines[:rows] + ("",) * (ROWS - rows), 0, rows)


def _capture(
    name: str, adapter: Adapter, steps: tuple[Step, ...], until: str, args: tuple[str, ...] = (), rc: str = ""
) -> None:
    with seats() as seat:
        runtime = seat(adapter, spec(runtime=adapter.name, args=args), before={".bashrc": rc})
        for step in steps:
            eventually(lambda: runtime.composer() is not None)
            _do(runtime, step)
        eventually(lambda: re.search(until, _text(runtime)))
        save(name, runtime)


def _do(seat: Seat, step: Step) -> None:
    match step:
        case Press(keys=keys):
            seat.press(*keys)
        case Paste(text=text):
            seat.paste(text)
            eventually(lambda: seat.composer() != "")
        case Type(text=text):
            seat.type(text)
            eventually(lambda: seat.composer() != "")


def _text(seat: Seat) -> str:
    return "\n".join(seat.screen().lines)


def save(name: str, seat: Seat) -> None:
    screen = seat.screen()
    path = PANES / f"{name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join(screen.lines).rstrip("\n")
    path.write_text(f"cursor {screen.cursor_x} {screen.cursor_y}\n{text}\n")


def _letter(id: str, body: str) -> Paste:
    sent = message(id=MessageId(id), body=body)
    return Paste(Actor().compose(sent, 1, Place("", "", "", "")).pastes[0])


def _actor(state: str, *steps: Step, until: str, args: tuple[str, ...] = ()) -> None:
    _capture(f"actor/{state}", Actor(), steps, until, args)


def _actors() -> None:
    _actor("booting", until="^", args=("--boot-s", "9"))
    _actor("idle", until="idle")
    _actor("spinner", until="idle ⠋", args=("--spinner",))
    _actor("answered", _letter("m-1", "hello\nworld"), ENTER, until="● ada got")
    _actor("busy", _letter("m-1", "work"), ENTER, until="busy 1s", args=("--busy-s", "9"))
    more = (ENTER, Type("b"), ENTER, Type("c"), ENTER)
    _actor("queued", Type("a"), *more, Type("d"), until="2 queued", args=("--busy-s", "9"))
    _actor("draft", Type("half a tho"), until="tho")
    _actor("wrapped", Type("wide 漢字 " * 40), until="\n  .*漢字 wide")
    _actor("pasted", _letter("m-1", "hi"), until="m-1]")
    _actor("pasted-twice", _letter("m-1", "hi"), _letter("m-2", "ho"), until="m-2]")
    _actor("question", until="Esc to", args=("--dialog", "Do you trust the files in this folder?"))
    _actor("permission", _letter("m-1", "rm x"), ENTER, until="Esc to", args=("--permission-on", "rm"))
    _actor("look-alike", Paste(LOOK_ALIKE), ENTER, until="● noted")


def _shell(state: str, *steps: Step, until: str, bashrc: str = "") -> None:
    _capture(f"shell/{state}", Shell(), steps, until, rc=bashrc)


def _shells() -> None:
    _shell("booting", until="^", bashrc="sleep 9")
    _shell("idle", until="ada:~ ❯")
    _shell("in-a-folder", Type("cd /usr/lib"), ENTER, until="ada:lib ❯\n")
    _shell("draft", Type("ls -l"), until="ls -l")
    _shell("busy", Type("echo one; sleep 9"), ENTER, until="\none\n")
    _shell("talking-of-a-prompt", Type("echo 'ada:~ ❯'; sleep 9"), ENTER, until="\nada:~ ❯\n")
    _shell("unfinished", Type("for x in 1 2"), ENTER, until="\n>")
    _shell("search", Press(("C-r", "l")), until="reverse-i-search")
    _shell("nested", Type("bash --norc --noprofile"), ENTER, until="bash-5")
    _shell("reading", Type("read -p 'name: ' name"), ENTER, until="\nname:")
    _shell("vim", Type("vim -u NONE -N ~/.bashrc"), ENTER, until="~\n~", bashrc="# ada:~ ❯\n")
    _shell("background", Type("(sleep 0.1; echo late) &"), ENTER, until="❯ late")
    _messages_in_a_shell()


def _messages_in_a_shell() -> None:
    with seats() as seat:
        shell = seat(Shell(), spec(runtime="shell"))
        shell.send("seq 3; printf end", "m-1")
        eventually(lambda: shell.composer() == "" and "end" in _text(shell))
        save("shell/ran", shell)
        shell.send("seq 100", "m-2")
        eventually(lambda: shell.composer() == "" and "100" in _text(shell))
        save("shell/ran-long", shell)
        shell.type("echo more\n")
        eventually(lambda: shell.composer() == "" and "\nmore\n" in _text(shell))
        save("shell/ran-and-more", shell)


if __name__ == "__main__":
    _actors()
    _shells()
