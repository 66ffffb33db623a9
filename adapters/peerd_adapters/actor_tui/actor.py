"""The actor's mind: what it does on each key, paste and moment. Draws nothing, waits for nothing, reads no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from peerd.model.envelope import Envelope, parse
from peerd_adapters.actor_tui.composer import Composer
from peerd_adapters.actor_tui.decode import Decoder, Event, Key, Pasted, Typed
from peerd_adapters.actor_tui.flags import Flags
from peerd_adapters.actor_tui.frame import Frame, Modal, Status, asking, composing
from peerd_adapters.actor_tui.notes import Journal, Limit, Memory, Record, limit_in
from peerd_adapters.actor_tui.work import Habits, Letter, Work, work_on

TYPE_CHECKING = False
if TYPE_CHECKING:  # slow to load, and not needed to start
    from peerd_adapters.actor_tui.post import News

TICK_S = 0.1
ESCAPE_S = 0.05
PASTE_STALLS_S = 1.0
"""A paste silent for this long has lost its end."""
QUOTED_LINES = 4


class Turn(NamedTuple):
    """What it works on until `ends_at`; `posted` once its letter is on its way."""

    read: Envelope | None
    work: Work
    began: float
    ends_at: float
    name: str | None = None
    posted: bool = False


class Actor:
    """`exit_code` is None as long as it goes on; `said` are lines for the transcript, taken by who draws them."""

    def __init__(self, flags: Flags, name: str, journal: Journal, record: Record, memory: Memory | None = None) -> None:
        self._flags = flags
        self._habits = Habits(name, flags.baton, flags.to, flags.finally_to)
        self._journal = journal
        self._record = record
        self._memory = memory or Memory(None, False)
        self._decoder = Decoder()
        self._composer = Composer()
        self._modal: Modal | None = None
        self._turn: Turn | None = None
        self._queue: deque[str] = deque()
        self._swallowed: set[str] = set()
        self._asked_over = False
        self._overlooks = flags.overlooks
        self._drawn_from = 0.0
        self._turns = 0
        self._post_waits_for = ""
        self._due: dict[float, Callable[[float], None]] = {}
        self._eats_until = 0.0
        self._heard_at = 0.0
        self.send: Callable[[Letter], bool] = lambda letter: False
        self.said: list[str] = []
        self.exit_code: int | None = None

    def boot(self, now: float) -> None:
        """Up, with its question if it has one."""
        self.said += [*self._memory.lines, f"{self._habits.name} is here"]
        if self._flags.crash_after_s is not None:
            self._due[now + self._flags.crash_after_s] = lambda _: self._crash()
        if self._flags.permission_after_s is not None:
            self._due[now + self._flags.permission_after_s] = lambda at: self._ask_permission("a background task", at)
        if self._flags.dialog is not None:
            self._open(Modal("question", self._flags.dialog))

    def begin(self, now: float) -> None:
        """Its line is drawn: ready, unless its question must be answered first."""
        if self._modal is None:
            self._ready(now)

    def hear(self, data: bytes, now: float) -> None:
        """Input, as it came from the terminal."""
        self._record.got(data)
        if now < self._eats_until:
            return
        self._heard_at = now
        self._act(self._decoder.feed(data), now)

    def tick(self, now: float) -> None:
        """Whatever is due by now."""
        for at in sorted(at for at in self._due if at <= now and self._modal is None):
            self._due.pop(at)(now)
        if self._decoder.unfinished and now >= self._heard_at + self._patience_s:
            self._act(self._decoder.flush(), now)
        if self._turn and not self._turn.posted and self._modal is None and now >= self._turn.ends_at:
            self._finish(self._turn, now)

    def next_due(self, now: float) -> float | None:
        """Seconds until `tick` or a new frame is called for; None: not before something comes in."""
        due = list(self._due) if self._modal is None else [at for at in (self._drawn_from,) if at > now]
        if self._decoder.unfinished:
            due.append(self._heard_at + self._patience_s)
        if self._turn or self._flags.spinner:
            due.append(now + TICK_S)
        if self._turn and not self._turn.posted and self._modal is None:
            due.append(self._turn.ends_at)
        return max(0.0, min(due) - now) if due else None

    def frame(self, width: int, now: float) -> Frame:
        if self._modal is not None and now >= self._drawn_from:
            return asking(self._modal, width)
        busy_s = int(now - self._turn.began) if self._turn else None
        tick = int(now / TICK_S) if self._turn or self._flags.spinner else None
        notes = [f"{len(self._queue)} queued"] if self._queue else []
        notes += ["receiving a paste"] if self._decoder.receiving else []
        return composing(self._composer.shown, Status(busy_s, tick, tuple(notes)), width)

    def learn(self, news: News, now: float) -> None:
        """A letter was sent, refused, or must wait for the daemon: then no turn waits with it."""
        if news.text != self._post_waits_for:
            self.said.append(f"→ {news.letter.to}: {news.text}")
        self._post_waits_for = "" if news.settled else news.text
        if self._turn and self._turn.posted and (self._post_waits_for or self._turn.work.letter == news.letter):
            self._end_turn(self._turn.work.last, now)

    @property
    def _patience_s(self) -> float:
        return PASTE_STALLS_S if self._decoder.receiving else ESCAPE_S

    def _ready(self, now: float) -> None:
        if self._memory.id and self._flags.resume:
            self._journal.conversation(self._memory.id)
        self._journal.ready()
        self._eats_until = now + self._flags.eat_boot_pastes_s

    def _act(self, events: Sequence[Event], now: float) -> None:
        for event in events:
            if self._modal is not None:
                self._answer(self._modal, event, now)
            else:
                self._compose(event, now)

    def _compose(self, event: Event, now: float) -> None:
        match event:
            case Typed(text=text):
                self._composer.type(text)
            case Pasted():
                self._composer.paste(event)
                self._ask_over(event, now)
            case Key(name="enter"):
                self._enter(now)
            case Key(name="clear"):
                self._composer.clear()
            case Key(name="backspace"):
                self._composer.backspace()
            case Key(name="interrupt"):
                self._interrupt(now)
            case Key(name="end") if not self._composer and not self._turn:
                self.exit_code = 0
            case Key():
                pass

    def _ask_over(self, pasted: Pasted, now: float) -> None:
        word = self._flags.permission_on_paste
        if _has(word, pasted.data.decode("utf-8", "replace")) and not self._asked_over:
            self._asked_over = True
            self._ask_permission(str(word), now)

    def _interrupt(self, now: float) -> None:
        if self._turn:
            self._end_turn("interrupted", now)
        else:
            self._composer.clear()

    def _enter(self, now: float) -> None:
        if not self._composer or self._swallows():
            return
        self._queue.append(self._composer.take())
        if self._turn is None:
            self._begin(now)
        elif self._turn.name is not None:
            self._take(self._turn.name)

    def _swallows(self) -> bool:
        shown = self._composer.shown
        if not self._flags.swallow_first_enter or not self._composer.pasted or shown in self._swallowed:
            return False
        self._swallowed.add(shown)
        return True

    def _begin(self, now: float) -> None:
        self._turns += 1
        name = f"t-{self._turns}" if self._flags.takes_in else None
        text, read = self._take(name)
        self._journal.turn_began()
        self._turn = Turn(read, work_on(read, self._habits), now, now + self._flags.busy_s, name)
        if _has(self._flags.crash_on, text):
            self._crash()
        elif _has(self._flags.permission_on, text):
            self._ask_permission(str(self._flags.permission_on), now)
        elif limit := limit_in(self._flags.limit_file):
            self._meet(limit, read)
        else:
            self.tick(now)

    def _take(self, turn: str | None) -> tuple[str, Envelope | None]:
        text = self._queue.popleft()
        read = parse(text)
        self._record.took(text, read)
        if self._memory.id:
            self._journal.conversation(self._memory.id)
        self._journal.submitted(read, turn)
        self.said += _quoted(text)
        self._memory.said(_quoted(text))
        return text, read

    def _finish(self, turn: Turn, now: float) -> None:
        posted = turn.work.letter is not None and self.send(turn.work.letter)
        if posted and not self._post_waits_for:
            self._turn = turn._replace(posted=True)
        else:
            self._end_turn(turn.work.last, now)

    def _end_turn(self, last: str, now: float) -> None:
        if self._turn is None:
            return
        read, name, self._turn = self._turn.read, self._turn.name, None
        self.said.append(f"● {last}")
        self._memory.said([f"● {last}"])
        failed = read is not None and _has(self._flags.fail_on, read.body)
        self._journal.turn_ended(read, last, name, failed=failed)
        if read is not None and _has(self._flags.exit_on, read.body):
            self.exit_code = 0
        elif self._queue:
            self._begin(now)

    def _meet(self, limit: Limit, read: Envelope | None) -> None:
        self._turn = None
        self.said.append(f"✘ {limit.kind}")
        self._journal.limited(read, limit)

    def _crash(self) -> None:
        self.said.append("fatal: out of luck")
        self.exit_code = self._flags.crash_code

    def _ask_permission(self, what: str, now: float) -> None:
        self._drawn_from = now + self._flags.permission_drawn_after_s
        self._open(Modal("permission", f"Allow running {what}?", command=what))

    def _open(self, modal: Modal) -> None:
        self._modal = modal
        self._journal.prompt_opened(modal.text, modal.command)

    def _answer(self, modal: Modal, event: Event, now: float) -> None:
        """A paste is lost here, as it is in others; an Enter takes what the mark stands on."""
        if self._overlooks and modal.kind == "permission":
            self._overlooks -= 1
            return
        match event:
            case Key(name="up"):
                self._modal = modal._replace(choice=1)
            case Key(name="down"):
                self._modal = modal._replace(choice=2)
            case Key(name="enter"):
                self._close(modal, modal.choice == 1, "enter", now)
            case Key(name=("escape" | "interrupt") as key):
                self._close(modal, False, key, now)
            case Typed(text=text) if text[0] in "12":
                self._close(modal, text[0] == "1", text[0], now)
            case _:
                pass

    def _close(self, modal: Modal, approved: bool, key: str, now: float) -> None:
        self._modal = None
        self._journal.prompt_closed(approved)
        match modal.kind:
            case "question" if approved:
                self._ready(now)
            case "question":
                self.exit_code = 1
            case "permission":
                self._record.answered(approved, modal.text, key)
                self.said.append(f"{'✔' if approved else '✘'} {modal.text}")
                if not approved:
                    self._end_turn("permission refused", now)
                elif self._flags.permission_then not in (None, modal.command):
                    self._ask_permission(str(self._flags.permission_then), now)


def _has(word: str | None, text: str) -> bool:
    return bool(word) and str(word) in text


def _quoted(text: str) -> list[str]:
    """The first lines of what was taken, without what a terminal would obey."""
    lines = text[:4000].split("\n")
    shown = [*lines[:QUOTED_LINES], *(["…"] if len(lines) > QUOTED_LINES else [])]
    visible = ("".join(char if char.isprintable() else "·" for char in line.expandtabs(4)) for line in shown)
    return [f"{mark} {line}".rstrip() for mark, line in zip([">", *" " * QUOTED_LINES], visible, strict=False)]
