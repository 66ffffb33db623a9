"""A world that outlives its daemon: the next one goes by what is on record (`shelf`) and by what lives.

Not on record, so that no history holds them: the turn of an answer or of a task that is over, also where it is in that
of another, and that a session has
had its task where that came to nothing and was handed out anew since. What is on record of a conversation is taken as
what is known of it.
"""

from collections.abc import Callable

from msgspec.structs import replace

from peerd.core.action import Decision, Kill
from peerd.core.death import of_task
from peerd.core.event import DeadlinePassed, Event, SessionAdopted, SessionExited, TurnLost, WrongConversation
from peerd.core.order import head
from peerd.core.queue import due_at
from peerd.core.record import record
from peerd.core.recovery import Known, recalled
from peerd.core.state import Joined, Past, Waiting
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from peerd.model.session import REAPED, End, EndCause, SessionId
from tests.build import ADA
from tests.core.limiting import Limiting
from tests.core.runs import Run


class Lasting(Limiting):
    def _choices(self) -> list[tuple[Callable[[], Event | None], bool]]:
        return [*super()._choices(), *self._looks(), (self._restart, self.chance.happens(2))]

    def _restart(self) -> None:
        """In the order of the daemon's boot: no rule is applied before all is known."""
        self.story.append((self.now, "the daemon ends, and the next one begins"))
        self._leave()
        self.waited_at = None  # as far as the next one knows
        run, lost, said = self.shelf.live(), self._lost(), self.peer.said
        due = run is None and self.peer.called == "restart" and self.peer.spec.restart == "permanent"
        adopted = self._adopted(run) if run else None
        known = self.shelf.known()
        self._go_by(known)
        terms = self.peer.terms
        recall = recalled(self.peer.spec, terms.kind, terms.task_attempts, known, self.now)
        self._check_keys(recall.peer)
        wanted = recall.peer.called == "restart" or recall.peer.past.again is not None  # who replaced it has it again
        assert wanted or not due, "a restart that was due is forgotten"
        self._decided(recall)
        if adopted:
            self._recall(adopted)
            assert self.peer.task is None or self.peer.said == said, "the last words of a task are forgotten"
        self._catch_up(run)
        for each in lost:
            self._recall(each)
        self.feed(DeadlinePassed(ADA))

    def _leave(self) -> None:
        """What the last daemon was about when it ended."""
        if self.live and self.chance.happens(3):
            self._end_unheard()
        if self.peer.terms.kind != "service" and self.chance.happens(2):
            self.lived(self._accept())  # its row is on disk, and the loop was not told
        if self.spawning and self.chance.happens(5):
            self.sessions += 1
            self.shelf.begin(SessionId(f"s-{self.sessions}"), self.now)
        elif self.spawning:
            self.spawning = False  # nothing of it is on record
            self.shelf.tries = self.shelf.left_down.probes if self.shelf.left_down else 0
        self.looking = self.leaving = False
        self._leave_ending()

    def _leave_ending(self) -> None:
        """An end that was decided is on record before its signal, or as if it had never been."""
        run = self.shelf.live()
        if run is not None and self.killing is not None and self.signalled is None and self.chance.happens(3):
            run.ending = None
        elif self.killing is not None:
            self.signalled = self.killing.cause
        begun = run.ending if run is not None else None
        self.killing = Kill(ADA, run.id, begun.cause, begun.why) if run is not None and begun is not None else None

    def _end_unheard(self) -> None:
        """Its end is on record, and nothing of what follows from it."""
        done = self.peer.kind == "pass" and self.open_turn is not None and self.chance.happens(5)
        exited = self._end_well() if done else self._exit()
        assert isinstance(exited, SessionExited)
        self.shelf.hear(exited, self.now, of_task=of_task(self.peer, exited.end))
        if exited.end.cause not in REAPED:
            self._exited(exited.end, exited.boot_s)

    def _lost(self) -> list[TurnLost]:
        leased = [(each, each.leased, False) for each in self.shelf.leased_letters()]
        leased += [(each, each.typed, False) for each in self.shelf.entered_letters()]
        taken = sorted(self.shelf.open_letters(), key=lambda each: -each.since)
        held = leased + [(each, each.session, True) for each in taken]
        runs = ((each, self.shelf.run(session), taken) for each, session, taken in held if session)
        return [
            TurnLost(ADA, run.id, each.waiting, run.end, taken, run.terms, each.entered)
            for each, run, taken in runs
            if run.end
        ]

    def _adopted(self, run: Run) -> SessionAdopted:
        """A task whose turn is over awaits an answer."""
        self.ready = self.ready and run.ready
        self.activity = self._last_told() if self.ready else Activity.UNKNOWN
        letters = [each for each in self.shelf.open_letters() if each.session == run.id]
        letters.sort(key=lambda each: each.since)
        letter, rest = next(iter(letters), None), letters[1:]
        task, since = (letter.waiting, letter.since) if letter else (None, None)
        if task and task.id in self.joined:  # what it was taken beside is over, or no task
            self.open_turn, self.joined = task.id, tuple(each for each in self.joined if each != task.id)
        turn, awaited = (None, task) if task and task.id != self.open_turn else (task, None)
        joined = tuple(Joined(each.waiting, due_at(each.waiting, each.since)) for each in rest)
        turn, joined = (joined[0].waiting, joined[1:]) if awaited and joined else (turn, joined)
        self.joined = tuple(each.waiting.id for each in joined)
        turn = self._first_turn() if letter is None else turn
        served = self.shelf.served(run.id)
        told = SessionAdopted(ADA, run.id, run.ready, self.activity, turn, served, run.mode, awaited, since, run.single)
        leased = next((each.waiting for each in self.shelf.leased_letters() if each.leased == run.id), None)
        self.doubts = list(self.shelf.doubts(run))
        told = replace(told, joined=joined, doubts=tuple(self.doubts), terms=run.terms, ending=run.ending)
        told = replace(told, lost=any(each.lost for each in self.shelf.ended_in(run.id)))
        failed = (each.accepted.id for each in self.shelf.letters if each.limited_in == run.id)
        told = replace(told, failed=next(failed, None)) if run.single else told
        told = replace(told, said=letter.said) if letter and awaited else told
        typed = leased.id if leased else self._unsure(run)
        self.entered = typed if self.screen and self.peer.kind == "tui" else None
        if self.entered is not None:
            self.shelf.letter(self.entered).entered = True
        told = replace(told, entered=self.entered)
        return replace(told, leased=leased, sent=since is not None and self.shelf.sent_at >= since)

    def _first_turn(self) -> Waiting | None:
        """That it is in the turn of its first message is told by the runtime alone."""
        told = self.open_turn in self.firsts and not self.screen
        return self.shelf.letter(self.open_turn).waiting if told and self.open_turn else None

    def _unsure(self, run: Run) -> MessageId | None:
        waits = head(self.peer)
        may_be = waits and not waits.first and self.shelf.letter(waits.id).may_be_taken_in(run.id)
        return waits.id if waits and may_be else None

    def _last_told(self) -> Activity:
        if self.open_turn:
            return Activity.BUSY
        return Activity.BLOCKED if self.activity is Activity.BLOCKED else Activity.IDLE

    def _go_by(self, known: Known) -> None:
        """What it knew and the next daemon does not is forgotten here too."""
        past = known.past
        self._check_topics(past)
        self.parked, self.conversation, self.topics = past.parked, past.conversation, set(past.topics)
        spent = self.live is not None and bool(self.shelf.ended_in(self.live))
        open_there = any(each.session == self.live for each in self.shelf.open_letters())
        self.tasks_in_session = self.tasks_in_session if spent or open_there else 0
        self.taken_in_session = max(self.tasks_in_session, spent)
        self.active_at = self.now
        goes_on = known.last is not None and (known.last.of_task or known.last.end.cause in REAPED)
        self.trying = self.trying and (known.held or goes_on)

    def _check_topics(self, past: Past) -> None:
        """Of the conversation that both know."""
        known = self.peer.past
        if past.conversation is not None and past.conversation == known.conversation:
            assert set(past.topics) >= set(known.topics), "what was spoken of in a conversation is forgotten"

    def _catch_up(self, run: Run | None) -> None:
        """What happened while no daemon ran; a start that was under way came to nothing."""
        delivering, self.delivering = self.delivering, None
        if run and self.spawning:
            self.spawning = False
            self._recall(SessionExited(ADA, run.id, End(EndCause.BOOT_FAILED, forsaken=True)))
        elif run:
            if self.live == self.disowned:
                self._recall(WrongConversation(ADA, run.id, "another one"))
            if delivering and self.chance.happens(5):
                self.delivering = delivering
                self._recall(self._take())
            if self.peer.lease is not None:
                self.overdue(self.peer.lease.waiting.id)
            if self.live and not self.ready and self.chance.happens(5):
                self._recall(self._become_ready())
            if self.chance.happens(2):
                self._recall(self._exit())

    def _flicker(self) -> Event:
        """Of a turn that the daemon before knew of, no word says that it is over before it is."""
        seen = super()._flicker()
        if self.open_turn and self.peer.turn is None and self.activity is Activity.IDLE:
            self.activity = Activity.BUSY
            return replace(seen, activity=Activity.BUSY)
        return seen

    def _recall(self, event: Event) -> None:
        """Without rules."""
        self.lived(event)
        self._decided(record(self.peer, event, self.now))

    def _decided(self, decision: Decision) -> None:
        self.peer = decision.peer
        for action in decision.actions:
            self.perform(action)
