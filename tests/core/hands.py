"""What a session has in its hands, and what becomes of that: deaths and deadlines, counted outside of the core."""

import msgspec

from peerd.core.action import Action, BecomeDue, Deliver, Drop, GiveUp, RecordDone, RecordSubmitted, RecordTurn, Requeue
from peerd.core.event import DeliveryBarred, DeliveryHeld, DeliverySpoilt, Entered, Event, MessageAccepted
from peerd.core.queue import in_hand
from peerd.core.requeue import DELIVERY_ATTEMPTS_MAX
from peerd.core.state import Waiting
from peerd.model.message import Hold, MessageId
from peerd.model.session import End, EndCause
from tests.build import ADA
from tests.core.chance import Chance
from tests.core.outside import Outside

OF_A_SESSION = tuple(each for each in Hold if each not in (Hold.UNWRITABLE, Hold.UNHEARD))
DEATHS = (EndCause.KILLED, EndCause.EXITED, EndCause.SERVER_DIED)


class Fallen(msgspec.Struct, frozen=True):
    """It was in a session's hands when that ended."""

    taken: bool
    entered: bool
    by_death: bool


class Hands(Outside):
    """One peer's sessions'. `inside`: what was given to this one and has no end, and whether it was taken."""

    def __init__(self, chance: Chance) -> None:
        super().__init__(chance)
        self.inside: dict[MessageId, bool] = {}
        self.fallen: dict[MessageId, Fallen] = {}
        self.died: dict[MessageId, int] = {}  # how often its session did, since it was last handed out anew
        self.asks: dict[MessageId, Waiting] = {}
        self.dues: dict[MessageId, float] = {}
        self.once: set[MessageId] = set()  # entered where only the screen tells, to be handed over once, and left open
        self.may_die = 0  # so often, of the session that ended last

    def hands_hear(self, event: Event) -> None:
        match event:
            case MessageAccepted(message=message):
                self.asks[message.id] = message
                self.died[message.id] = 0
                self.once.discard(message.id)
            case DeliveryHeld(message=message) | DeliverySpoilt(message=message) | DeliveryBarred(message=message):
                self.inside.pop(message, None)
            case _:
                pass

    def hands_do(self, action: Action) -> None:
        match action:
            case Deliver(message=message):
                assert message not in self.once, "handed over once more though it may have been taken"
                self.inside[message] = False
            case BecomeDue(message=message):
                self.order.append(message)
            case RecordSubmitted(message=message):
                self._taken_in_hand(message)
            case Requeue(message=message):
                self._check_again(message)
                self._out_of_hand(message)
            case GiveUp():
                self._check_given_up(action)
                self._out_of_hand(action.message)
            case RecordTurn(message=message) | RecordDone(message=message) | Drop(message=message):
                self._out_of_hand(message)
            case _:
                pass

    def _taken_in_hand(self, message: MessageId) -> None:
        self.inside[message] = True
        asked = self.asks.get(message)
        if asked is not None and asked.task and asked.deadline_s is not None:
            self.dues[message] = self.now + asked.deadline_s

    def _out_of_hand(self, message: MessageId) -> None:
        self.inside.pop(message, None)
        self.dues.pop(message, None)

    def fall(self, cause: EndCause) -> None:
        """Its session ended."""
        by_death = cause in DEATHS
        self.may_die = self.peer.task_attempts
        self.fallen = {
            message: Fallen(taken, message == self.entered, by_death or (taken and cause is EndCause.FINISHED))
            for message, taken in self.inside.items()
        }
        if self.entered is not None and self.may_die == 1:
            self.once.add(self.entered)
        for message, taken in self.inside.items():
            silent = (
                taken and cause is EndCause.FINISHED
            )  # that it was taken showed only as it was ended for its silence
            self.died[message] = self.died.get(message, 0) + (by_death or silent)
        self.inside, self.dues = {}, {}

    def enter(self) -> Event:
        """In a runtime of which only the screen tells."""
        assert self.delivering is not None
        self.entering, self.entered = self.delivering, self.delivering.message
        self.shelf.letter(self.entered).entered = True
        return Entered(ADA, self.delivering.session, self.entered)

    def hold(self) -> Event:
        """Nothing was typed. Whether it is held for its files, comes to nothing for them, or would be run, goes by its
        number."""
        assert self.delivering is not None
        held, self.delivering = self.delivering, None
        id, number = held.message, 0 if held.message in self.firsts else int(held.message.removeprefix("m-"))
        self.shelf.untyped(id)
        self.typed[id].discard(held.attempt)
        self.untold[id].discard(held.attempt)
        drawn = self.chance.one_of(OF_A_SESSION)
        if number % 4 == 3:
            return DeliverySpoilt(ADA, held.session, id, "its files are gone")
        if number % 7 == 2:
            return DeliveryBarred(ADA, held.session, id, "it would be run")
        return DeliveryHeld(ADA, held.session, id, Hold.UNWRITABLE if number % 5 == 4 else drawn)

    def _exited(self, end: End, boot_s: float) -> None:
        """The last death of a task is its peer's too."""
        well = end.code == 0 and self.peer.kind == "pass" and self.peer.turn is not None
        tried = self.barred and self.holds()
        last = not self.peer.finished and any(map(self._was_last, self.fallen))
        if self.single and not well and (tried or last):
            self._die(boot_s)
        else:
            super()._exited(end, boot_s)

    def _was_last(self, message: MessageId) -> bool:
        asked, fell, lease = self.asks.get(message), self.fallen[message], self.peer.lease
        if asked is None or message in self.over:
            return False
        leased = lease.waiting if lease is not None and lease.waiting.id == message and fell.by_death else None
        often = leased is not None and leased.tally.in_vain + 1 >= DELIVERY_ATTEMPTS_MAX
        return often or (asked.task and self._died_too_often(message, fell))

    def _check_again(self, message: MessageId) -> None:
        fell = self.fallen.pop(message, None)
        assert fell is None or not self._died_too_often(message, fell), "handed out again after its last death"

    def _check_given_up(self, action: GiveUp) -> None:
        fell = self.fallen.pop(action.message, None)
        if fell is not None and (fell.taken or action.attempt < DELIVERY_ATTEMPTS_MAX):
            assert self._died_too_often(action.message, fell), "given up before its last death"

    def _died_too_often(self, message: MessageId, fell: Fallen) -> bool:
        """What was taken once is over where it is to be handed out once; what was not taken may be typed again."""
        often = self.died[message] >= self.may_die
        if fell.taken or (fell.entered and self.may_die == 1):
            return often or self.may_die == 1
        return often and self.may_die > 1 and fell.by_death and self.asks[message].task

    def _check_submitted(self, action: RecordSubmitted) -> None:
        assert action.session == self.live, "submitted to another session"
        assert action.message in self.seen | self.done, "called submitted, and not seen to be taken"

    def check_hands(self) -> None:
        peer = self.peer
        held = (*peer.queue, *in_hand(peer))
        for known in (each for each in held if each.id not in self.over):
            assert known.tally.deaths == self.died.get(known.id, 0), "a death that counts wrongly against a message"
        late = [id for id, at in self.dues.items() if at <= self.now and id not in self.over]
        assert not late, "a task past its deadline goes on"
