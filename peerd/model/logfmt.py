"""How an event is written: `key=value` pairs on one line, and back. Pure text; knows no event.

A value that could be misread is put in double quotes, and there what is not printable becomes an escape (`\\n`,
`\\u2028`, `\\udcff`), so that an event is one line of clean UTF-8 whatever its values hold.
"""

import re
from collections.abc import Iterable

BARE = re.compile(r'[^\s"=\\]+')
PAIR = re.compile(r'([a-z][a-z0-9_]*)=("(?:[^"\\]|\\.)*"|[^\s"=\\]+)( |$)')
ESCAPE = re.compile(r'\\(["\\nrt]|u[0-9a-f]{4}|U00(?:0[0-9a-f]|10)[0-9a-f]{4}|.?)')
SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t", '"': r"\"", "\\": r"\\"}
LONG = {escape[1]: char for char, escape in SHORT.items()}


def render(pairs: Iterable[tuple[str, str]]) -> str:
    """One line, without its newline. Any text is a value; keys are lower-case words."""
    return " ".join(f"{key}={quote(value)}" for key, value in pairs)


def quote(value: str) -> str:
    """A value as it stands in a line."""
    if value.isprintable() and BARE.fullmatch(value):
        return value
    return f'"{"".join(map(_escaped, value))}"'


def parse(line: str) -> dict[str, str]:
    """What was rendered. Raises ValueError for any line that was not: a torn one, one that a terminal would obey."""
    fields: dict[str, str] = {}
    at = 0
    while match := PAIR.match(line, at):
        key, value, at = match[1], match[2], match.end()
        fields[key] = ESCAPE.sub(_unescaped, value[1:-1]) if value[0] == '"' else value
    if at != len(line) or not fields or line[-1] == " " or not line.isprintable():
        raise ValueError(f"not a line of a log: {line[:200]!r}")
    return fields


def _escaped(char: str) -> str:
    if char in SHORT:
        return SHORT[char]
    if char.isprintable():
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _unescaped(match: re.Match[str]) -> str:
    escape = match[1]
    if len(escape) > 1:
        return chr(int(escape[1:], 16))
    if escape not in LONG:
        raise ValueError(f"no such escape: {match[0]}")
    return LONG[escape]
