"""Limits that a runtime meets: what holds up what, and until when, counted outside of the core."""

from collections.abc import Callable

from peerd.core.action import Action, Deliver, NoteLimit, RecordSubmitted, Requeue, Spawn
from peerd.core.event import Event, RefreshRequested, SpecChanged, StartRequested, TurnEnded
from peerd.core.limit import TurnLimited
from peerd.core.queries import hold_of
from peerd.model.attempt import AttemptEnd
from peerd.model.limit import LimitKind
from peerd.model.message import Hold, MessageId
from peerd.model.peer import Activity, Phase
from tests.build import ADA
from tests.core.joining import Joining

ENDS_S = (None, 5.0, 90.0, -1.0)
"""When a limit is over, as its runtime tells: never, or told too late, too."""


class Limiting(Joining):
    """`held_until`: nothing is given to it before; None: no limit holds it up. `limits`: met in a row."""

    held_until: float | None = None
    limits = 0
    failing: tuple[MessageId, ...] = ()  # the tasks whose turn is just failing by a limit

    def _choices(self) -> list[tuple[Callable[[], Event | None], bool]]:
        tells = self.live is not None and self.ready and self.peer.kind == "tui" and not self.screen
        return [*super()._choices(), (self._meet_limit, tells and self.chance.happens(3))]

    def _meet_limit(self) -> Event:
        """In a turn of ours, or in a person's."""
        assert self.live is not None
        ended, self.open_turn, self.activity, self.asked = self.open_turn, None, Activity.IDLE, None
        self.active_at = self.now
        in_s = self.chance.one_of(ENDS_S)
        if self.peer.phase is Phase.RUNNING or self.peer.phase is Phase.STOPPING:
            self._count(in_s)
        over = self.answers | self.done | {*self.over}
        self.failing = tuple(each for each in (ended, *self.joined) if each is not None and each not in over)
        self.joined = ()
        return TurnLimited(ADA, self.live, ended, LimitKind.RATE_LIMIT, None if in_s is None else self.now + in_s)

    def _count(self, in_s: float | None) -> None:
        self.limits += 1
        backoff_s = min(self.peer.spec.limit_cap_s, self.peer.spec.limit_base_s * 2.0 ** (self.limits - 1))
        self.held_until = self.now + (in_s if in_s is not None and in_s > 0.0 else backoff_s)

    def feed(self, event: Event) -> None:
        super().feed(event)
        self._check_failed()

    def lived(self, event: Event) -> None:
        well = isinstance(event, TurnEnded) and event.exit_status == 0
        other = isinstance(event, SpecChanged) and event.spec.runtime != self.peer.spec.runtime
        if well or other or isinstance(event, StartRequested | RefreshRequested):
            self.held_until, self.limits = None, 0
        if self.held_until is not None and self.now >= self.held_until:
            self.held_until = None
        super().lived(event)

    def perform(self, action: Action) -> None:
        if isinstance(action, NoteLimit):
            self.shelf.limited = action.limited
        if isinstance(action, Requeue):
            met = action.outcome is AttemptEnd.LIMITED
            self.shelf.letter(action.message).limited_in = self.live if met else None
        if isinstance(action, RecordSubmitted):
            self.shelf.letter(action.message).limited_in = None
        if isinstance(action, Requeue) and action.outcome is AttemptEnd.LIMITED:
            assert action.message in self.failing, "put back for a limit that it did not meet"
            self.tasks_in_session -= 1
            self.taken_in_session -= 1
        super().perform(action)

    def _check_failed(self) -> None:
        """Its task is no death's, and no answer's."""
        for failed in self.failing:
            self._check_fails(failed)
        self.failing = ()

    def _check_fails(self, failed: MessageId) -> None:
        waits = any(each.id == failed for each in self.peer.queue)
        expires_at = self.shelf.letter(failed).accepted.expires_at
        ends = self.peer.task_attempts == 1 or (expires_at is not None and self.now >= expires_at)
        awaits = self.peer.task is not None and self.peer.task.id == failed  # it was another turn's too
        assert waits or awaits or (failed in self.over and ends), "a task that a limit has ended"

    def _check_deliver(self, action: Deliver) -> None:
        super()._check_deliver(action)
        assert not self._is_held(), "given to one whose limit is used up"

    def _check_spawn(self, action: Spawn) -> None:
        super()._check_spawn(action)
        assert action.cause != "message" or not self._is_held(), "begun for a message though its limit is used up"

    def _is_held(self) -> bool:
        return self.held_until is not None and self.now < self.held_until

    def check(self) -> None:
        super().check()
        peer = self.peer
        at_its_line = peer.phase is Phase.RUNNING and peer.activity in (Activity.IDLE, Activity.LIMITED)
        limited = peer.limited is not None and peer.limited.until is not None
        assert limited is self._is_held(), "what is known of its limit is not what its runtime told"
        assert not (self._is_held() and at_its_line) or peer.activity is Activity.LIMITED, "told as idle though limited"
        held_back = peer.held_down or peer.paused or (peer.queue and not self._given())
        if self._is_held() and at_its_line and not held_back:
            assert hold_of(peer) is Hold.LIMITED, "a sender is not told of the limit"
        assert peer.limited == self.shelf.limited, "what is known of a limit is not on record"

    def _at_rest(self) -> bool:
        return super()._at_rest() and not self._is_held()
