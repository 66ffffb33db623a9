"""What the runtime tells of turns, and of what it does."""

from collections.abc import Callable

from peerd.core.action import Kill
from peerd.core.event import ActivitySeen, Event, TakenBack, TurnEnded
from peerd.core.holds import ScreenSeen
from peerd.core.wakemode import Conversed
from peerd.model.message import Hold
from peerd.model.peer import Activity
from peerd.model.session import SessionId
from tests.build import ADA
from tests.core.witness import Witness

DOES = (Activity.IDLE, Activity.BUSY, Activity.BLOCKED, Activity.UNKNOWN)
"""As a runtime tells it; that it is limited it tells as the end of a turn."""
SEEN = (None, Hold.BUSY, Hold.DRAFT, Hold.DIALOG, Hold.UNKNOWN_SCREEN)
BOOTS = (
    (Activity.UNKNOWN, None),
    (Activity.BLOCKED, Hold.DIALOG),
    (Activity.BLOCKED, Hold.STARTING),
    (Activity.BLOCKED, Hold.UNKNOWN_SCREEN),
)


class Turning(Witness):
    """The ends of turns, by their names or by others, and what is seen meanwhile."""

    waited_at: SessionId | None = None  # its boot: at a dialog, or with somebody at it

    def _looks(self) -> list[tuple[Callable[[], Event], bool]]:
        alive, of_screen = self.live is not None, self.peer.kind == "tui"
        return [(self._see, of_screen and alive and self.ready), (self._stand, alive and not self.ready)]

    def _see(self) -> Event:
        """A look at its screen, whoever had a reason for it."""
        assert self.live is not None
        return ScreenSeen(ADA, self.live, self.chance.one_of(SEEN))

    def _stand(self) -> Event:
        """What its boot stands at, and whether somebody sits there."""
        assert self.live is not None
        (activity, hold), attended = self.chance.one_of(BOOTS), self.chance.happens(3)
        waits = attended or hold in (Hold.DIALOG, Hold.STARTING)
        self.waited_at = self.live if waits else None
        return ActivitySeen(ADA, self.live, activity, hold, attended)

    def _check_kill(self, action: Kill) -> None:
        super()._check_kill(action)
        waits = self.waited_at == action.session and action.why.startswith("not ready within")
        assert not waits, "a boot that waits for somebody was ended"

    def _end_turn(self) -> Event:
        assert self.live is not None
        ended, self.open_turn, self.activity = self.open_turn, None, Activity.IDLE
        self.active_at = self.now
        return TurnEnded(ADA, self.live, ended, 0, "words")

    def _end_another(self) -> Event:
        """Told late, or of a human's: the turn that is open goes on."""
        assert self.live is not None
        other = self.chance.one_of((None, *self.accepted))
        return TurnEnded(ADA, self.live, other if other != self.open_turn else None, 1, "words of another")

    def _flicker(self) -> Event:
        assert self.live is not None
        self.activity, self.active_at = self.chance.one_of((Activity.IDLE,) if self.calm else DOES), self.now
        return ActivitySeen(ADA, self.live, self.activity)

    def _converse(self) -> Event:
        """Under its own id from then on; or another one begins."""
        assert self.live is not None
        before = self.shelf.run(self.live).conversation
        own = before is not None and before.startswith(str(self.live))
        id = self.chance.one_of((before, f"{before}-anew")) if before and own else str(self.live)
        anew = own and id != before
        if self.runtime == self.peer.spec.runtime:
            self.conversation = id
            self.topics = set() if anew else self.topics
        return Conversed(ADA, self.live, id, self.runtime, anew)

    def _stands(self) -> bool:
        """Whether what was typed last may stand in the input line still, and its message waits."""
        last = self.forgotten[-1] if self.forgotten else None
        return last is not None and last is self.last_typed and any(each.id == last.message for each in self.peer.queue)

    def _take_back(self) -> Event:
        """What was typed stands in the input line still."""
        back = self.forgotten.pop()
        self.untold[back.message].discard(back.attempt)
        if back.message in self.doubts:
            self.doubts.remove(back.message)
        self.not_entered(back.message)
        self.last_typed = None
        return TakenBack(ADA, back.message)
