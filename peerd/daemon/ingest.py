"""What runtimes say, in the order they said it: journal lines -> facts -> events. The offset is stored after the
events, so that a line is heard at least once; every event is idempotent."""

from collections.abc import Callable, Iterable, Iterator
from typing import assert_never

from msgspec.structs import replace

from peerd.adapter import Reading
from peerd.core.event import ActivitySeen, Event, MessageSubmitted, SessionReady, WrongConversation
from peerd.core.event import TurnEnded as TurnOver
from peerd.core.limit import TurnLimited
from peerd.core.wakemode import TOPICS_MAX, Conversed
from peerd.daemon import children, initial_prompt, midturn, stray_probe, transcript
from peerd.daemon.approvals import aftermath, watcher
from peerd.daemon.context import Daemon, guarded
from peerd.daemon.live import Live
from peerd.daemon.reach import reach
from peerd.daemon.transcript import Became
from peerd.edges import clock
from peerd.edges.tmux.pane import Pane
from peerd.errors import TmuxError
from peerd.model.fact import (
    INTERRUPTED,
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
from peerd.model.limit import Limit
from peerd.model.message import Hold, Message, MessageId
from peerd.model.peer import Activity, Phase
from peerd.model.screen import Screen
from peerd.store.write import SetConversation, SetJournalRead

HISTORY_LINES = 2000
DRAWN_WITHIN_S = 0.5
DRAWN_EVERY_S = 0.01

_Told = Ready | Submitted | TurnBegan | TurnEnded | TurnClosed | PromptOpened | PromptClosed


async def hear(daemon: Daemon, live: Live) -> None:
    """Runs as long as the session; ends when cancelled."""
    while True:
        lines, offset = await live.heard.get()
        try:
            for fact in facts(daemon, live, lines):
                live.quiet, live.unheard = False, None
                await _take_or_tell(daemon, live, fact)
            heard(daemon, live, offset)
        finally:
            live.heard.task_done()


def heard(daemon: Daemon, live: Live, offset: int) -> None:
    """On record after all that was taken of it."""
    moved, live.heard_to = offset != live.heard_to, offset
    if moved and not live.wrong:  # else the next daemon is to hear of that too
        daemon.record(SetJournalRead(live.id, offset))


def facts(daemon: Daemon, live: Live, lines: Iterable[str]) -> Iterator[Fact]:
    """What lines of its journal say. One that its adapter fails at says nothing, and is told as a bug."""
    for line in lines:
        try:
            said = live.adapter.facts(line)
        except Exception as error:  # noqa: BLE001
            daemon.bug(f"read the journal of {live.peer}", error)
            continue
        yield from said


async def _take_or_tell(daemon: Daemon, live: Live, fact: Fact) -> None:
    """One fact that cannot be taken does not make a session deaf."""
    with guarded(daemon, f"hear {live.peer}"):
        await take(daemon, live, fact, daemon.loop.feed)


async def take(daemon: Daemon, live: Live, fact: Fact, feed: Callable[[Event], None]) -> None:
    """One fact, told to the loop by `feed`."""
    live.last_fact = (fact, clock.now())
    if isinstance(fact, Queued | Unqueued | TakenIn):
        return  # of its own record, which is asked of it
    if isinstance(fact, Ready) and daemon.loop.peers[live.peer].phase is Phase.STOPPING:
        return
    if isinstance(fact, Ready) and not live.ready and await initial_prompt.become_ready(daemon, live):
        daemon.log.write("session-ready", peer=live.peer, session=live.id, elapsed_ms=daemon.age_ms(live))
        if live.ephemeral:
            daemon.task(children.note(daemon, live), f"note children of {live.peer}")
    if isinstance(fact, TurnEnded | TurnClosed) and _is_of_another(daemon, live, fact):
        return
    if isinstance(fact, ConversationOpened | ConversationBegan):
        live.record = fact.record or live.record
        if not _is_wrong(daemon, live, fact.id, feed) and isinstance(fact, ConversationBegan):
            await _converses(daemon, live, fact.id, feed)
        return
    live.had_turn = live.had_turn or tells_of_a_turn(fact)
    event = await _event(daemon, live, fact, feed)
    _count_failure(daemon, live, event)
    feed(event)
    watcher.hear(daemon, live, fact)
    if isinstance(fact, PromptOpened):
        aftermath.begin(daemon, live)
    if isinstance(fact, TurnEnded | TurnClosed):
        stray_probe.begin(daemon, live)


def _count_failure(daemon: Daemon, live: Live, event: Event) -> None:
    """A turn that was broken off, or of which nobody knows how it ended, says nothing of the next."""
    if not isinstance(event, TurnOver) or event.exit_status == INTERRUPTED:
        return
    if event.exit_status:
        daemon.failed_turns[live.peer] = daemon.failed_turns.get(live.peer, 0) + 1
    elif event.exit_status == 0 or event.last_words is not None:
        daemon.failed_turns.pop(live.peer, None)


def tells_of_a_turn(fact: Fact) -> bool:
    """Which there is once something was said in its conversation, or that was left."""
    return isinstance(fact, Submitted | TurnBegan | TurnEnded | TurnClosed)


def _is_of_another(daemon: Daemon, live: Live, fact: TurnEnded | TurnClosed) -> bool:
    """Whether it is no end of the message's turn that is open, which is told, and changes nothing of that."""
    peer = daemon.loop.peers[live.peer]
    if peer.turn is None or not midturn.ends_another(live, peer, fact):
        return False
    of = f"of {id}" if (id := midturn.begun_by(live, fact)) is not None else "of none of ours"
    daemon.log.write("other-turn-ended", id=peer.turn.id, to=live.peer, why=f"a turn {of} ended, which was not open")
    return True


def _is_wrong(daemon: Daemon, live: Live, conversation: str, feed: Callable[[Event], None]) -> bool:
    """Whether it is another than the one asked for, which ends the session and is told once. That it is that one is
    put on record: from then on it may go on under another id."""
    if live.expects is None:
        return False
    if live.expects == conversation:
        live.expects = None
        daemon.record(SetConversation(live.id, conversation, told=True))
        return False
    if not live.wrong:
        live.wrong = True
        daemon.log.write("wrong-conversation", peer=live.peer, session=live.id)
        why = f"it went on with another conversation ({conversation}) than the one asked for ({live.expects})"
        feed(WrongConversation(live.peer, live.id, why))
    return True


async def _converses(daemon: Daemon, live: Live, conversation: str, feed: Callable[[Event], None]) -> None:
    """One that is gone on with may have another id from the first turn on; a change after that is another one."""
    anew = live.had_turn and live.conversation not in (None, conversation)
    feed(Conversed(live.peer, live.id, conversation, live.session.runtime, anew))
    if conversation != live.conversation:
        live.conversation = conversation
        await daemon.store.keep(SetConversation(live.id, conversation, told=True, anew=anew))


async def _event(daemon: Daemon, live: Live, fact: _Told, feed: Callable[[Event], None]) -> Event:
    match fact:
        case Ready():
            return _ready(daemon, live)
        case Submitted(message=message, attempt=attempt):
            beside = midturn.submitted(live, fact, daemon.loop.peers[live.peer].turn)
            if message in live.entered_in and live.hearing is not None:  # before, its record has gone on since
                await transcript.note_size(daemon, live, message)
            if attempt is not None:
                live.took[message] = attempt
            live.taken[message].set()
            return MessageSubmitted(live.peer, live.id, message, attempt, beside)
        case TurnBegan(turn=turn):
            return await _turn_began(daemon, live, turn, feed)
        case TurnEnded():
            return await _turn_over(daemon, live, fact)
        case TurnClosed():
            became = await transcript.settled(daemon, live, midturn.entered(live, fact))
            return _turn_closed(daemon, live, await transcript.completed(daemon, live, fact), became)
        case PromptOpened():
            return ActivitySeen(live.peer, live.id, Activity.BLOCKED, await _blocking(live))
        case PromptClosed():
            peer = daemon.loop.peers[live.peer]
            return ActivitySeen(live.peer, live.id, Activity.BUSY if peer.turn else Activity.UNKNOWN)  # see `aftermath`
        case _:
            assert_never(fact)


async def _turn_began(daemon: Daemon, live: Live, turn: str | None, feed: Callable[[Event], None]) -> Event:
    """A new turn while ours is open: ours was broken off, and no hook said so."""
    if midturn.follows(live, turn) and daemon.loop.peers[live.peer].turn:
        over = TurnClosed(None, INTERRUPTED, live.turn)
        became = await transcript.became(daemon, live, midturn.entered(live, over))
        feed(_turn_closed(daemon, live, over, became))
    midturn.began(live, turn)
    return ActivitySeen(live.peer, live.id, Activity.BUSY)


def _turn_closed(daemon: Daemon, live: Live, fact: TurnClosed, became: Became) -> TurnOver | TurnLimited | ActivitySeen:
    """Words of another turn than the open one's are nobody's answer, nor those of one that may be another."""
    live.forget_taken()
    turn, after = daemon.loop.peers[live.peer].turn, midturn.after(live, fact, became)
    if turn is not None and turn.id in after.own:
        live.turn = None
        return ActivitySeen(live.peer, live.id, Activity.BUSY)  # its own comes now
    ours = None in (fact.turn, live.turn) or fact.turn == live.turn
    words, status = (fact.last_words, fact.exit_status) if ours else (None, INTERRUPTED)
    if turn is not None and turn.id in after.unclear:
        words, status = None, None
    live.turn = None
    if ours and fact.limit is not None:
        return limited(live, turn.id if turn else None, fact.limit)
    final = live.adapter.turn_ends_task
    status = live.ended(turn, status)
    return TurnOver(live.peer, live.id, turn.id if turn else None, status, words, final, after.own, after.unclear)


def _ready(daemon: Daemon, live: Live) -> Event:
    """Heard again by the next daemon, it still says that the runtime takes input."""
    if daemon.loop.peers[live.peer].phase is Phase.RUNNING:
        return ActivitySeen(live.peer, live.id, Activity.IDLE)
    ready = SessionReady(live.peer, live.id, initial_prompt.waiting(daemon, live))
    if live.session.mode != "resume":
        return ready
    if live.session.runtime != daemon.loop.peers[live.peer].spec.runtime:  # edited: the next one could not go on so
        return replace(ready, topics=())
    topics = daemon.store.reader.topics(replace(live.session, conversation=live.conversation), TOPICS_MAX)
    return replace(ready, conversation=live.conversation, topics=tuple(topics))


async def _blocking(live: Live) -> Hold:
    """What is open on the screen; a prompt while that cannot be told, being the worse to press Enter on."""
    if live.pane is None:
        return Hold.PROMPT
    try:
        reading = live.adapter.read(await _settled_screen(live, live.pane, lambda reading: reading.dialog is not None))
    except TmuxError:
        return Hold.PROMPT
    return Hold.DIALOG if reading.dialog is not None and not reading.prompt else Hold.PROMPT


def limited(live: Live, message: MessageId | None, limit: Limit) -> TurnLimited:
    """That the turn of this message, or a person's, failed by it. It may be taken once more."""
    live.turn = None
    live.forget_taken()
    resets_at = None if limit.resets_at is None else clock.now() + limit.resets_at - clock.wall()
    return TurnLimited(live.peer, live.id, message, limit.kind, resets_at)


async def _turn_over(daemon: Daemon, live: Live, fact: TurnEnded) -> TurnOver | TurnLimited:
    words = fact.last_words
    live.forget_taken()
    if fact.limit is not None:
        return limited(live, fact.message, fact.limit)
    if words is None and fact.message is not None:
        words = await _words_on_screen(daemon, live, fact)
    status = live.ended(daemon.loop.peers[live.peer].turn, fact.exit_status)
    return TurnOver(live.peer, live.id, fact.message, status, words, live.adapter.turn_ends_task)


async def _words_on_screen(daemon: Daemon, live: Live, fact: TurnEnded) -> str | None:
    """The end of a turn as the screen shows it; None where it cannot be read any more."""
    receipt = daemon.store.reader.receipt(fact.message) if fact.message else None
    if receipt is None:
        return None
    try:
        pane = live.pane or await reach(live)  # none yet, where the turn ended while no daemon ran
        await _settled_screen(live, pane, _at_input_line)
        return await last_words(live, pane, receipt.message)
    except TmuxError:
        return None


async def last_words(live: Live, pane: Pane, message: Message) -> str | None:
    """What the screen shows of the message's turn. Raises TmuxError."""
    lines = await pane.unwrapped(HISTORY_LINES)
    return live.adapter.last_words(Screen(lines, 0, max(0, len(lines) - 1)), message)


def _at_input_line(reading: Reading) -> bool:
    return reading.composer is not None


async def _settled_screen(live: Live, pane: Pane, drawn: Callable[[Reading], bool]) -> Screen:
    """A hook speaks before the screen is drawn: the screen once it is, or as it stands after half a second."""
    screen = await pane.capture(history=HISTORY_LINES)
    give_up = clock.now() + DRAWN_WITHIN_S
    while not drawn(live.adapter.read(screen)) and clock.now() < give_up:
        await clock.pause(DRAWN_EVERY_S)
        screen = await pane.capture(history=HISTORY_LINES)
    return screen
