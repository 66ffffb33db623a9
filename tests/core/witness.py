"""What must hold of every action and after every event."""

from msgspec.structs import replace

from peerd.core.action import (
    Action,
    BecomeDue,
    CountReady,
    Deliver,
    Drop,
    GiveUp,
    Kill,
    LookForWork,
    NoteBackoff,
    NoteCrashLoop,
    NoteHold,
    NoteLate,
    NoteLimit,
    NoteProbe,
    NoteRecovered,
    NoteShared,
    NoteUntried,
    RecordDone,
    RecordSaid,
    RecordSubmitted,
    RecordTurn,
    Requeue,
    SaveMark,
    SavePaused,
    SaveWant,
    Spawn,
)
from peerd.core.decide import decide, next_deadline, settle
from peerd.core.event import DeadlinePassed
from peerd.core.order import head, may_be_given
from peerd.core.queries import hold_of
from peerd.core.queue import in_hand
from peerd.core.state import Look
from peerd.model.peer import Activity, Phase, Want
from peerd.model.session import EndCause
from tests.build import ADA
from tests.core.ordering import Ordering


class Witness(Ordering):
    """What the core decides is compared with what is known outside of it."""

    def perform(self, action: Action) -> None:
        self.shelf.put(action, self.now)
        self.hands_do(action)
        if isinstance(action, RecordTurn) and action.silent_s is not None:
            assert self.now >= self.active_at + action.silent_s, "called silent though it had been active"
        match action:
            case Spawn():
                self._check_spawn(action)
            case Kill():
                self._check_kill(action)
            case Deliver():
                self._check_deliver(action)
            case RecordSubmitted():
                self._check_submitted(action)
                self._note_end(action)
            case RecordTurn() | RecordDone() | GiveUp() | Drop():
                self._note_end(action)
            case NoteLate():
                self._check_late(action)
            case LookForWork():
                self.looking = True
            case SaveMark(marked=marked):
                assert marked or self.spawns > self.marked_at, "a wish used up by a session that was begun before it"
                self.marked = marked
            case NoteRecovered():
                self._check_recovered()
            case SavePaused(paused=paused):
                assert paused is self.paused
            case Requeue(why=why):
                assert why, "given back without a reason"
            case NoteShared(messages=messages):
                assert messages[1:] == self.shared, "called in one turn though they were not"
            case NoteHold() | NoteLimit() | NoteBackoff() | NoteCrashLoop() | NoteUntried():
                pass
            case SaveWant() | RecordSaid() | CountReady() | BecomeDue():
                pass
            case NoteProbe():
                assert self.barred, "a try without a crash loop"
                self.trying = True

    def _check_recovered(self) -> None:
        over = self.single and self.taken_in_session and self.open_turn in {None, *self.over} and not self.late
        assert over or self.ready, "recovered before it was ready"
        assert over or self.now >= self.ready_at + 100.0, "recovered before it had lived for a while"
        assert not (self.single and self.open_turn in self.firsts), "recovered though it may hang over its first"
        self.deaths, self.barred, self.tries = [], False, 0

    def _check_kill(self, action: Kill) -> None:
        assert action.session == self.live, "a kill of what is not this peer's session"
        if self.killing is not None:
            return  # the first one counts
        late = "not done within" in action.why
        if action.why.startswith("silent for"):
            self._check_silent()
        elif action.cause in (EndCause.PARKED, EndCause.REPLACED, EndCause.FINISHED) and not late:
            self._check_at_rest()
        if action.cause is EndCause.FINISHED and not late:
            assert self.now >= self.active_at + self.peer.spec.ephemeral_quiet_s, "done with though it had been active"
        if action.cause is EndCause.PARKED:
            assert self.now >= self.active_at + self.peer.spec.idle_s, "parked though it had been active"
            assert self.paused or not self._given(), "parked though a message waited"
        self.killing = action

    def _check_deliver(self, action: Deliver) -> None:
        session, message = action.session, action.message
        assert session == self.live, "typed into another session"
        assert self.killing is None, "typed into a session that is being ended"
        assert session != self.disowned, "typed into another conversation"
        assert self.ready, "typed before it was ready"
        assert self.peer.kind != "service", "typed into a service"
        assert self.activity is Activity.IDLE, "typed though it was not known to be idle"
        assert self.delivering is None, "two deliveries at once"
        assert self.open_turn is None, "typed while a turn was open"
        assert not self.paused, "typed though the queue is held back"
        assert self.firsts.get(message, session) == session, "another session's first message"
        due = [id for id, of in self.firsts.items() if of == session and id not in self.over]
        assert due in ([], [message]), "typed before the first message"
        if self.single and message not in self.answers:
            assert self.tasks_in_session == 0, "a second task in an ephemeral session"
        assert action.attempt not in self.typed[message], "two attempts of one number"
        self._check_turn(action)
        self.typed[message].add(action.attempt)
        self.untold[message].add(action.attempt)
        self.last_typed = action
        self.delivering = action

    def _note_end(self, action: RecordTurn | RecordDone | GiveUp | RecordSubmitted | Drop) -> None:
        assert not isinstance(action, GiveUp | Drop) or action.why, "an end without a reason"
        if isinstance(action, Drop):
            self._check_told(action)
            self._check_way(action)
        match action:
            case RecordTurn(message=message) if message in self.answers | self.done:
                pass  # the end of a turn that was no task's any more
            case RecordSubmitted(message=message) if message in self.answers and message not in self.over:
                self.over.append(message)
            case RecordDone(message=message):
                self.done.add(message)
                self.over.append(message)
            case GiveUp(message=message, submitted=True) if message in (self.open_turn, *self.joined):
                self.done.add(message)  # its turn goes on
                self.over.append(message)
                self.late = self.late or message == self.open_turn
            case RecordTurn(message=message) | GiveUp(message=message) | Drop(message=message):
                assert message not in self.over, "an end after the end"
                self.over.append(message)
            case RecordSubmitted():
                pass

    def _check_told(self, action: Drop) -> None:
        """Its sender is told where nobody knows whether it was taken."""
        times = len(self.untold[action.message])
        often = f"typed {'once' if times == 1 else f'{times} times'}, whether it was taken is not known"
        told = action.why.endswith(often) if times else "typed" not in action.why
        assert told, "told wrongly whether it may have been taken"

    def _check_late(self, action: NoteLate) -> None:
        assert action.message in self.over, "called late though it waits"
        assert action.message in self.seen, "called late though it was not seen"

    def _check_spawn(self, action: Spawn) -> None:
        assert self.live is None, "a second live session"
        assert action.cause, "a wake without a cause"
        assert action.because, "a wake without a cause"
        assert not self.spawning, "a second spawn in flight"
        assert not self.stopped, "a stopped peer was woken"
        assert not self.leaving, "a peer that is to leave was woken"
        assert self.trying or not self.barred, "a crash-looping peer was woken"
        assert self.now >= self.not_before, "a start before its backoff was over"
        self.spawning, self.tasks_in_session, self.taken_in_session, self.late = True, 0, 0, False
        self.spawns += 1
        self.probing = action.probes > 0
        self.single = self.peer.spec.wake_policy == "ephemeral" or self.peer.kind == "pass"
        self.was_single = self.was_single or self.single
        self._check_mode(action)
        self.resumes = action.mode == "resume"
        self.shelf.next = (action.mode, self.single, self.peer.terms)

    def _check_at_rest(self) -> None:
        if self.ready and not self.hurried:
            assert self.open_turn is None, "ended in the middle of a turn"
            assert self.delivering is None, "ended in the middle of a delivery"
            assert self.activity is Activity.IDLE, "ended though it was not known to be idle"

    def _check_silent(self) -> None:
        assert self.single, "a session for many was ended in the middle of a turn"
        assert self.delivering is None, "ended in the middle of a delivery"
        assert self.activity in (Activity.BUSY, Activity.IDLE), "ended though it was not known to be silent"
        assert self.now >= self.active_at + self.peer.spec.ephemeral_silent_s, "ended though it had been active"

    def _check_mode(self, action: Spawn) -> None:
        """The table of wake modes, told anew."""
        if action.because == "asked for":
            return
        waking = (each for each in may_be_given(self.peer) if each.wakes)
        waits = next(waking, head(self.peer))
        topic, asked_in = (waits.topic, waits.asked_in) if waits is not None else (None, None)
        may = self.parked and not self.marked and not self.single and self.conversation is not None
        wanted = self.peer.spec.front == "person" or asked_in is not None or topic in self.topics
        resumes = may and wanted and self.resume_failures < 2
        assert action.mode == ("resume" if resumes else "fresh"), f"{action.mode}, {action.because}"
        answers = resumes and asked_in is not None and self.peer.spec.front != "person"
        assert not answers or action.conversation == asked_in, "an answer in another conversation than it was asked in"

    def check(self) -> None:
        self._check_messages()
        self._check_past()
        self._check_settled()
        self.check_hands()
        assert settle(self.peer, self.now).actions == (), "rules were left to fire"
        if self.live is not None:
            assert self.peer.phase in (Phase.STARTING, Phase.RUNNING, Phase.STOPPING), "a live session nobody counts"
        if (due := next_deadline(self.peer)) is not None and due <= self.now:
            again = decide(self.peer, DeadlinePassed(ADA), self.now)
            assert again.peer != self.peer, "a deadline that passes without effect"

    def _check_messages(self) -> None:
        held = [waiting.id for waiting in self.peer.waits]
        held += [self.peer.lease.waiting.id] if self.peer.lease else []
        held += [self.peer.turn.id] if self.peer.turn and self.peer.turn.task else []
        held += [self.peer.task.id] if self.peer.task else []
        held += [each.waiting.id for each in self.peer.joined if each.waiting.task]
        assert sorted(held + self.over) == sorted(self.accepted), "a message lost or doubled"
        self._check_record()
        self._check_keys(self.peer)
        self._check_order()
        self._check_times()

    def _check_record(self) -> None:
        """What counts for a message or against it is the same for the next daemon."""
        peer = self.peer
        for known in (each for each in (*peer.waits, *in_hand(peer)) if each.id not in self.over):
            on_record = replace(self.shelf.letter(known.id).waiting, asked_in=known.asked_in)  # as its session tells
            assert known == on_record, "what counts against a message is not on record"

    def _check_past(self) -> None:
        """So is whether the next session begins afresh, and who wants it at once."""
        past = self.peer.past
        assert (past.marked, past.again) == (self.shelf.marked, self.shelf.again), "a wish that is not on record"

    def _check_settled(self) -> None:
        """What may not stay as it is once the rules have been applied."""
        peer = self.peer
        assert self.killing is None or peer.phase is Phase.STOPPING, "a session that is being ended goes on"
        if peer.want is Want.DOWN:
            assert peer.phase not in (Phase.BACKOFF, Phase.FAILED), "a stopped peer that waits for a start"
        if peer.held_down:
            assert peer.session is None or peer.phase is Phase.STOPPING, "a stopped peer's session goes on"
        up = not (peer.kind == "service" or self._is_kept()) or peer.phase is not Phase.ASLEEP
        assert up or peer.held_down, "one that is to be kept running is down and was not stopped"
        called = peer.phase is not Phase.ASLEEP or self.shelf.again is None
        assert called or peer.held_down, "a session that was asked for does not come"
        assert self.barred or peer.phase is not Phase.FAILED, "left down without a crash loop"
        assert not (peer.hurry and peer.session) or peer.phase is Phase.STOPPING, "a replacement that was to be at once"
        if peer.queue and peer.lease is None:
            assert peer.noted is hold_of(peer), "a sender is not told why its message waits"
        if self._is_silent():
            assert peer.considered is Look.ASKED, "a session that was silent for long in its turn goes on"
        if self._at_rest():
            to_be_replaced = self.marked and peer.task is None
            assert not to_be_replaced or peer.considered in (Look.ASKED, Look.AT_WORK), (
                "a session that is to be replaced goes on"
            )
            idle = not self.marked and self.now >= self.active_at + self._idle_s() and not self._takes_more()
            idle = idle and (self.single or not self._is_kept())
            assert not idle or peer.considered is Look.ASKED, "a session that was idle for long goes on"

    def _is_kept(self) -> bool:
        """Whether it runs without any reason."""
        warm = self.peer.terms.kind == "tui" and self.peer.spec.wake_policy != "ephemeral"
        return warm and self.peer.spec.restart == "permanent"

    def _idle_s(self) -> float:
        spec = self.peer.spec
        if not self.single:
            return spec.idle_s
        return spec.ephemeral_quiet_s if self.peer.finished else spec.ephemeral_silent_s

    def _takes_more(self) -> bool:
        if self.paused:
            return False
        had_its_task = self.single and self.taken_in_session
        return any(not had_its_task or each.id in self.answers for each in self._given())

    def _is_silent(self) -> bool:
        peer, silent_s = self.peer, self.peer.spec.ephemeral_silent_s
        busy = self.ready and self.single and self.activity is Activity.BUSY and peer.phase is Phase.RUNNING
        return busy and peer.kind != "service" and peer.lease is None and self.now >= self.active_at + silent_s

    def _at_rest(self) -> bool:
        peer, busy = self.peer, self.open_turn or self.delivering
        running = self.ready and peer.phase is Phase.RUNNING and peer.lease is None and peer.kind != "service"
        return running and not busy and self.activity is Activity.IDLE
