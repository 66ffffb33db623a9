"""What is asked of a peer, and of what was sent to it."""

from msgspec.structs import replace

from peerd.core.event import (
    CancelRequested,
    Event,
    MessageAccepted,
    PauseRequested,
    RefreshRequested,
    SpecChanged,
    TaskOver,
)
from peerd.core.state import Waiting
from peerd.core.tally import Tally
from peerd.model.message import MessageId, Priority
from peerd.model.peer import PeerName
from tests.build import ADA
from tests.core.witness import Witness

EDITS: tuple[tuple[str, tuple[str | float, ...]], ...] = (
    ("idle_s", (30.0, 5.0, 90.0)),
    ("wake_policy", ("warm", "ephemeral")),
    ("restart", ("temporary", "transient", "permanent")),
    ("front", ("agent", "person")),
)
SENDERS = (PeerName("bob"), PeerName("eve"))
PRIORITIES: tuple[Priority, ...] = ("normal", "normal", "low", "normal", "high", "normal", "high")


class Asking(Witness):
    """By its operator, and by those who send to it."""

    def _accept(self) -> Event:
        id = MessageId(f"m-{len(self.accepted)}")
        self.accepted.append(id)
        asks = self.chance.happens(8)
        self.answers |= set() if asks else {id}
        expires_at = self.now + 60.0 if self.chance.happens(2) else None
        deadline_s = 30.0 if self.chance.happens(2) else None
        key = "k" if self.chance.happens(2) else None
        # these, as the sender and the rest below, by its number, not drawn: the histories of seeds stay as they are
        not_before = self.now + 30.0 if len(self.accepted) % 9 == 4 else None
        if not_before is None:
            self.order.append(id)
        topic = self.chance.one_of((None, "a", "b"))
        waits = Waiting(id, task=asks, topic=topic, expires_at=expires_at, deadline_s=deadline_s, key=key)
        sender, priority = SENDERS[len(self.order) % 3 % 2], PRIORITIES[len(self.order) % 7]
        said = {"sender": sender, "priority": priority, "wakes": len(self.order) % 5 != 0}
        asked_in = self.conversation if not asks and len(self.order) % 3 == 1 else None
        only = self.live if not asks and len(self.order) % 4 == 3 and not_before is None else None
        told = replace(waits, **said, asked_in=asked_in, not_before=not_before, for_session=only)
        return MessageAccepted(ADA, told)

    def _cancel(self) -> Event:
        return CancelRequested(ADA, self.chance.one_of(self.accepted), "not wanted")

    def _revivable(self) -> list[Waiting]:
        """What came to nothing and is in no hand any more; one of its sender's under its key that waits, or is on its
        way, is the later word."""
        peer = self.peer
        keys = {(each.sender, each.key) for each in (*peer.queue, *((peer.lease.waiting,) if peer.lease else ()))}
        held = (self.open_turn, peer.turn.id if peer.turn else None, *self.joined)
        lost = (each.waiting for each in self.shelf.letters if each.lost and not each.accepted.first)
        lost = (each for each in lost if each.id not in held)
        return [each for each in lost if each.key is None or (each.sender, each.key) not in keys]

    def _revive(self) -> Event:
        again = self.chance.one_of(self._revivable())
        self.over.remove(again.id)
        self.untold[again.id].clear()
        self.shelf.letter(again.id).entered = False  # whatever an attempt before came to
        self.entered = None if self.entered == again.id else self.entered
        self.done.discard(again.id)
        self.order = [*(each for each in self.order if each != again.id), again.id]
        self.first_submitted = [each for each in self.first_submitted if each != again.id]
        return MessageAccepted(
            ADA, replace(again, tally=Tally(), expires_at=None, not_before=None, forgiven=again.attempts)
        )

    def _pause(self) -> Event:
        self.paused = self.chance.happens(3)
        return PauseRequested(ADA, self.paused)

    def _refresh(self) -> Event:
        self.hurried, self.marked_at = self.chance.happens(2), self.spawns
        return RefreshRequested(ADA, self.chance.one_of((None, "operator")), self.hurried)

    def _edit(self) -> Event:
        field, values = self.chance.one_of(EDITS)
        edited = replace(self.peer.spec, **{field: self.chance.one_of(values)})
        return SpecChanged(ADA, edited, self.chance.one_of((3, 2, 1)), self.peer.terms.kind)

    def _change_runtime(self) -> Event:
        """Another program cannot go on with its conversation. It may be of another kind."""
        self.conversation, self.topics = None, set()
        other = "other" if self.peer.spec.runtime == "actor" else "actor"
        kind = self.chance.one_of(("tui", "tui", "service", self.peer.terms.kind))
        return SpecChanged(ADA, replace(self.peer.spec, runtime=other), self.peer.terms.task_attempts, kind)

    def _answerable(self) -> list[MessageId]:
        """Tasks that were given to it and have no end."""
        peer = self.peer
        beside = (each.waiting for each in peer.joined)
        held = (*peer.queue, *(each for each in (peer.turn, peer.task, *beside) if each is not None))
        return [each.id for each in held if each.attempts and each.task and each.id not in self.over]

    def _answer(self) -> Event:
        answered = self.chance.one_of(self._answerable())
        self.over.append(answered)
        self.done.add(answered)
        return TaskOver(ADA, answered)
