"""Ids sort by when they were made, and look alike."""

import re

from hypothesis import given
from hypothesis import strategies as st

from peerd.ids import new_id

MOMENTS = st.floats(1.0e9, 4.0e9)


@given(MOMENTS, MOMENTS, st.binary(min_size=5, max_size=5), st.binary(min_size=5, max_size=5))
def test_a_later_message_has_a_later_id(one: float, other: float, chance: bytes, luck: bytes):
    first, second = sorted((one, other))
    if round(first * 1000) < round(second * 1000):
        assert new_id("m", first, chance) < new_id("m", second, luck)


@given(MOMENTS, st.binary(min_size=5, max_size=5))
def test_an_id_is_short_and_plain(at: float, chance: bytes):
    assert re.fullmatch(r"s-[0-9a-v]{18}", new_id("s", at, chance))
