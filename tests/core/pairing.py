"""Senders that a peer is paused with, and answers that a command of its session printed, counted outside of the core:
by the number of messages and by lot, not drawn, so that the histories of seeds stay much as they are."""

from peerd.core.action import Action, Deliver, NoteHold
from peerd.core.event import Event, MessageAccepted
from peerd.core.order import first_waiting
from peerd.core.pair import SenderHeld
from peerd.core.printed_answer import AnswerHeard
from peerd.core.queries import in_turn
from peerd.core.state import Waiting
from peerd.model.message import Delivery, Hold, MessageId
from peerd.model.peer import PeerName
from tests.build import ADA
from tests.core.asking import SENDERS
from tests.core.lasting import Lasting


class Pairing(Lasting):
    """Of so many messages one pauses a sender, and a later one releases it; the other may be paused meanwhile."""

    def feed(self, event: Event) -> None:
        super().feed(event)
        by_lot = self.peer.spec.restart == "transient"
        if isinstance(event, MessageAccepted) and by_lot and (turn := self._turn()) is not None:
            self.feed(turn)
        printed = next((each for each in self.peer.queue if self._may_be_printed(each)), None)
        if isinstance(event, MessageAccepted) and printed is not None and len(self.accepted) % 4 == 1:
            self.feed(AnswerHeard(ADA, printed))

    def _may_be_printed(self, each: Waiting) -> bool:
        return not (each.task or each.attempts or each.first) and self.open_turn is not None and in_turn(self.peer)

    def _heard(self, answer: Waiting) -> None:
        letter = self.shelf.letter(answer.id)
        letter.step(Delivery.SUBMITTED, 1, self.live)
        letter.session, letter.over = self.live, True
        self.shelf.speak(answer.id, self.live)
        self.topics |= {answer.topic} if answer.topic else set()
        self.over.append(answer.id)
        self.asked = None

    def _turn(self) -> Event | None:
        number = len(self.accepted)
        sender, other = SENDERS[number % 2], SENDERS[(number + 1) % 2]
        match number % 9:
            case 3:
                return SenderHeld(ADA, sender, held=True)
            case 5:
                return SenderHeld(ADA, sender, held=False)
            case 6:
                return SenderHeld(ADA, other, held=False)
            case _:
                return None

    def lived(self, event: Event) -> None:
        if isinstance(event, SenderHeld):
            change = {event.sender}
            self.held_from = self.held_from | change if event.held else self.held_from - change
            self.shelf.held_from = self.held_from
        if isinstance(event, AnswerHeard):
            self._heard(event.answer)
        super().lived(event)

    def perform(self, action: Action) -> None:
        drawn = self.peer.hold is Hold.PAIR_PAUSED  # as any that the hands may tell of
        if isinstance(action, NoteHold) and action.hold is Hold.PAIR_PAUSED and not drawn:
            assert self._is_held_back(action.message), "called held back though its pair is not paused"
        super().perform(action)

    def _check_deliver(self, action: Deliver) -> None:
        super()._check_deliver(action)
        meant = self.shelf.letter(action.message).accepted.for_session
        assert meant in (None, action.session), "given to another session than it is for"
        assert not self._is_held_back(action.message), "given to it though the two are paused"

    def _is_held_back(self, message: MessageId) -> bool:
        return self.shelf.letter(message).accepted.sender in self.held_from

    def check(self) -> None:
        super().check()
        assert self.peer.held_from == self.held_from, "which pairs are paused is not on record"
        waits = first_waiting(self.peer)
        held = waits is not None and waits.sender in self.held_from
        if held and not (self.peer.held_down or self.peer.paused or self.peer.lease):
            assert self.peer.noted is Hold.PAIR_PAUSED, "the sender of one that is held back is not told"

    def release_all(self) -> None:
        for sender in sorted(self.held_from):
            self.feed(SenderHeld(ADA, PeerName(sender), held=False))
