"""The table of events, and what is made from it or must agree with it."""

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.cli import tail
from peerd.model.event import COMMON, EVENTS, FIELDS, FIRST

ROOT = Path(__file__).parents[2]


def test_the_page_of_events_is_made_from_the_table() -> None:
    page = runpy.run_path(str(ROOT / "contrib" / "events_doc.py"))["page"]()

    assert (ROOT / "docs" / "events.md").read_text() == page, "run: python contrib/events_doc.py > docs/events.md"
    assert all(f"| `{name}` |" in page for name in (*EVENTS, *FIELDS))


def test_every_field_is_explained_and_nothing_else_is() -> None:
    used = {field for kind in EVENTS.values() for field in kind.fields}

    assert set(FIELDS) == used | set(COMMON) | set(FIRST)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_is_named_in_words_and_says_what_it_means(name: str) -> None:
    kind = EVENTS[name]

    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
    assert re.fullmatch(r"[A-Z][^\n|]*[.]", kind.means)
    assert len(set(kind.fields)) == len(kind.fields)
    assert not set(kind.fields) & {*COMMON, *FIRST, "log"}
    assert all(re.fullmatch(r"[a-z][a-z_]*[a-z]", field) for field in kind.fields)


def test_the_colours_of_tail_are_for_events_there_are() -> None:
    sets = (tail.GOOD, tail.DOUBTFUL, tail.BAD)

    assert frozenset().union(*sets) <= set(EVENTS)
    assert sum(map(len, sets)) == len(frozenset().union(*sets))


def writes(source: str) -> Iterator[tuple[str, set[str]]]:
    """Every `log.write("event", field=...)` whose event is spelled out, with the names of its fields."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="write", value=ast.Attribute(attr="log") | ast.Name(id="log")),
                args=[ast.Constant(value=str(ev)), *_],
                keywords=keywords,
            ):
                named = {keyword.arg for keyword in keywords if keyword.arg}
                spread = (keyword.value for keyword in keywords if isinstance(keyword.value, ast.Dict))
                keys = {key.value for each in spread for key in each.keys if isinstance(key, ast.Constant)}
                yield ev, {str(name).removesuffix("_") for name in named | keys}


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.stem) for path in sorted((ROOT / "peerd" / "daemon").rglob("*.py"))]
)
def test_what_the_daemon_writes_is_in_the_table(path: Path) -> None:
    for ev, fields in writes(path.read_text()):
        assert ev in EVENTS
        assert fields - set(COMMON) <= set(EVENTS[ev].fields), ev


def test_a_write_is_read_from_the_source() -> None:
    source = (
        'daemon.log.write("phase", peer=name, **{"from": a}, to=b)\nlog.write("held", id=m, from_=x)\nfile.write("x")'
    )

    assert list(writes(source)) == [("phase", {"peer", "from", "to"}), ("held", {"id", "from"})]


def test_every_field_of_the_table_is_written_somewhere() -> None:
    sources = [path.read_text() for path in sorted((ROOT / "peerd" / "daemon").rglob("*.py"))]
    written = {(ev, field) for source in sources for ev, fields in writes(source) for field in fields}
    in_steps = {(ev, field) for ev in ("leased", "handed-over") for field in EVENTS[ev].fields}
    of_the_daemon = {(ev, field) for ev, kind in EVENTS.items() if kind.log != "both" for field in kind.fields}

    assert of_the_daemon - in_steps - written == set()
