"""Two peers that are paused with each other: asked for, and answered."""

import msgspec

from peerd.rpc.params import Params
from peerd.rpc.results import Result


class PairsParams(Params, frozen=True, kw_only=True):
    one: str
    other: str


class PairReleaseParams(Params, frozen=True, kw_only=True):
    """`purge`: what waits between the two is cancelled."""

    one: str
    other: str
    purge: bool = False


class PairRow(Result, frozen=True, kw_only=True):
    """`since` it is so, or was last refused where it is not `paused`; `by` whom: `daemon`, or who asked for it;
    `waiting` counts what is held back, both ways."""

    one: str
    other: str
    paused: bool
    since: str
    why: str
    by: str
    waiting: int


class PairListed(Result, frozen=True, kw_only=True):
    pairs: list[PairRow] = msgspec.field(default_factory=list)


class PairChanged(Result, frozen=True, kw_only=True):
    """`waiting` counts what waited, and waits or goes on; `dropped` what was cancelled by this."""

    one: str
    other: str
    paused: bool
    waiting: int
    dropped: int = 0
