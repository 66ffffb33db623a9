"""The pane log, alone and behind a real pane."""

import os
from pathlib import Path

import pytest

from peerd.edges.tmux import panelog
from tests.edges.tmux_home import TmuxHome
from tests.eventually import eventually

WEIRD = "100% #{pid} %d #[x ##[y ##,z 'q' \"d\" $HOME `x` \\ ; é"
CHATTER = 'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo "line $i"; done; exec sleep 1000'


@pytest.mark.tmux
def test_all_that_a_pane_writes_from_its_first_byte_on_is_kept(tmux_home: TmuxHome) -> None:
    log = tmux_home.folder / "pane.log"

    tmux_home.start("sh", "-c", "printf '\\033[1mfirst\\n\\tlast\\377'; exec sleep 1000", log=str(log))

    eventually(lambda: log.read_bytes() == b"\x1b[1mfirst\r\n\tlast\xff")
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.tmux
def test_a_log_may_have_any_name(tmux_home: TmuxHome) -> None:
    log = tmux_home.folder / WEIRD

    tmux_home.start("sh", "-c", "echo kept; exec sleep 1000", log=str(log))

    eventually(lambda: log.read_bytes() == b"kept\r\n")


@pytest.mark.tmux
def test_a_log_cut_down_while_the_pane_writes_goes_on_at_its_end(tmux_home: TmuxHome) -> None:
    log = tmux_home.folder / "pane.log"
    tmux_home.start("sh", "-c", CHATTER, log=str(log))
    eventually(lambda: panelog.truncate_log(str(log), 10_000), every_s=0.001)

    eventually(lambda: log.read_bytes().endswith(b"line 4000\r\n"))
    panelog.truncate_log(str(log), 2_000)
    tmux_home.tmux("respawn-pane", "-k", "-t", "%0", "sh", "-c", "echo after; exec sleep 1000")

    eventually(lambda: log.read_bytes().endswith(b"after\r\n"))
    numbers = [int(line.split()[1]) for line in log.read_text().splitlines() if line.startswith("line ")]
    assert (numbers, numbers[-1]) == (sorted(set(numbers)), 4000)
    assert log.stat().st_size <= 2_000
    assert b"\0" not in log.read_bytes()


def test_a_log_over_its_cap_keeps_its_last_half_from_a_line_on(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"".join(b"line %03d\n" % number for number in range(100)))

    assert panelog.truncate_log(str(log), 500)

    assert log.read_bytes() == b"".join(b"line %03d\n" % number for number in range(73, 100))


def test_a_cut_is_no_sign_of_life_of_the_pane(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"line\n" * 200)
    os.utime(log, (1000.0, 1000.0))

    assert panelog.truncate_log(str(log), 500)

    assert log.stat().st_mtime == 1000.0


@pytest.mark.parametrize(
    ("content", "cap_bytes", "left"),
    [(b"short", 5, b"short"), (b"", 0, b""), (b"x" * 100, 10, b"x" * 5), (b"a\n", 1, b"")],
    ids=["at the cap", "empty", "no line end", "tiny cap"],
)
def test_a_log_is_cut_only_over_its_cap(content: bytes, cap_bytes: int, left: bytes, tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(content)

    cut = panelog.truncate_log(str(log), cap_bytes)

    assert (cut, log.read_bytes()) == (content != left, left)


def test_a_log_keeps_its_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    panelog.create(str(log))
    before = log.stat()
    with open(log, "ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        panelog.truncate_log(str(log), 100)
        writer.write(b"new\n")

    assert log.read_bytes() == b"old\n" * 12 + b"new\n"
    assert (log.stat().st_ino, log.stat().st_mode & 0o777) == (before.st_ino, 0o600)


def test_a_file_that_a_log_was_linked_to_is_not_cut(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_bytes(b"x" * 100)
    (tmp_path / "log").symlink_to(tmp_path / "thesis")

    with pytest.raises(OSError, match="symbolic links"):
        panelog.truncate_log(str(tmp_path / "log"), 10)

    assert (tmp_path / "thesis").read_bytes() == b"x" * 100


def test_making_a_log_again_keeps_what_is_in_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    panelog.create(str(log))
    log.write_bytes(b"kept")

    panelog.create(str(log))

    assert (log.read_bytes(), os.listdir(tmp_path)) == (b"kept", ["log"])
