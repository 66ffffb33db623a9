"""What a message's attempts have come to. The core counts as they end, and the next daemon counts the same from what is
on record of them: by this one function."""

import msgspec

from peerd.model.attempt import DEATHS, IN_VAIN, MAY_HAVE_BEEN_TAKEN, WAS_TAKEN, AttemptEnd


class Tally(msgspec.Struct, frozen=True):
    """Since it was last handed out anew."""

    in_vain: int = 0  # typed, and not seen to be taken
    deaths: int = 0  # of its sessions, at it or on the way to it
    unknown: int = 0  # attempts since it was last seen to be taken that may have been: nothing tells
    taken: int = 0  # times that it was, and that did not come to its end

    def after(self, outcome: AttemptEnd) -> "Tally":
        unknown = 0 if outcome in WAS_TAKEN else self.unknown + (outcome in MAY_HAVE_BEEN_TAKEN)
        return Tally(
            self.in_vain + (outcome in IN_VAIN),
            self.deaths + (outcome in DEATHS),
            max(0, unknown - (outcome is AttemptEnd.TAKEN_BACK)),
            self.taken + (outcome in WAS_TAKEN),
        )

    @property
    def words(self) -> str:
        """What the end of such a message says too."""
        taken = f"; taken {often(self.taken)}, and it did not come to its end" if self.taken else ""
        unknown = f"; typed {often(self.unknown)}, whether it was taken is not known" if self.unknown else ""
        return f"{taken}{unknown}"


def often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"
