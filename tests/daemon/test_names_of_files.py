"""The names that files beside a message are handed over under."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.daemon.attachments import NAME_MAX_BYTES, names
from peerd.errors import UsageError
from peerd.model.message import ATTACHED_MAX


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/tmp/report.pdf", "report.pdf"),
        ("/tmp/my report (1).pdf", "my_report_1_.pdf"),
        ("/tmp/-rf", "rf"),
        ("/tmp/.env", "env"),
        ("/tmp/...", "file"),
        ("/tmp/grün.txt", "grün.txt"),
        ("/tmp/gru\u0308n.txt", "grün.txt"),
        ("/tmp/a\u202egnp.exe", "a_gnp.exe"),
        ("/tmp/a\n\x1b[2Jb", "a_2Jb"),
        ("/tmp/" + "x" * 200 + ".tar", "x" * 96 + ".tar"),
        ("/tmp/x." + "y" * 200, "x." + "y" * 49),
    ],
)
def test_a_name_says_what_it_was_and_does_no_harm(path: str, name: str):
    assert names([path]) == (name,)


def test_no_two_files_have_one_name():
    assert names(["/a/x.txt", "/b/x.txt", "/c/X.TXT", "/d/x_.txt"]) == ("x.txt", "x_2.txt", "X_3.TXT", "x_.txt")


@pytest.mark.parametrize("name", ["x" * 120 + ".txt", "_" * 120, "x_2." + "y" * 120, "\u00fc" * 99])
def test_long_ones_that_are_alike_have_names_of_their_own_too(name: str):
    found = names([f"/{n}/{name}" for n in range(ATTACHED_MAX)])

    assert len({each.casefold() for each in found}) == ATTACHED_MAX
    assert {len(each.encode()) <= NAME_MAX_BYTES for each in found} == {True}


def test_more_than_there_may_be_are_refused_before_they_are_named():
    with pytest.raises(UsageError, match="21 files are attached; at most 20"):
        names([f"/{n}/README.md" for n in range(21)])


@given(st.lists(st.text(st.characters(exclude_characters="/\0")).map("/".__add__), max_size=20))
def test_whatever_they_are_called_each_is_a_file_of_its_own(paths: list[str]):
    found = names(paths)

    assert len({name.casefold() for name in found}) == len(paths)
    for name in found:
        assert re.fullmatch(r"\w[\w.-]*", name)
        assert len(name.encode()) <= NAME_MAX_BYTES
