"""What a runtime takes while the turn of another message is open: into that one, or, where its number is odd, for a
turn of its own after it, which all of those have together."""

from collections.abc import Callable

from msgspec.structs import replace

from peerd.core.event import Event, MessageSubmitted, TurnEnded
from peerd.core.state import Waiting
from peerd.model.message import MessageId
from peerd.model.peer import Activity
from peerd.model.session import End
from tests.core.world import World


class Joining(World):
    """`after`: what has a turn of its own, and has it by now."""

    after: frozenset[MessageId] = frozenset()

    def _choices(self) -> list[tuple[Callable[[], Event | None], bool]]:
        return [*super()._choices(), *[(self._join, bool(self._may_join()))] * 4]

    def _may_join(self) -> list[Waiting]:
        """Typed there before, whatever was thought of it then: its runtime has had it all the while."""
        told = self.live and self.ready and self.peer.kind == "tui" and not self.screen
        if not told or self.peer.turn is None or self.peer.turn.id != self.open_turn:
            return []
        tried = (each for each in self.peer.queue if each.attempts and not each.first)
        return [each for each in tried if self.shelf.letter(each.id).typed == self.live]

    def _join(self) -> Event:
        late, turn, asked = self.chance.one_of(self._may_join()), self.open_turn, self.asked
        self.forgotten = [each for each in self.forgotten if each.message != late.id]
        self.unordered.add(late.id)
        taken = self._taken(late.id, late.attempts)
        assert isinstance(taken, MessageSubmitted)
        self.open_turn, self.asked, self.joined = turn, asked, (*self.joined, late.id)
        return replace(taken, beside=turn)

    def _end_turn(self) -> Event:
        ended = super()._end_turn()
        assert isinstance(ended, TurnEnded)
        after = tuple(each for each in self.joined if self._comes_after(each))
        self.shared = tuple(each for each in self.joined if each not in after)
        self.joined, self.after = after[1:], frozenset(after)
        if after:
            self.open_turn, self.activity = after[0], Activity.BUSY
        return replace(ended, next=frozenset(after))

    def _comes_after(self, message: MessageId) -> bool:
        return int(message.partition("-")[2]) % 2 == 1 and message not in self.after

    def _end_another(self) -> Event:
        told = super()._end_another()
        assert isinstance(told, TurnEnded)
        return replace(told, message=None) if told.message in self.joined else told

    def _exit(self, by_itself: End | None = None) -> Event:
        self.joined, self.after = (), frozenset()
        return super()._exit(by_itself)
