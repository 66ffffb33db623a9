"""What a control client says, taken apart. No tmux."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.edges.tmux.blocks import BLOCK_MAX_BYTES, Block, Blocks, Garbled

TALK = (
    b"%begin 1 10 0\n%end 1 10 0\n"
    b"%session-changed $0 shell-ada\n"
    b"%begin 1 11 1\nfirst\n\nthird\n%end 1 11 1\n"
    b"%window-renamed @0 x\n"
    b"%begin 1 12 1\nno such pane\n%error 1 12 1\n"
    b"%exit server exited\n"
)
BLOCKS = [
    Block(ours=False, failed=False, lines=()),
    Block(ours=True, failed=False, lines=(b"first", b"", b"third")),
    Block(ours=True, failed=True, lines=(b"no such pane",)),
]


@given(st.lists(st.integers(0, len(TALK)), max_size=12))
def test_replies_are_whole_however_the_bytes_come_in(cuts: list[int]) -> None:
    blocks, edges = Blocks(), [0, *sorted(cuts), len(TALK)]

    found = [block for a, b in itertools.pairwise(edges) for block in blocks.feed(TALK[a:b])]

    assert (found, blocks.exit_reason) == (BLOCKS, "server exited")


@pytest.mark.parametrize(
    "line",
    [b"%end 1 10 1", b"%error 1 10 1", b"%end", b"%begin 1 11 1", b"%exit", b"%end 1 11 1 ", b" %end 1 11 1"],
    ids=lambda line: line.decode(),
)
def test_a_pane_that_shows_what_ends_a_reply_ends_none(line: bytes) -> None:
    blocks = Blocks()

    found = blocks.feed(b"%begin 1 11 1\n" + line + b"\n%end 1 11 1\n")

    assert (found, blocks.exit_reason) == ([Block(ours=True, failed=False, lines=(line,))], None)


def test_a_complaint_outside_replies_goes_with_the_next_one() -> None:
    blocks = Blocks()

    found = blocks.feed(b"/proc/1/fd/2: gone\n%begin 1 11 1\nno buffer\n%error 1 11 1\nno server running\n")

    assert found == [Block(ours=True, failed=True, lines=(b"no buffer",), before=(b"/proc/1/fd/2: gone",))]
    assert blocks.complaints == [b"no server running"]


def test_complaints_without_end_are_not_kept() -> None:
    blocks = Blocks()

    blocks.feed(b"".join(b"complaint %d\n" % number for number in range(1_000)))

    assert blocks.complaints == [b"complaint %d" % number for number in range(992, 1_000)]


def test_a_reply_that_ends_twice_ends_the_talk() -> None:
    with pytest.raises(Garbled, match="ended already"):
        Blocks().feed(b"%begin 1 11 1\n%end 1 11 1\nwas shown by the pane\n%end 1 11 1\n")


@pytest.mark.parametrize("piece", [b"x" * (1 << 20), b"x" * (1 << 20) + b"\n"], ids=["one line", "many lines"])
def test_an_endless_reply_is_given_up(piece: bytes) -> None:
    blocks = Blocks()
    blocks.feed(b"%begin 1 11 1\n")

    with pytest.raises(Garbled, match="more than"):
        for _ in range(BLOCK_MAX_BYTES // len(piece) + 2):
            blocks.feed(piece)
