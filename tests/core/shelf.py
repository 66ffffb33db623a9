"""What a store holds of one peer: what happened to it and what its core had put there, and what the next daemon is
told of that."""

from peerd.core.action import (
    Action,
    BecomeDue,
    Deliver,
    Drop,
    GiveUp,
    Kill,
    NoteCrashLoop,
    NoteProbe,
    NoteRecovered,
    NoteUntried,
    RecordDone,
    RecordSaid,
    RecordSubmitted,
    RecordTurn,
    Requeue,
    SaveMark,
    SavePaused,
    SaveWant,
)
from peerd.core.event import (
    Event,
    MessageAccepted,
    MessageSent,
    SessionExited,
    SessionReady,
    SessionStarted,
    SpecChanged,
    TakenBack,
    TaskOver,
)
from peerd.core.order import taken_from
from peerd.core.recovery import Ended, Known, LeftDown
from peerd.core.state import Limited, Past, Terms, Waiting
from peerd.core.wakemode import Conversed
from peerd.model.attempt import WAS_TAKEN, AttemptEnd
from peerd.model.message import Delivery, MessageId
from peerd.model.peer import PeerName, Want
from peerd.model.session import PARKS, REAPED, End, Ending, Mode, SessionId
from tests.core.letters import Letter, letter
from tests.core.runs import Run


class Shelf:
    """In the order put there."""

    def __init__(self) -> None:
        self.want, self.runtime = Want.ON_DEMAND, "actor"
        self.wanted_after = self.stopped_after = self.recovered_after = 0  # sessions that had ended by then
        self.sent_at = -1.0
        self.submissions = 0
        self.paused = self.marked = False
        self.again: str | None = None
        self.given: tuple[PeerName, ...] = ()
        self.held_from: frozenset[PeerName] = frozenset()
        self.limited: Limited | None = None
        self.left_down: LeftDown | None = None
        self.tries = 0  # of its crash loop; the last one may not have begun
        self.letters: list[Letter] = []
        self.runs: list[Run] = []
        self.next: tuple[Mode, bool, Terms | None] = ("fresh", False, None)  # of the session that is being begun

    def letter(self, message: MessageId) -> Letter:
        return next(each for each in self.letters if each.accepted.id == message)

    def run(self, session: SessionId) -> Run:
        return next(each for each in self.runs if each.id == session)

    def live(self) -> Run | None:
        return next((each for each in self.runs if each.end is None), None)

    def hear(self, event: Event, now: float, *, of_task: bool) -> None:
        """What is on record before the core is told. `of_task`: a death now is one of its task's."""
        match event:
            case MessageAccepted(message=message) if message.id in {each.accepted.id for each in self.letters}:
                self._revive(message)
            case MessageAccepted(message=message):
                self.letters.append(letter(message))
            case SpecChanged(spec=spec):
                self.runtime = spec.runtime
            case SessionStarted(session=session):
                self.begin(session, now)
            case SessionReady(session=session, first=first):
                self.run(session).ready_at = now
                self.letters += [letter(Waiting(first, task=False, first=True))] if first else []
            case Conversed(session=session, conversation=conversation, anew=anew):
                before, told = self.run(session).conversation, self.run(session)
                for run in self.runs:
                    if run is told or (before and run.conversation == before and not anew):
                        run.conversation = conversation
                told.spoken = {} if anew else told.spoken
            case SessionExited(session=session, end=end):
                self.end(session, end, now, of_task=of_task)
            case TaskOver(message=message):
                self.letter(message).over = True
                self.speak(message, self.letter(message).leased)
            case MessageSent():
                self.sent_at = now
            case TakenBack(message=message):
                back = self.letter(message)
                if back.history[-1].state == Delivery.ACCEPTED.value:
                    back.step(Delivery.ACCEPTED, back.attempt, outcome=AttemptEnd.TAKEN_BACK)
            case _:
                pass

    def speak(self, message: MessageId, session: SessionId | None) -> None:
        accepted = self.letter(message).accepted
        topic, self.given = accepted.topic, taken_from(self.given, accepted.sender) if session else self.given
        if topic and session:
            self.submissions += 1
            self.run(session).spoken[topic] = self.submissions

    def _revive(self, message: Waiting) -> None:
        """Handed out anew, at the end."""
        again = self.letter(message.id)
        self.letters.remove(again)
        again.step(Delivery.ACCEPTED, message.attempts)
        self.letters.append(Letter(message, again.history, typed=again.typed, attempt=again.attempt))

    def begin(self, session: SessionId, now: float) -> None:
        mode, single, terms = self.next
        begins = self.left_down is not None and self.tries > self.left_down.probes
        self.left_down = LeftDown(self.tries, now, self._ended()) if begins else self.left_down
        same = (each for each in reversed(self.runs) if each.runtime == self.runtime)
        spoken = (each.conversation for each in same if each.conversation)
        self.runs.append(
            Run(
                session,
                self.runtime,
                mode,
                single,
                next(spoken, None) if mode == "resume" else None,
                terms=terms,
                began_at=now,
            )
        )

    def end(self, session: SessionId, end: End, now: float, *, of_task: bool) -> None:
        """What was only this session's ends with it."""
        run = self.run(session)
        if run.end is None:
            run.end, run.ended_at, run.of_task = end, now, of_task
        for each in self.letters:
            each.over = each.over or (each.accepted.first and each.accepted.id.startswith(f"{session}-"))

    def untyped(self, message: MessageId) -> None:
        """The attempt on record never was one."""
        letter = self.letter(message)
        letter.leased = None
        letter.step(Delivery.ACCEPTED, letter.attempt - 1, outcome=AttemptEnd.UNTYPED)

    def put(self, action: Action, now: float) -> None:
        match action:
            case Deliver(message=message, session=session, attempt=attempt):
                self.letter(message).entered &= self.letter(message).typed == session
                self.letter(message).leased = self.letter(message).typed = session
                self.letter(message).step(Delivery.LEASED, attempt, session)
            case RecordSubmitted(message=message, session=session, attempt=attempt):
                letter = self.letter(message)
                letter.step(Delivery.SUBMITTED, attempt, session)
                letter.session, letter.typed, letter.leased, letter.since = session, session, None, now
                letter.over = letter.over or not letter.accepted.task
                self.speak(message, session)
            case RecordSaid(message=id, said=said):
                self.letter(id).said = said
            case RecordTurn(message=id) | RecordDone(message=id):
                self.letter(id).over = True
            case GiveUp(message=id, attempt=attempt) | Drop(message=id, attempt=attempt):
                self.letter(id).over = self.letter(id).lost = True
                self.letter(id).leased = None
                state = action.state if isinstance(action, Drop) else Delivery.DEAD
                self.letter(id).step(state, attempt, outcome=None if isinstance(action, Drop) else action.outcome)
            case Requeue(message=message, attempt=attempt, outcome=outcome):
                letter = self.letter(message)
                assert (outcome in WAS_TAKEN) is (letter.session is not None), (
                    "what is on record would refuse that it waits again"
                )
                letter.step(Delivery.ACCEPTED, attempt, outcome=outcome)
                letter.session = letter.leased = None
            case BecomeDue(message=message):
                self.letter(message).become_due()
                self.letters.sort(key=lambda each: each.accepted.id == message)
            case _:
                self._put_of_peer(action, now)

    def _put_of_peer(self, action: Action, now: float) -> None:
        match action:
            case SaveWant(want=want):
                self.want, self.wanted_after, self.left_down, self.tries = want, self._ended(), None, 0
                self.stopped_after = self.wanted_after if want is Want.DOWN else self.stopped_after
            case SaveMark(marked=marked, again=again):
                self.marked, self.again = marked, again if marked else None
            case SavePaused(paused=paused):
                self.paused = paused
            case Kill(session=session, cause=cause, why=why):
                self.run(session).ending = self.run(session).ending or Ending(cause, why)
            case NoteProbe(probes=probes):
                self.tries = probes
            case NoteCrashLoop(probes=probes):
                self.left_down, self.tries = LeftDown(probes, now, self._ended()), probes
            case NoteUntried(probes=probes, waited_s=waited_s):
                self.left_down, self.tries = LeftDown(probes, now - waited_s, self._ended()), probes
            case NoteRecovered():
                self.left_down, self.recovered_after, self.tries = None, self._ended(), 0
            case _:
                pass

    def leased_letters(self) -> list[Letter]:
        """On their way into a session, and nothing says what came of that."""
        return [each for each in self.letters if each.leased and not each.over and not each.accepted.first]

    def entered_letters(self) -> list[Letter]:
        """They wait again, and may have been taken by a session of which only the screen tells."""
        waiting = (each for each in self.letters if each.entered and not (each.over or each.leased or each.session))
        return [each for each in waiting if not each.accepted.first]

    def open_letters(self) -> list[Letter]:
        """Tasks that were submitted and have no end."""
        return [each for each in self.letters if each.session is not None and not each.over]

    def served(self, session: SessionId) -> MessageId | None:
        """A task that came to its end in it."""
        return next((each.accepted.id for each in self.ended_in(session) if not each.lost), None)

    def ended_in(self, session: SessionId) -> list[Letter]:
        return [each for each in self.letters if each.session == session and each.over and each.accepted.task]

    def doubts(self, run: Run) -> tuple[MessageId, ...]:
        typed = [each for each in self.letters if each.session is None and not each.accepted.first]
        return tuple(id for each in typed for id in each.doubts(run.id))

    def known(self) -> Known:
        ended = [each for each in self.runs if each.end is not None]
        last = ended[-1] if ended and self.live() is None else None
        return Known(
            want=self.want,
            wanted_after=self.wanted_after,
            stopped_after=self.stopped_after,
            queue=self._queue(),
            paused=self.paused,
            given=self.given,
            held_from=self.held_from,
            marked=self.marked,
            again=self.again,
            deaths=tuple(each.died for each in ended if self._counts(each)),
            left_down=self.left_down,
            past=self._past(),
            limited=self.limited,
            held=self.live() is not None,
            last=Ended(last.end, last.ended_at, last.of_task, self._number(last)) if last and last.end else None,
        )

    def _queue(self) -> tuple[Waiting, ...]:
        """A session's first message that was on its way waits again."""
        for each in self.letters:
            each.leased = None if each.accepted.first else each.leased
        held = self.leased_letters()
        waits = [each.waiting for each in self.letters if each.session is None and not each.over and each not in held]
        return tuple(sorted(waits, key=lambda each: not each.first))

    def _counts(self, run: Run) -> bool:
        forgiven = max(self.wanted_after, self.recovered_after)
        bad = run.end is not None and run.end.cause not in REAPED and not run.end.full
        return bad and self._number(run) > forgiven and not run.of_task

    def _number(self, run: Run) -> int:
        return self.runs.index(run) + 1

    def _ended(self) -> int:
        """The last one that is over."""
        return max((self._number(each) for each in self.runs if each.end is not None), default=0)

    def _past(self) -> Past:
        last = next((each for each in reversed(self.runs) if each.ready), None)
        if last is None or last.runtime != self.runtime:
            return Past()
        parked = last.end is not None and last.end.cause in PARKS
        return Past(parked, False, last.conversation, self.topics(last), self._failed_resumes(last))

    def topics(self, run: Run) -> tuple[str, ...]:
        """Of its conversation, the latest last."""
        spoken_in = run.conversation
        same = [each.spoken for each in self.runs if each is run or (spoken_in and each.conversation == spoken_in)]
        at = {topic: max(each.get(topic, 0) for each in same) for topic in set().union(*same)}
        return tuple(sorted(at, key=at.__getitem__))

    def _failed_resumes(self, since: Run) -> int:
        later = self.runs[self.runs.index(since) + 1 :]
        ends = (each.end for each in later if each.mode == "resume")
        return sum(end is not None and end.of_itself for end in ends)
