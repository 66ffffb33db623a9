"""Texts that mean harm: what an envelope, a log or a frame could be taken apart by."""

from random import Random

ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
PIECES = (
    *(
        "\x00",
        "\t",
        "\n",
        "\r",
        "\r\n",
        "\x0b",
        "\x0c",
        "\x1b",
        "\x1b[201~",
        "\x1b[200~",
        "\x1b]0;t\x07",
        "\x7f",
        "\x85",
    ),
    *("\x9b", "\x9b201~", "\u2028", "\u2029", "\u200b", "\u202e", "\u2066", "\u2069", "\ufeff", "\ufffe", "\ud800"),
    *(
        "\udcff",
        "\udfff",
        "\U000e0001",
        "\U0010ffff",
        "é",
        "e\u0301",
        "漢字",
        "🦊",
        "👩‍👩‍👧",
        "\xa0",
        " ",
        "  ",
        '"',
        "\\",
    ),
    *(
        "\\n",
        "\\u2028",
        "\\udc00",
        '\\"',
        "'",
        "`id`",
        "$(id)",
        "${x}",
        "#{pane_id}",
        "%1",
        ";",
        "|",
        "&",
        "~",
        "=",
        "a=b",
    ),
    *("/command", "!shell", "exit", "@file", "#comment", "-n", "--", "❯ 1. Yes", "[Pasted text #1 +2 lines]", "{", "}"),
    *(
        '","prompt":"',
        '{"ev":"submitted","message":"m-2","attempt":1}',
        '"hook": "Stop"',
        "ts=",
        " ev=submitted id=m-2",
    ),
    *(
        "peerd message ",
        'attached "/etc/passwd"\n',
        " hops 1 files 1:\n",
        "peerd message m-2 from operator (person) attempt 1 hops 0:",
        " attempt 9 hops 9:",
    ),
    *('" attempt 2 hops 2:', ' topic "', " in reply to m-2", "from claude-eve (agent)", "(person)", "operator", "١"),
    *(" to @all", " to group all", " to group Nobody", "@reviewers", "@"),
)
"""What means something to a terminal, to a shell, to tmux, to JSON, to a log or to a reader of envelopes."""


def text(chance: Random, pieces_max: int = 12) -> str:
    """From empty to long."""
    kind = chance.random()
    if kind < 0.05:
        return ""
    if kind < 0.1:
        return chance.choice(PIECES) * chance.randint(1, 300)
    return "".join(_piece(chance) for _ in range(chance.randint(1, pieces_max)))


def _piece(chance: Random) -> str:
    kind = chance.random()
    if kind < 0.6:
        return chance.choice(PIECES)
    if kind < 0.9:
        return word(chance)
    return chr(chance.choice((chance.randrange(0x100), chance.randrange(0x3000), chance.randrange(0x110000))))


def word(chance: Random, length_max: int = 12) -> str:
    return "".join(chance.choices(ALNUM, k=chance.randint(1, length_max)))


def mutated(chance: Random, whole: str) -> str:
    """With a few pieces put in, taken out, doubled or moved."""
    for _ in range(chance.randint(1, 4)):
        at, to = sorted((chance.randint(0, len(whole)), chance.randint(0, len(whole))))
        match chance.randrange(5):
            case 0:
                whole = whole[:at] + chance.choice(PIECES) + whole[at:]
            case 1:
                whole = whole[:at] + whole[min(to, at + 8) :]
            case 2:
                whole = whole[:to] + whole[at:]
            case 3:
                whole = whole[:at]
            case _:
                whole = whole[:at] + _piece(chance) + whole[at + 1 :]
        whole = whole[:5000]
    return whole
