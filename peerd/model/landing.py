"""What an input line shows of a text that was typed there: patterns over the line, `squeezed`.

Letters that every terminal knows stand there as they were typed. What else is not ASCII may be joined, turned around,
drawn as something else or left out, and rows be broken amid it: a letter at the edge is overwritten. Of a text with
such characters most is to be seen, its end as it is, and nothing that was not in it.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import chain

KINDS = "LNPS"
"""Letters, digits, punctuation and symbols: no mark, which may be joined to another, and nothing unseen."""

EUROPEAN = chain(range(0xA1, 0x590), range(0x10A0, 0x1100), range(0x1E00, 0x2070), range(0x20A0, 0x20C0))
EAST_ASIAN = chain(range(0x3001, 0x3190), range(0xFF01, 0xFFDD))


def _known(char: str) -> bool:
    """Since 2002: to the tables of every terminal."""
    return all(data.category(char)[0] in KINDS for data in (unicodedata, unicodedata.ucd_3_2_0))


STEADY = "".join(re.escape(char) for char in map(chr, chain(EUROPEAN, EAST_ASIAN)) if _known(char))
IDEOGRAPHS = "\u3400-\u4db5\u4e00-\u9fa5\uac00-\ud7a3"
NOT_ASCII = re.compile(r"([^\x00-\x7f]+)")
UNSTEADY = re.compile(rf"([^\x00-\x7f{STEADY}{IDEOGRAPHS}]+)")
INSTEAD = "\ufffd"
END_CHARS = 4
SHOWN_MAX_CHARS = 1 << 14
"""More than a pane of 220 columns and 50 rows has cells."""
NEVER = "(?!)"
BEGUN_MAX_CHARS, BEGUN_STEP = 800, 20


def squeezed(text: str) -> str:
    """Without white space, and composed: what is left of a text however a terminal wrapped it and drew its accents."""
    return unicodedata.normalize("NFC", "".join(text.split()))


def exactly(text: str) -> str:
    """The pattern of a text that is shown as it is; of one that no input line shows whole, what nothing matches."""
    bare = squeezed(text)
    if len(bare) > SHOWN_MAX_CHARS:
        return NEVER
    if UNSTEADY.search(bare) is None:
        return re.escape(bare)
    most, end = bare[:-END_CHARS], bare[-END_CHARS:]
    return _pattern(most, NOT_ASCII, lambda letters: letters // 8 + 3) + _pattern(end, UNSTEADY, lambda letters: 0)


def _pattern(text: str, runs: re.Pattern[str], lost: Callable[[int], int]) -> str:
    """As it is, but for these runs. `lost`: how many of the letters of one may be."""
    parts = runs.split(text)
    shares = {run: _share(run, lost) for run in {*parts[1::2]}}
    return "".join(shares[part] if nth % 2 else re.escape(part) for nth, part in enumerate(parts))


def _share(run: str, lost: Callable[[int], int]) -> str:
    """Its letters, in any order, with whatever of the rest; where there are none, a fourth of that."""
    letters = [char for char in run if char.isalnum()]
    others = _among({*run, INSTEAD} - {*letters})
    if not letters:
        return f"{others}{{{len(run) // 4},{2 * len(run)}}}"
    return f"{others}*(?:{_among({*letters})}{others}*){{{max(0, len(letters) - lost(len(letters)))},{len(letters)}}}"


def _among(chars: set[str]) -> str:
    return f"[{re.escape(''.join(sorted(chars)))}]"


def begun(head: str, rest: str) -> str:
    """The pattern of a text of which all that begins it is seen, and of the rest no more than some: a busy runtime may
    lose the end of a paste. No further than the first 800 characters of the rest, and each as it is."""
    return exactly(head) + _beginning([re.escape(char) for char in squeezed(rest[:BEGUN_MAX_CHARS])])


def _beginning(chars: list[str]) -> str:
    """Of any length; in steps, for a pattern may not be nested deeper than a few hundred times."""
    if not chars:
        return ""
    step, more = chars[:BEGUN_STEP], chars[BEGUN_STEP:]
    shorter = "|".join("".join(step[:many]) for many in range(len(step)))
    return f"(?:{''.join(step)}{_beginning(more)}|{shorter})"
