"""In what order messages are handed over, as it is known outside of the core."""

from peerd.core.action import Deliver, Drop
from peerd.core.order import RANKS
from peerd.core.state import Peer, Waiting
from peerd.model.message import TOOK_ITS_PLACE, MessageId
from tests.core.hands import Hands


class Ordering(Hands):
    """Of one sender's in the order accepted; of several senders' the higher first."""

    def _check_order(self) -> None:
        submitted = [id for id in self.first_submitted if id not in {*self.firsts, *self.unordered}]
        if self.was_single:  # an answer goes to the session that asked, before the next task
            submitted = [id for id in submitted if id not in self.answers]
        of = {id: self.shelf.letter(id).accepted.sender for id in submitted}
        for sender in {*of.values()}:
            order = [self.order.index(id) for id in submitted if of[id] == sender]
            assert order == sorted(order), "submitted out of order"

    def _check_turn(self, action: Deliver) -> None:
        """What waits behind it is of no higher rank, unless it was typed before."""
        given = self.shelf.letter(action.message).accepted
        if self.single or given.first or action.attempt > given.forgiven + 1:
            return
        waits = [given, *(each for each in self._given() if not each.first)]
        ranks = {each.id: max(RANKS[later.priority] for later in waits if self._follows(each, later)) for each in waits}
        assert ranks[given.id] == max(ranks.values()), "a higher priority was passed over"
        self._check_fair(given, [each for each in waits if ranks[each.id] == ranks[given.id]])

    def _check_fair(self, given: Waiting, equals: list[Waiting]) -> None:
        """Of equal rank nobody is given to again while another waits who was given to less recently."""
        lately = self.shelf.given
        at = {each.sender: lately.index(each.sender) if each.sender in lately else -1 for each in equals if each.sender}
        assert given.sender is None or at[given.sender] == min(at.values()), "a sender was passed over twice"

    def _follows(self, each: Waiting, later: Waiting) -> bool:
        return each.sender == later.sender and self.order.index(later.id) >= self.order.index(each.id)

    def _check_times(self) -> None:
        peer, now = self.peer, self.now
        assert peer.given == self.shelf.given, "whose turn it is is not on record"
        assert all(each.expires_at is None or now < each.expires_at for each in peer.waits), "waits too long"
        assert all((each.not_before or 0.0) > now for each in peer.later), "kept back though it is due"

    def _check_way(self, action: Drop) -> None:
        """What waits gives way to a later one of its own sender's alone."""
        later, took, _ = action.why.partition(f" {TOOK_ITS_PLACE}")
        both = (MessageId(later), action.message) if took else ()
        senders = {self.shelf.letter(id).accepted.sender for id in both}
        assert len(senders) < 2, "gave way to another sender's"

    def _check_keys(self, peer: Peer) -> None:
        assert all(each.not_before is None for each in peer.queue), "in the queue before its time"
        keyed = [(each.sender, each.key, each.task) for each in peer.waits if each.key and not each.attempts]
        assert len(keyed) == len(set(keyed)), "two wait under one key"

    def _given(self) -> list[Waiting]:
        """What no pair that is paused holds back."""
        return [each for each in self.peer.queue if each.sender not in self.held_from]
