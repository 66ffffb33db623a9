"""What comes over the socket: calls as they should be, calls that are nearly so, and bytes that are none."""

import json
from random import Random
from typing import Any, NamedTuple

import msgspec

from peerd.rpc.table import METHODS
from tests.fuzz.texts import mutated, text, word

PEERS = (*("ada", "bob", "sink", "sink") * 4, "operator", "nobody", "@all", "", "ada ", "Ada", "a" * 33, "../ada")
GROUPS: tuple[Any, ...] = (
    *("@reviewers", "@all") * 8,
    *("@nobody", "@", "@@all", "@Bad", "@ all", "@" + "a" * 33, "reviewers", "ada", "", ["@all", "ada"], [], None),
)
IDS = ("m-1", "m-2", "-m", "m" * 65, "", "m 1")
TIMES = ("2026-01-02T03:04:05Z", "yesterday", "")
WORDS: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("peer", "to", "name"), PEERS),
    **dict.fromkeys(("id", "reply_to", "task_id", "key"), (*IDS, *(None,) * 20)),
    **dict.fromkeys(("expires_s", "deadline_s"), (60, 0.5, None, 0, -1)),
    "topic": ("work", "über", None, "\x1b[2J", "two\nlines", "t" * 201),
    "timeout_s": (0, 0.01, 0.0),
    "until": ("submitted", "ended", "read"),
    "wait": ("accepted", "accepted", "accepted", "submitted"),
    "state": ("accepted", "submitted", None, "lost"),
    "priority": ("low", "normal", "high", "normal", "urgent"),
    "queue": (True, True, False),
    "since": (*TIMES, None),
    **dict.fromkeys(("not_before_s", "not_before_at", "expires_at"), (*(None,) * 20, 60, *TIMES)),
    "attach": (*([],) * 10, ["/nowhere"], ["a"]),
    "report": (None, None, True, False),
    **dict.fromkeys(("interrupt", "prints"), (*(False,) * 10, True)),
    "limit": (1, 50, 1000, 0, 1001),
    "instead_of": (None, "s-1"),
}
"""What a field may hold that makes sense, or nearly so; others hold a text."""

STRANGE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, -0.0, 1e308, 1 << 31, 1 << 63, -(1 << 63) - 1, 1 << 64, 10**400, [], {}, [[]]),
    *({"a": {}}, "", "\x00", "\ud800", float("nan"), float("inf"), "a" * 5000, {"token": "x"}, [1, "a", None]),
)
SENDS = ("message.send", "group.send")
"""Half of these say little besides, so that the daemon accepts some: what is on record has a sender to be checked."""
KEPT = ("queue", "wait", "timeout_s")
DEPTHS = (2, 60, 1000, 5000)
BYTES = (
    b"\n",
    b"\r\n",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b",",
    b":",
)
TORN = (
    b'\\ud800"',
    b"\\u00",
    b"1e999",
    b"-",
    b"9" * 400,
    b"null",
    b'"id":1,',
    b'"method":"hello",',
    b'"jsonrpc":"1.0",',
)


class Frame(NamedTuple):
    """`id` where it is sure to be answered under that."""

    data: bytes
    id: int | None = None


def frame(chance: Random, id: int, methods: tuple[str, ...], mark: str) -> Frame:
    """One call, more or less. `mark` is in what is sent with it."""
    kind = chance.random()
    if kind < 0.04:
        return Frame(_nested(chance))
    if kind < 0.07:
        return Frame(chance.randbytes(chance.randint(0, 200)).replace(b"\n", b""))
    whole = encoded(chance, call(chance, id, methods, mark))
    if kind < 0.6:
        return Frame(whole, id)
    if kind < 0.7:
        return Frame(_doubled(chance, whole))
    return Frame(torn(chance, whole))


def call(chance: Random, id: Any, methods: tuple[str, ...], mark: str) -> dict[str, Any]:
    """A request whose fields may be of any kind."""
    method = chance.choice(methods)
    request: dict[str, Any] = {"jsonrpc": "2.0", "id": id, "method": method}
    if chance.random() < 0.95:
        request["params"] = _params(chance, method, mark) if chance.random() < 0.97 else chance.choice(STRANGE)
    if chance.random() < 0.05:
        request["method"] = mutated(chance, method)
    if chance.random() < 0.05:
        request[word(chance)] = chance.choice(STRANGE)
    return request


def _params(chance: Random, method: str, mark: str) -> dict[str, Any]:
    found = METHODS.get(method)
    fields = msgspec.structs.fields(found[0]) if found else ()
    params: dict[str, Any] = {}
    plain = method in SENDS and chance.random() < 0.5
    left_out, kept = (0.97, (*KEPT, "to")) if plain else (0.6, KEPT)
    for field in fields:
        if not field.required and chance.random() < left_out and field.name not in kept:
            continue
        params[field.encode_name] = _value(chance, field.name, mark)
    if method == "group.send" and "to" in params and chance.random() < 0.9:
        params["to"] = chance.choice(GROUPS)
    if chance.random() < 0.03:
        params[word(chance)] = chance.choice(STRANGE)
    if params and chance.random() < 0.05:  # without a time of its own it may wait for a minute, and rightly
        params.pop(chance.choice([each for each in params if each != "timeout_s"] or ["none"]), None)
    return params


def _value(chance: Random, name: str, mark: str) -> Any:
    if chance.random() < 0.04:
        return chance.choice(STRANGE)
    if name == "body":
        return f"{mark} {text(chance)}"
    return chance.choice(WORDS[name]) if name in WORDS else text(chance, 3)


def encoded(chance: Random, value: Any) -> bytes:
    """As JSON, with or without escapes; a lone surrogate becomes bytes that are no UTF-8."""
    spelled = json.dumps(
        value, ensure_ascii=chance.random() < 0.5, separators=chance.choice(((",", ":"), (" , ", " : ")))
    )
    return spelled.encode("utf-8", "surrogatepass")


def _nested(chance: Random) -> bytes:
    """Deep, and perhaps never closed."""
    depth, opening, closing = chance.choice(DEPTHS), *chance.choice(((b"[", b"]"), (b'{"a":', b"}")))
    inner = opening * depth + b"1" + closing * chance.choice((depth, depth - 1, 0))
    return chance.choice((inner, b'{"jsonrpc":"2.0","id":1,"method":"daemon.status","params":' + inner + b"}"))


def _doubled(chance: Random, whole: bytes) -> bytes:
    """With a key that is there twice."""
    again = chance.choice((b'"method":"message.send"', b'"id":7', b'"jsonrpc":"2.0"', b'"params":{}', b'"token":"x"'))
    return whole[:-1] + b"," + again + b"}"


def torn(chance: Random, whole: bytes) -> bytes:
    """With a few bytes changed, put in, left out, or two halves of it joined."""
    for _ in range(chance.randint(1, 3)):
        at, to = sorted((chance.randint(0, len(whole)), chance.randint(0, len(whole))))
        match chance.randrange(6):
            case 0:
                whole = whole[:at] + chance.choice(BYTES) + whole[at:]
            case 1:
                whole = whole[:at] + chance.choice(TORN) + whole[at:]
            case 2:
                whole = whole[:at] + bytes([chance.randrange(256)]) + whole[at + 1 :]
            case 3:
                whole = whole[:at]
            case 4:
                whole = whole[:at] + whole[to:]
            case _:
                whole = whole[:to] + whole[at:]
    return whole[:20_000]
