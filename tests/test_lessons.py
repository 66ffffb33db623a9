"""docs/lessons.md: each lesson is held by tests that exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "lessons.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ROW = re.compile(r"^\| (?!a supervisor|---)(.+) \| (.+) \|$", re.MULTILINE)


def functions_of(file: str) -> set[str]:
    """The test functions of a file; none where there is no such file."""
    path = ROOT / file
    if not path.exists():
        return set()
    found = ast.parse(path.read_text()).body
    return {each.name for each in found if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")}


def missing(text: str) -> list[str]:
    return [f"{file}::{name}" for file, name in NAMED.findall(text) if name not in functions_of(file)]


@pytest.mark.parametrize("held_by", [pytest.param(tests, id=lesson) for lesson, tests in ROW.findall(PAGE.read_text())])
def test_a_lesson_is_held_by_tests_that_exist(held_by: str):
    assert NAMED.findall(held_by)
    assert NAMED.sub("", held_by).strip() == ""
    assert missing(held_by) == []


def test_the_page_can_be_taken_in():
    assert 30 < len(ROW.findall(PAGE.read_text())) <= 90


def test_a_test_that_is_not_there_is_seen():
    here = "tests/test_lessons.py"

    assert missing(f"`{here}::test_a_test_that_is_not_there_is_seen` `{here}::test_gone` `tests/gone.py::test_x`") == [
        f"{here}::test_gone",
        "tests/gone.py::test_x",
    ]
