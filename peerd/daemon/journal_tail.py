"""What a runtime had last said in its journal when the last daemon stopped listening."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from peerd.core.state import Waiting
from peerd.daemon import ingest, midturn
from peerd.daemon.context import Daemon
from peerd.daemon.live import Live
from peerd.model.fact import (
    ConversationBegan,
    ConversationOpened,
    Fact,
    PromptClosed,
    PromptOpened,
    Queued,
    Ready,
    Submitted,
    TakenIn,
    TurnBegan,
    TurnClosed,
    TurnEnded,
    Unqueued,
)
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from peerd.plainfile import read_part

UNHEARD_MAX_BYTES = 64 << 20
JOURNAL_TAIL_BYTES = 64 << 10  # what the runtime was last doing is in its last few lines


class Word(msgspec.Struct, frozen=True):
    """`over`: whether the turn of its task is; None: not told. `taken`: by what the open turn was begun. `had_turn`:
    it has told of one."""

    activity: Activity
    over: bool | None = None
    taken: MessageId | None = None
    had_turn: bool = False


def last_word(daemon: Daemon, live: Live, task: Waiting | None) -> Word:
    """What the runtime was doing, and whether the turn of this task was over: the last word counts."""
    end = live.session.journal_read
    begin = max(0, end - JOURNAL_TAIL_BYTES)
    lines = read_from(live.place.journal, begin, end - begin).decode("utf-8", "replace").split("\n")
    # that it is ready is not always in the journal
    word = Word(Activity.UNKNOWN if live.session.ready_at is None else Activity.IDLE)
    told = tuple(ingest.facts(daemon, live, lines))
    for fact in told:
        word = _after(fact, task, word)
    _remember(live, told)
    word = replace(word, had_turn=begin > 0 or any(map(ingest.tells_of_a_turn, told)))
    # not told: the tail may begin in the middle of a turn
    return replace(word, over=word.activity is Activity.IDLE) if word.over is None else word


def _remember(live: Live, told: tuple[Fact, ...]) -> None:
    """By what its runtime's own record can be asked of the turn that is open."""
    for fact in told:
        match fact:
            case ConversationOpened(record=record) | ConversationBegan(record=record):
                live.record = record or live.record
            case Submitted():
                midturn.submitted(live, fact, None)
            case TurnBegan(turn=turn):
                midturn.began(live, turn)
            case TurnClosed():
                live.turn = None
                live.entered_in.clear()
                live.entered_at.clear()
                live.in_others.clear()


def _after(fact: Fact, task: Waiting | None, word: Word) -> Word:
    match fact:
        case ConversationOpened() | ConversationBegan() | Queued() | Unqueued() | TakenIn():
            return word
        case TurnEnded(message=message) if task is not None and word.taken not in (None, message):
            return word  # of another turn than the open one
        case Ready() | TurnEnded() | TurnClosed():
            return Word(Activity.IDLE, over=True)
        case Submitted(message=message) if task is not None and message == task.id:
            return Word(Activity.BUSY, over=False, taken=message)
        case Submitted(message=message):
            return Word(Activity.BUSY, word.over, taken=message)
        case TurnBegan():
            return replace(word, activity=Activity.BUSY)
        case PromptClosed():
            return replace(word, activity=Activity.UNKNOWN if word.over or task is None else Activity.BUSY)
        case PromptOpened():
            return replace(word, activity=Activity.BLOCKED)
        case _:
            assert_never(fact)


def read_from(path: str, offset: int, most: int = UNHEARD_MAX_BYTES) -> bytes:
    """A journal that cannot be read tells nothing; what is over the bound is read when it is followed."""
    try:
        return read_part(path, most, at=offset) if most else b""
    except OSError:
        return b""
