"""Nothing grows beyond what one can hold in mind: 300 lines a file, 40 a function without its docstring."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40


def oversize(source: str) -> Iterator[str]:
    """What is too long in one module, as sentences."""
    lines = source.count("\n")
    if lines > FILE_LINES_MAX:
        yield f"{lines} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION_LINES_MAX:
            yield f"{node.name} has {length(node)} lines"


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function, clean=False)
    ours = docstring.count("\n") + 1 if docstring is not None else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - ours


SOURCES = [path for top in ("peerd", "adapters", "tests", "contrib") for path in sorted((ROOT / top).rglob("*.py"))]


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in SOURCES])
def test_nothing_is_too_long_in(path: Path):
    assert list(oversize(path.read_text())) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("x = 1\n" * 300, [], id="a file at the limit"),
        pytest.param("x = 1\n" * 301, ["301 lines"], id="a file over it"),
        pytest.param("def f():\n" + "    x = 1\n" * 39, [], id="a function at the limit"),
        pytest.param("def f():\n" + "    x = 1\n" * 40, ["f has 41 lines"], id="a function over it"),
        pytest.param("class A:\n  async def f(self):\n" + "    x\n" * 40, ["f has 41 lines"], id="a method over it"),
        pytest.param(
            'def f():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * 39, [], id="a docstring does not count"
        ),
    ],
)
def test_the_measure(source: str, found: list[str]):
    assert list(oversize(source)) == found
