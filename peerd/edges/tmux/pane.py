"""One pane, by its exact %id: looked at, typed into, never created and never killed.

Nothing is typed but behind a guard in the same command line, which tmux does without looking at anything else in
between: the pane is alive (a paste into a dead one ends a 3.3a server), in no tmux mode (which would take the Enter
for itself), its input is on, and it was asked for just now: what tmux comes to after it stood still is for a screen
that nobody has seen since.
"""

import asyncio
import re
from collections.abc import Callable

import msgspec

from peerd.edges.tmux.control import CALL_S, Control, Reply, nothing
from peerd.edges.tmux.line import command, sequence
from peerd.edges.tmux.payload import Payload
from peerd.edges.tmux.program import release
from peerd.edges.tmux.server import COLUMNS
from peerd.edges.tmux.shown import Shown, stand
from peerd.errors import PaneChanged, PaneDead, PaneInMode, PaneLate, TmuxError
from peerd.model.envelope import sanitise
from peerd.model.screen import Screen

NOTHING = command("display-message", "-p", "")
PASTE_S = 10.0  # measured 2 to 7 ms for 1 MiB
DRAINED_S = 0.5  # measured 1 ms
REDRAWN_S = 0.05  # bash takes less than 10 ms to draw its prompt
DRAINED_POLL_S = 0.002
ESCAPES_PASTES = (3, 7)  # from here on tmux rewrites control bytes in a paste unless told -S
LISTENING = "000"
LATE_S = 1  # by whole seconds, so at most twice that; measured 0.1 ms, 0.2 s behind a hundred deaths at once
SECOND = "#{T:#{l:%s}}"  # that it is as tmux expands it; a tmux that does not know how expands it to nothing
LISTENS = "#{pane_dead}#{pane_in_mode}#{pane_input_off}"  # "000" when it does
KEY = re.compile(
    r"(?:[CMS]-)*(?:[!-~]|Enter|Escape|Tab|BTab|Space|BSpace|Up|Down|Left|Right|Home|End"
    r"|PageUp|PageDown|PPage|NPage|IC|DC|F(?:[1-9]|1[0-2]))"
)


class View(msgspec.Struct, frozen=True):
    """A pane at one moment."""

    screen: Screen
    dead: bool
    in_mode: bool


class Ended(msgspec.Struct, frozen=True):
    """How a pane's process ended, as far as tmux learned; both None: it is dead, and tmux has not heard how."""

    code: int | None
    signal: int | None


class Pane:
    """A pane behind a control client, `pane` being tmux's %id; `second` tells the Unix second that it is. Every call
    takes at most `deadline_s` seconds and raises TmuxError when there is no such pane, no answer in time, or no
    connection."""

    def __init__(self, control: Control, pane: str, second: Callable[[], int]) -> None:
        self.pane = pane
        self._second = second
        self._control = control
        # Where a -t names no pane, formats speak of the current one; this fails, and the line ends before them.
        self._exists = command("has-session", "-t", pane)
        self._paste = ("-p", "-r", "-S") if release(control.tmux_version) >= ESCAPES_PASTES else ("-p", "-r")

    async def capture(self, *, history: int = 0, deadline_s: float = CALL_S) -> Screen:
        """The screen, of a dead pane too; see `look`."""
        return (await self.look(history=history, deadline_s=deadline_s)).screen

    async def look(self, *, history: int = 0, deadline_s: float = CALL_S) -> View:
        """The screen, all of its rows, with up to `history` lines above it and the cursor counted from the first of
        them. One round trip, one moment. In a tmux mode it is what lies under the mode."""
        state = "#{pane_dead} #{pane_in_mode} #{cursor_x} #{cursor_y} #{pane_height} #{pane_width}"
        ((facts, *_), lines) = await self._control.ask(
            command("display-message", "-p", "-t", self.pane, state),
            command("capture-pane", "-p", "-t", self.pane, "-S", str(-history) if history else "0"),
            deadline_s=deadline_s,
        )
        dead, in_mode, x, y, rows, width = (int(fact) for fact in facts.split())
        above = len(lines) - rows
        if not 0 <= above <= history:
            raise TmuxError("capture-pane", f"{len(lines)} lines of a pane of {rows} rows")
        return View(Screen(lines, x, above + y, width), bool(dead), bool(in_mode))

    async def history(self, lines: int, *, deadline_s: float = CALL_S) -> Reply:
        """The last `lines` lines there are that are not blank; fewer where there are fewer."""
        text = (await self.capture(history=max(lines, 0), deadline_s=deadline_s)).lines
        return tuple(line for line in text if line.strip())[-lines:] if lines > 0 else ()

    async def unwrapped(self, lines: int, *, deadline_s: float = CALL_S) -> Reply:
        """Like `history`, with lines that the terminal broke joined again."""
        capture = command("capture-pane", "-p", "-J", "-t", self.pane, "-S", str(-max(lines, 0)))
        (_, text) = await self._control.ask(self._exists, capture, deadline_s=deadline_s)
        return tuple(line.rstrip() for line in text)

    async def ended(self, *, deadline_s: float = CALL_S) -> Ended | None:
        """None while the pane lives. Where tmux lost the SIGCHLD it has not heard how: nudge the server and ask again,
        but trust the process's own end over this."""
        told = "#{pane_dead}:#{pane_dead_status}:#{pane_dead_signal}"
        (_, (said,)) = await self._control.ask(
            self._exists, command("display-message", "-p", "-t", self.pane, told), deadline_s=deadline_s
        )
        dead, code, signal = said.split(":")
        return Ended(_number(code), _number(signal)) if dead == "1" else None

    async def drained(self, within_s: float = DRAINED_S) -> bool:
        """Wait until tmux has read all that a dead runtime wrote: its death is known from elsewhere sooner than that,
        and until then the last lines may be missing. False when after `within_s` seconds the terminal is still open,
        because the runtime lives or a child of it holds on."""
        rounds = round(within_s / DRAINED_POLL_S)
        for _ in range(rounds):
            if await self.ended() is not None:
                return True
            await asyncio.sleep(DRAINED_POLL_S)
        return False

    async def paste(self, text: str, *, deadline_s: float = PASTE_S) -> None:
        """Type a text, in brackets if the runtime asked for them: byte for byte, newlines as LF, nothing added.
        An answer means that tmux took it, not that the runtime read it.

        Raises PaneDead, PaneInMode or PaneLate with nothing typed. Refuses with a TmuxError a text that is empty or
        holds what must not be typed (see `sanitise`): an ESC could end the brackets and act as keys. After any other
        TmuxError it is not known whether it was typed, but if not, it will not be any more."""
        if not text or sanitise(text) != text:
            raise TmuxError("paste", "refused: the text is empty or holds control characters; sanitise it first")
        payload = Payload(text.encode())
        paste = command("paste-buffer", *self._paste, "-d", "-b", payload.buffer, "-t", self.pane)
        typing = self._guarded(paste, payload.drop)
        try:
            await self._type(payload.load, typing, settled=payload.close, deadline_s=deadline_s)
        finally:
            payload.empty()

    async def press(self, key: str, *, shows: Shown = (), deadline_s: float = CALL_S) -> None:
        """Press one key, by tmux's name for it (`Enter`, `C-u`, `Escape`). Raises as `paste` does; a name tmux does
        not know is refused, for tmux would type its letters. `shows`: rows of which each must stand where it stood as
        tmux presses it, else PaneChanged is raised."""
        if KEY.fullmatch(key) is None:
            raise TmuxError("send-keys", f"no key is called {key!r}")
        keys = command("send-keys", "-t", self.pane, "--", key)
        await self._type(self._guarded(keys, NOTHING, shows), settled=nothing, deadline_s=deadline_s)

    async def redraw(self, *, deadline_s: float = CALL_S) -> None:
        """Have the runtime draw its input line anew: the window gets narrower by a column, and wide again (SIGWINCH; a
        readline that finds its size as it was draws nothing). No key is pressed."""
        for columns in (COLUMNS - 1, COLUMNS):
            resize = command("resize-window", "-t", self.pane, "-x", str(columns))
            await self._control.ask(resize, deadline_s=deadline_s)
            await asyncio.sleep(REDRAWN_S)

    async def humans(self, *, deadline_s: float = CALL_S) -> int:
        """How many terminals are attached to the server; control clients, ours among them, are none."""
        (clients,) = await self._control.ask(
            command("list-clients", "-F", "#{client_control_mode}"), deadline_s=deadline_s
        )
        return clients.count("0")

    async def _type(self, *commands: str, settled: Callable[[], None], deadline_s: float) -> None:
        """Commands of which the last is guarded."""
        replies = await self._control.ask(
            self._exists, *commands, replies=len(commands) + 3, settled=settled, deadline_s=deadline_s
        )
        refusal = replies[-2]
        if refusal:
            raise _refused(self.pane, *refusal[0].split())

    def _guarded(self, keys: str, drop: str, shows: Shown = ()) -> str:
        """Three replies: the guard's own, then nothing and nothing, or the state that made it refuse and nothing."""
        in_time = f"#{{e|<=:{SECOND},{self._second() + LATE_S}}}"
        state = command("display-message", "-p", "-t", self.pane, f"{LISTENS} {in_time}")
        listens = f"#{{&&:#{{==:{LISTENS},{LISTENING}}},{in_time}}}"
        may = f"#{{&&:{listens},{stand(shows)}}}" if shows else listens
        return command("if-shell", "-F", "-t", self.pane, may, sequence(keys, NOTHING), sequence(state, drop))


def _refused(pane: str, state: str, in_time: str) -> TmuxError | PaneChanged:
    """`state` is LISTENS, expanded; it starts with pane_dead and ends with pane_input_off."""
    if state == LISTENING and in_time == "0":
        return PaneLate("type", f"it came to this more than {LATE_S} s after it was asked for; nothing was typed")
    if state == LISTENING:
        return PaneChanged(f"{pane} shows something else now; nothing was pressed")
    if state.startswith("1"):
        return PaneDead("type", f"the process in {pane} has ended; nothing was typed")
    why = "its input is switched off (select-pane -e)" if state.endswith("1") else "it is in a tmux mode"
    return PaneInMode("type", f"{pane}: {why}; nothing was typed")


def _number(text: str) -> int | None:
    return int(text) if text else None
