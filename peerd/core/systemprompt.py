"""What a runtime is told of itself and its team before anything is said: one text, in layers, empty ones left out.

It is short where nobody wrote a doctrine: who it is, how to send and to reply, and who else is there.
"""

import json
from collections.abc import Iterable

import msgspec

from peerd.model.envelope import sanitise
from peerd.model.peer import GROUP_MARK, NOT_OPERATOR, OPERATOR, Spec

FILE_MAX_BYTES = 64 << 10
ROSTER_MAX = 100

FACTS = """\
# Your place in a team

You are a peer in a team that peerd runs. A message to you begins with `peerd message ID from IDENTITY`.
name: {name}
identity: {identity}
runtime: {runtime}
folder: {folder}
to send: peerd send NAME 'TEXT'
to reply: peerd reply ID 'TEXT'
to send files with it: --attach FILE; those sent to you are at the paths in its lines `attached "PATH"`
An identity is RUNTIME-NAME: codex-bob goes by the NAME bob. The person in charge is {operator}{reach}."""


class Written(msgspec.Struct, frozen=True):
    """What people wrote for the agents, each part in the order it is told."""

    doctrine: tuple[str, ...] = ()  # for all, then the folder's own
    fragments: tuple[str, ...] = ()  # likewise


def compose(spec: Spec, others: Iterable[Spec], written: Written) -> str:
    """The whole text: facts, doctrine, the other peers, fragments. It ends in a newline."""
    layers = (facts(spec), *written.doctrine, roster(others), *written.fragments)
    told = (layer.strip() for layer in layers)
    return "\n\n".join(layer for layer in told if layer) + "\n"


def facts(spec: Spec) -> str:
    """Who the peer is, and how it speaks."""
    own = {"name": spec.name, "identity": spec.identity, "runtime": spec.runtime, "folder": spec.dir}
    reach = ", whom you may not send to" if NOT_OPERATOR in spec.may_send_to else ""
    return FACTS.format(operator=OPERATOR, reach=reach, **{fact: _quoted(value) for fact, value in own.items()})


def roster(others: Iterable[Spec]) -> str:
    """A line for each other peer that it may send to, by name, and for each group of theirs; "" where there is none."""
    known = sorted(others, key=lambda spec: spec.name)
    lines = [_line(spec) for spec in known]
    more = len(lines) - ROSTER_MAX
    rest = [f"and {more} more: `peerd ls`"] if more > 0 else []
    return "\n".join(("# Other peers", "", *lines[:ROSTER_MAX], *rest, *_groups(known))) if lines else ""


def _groups(known: Iterable[Spec]) -> list[str]:
    """`peerd send @GROUP` reaches all of one."""
    found: dict[str, list[str]] = {}
    for spec in known:
        for group in spec.groups:
            found.setdefault(group, []).append(spec.name)
    lines = [f"- {GROUP_MARK}{group}: {', '.join(names)}" for group, names in sorted(found.items())]
    return ["", "Groups, each a NAME that stands for all of it:", *lines[:ROSTER_MAX]] if lines else []


def _line(spec: Spec) -> str:
    description = f": {_quoted(spec.description)}" if spec.description.strip() else ""
    return f"- {spec.name} ({spec.runtime}){description}"


def clipped(data: bytes, path: str) -> str:
    """A file's text; one that is too long ends at a line, and says where the rest is. `data` may be its beginning."""
    if len(data) <= FILE_MAX_BYTES:
        return _text(data)
    head = data[:FILE_MAX_BYTES]
    whole = head[: head.rfind(b"\n") + 1]
    kept = _text(whole) if whole else _text(head).removesuffix("�") + "\n"
    return f"{kept}[peerd: cut after {FILE_MAX_BYTES >> 10} KiB; the whole is in {_quoted(path)}]"


def _text(data: bytes) -> str:
    return sanitise(data.decode("utf-8", "replace"))


def _quoted(value: str) -> str:
    return json.dumps(sanitise(value), ensure_ascii=False)
