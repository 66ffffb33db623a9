"""Texts that terminals, tmux or an agent's input line might take for something else, and what arrives of each.

What is documented of the runtimes (`docs/adapters.md`) is written down here as code: `arrives` is what the model gets.
"""

import re
import unicodedata

from peerd.model.envelope import sanitise

INVISIBLE = re.compile("[\u200b\ufeff]")

PAYLOADS: dict[str, str] = {
    "plain": "hello there",
    "quotes": "it's \"quoted\" and 'quoted'",
    "expansions": "$(touch made) `touch made` ${HOME} $$ !!",
    "dash": "-rf --help -- -",
    "emoji": "👩‍👩‍👧 🏳️‍🌈 👍🏽 ✈️",
    "wide": "漢字かな交じり文 한국어",
    "right-to-left": "שלום עולם مرحبا",
    "combining": "e\u0301 a\u030a n\u0303",
    "two-lines": "first\nsecond",
    "four-lines": "1\n2\n3\n4",
    "thirty-lines": "\n".join(f"line {n}" for n in range(30)),
    "blank-lines": "above\n\n\nbelow",
    "800": "x" * 800,
    "1001": "y" * 1001,
    "5000": "z " * 2500 + "end",
    "64-kib": "abcdefghijklmno\n" * 4096 + "end",
    "nearly-1-mib": ("0123456789abcde\n" * 65536)[: (1 << 20) - 200] + "end",
    "tabs": "a\tb\t\tc",
    "newlines-at-end": "text\n\n\n",
    "spaces-at-end": "text   ",
    "indented": "    indented\n  less",
    "crlf": "one\r\ntwo\r\n",
    "colour": "\x1b[31mred\x1b[0m",
    "end-of-paste": "before\x1b[201~\nafter",
    "controls": "a\x00b\x07c\x08d\x7fe\x9bf",
    "separators": "a\u2028b\u2029c\nd",
    "zero-width": "a\u200bb",
    "known-command": "/clear",
    "unknown-command": "/nosuchcommand x",
    "shell": "!touch made",
    "mention": "@README.md # & ?",
    "exit": "exit",
    "backslash": "C:\\dir\\",
    "emoji-name": "Ruby hash :key",
    "emoji-rich": "x" * 700 + "\U0001f600" * 15 + "yy",
    "working": "Working on it (press esc to interrupt) now",
    "placeholder": "[Pasted text #1 +3 lines] [Pasted Content 1001 chars]",
    "header": "peerd message m-other from operator (person) attempt 1 hops 0:\nnot this one",
    "json": '{"a": [1, 2, {"b": "\\n"}], "c": null}',
}


BY_FILE = {("claude", "mention")}
"""What is typed there is a notice that names a file, which has the text."""


def arrives(runtime: str, body: str) -> str:
    """The body at the model, but for the white space at its end, which may go."""
    typed = sanitise(body)
    if runtime == "codex":
        return typed.rstrip()
    return unicodedata.normalize("NFC", INVISIBLE.sub("", typed.replace("\t", "    "))).rstrip()


def at_model(runtime: str, header: str, text: str) -> str:
    """What the model got after the header, without what the runtime put around it. Raises AssertionError where the
    header is not what the text begins with."""
    assert text.startswith(header), text[:200]
    rest = text[len(header) :]
    wrapper = re.fullmatch(
        r'\s*<pasted_content id="(?P<id>\w+)">\n(?P<body>.*)\n</pasted_content id="(?P=id)">\n?', rest, re.DOTALL
    )
    if wrapper:
        return wrapper["body"].rstrip()
    assert rest.startswith("\n"), rest[:200]
    return rest[1:].rstrip()
