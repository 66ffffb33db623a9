"""That a message which was not to be handed over before its time waits for its turn from now on."""

import msgspec

from peerd.model.message import MessageId


class SetDue(msgspec.Struct, frozen=True, tag=True):
    """It waits at the end, and `evidence` is a step of its history. Changes nothing about one that is due already."""

    message: MessageId
    at: float
    evidence: str
