"""The event logs as they are written: one line an event, rotation, failing disks."""

import enum
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peerd.edges.eventlog import Reader, parse
from peerd.edges.eventlog.writer import VALUE_MAX_CHARS
from peerd.model.event import EVENTS
from tests.edges.logs import TS, events, held, ids, lines, log_in, numbered


class Mood(enum.Enum):
    BUSY = "busy"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def test_a_line_begins_with_its_time_and_its_event_and_keeps_the_tables_order(folder: Path) -> None:
    log_in(folder).write("wake", identity="actor-ada", cause="a message", session="s-1", mode="fresh", peer="ada")

    assert lines(folder / "lifecycle.log") == [
        f"ts={TS} ev=log-opened seq=1",
        f'ts={TS} ev=wake peer=ada session=s-1 identity=actor-ada mode=fresh cause="a message"',
    ]
    assert os.listdir(folder) == ["lifecycle.log"]


def test_values_are_written_as_people_read_them_and_absent_ones_are_left_out(folder: Path) -> None:
    log = log_in(folder)
    log.write("session-ended", peer="ada", cause=Mood.BUSY, code=0, signal=None, why="", lasted_s=12.3456)
    log.write("accepted", id="m-1", from_="bob", to="ada", bytes=1 << 20, task=True)

    assert lines(folder / "lifecycle.log")[1:] == [
        f'ts={TS} ev=session-ended peer=ada cause=busy code=0 why="" lasted_s=12.346'
    ]
    assert lines(folder / "delivery.log")[1:] == [f"ts={TS} ev=accepted id=m-1 from=bob to=ada bytes=1048576 task=true"]


@given(
    why=st.text(st.characters(), max_size=VALUE_MAX_CHARS), topic=st.text(st.sampled_from('a "=\\\n\r\x85\u2028\udcff'))
)
def test_one_event_is_one_line_whatever_its_values_hold(
    tmp_path_factory: pytest.TempPathFactory, why: str, topic: str
) -> None:
    folder = tmp_path_factory.mktemp("log")
    log = log_in(folder)
    log.write("daemon-stopped", why=why)
    log.write("accepted", id="m-1", topic=topic)
    log.close()

    assert events(folder / "lifecycle.log")[1:] == [{"ts": TS, "ev": "daemon-stopped", "why": why}]
    assert events(folder / "delivery.log")[1:] == [{"ts": TS, "ev": "accepted", "id": "m-1", "topic": topic}]
    assert len((folder / "lifecycle.log").read_text("utf-8").splitlines()) == 2


def test_a_value_without_end_is_cut_and_says_so(folder: Path) -> None:
    log_in(folder).write("daemon-stopped", why="x" * (VALUE_MAX_CHARS + 1))

    assert events(folder / "lifecycle.log")[1]["why"] == "x" * (VALUE_MAX_CHARS - 1) + "…"


@pytest.mark.parametrize(
    ("ev", "fields"),
    [("slept", {}), ("wake", {"body": "secret"}), ("wake", {"ts": "now"}), ("log-gap", {"lost": 1})],
    ids=["an event", "a field", "the time", "what a log says of itself"],
)
def test_what_the_table_does_not_have_is_a_bug(folder: Path, ev: str, fields: dict[str, str | int]) -> None:
    with pytest.raises(ValueError, match=ev):
        log_in(folder).write(ev, **fields)
    assert not folder.exists()


def test_steady_events_are_written_only_when_asked_for(folder: Path) -> None:
    for verbose in (False, True):
        log_in(folder, verbose=verbose).write("activity", peer="ada", activity="idle")
        log_in(folder, verbose=verbose).write("want", peer="ada", want="up", by="operator")

    assert [event["ev"] for event in events(folder / "lifecycle.log")] == ["log-opened", "want", "activity", "want"]


@pytest.mark.parametrize("ev", [name for name, kind in EVENTS.items() if kind.log != "both"])
def test_every_event_of_the_table_can_be_written_with_all_its_fields(folder: Path, ev: str) -> None:
    kind = EVENTS[ev]
    log_in(folder, verbose=True).write(ev, **{field: field for field in kind.fields})

    assert events(folder / f"{kind.log}.log")[1] == {"ts": TS, "ev": ev} | {field: field for field in kind.fields}


def test_a_log_is_for_its_owner_only(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "lifecycle.log").touch(mode=0o644)
    log = log_in(folder)
    log.write("daemon-stopped")
    held(log, 1)

    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *sorted(folder.iterdir()))]
    assert modes == [0o700, 0o600, 0o600]


def test_a_log_is_rotated_by_size_and_as_many_files_are_kept_as_were_asked_for(folder: Path) -> None:
    log = log_in(folder, max_bytes=1000, keep=3)
    held(log, *range(100))

    found = sorted(path.name for path in folder.iterdir())
    assert found == ["delivery.log", "delivery.log.1", "delivery.log.2"]
    assert all(path.stat().st_size <= 1000 for path in folder.iterdir())
    kept = [event for name in reversed(found) for event in events(folder / name)]
    assert [event["id"] for event in kept if event["ev"] == "held"] == numbered(100 - len(kept) + 3, 99)
    seqs = [int(event["seq"]) for event in kept if event["ev"] == "log-opened"]
    assert seqs == [seqs[0], seqs[0] + 1, seqs[0] + 2]


def test_a_smaller_setting_clears_what_a_larger_one_kept(folder: Path) -> None:
    held(log_in(folder, max_bytes=500, keep=8), *range(100))
    assert len(os.listdir(folder)) == 8

    held(log_in(folder, max_bytes=500, keep=2), *range(20))
    assert sorted(os.listdir(folder)) == ["delivery.log", "delivery.log.1"]

    held(log_in(folder, max_bytes=500, keep=1), *range(20))
    assert os.listdir(folder) == ["delivery.log"]


def test_a_restarted_daemon_writes_on_where_the_last_one_ended(folder: Path) -> None:
    held(log_in(folder, max_bytes=300), *range(4))
    held(log_in(folder, max_bytes=300), *range(4, 8))

    with Reader(str(folder), "delivery") as reader:
        assert ids(reader.before())[::-1] == numbered(0, 7)
    seqs = [events(path)[0]["seq"] for path in sorted(folder.iterdir(), reverse=True)]
    assert seqs == [str(n + 1) for n in range(len(seqs))]


def test_files_are_numbered_on_even_where_only_one_is_kept(folder: Path) -> None:
    for _ in range(2):
        held(log_in(folder, max_bytes=300, keep=1), *range(10))

    assert int(events(folder / "delivery.log")[0]["seq"]) > 4


def test_a_log_that_was_taken_away_is_made_again(folder: Path) -> None:
    log = log_in(folder)
    held(log, 1)
    (folder / "delivery.log").unlink()
    held(log, 2)
    (folder / "delivery.log").unlink()
    folder.rmdir()
    held(log, 3)

    assert [event.get("id") for event in events(folder / "delivery.log")] == [None, "3"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def a_folder_in_the_files_place(folder: Path) -> Callable[[], None]:
    path = folder / "delivery.log"
    path.unlink()
    path.mkdir()
    return path.rmdir


def a_file_in_the_folders_place(folder: Path) -> Callable[[], None]:
    folder.rename(folder.with_name("moved"))
    folder.touch()

    def back() -> None:
        folder.unlink()
        folder.with_name("moved").rename(folder)

    return back


def a_pipe_in_the_files_place(folder: Path) -> Callable[[], None]:
    path = folder / "delivery.log"
    path.unlink()
    os.mkfifo(path)
    return path.unlink


def a_folder_nobody_may_write(folder: Path) -> Callable[[], None]:
    (folder / "delivery.log").unlink()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("root may write anywhere")
    return lambda: folder.chmod(0o700)


@pytest.mark.parametrize(
    "breaks",
    [a_folder_in_the_files_place, a_file_in_the_folders_place, a_pipe_in_the_files_place, a_folder_nobody_may_write],
)
def test_a_failing_disk_costs_lines_that_are_owned_up_to(
    folder: Path, breaks: Callable[[Path], Callable[[], None]]
) -> None:
    log = log_in(folder)
    held(log, 0)
    repair = breaks(folder)
    held(log, 1, 2, 3)
    assert "delivery.log" in str(log.trouble)
    assert "3 lines lost" in str(log.trouble)

    repair()
    held(log, 4, 5)

    assert log.trouble is None
    tail = [(event["ev"], event.get("lost", event.get("id"))) for event in events(folder / "delivery.log")][-3:]
    assert tail == [("log-gap", "3"), ("held", "4"), ("held", "5")]


def test_one_logs_trouble_does_not_touch_the_other(folder: Path) -> None:
    (folder / "delivery.log").mkdir(parents=True)
    log = log_in(folder)
    held(log, 1)
    log.write("daemon-stopped")

    assert [event["ev"] for event in events(folder / "lifecycle.log")] == ["log-opened", "daemon-stopped"]


FULL_DISK = """
import resource, signal, sys
from peerd.edges.eventlog import EventLog
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = EventLog(sys.argv[1], stamp=lambda: "2026-01-02T03:04:05.678Z")
soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
log.write("held", id="0", to="ada")
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), hard))
for id in "123":
    log.write("held", id=id, to="ada")
resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
for id in "45":
    log.write("held", id=id, to="ada")
print(log.trouble)
"""


@pytest.mark.parametrize("room", [1, 10, 26, 27, 28, 40, 46, 47])
def test_a_disk_that_takes_part_of_a_line_damages_that_line_only(folder: Path, room: int) -> None:
    first = f"ts={TS} ev=log-opened seq=1\nts={TS} ev=held id=0 to=ada\n"
    argv = [sys.executable, "-c", FULL_DISK, str(folder), str(len(first) + room)]

    assert subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30).stdout == "None\n"

    written = lines(folder / "delivery.log")
    assert "\n".join(written[:2]) + "\n" == first
    with pytest.raises(ValueError, match="not a line"):
        parse(written[2])
    assert [(e["ev"], e.get("lost", e.get("id"))) for e in map(parse, written[3:])] == [
        ("log-gap", "3"),
        ("held", "4"),
        ("held", "5"),
    ]


def test_a_line_that_power_loss_tore_is_never_taken_for_a_whole_one(folder: Path) -> None:
    held(log_in(folder), 1)
    path = folder / "delivery.log"
    os.truncate(path, path.stat().st_size - 5)

    held(log_in(folder), 2)

    with pytest.raises(ValueError, match="not a line"):
        parse(lines(path)[1])
    assert parse(lines(path)[2])["id"] == "2"
