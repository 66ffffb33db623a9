"""One event is one line, and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.model.logfmt import parse, quote, render

HOSTILE = st.text(
    st.sampled_from('a" =\\\n\r\t\x00\x1b\x7f\x85\u2028\u2029\xa0\ufeff\u202e\udcff\ud83d\U000e0001é😀nu0')
)
VALUES = st.one_of(HOSTILE, st.text(st.characters()), st.text())
KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)


@given(st.dictionaries(KEYS, VALUES, min_size=1))
def test_whatever_the_values_hold_an_event_is_one_clean_line_and_comes_back(fields: dict[str, str]) -> None:
    line = render(fields.items())

    assert line.encode("utf-8").decode("utf-8").splitlines() == [line]
    assert line.isprintable()
    assert parse(line) == fields
    assert list(parse(line)) == list(fields)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("ada", "ada"),
        ("/a/b:c,d;é😀", "/a/b:c,d;é😀"),
        ("", '""'),
        ("a b", '"a b"'),
        ("a=b", '"a=b"'),
        ('say "no"', r'"say \"no\""'),
        ("a\\b", r'"a\\b"'),
        ("a\nb\r\n\tc", r'"a\nb\r\n\tc"'),
        ("\x1b]0;x\x07", r'"\u001b]0;x\u0007"'),
        ("a\u2028b\x85c", r'"a\u2028b\u0085c"'),
        (b"caf\xe9".decode("utf-8", "surrogateescape"), r'"caf\udce9"'),
        ("\U000e0001", r'"\U000e0001"'),
    ],
)
def test_a_value_is_quoted_where_it_must_be(value: str, written: str) -> None:
    assert quote(value) == written


@pytest.mark.parametrize(
    "line",
    [
        *("", " ", "word", "a=", "=b", "A=b", "a=b ", "a=b  c=d", " a=b", 'a="b', 'a="b"c=d', 'a=b"', "a=b=c", "a=b\n"),
        *(r'a="\q"', 'a="\\"', r'a="\u12"', r'a="\Uffffffff"', r'a="\U00110000"', r"a=b\n"),
        *('ts=1 why="torn"=', 'ts=1 pee"=', 'ts=1 why=to"='),
        *("ts=1 why=\x1b[2J", 'ts=1 why="\x1b]0;x\x07"', 'why="a\u202eb"', "why=\x7f", 'why="a\nb"', 'why="\ud800"'),
    ],
)
def test_a_line_that_was_not_rendered_is_refused(line: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the kind is the promise, not the words
        parse(line)
