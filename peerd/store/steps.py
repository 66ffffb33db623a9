"""Steps that a message's history has though neither its delivery nor its task gets any further by them."""

import msgspec

from peerd.model.message import MessageId


class SetDue(msgspec.Struct, frozen=True, tag=True):
    """It was not to be handed over before its time, and waits for its turn from now on, at the end. Changes nothing
    about one that is due already."""

    message: MessageId
    at: float
    evidence: str


class SetLate(msgspec.Struct, frozen=True, tag=True):
    """It had come to nothing by then, and was seen to have been taken all the same."""

    message: MessageId
    at: float
    evidence: str


class SetShared(msgspec.Struct, frozen=True, tag=True):
    """The turn that it had was that of another message, too."""

    message: MessageId
    at: float
    evidence: str


SetBeside = SetLate | SetShared
