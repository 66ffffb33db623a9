"""Prints docs/events.md, made from the table of events: `python contrib/events_doc.py > docs/events.md`."""

import sys
from collections.abc import Iterator

from peerd.model.event import COMMON, EVENTS, FIELDS, FIRST

INTRODUCTION = """\
# Events

Made from `peerd/model/event.py` by `contrib/events_doc.py`. Do not edit: a test holds the two together.

peerd writes two logs: `lifecycle.log`, its decisions, and `delivery.log`, what became of each message. `peerd tail`
shows both. An event is one line of `key=value` pairs (logfmt) in UTF-8:

```
ts=2026-01-02T03:04:05.678Z ev=session-ended peer=ada cause=exited code=1 why="said \\"no\\"\\nand went" lasted_s=12.4
```

- Every line begins with {first}; then come {common}, where the event is about one, and its own fields in the
  order below. A field without a value is left out.
- A value stands as it is, or in double quotes when it is empty or holds a space, a quote, a `=`, a backslash or
  anything that is not printable. In quotes, `\\"` `\\\\` `\\n` `\\r` `\\t` `\\uXXXX` `\\UXXXXXXXX` are escapes (a lone
  surrogate stands for a byte that was no UTF-8). So an event is one line, whatever its values hold.
- A value over 2000 characters is cut, and ends in an ellipsis. No body, token or key is in any field.
- A log is rotated when it would grow over `log_max_bytes` (5 MiB): `NAME.log` becomes `NAME.log.1`, that becomes
  `NAME.log.2` and so on; `log_keep` (5) files are kept, the current one included.
- Steady events are written only with `log_verbose = true`.
- The logs are a record for people. peerd decides nothing by them, and lines that a full disk costs are counted.
"""

TITLES = {
    ("lifecycle", False): "lifecycle.log: decisions",
    ("lifecycle", True): "lifecycle.log: steady events",
    ("delivery", False): "delivery.log: steps of a message",
    ("both", False): "Both: what a log says of itself",
}


def page() -> str:
    """The whole page, its last newline included."""
    return "\n".join([_introduction(), *_events(), *_fields()]) + "\n"


def _introduction() -> str:
    first, common = (" and ".join(f"`{name}`" for name in names) for names in (FIRST, COMMON))
    return INTRODUCTION.format(first=first, common=common)


def _events() -> Iterator[str]:
    for (log, verbose), title in TITLES.items():
        yield f"## {title}\n\n| event | fields | says |\n|---|---|---|"
        for name, kind in EVENTS.items():
            if (kind.log, kind.verbose) == (log, verbose):
                yield f"| `{name}` | {' '.join(f'`{field}`' for field in kind.fields)} | {kind.means} |"
        yield ""


def _fields() -> Iterator[str]:
    yield "## Fields\n\n| field | says |\n|---|---|"
    for name, means in FIELDS.items():
        yield f"| `{name}` | {means} |"


if __name__ == "__main__":
    sys.stdout.write(page())
