"""The last lines of a pane log, as a person reads them."""

import os
from pathlib import Path

import pytest

from peerd.edges.tmux.panelog import LINE_MAX_CHARS, SHARE_BYTES, TAIL_BYTES, last_lines, lines_after


@pytest.mark.parametrize(
    ("written", "lines"),
    [
        pytest.param(b"one\r\ntwo\r\n", ("one", "two"), id="lines"),
        pytest.param(b"\x1b[1;31mred\x1b[0m \x1b]0;title\x07and\x1b(B plain\r\n", ("red and plain",), id="colours"),
        pytest.param(b"10%\r20%\r30%\r\n", ("30%",), id="a line written over"),
        pytest.param(b"$ echo a\r\n\r\n   \r\n\x07a\r\n", ("$ echo a", "a"), id="blank ones are left out"),
        pytest.param(b"\x1b[H\x1b[2Jtop\x1b[5;1Hfive\x1b[K\x1b[1Bsix", ("top", "five", "six"), id="a drawn screen"),
        pytest.param(b"caf\xc3\xa9 \xff\r\n", ("café �",), id="what is no UTF-8"),
        pytest.param(b"cut off \x1b[3", ("cut off 3",), id="a sequence without its end"),
        pytest.param(b"x" * 1000, ("x" * LINE_MAX_CHARS,), id="a long line"),
        pytest.param(b"", (), id="nothing"),
    ],
)
def test_the_last_lines_are_words_without_what_a_terminal_obeys(tmp_path: Path, written: bytes, lines: tuple[str, ...]):
    log = tmp_path / "log"
    log.write_bytes(written)

    assert last_lines(str(log), 40) == lines


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path):
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"line %06d\r\n" % n for n in range(TAIL_BYTES)))

    assert last_lines(str(log), 2) == (f"line {TAIL_BYTES - 2:06}", f"line {TAIL_BYTES - 1:06}")


def test_where_no_log_is_there_are_no_lines(tmp_path: Path):
    assert last_lines(str(tmp_path / "none"), 2) == ()
    assert last_lines(str(tmp_path), 2) == ()


def test_a_log_is_read_on_by_whole_lines_and_from_its_start_once_it_was_cut(tmp_path: Path):
    log = tmp_path / "pane.log"
    log.write_bytes(b"\x1b[1mserving\x1b[m\r\non 8")
    assert lines_after(str(log), 0) == (("serving",), 16)
    with log.open("ab") as more:
        more.write(b"0\r\n")
    assert lines_after(str(log), 16) == (("on 80",), 23)
    assert lines_after(str(log), 23) == ((), 23)

    log.write_bytes(b"cut\n")

    assert lines_after(str(log), 23) == (("cut",), 4)


def test_a_line_that_is_longer_than_a_share_is_read_in_parts(tmp_path: Path):
    log = tmp_path / "pane.log"
    log.write_bytes(b"x" * SHARE_BYTES + b"\nserving\n")

    (part,), at = lines_after(str(log), 0)

    assert (part, at) == ("x" * LINE_MAX_CHARS, SHARE_BYTES)
    assert lines_after(str(log), at) == (("serving",), SHARE_BYTES + 9)


def test_a_pipe_in_the_place_of_a_log_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pane.log")

    assert last_lines(str(tmp_path / "pane.log"), 2) == ()
