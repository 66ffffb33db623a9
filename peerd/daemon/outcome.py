"""How one attempt at typing a message ended, as far as it was seen."""

import msgspec

from peerd.model.message import Hold


class Held(msgspec.Struct, frozen=True):
    """Nothing was typed."""

    hold: Hold


class Lost(msgspec.Struct, frozen=True):
    """Typed, surely not submitted, and taken back."""

    why: str


class Unconfirmed(msgspec.Struct, frozen=True):
    """Typed; whether it was submitted is not known yet. Its evidence may come until the lease ends."""

    why: str


class Vanished(msgspec.Struct, frozen=True):
    """Nothing was typed: an earlier attempt may have been taken, and is not to be made again."""

    why: str


class Spoilt(msgspec.Struct, frozen=True):
    """Nothing was typed: what goes with it is gone for good."""

    why: str


class Barred(msgspec.Struct, frozen=True):
    """Nothing was typed, nor may it be: it would be run there."""

    why: str


class Taken(msgspec.Struct, frozen=True):
    """The journal carried the id."""


Outcome = Held | Lost | Unconfirmed | Vanished | Spoilt | Barred | Taken
