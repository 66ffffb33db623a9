"""Of a paste that a busy runtime lost the end of, what is left is known for ours, and nothing else is."""

import re

import pytest

from peerd.model.landing import begun, squeezed

HEAD = "peerd message m-1 from operator (person) attempt 1 hops 0:"
BODY = "work on it (all of it), naïvely.\n" + "and then [[say one]] " * 60


def fits(text: str) -> bool:
    return re.fullmatch(begun(HEAD, BODY), squeezed(text)) is not None


@pytest.mark.parametrize("length", [0, 1, 5, 19, 20, 21, 39, 40, 41, 400, 600])
def test_whatever_is_left_of_it_from_its_head_on_is_ours(length: int):
    assert fits(HEAD + squeezed(BODY)[:length])


@pytest.mark.parametrize(
    "text",
    ["", HEAD[:-1], f"{HEAD} work on that", f"{HEAD} orkonit", f"please {HEAD}", f"{HEAD.replace('m-1', 'm-2')} work"],
    ids=["nothing", "a part of the head", "something else", "not from its start", "after something", "another message"],
)
def test_what_is_not_that_is_not_ours(text: str):
    assert not fits(text)


def test_letters_of_any_kind_cost_it_no_time():
    assert re.fullmatch(begun(HEAD, "aé" * 400), squeezed(HEAD) + "aé" * 300)
    assert re.fullmatch(begun(HEAD, "aé" * 400), squeezed(HEAD) + "aé" * 300 + "!") is None
