"""`python -I -S hook.py JOURNAL EVENT`: what an agent's hook runs. Appends one line to the session's journal.

Talks to nobody, so it is as quick without a daemon as with one, and ends with 0 whatever happens: a hook that fails
would be the agent's trouble. The line is `{"hook": EVENT, "said": TEXT}`: TEXT is what the runtime said on stdin, cut
at 64 KiB, and left out for events whose words are not needed; of a tool that ran not what it gave, and of what it was
given the first 4 KiB. One write(2) at the end of the file, so lines stay whole.

Imports only what is built in: 8 ms in all, of which Python's own start takes 7.
"""

import posix
import sys
from _json import encode_basestring_ascii as quoted
from _json import make_scanner

SAID_MAX_BYTES = 64 << 10
READ_BYTES = 64 << 10
SILENT = ("Interrupt",)
RAN, RAN_MAX_BYTES = "PostToolUse", 4 << 10
GIVEN, GAVE = b'"tool_input":', b'"tool_response"'
APPEND = posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT | posix.O_CLOEXEC


def main(journal: str, event: str) -> None:
    heard = _heard()[:SAID_MAX_BYTES]
    said = (_ran(heard)[:RAN_MAX_BYTES] if event == RAN else heard).decode("utf-8", "replace")
    words = "" if event in SILENT else f', "said": {quoted(said)}'
    descriptor = posix.open(journal, APPEND, 0o600)
    posix.write(descriptor, f'{{"hook": {quoted(event)}{words}}}\n'.encode())


class Json:
    """For the scanner that is built in."""

    strict, parse_float, parse_int, parse_constant = False, float, int, str
    object_hook = object_pairs_hook = None


def _ran(heard: bytes) -> bytes:
    """Down to the end of what it was given, in which anything may stand. Of what is not read so far, down to the first
    that looks as if it came next."""
    before, given, rest = heard.partition(GIVEN)
    try:
        text = rest.lstrip().decode("utf-8", "replace")
        _, ends = make_scanner(Json)(text, 0)  # type: ignore[arg-type]  # which asks for a scanner
        return before + given + text[:ends].encode("utf-8", "replace")
    except Exception:  # noqa: BLE001  what cannot be read is told as far as it goes
        return heard.partition(GAVE)[0]


def _heard() -> bytes:
    """All of stdin is read, so that the runtime is not left with a broken pipe; the beginning is kept."""
    kept = b""
    while part := posix.read(0, READ_BYTES):
        if len(kept) < SAID_MAX_BYTES:
            kept += part
    return kept


if __name__ == "__main__":
    try:  # noqa: SIM105  contextlib takes its time to load
        main(sys.argv[1], sys.argv[2])
    except Exception:  # noqa: BLE001  whatever it is, the agent goes on; contextlib takes its time to load
        pass
    posix._exit(0)
