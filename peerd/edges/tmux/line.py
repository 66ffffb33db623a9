"""Command lines for tmux: words become one line of text that tmux reads back as exactly those words. Pure."""

import re

from peerd.errors import TmuxError

# Inside double quotes tmux reads \ " $ ~ and octal escapes; a raw byte that is no UTF-8 breaks its parser (3.3a).
NOT_PLAIN = re.compile(r'["\\$~\x00-\x1f\x7f\ud800-\udfff]')


def command(name: str, *words: str) -> str:
    """One tmux command, every word after its name quoted. Raises TmuxError on a NUL, which tmux cannot carry."""
    return " ".join((name, *(quote(word) for word in words)))


def sequence(*commands: str) -> str:
    """Commands done in order; the first that fails ends it."""
    return " ; ".join(commands)


def quote(word: str) -> str:
    """A word for tmux's parser. Exact for all text and for bytes smuggled in by `surrogateescape`; never holds a
    newline, so a line stays one."""
    return f'"{NOT_PLAIN.sub(_escape, word)}"'


def argument(word: str) -> str:
    """A word for tmux's own argv, where an unescaped `;` at the end would end the command."""
    return f"{word[:-1]}\\;" if word.endswith(";") else word


def shell_path(path: str) -> str:
    """A path for a shell command inside a tmux format: one shell word, whatever it holds. An empty pair of quotes
    keeps `#` from the `[` that would make both a style."""
    quoted = "'" + path.replace("'", "'\"'\"'") + "'"
    return quoted.replace("%", "%%").replace("#", "##''")


def _escape(match: re.Match[str]) -> str:
    char = match[0]
    if char == "\0":
        raise TmuxError("quote", "a NUL cannot be put on a tmux command line")
    if char in '"\\$~':
        return f"\\{char}"
    return "".join(f"\\{byte:03o}" for byte in _bytes(char))


def _bytes(char: str) -> bytes:
    handling = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    return char.encode("utf-8", handling)
