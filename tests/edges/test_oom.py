"""The kernel's counts of what it killed for want of memory: as it writes them, and on this machine."""

import os
from pathlib import Path

import pytest

from peerd.edges.oom import OomCounters, counters, kills
from peerd.model.session import OomKills

VMSTAT = "nr_free_pages 1000\nallocstall_movable 0\noom_kill 7\nnuma_hit 12\n"
EVENTS = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n"
CONTROL = "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        pytest.param(VMSTAT, 7, id="vmstat"),
        pytest.param(EVENTS, 2, id="memory.events"),
        pytest.param(CONTROL, 5, id="memory.oom_control"),
        pytest.param("oom_kill_disable 0\nunder_oom 0\n", None, id="a kernel before 4.13"),
        pytest.param("oom_kill\n", None, id="cut off"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_the_count_is_read_of_each_file(text: str, count: int | None):
    assert kills(text) == count


@pytest.mark.parametrize(
    ("text", "files"),
    [
        pytest.param("0::/user.slice/a.scope\n", ("user.slice/a.scope/memory.events",), id="v2"),
        pytest.param("0::/\n", ("memory.events",), id="v2, in a namespace"),
        pytest.param(
            "9:name=systemd:/\n4:cpu,memory:/box\n0::/\n",
            ("memory/box/memory.oom_control", "memory.events"),
            id="v1 beside v2",
        ),
        pytest.param("0::/a:b\n", ("a:b/memory.events",), id="a colon in a name"),
        pytest.param("nonsense\n", (), id="nonsense"),
    ],
)
def test_a_process_is_counted_in_its_own_group(text: str, files: tuple[str, ...]):
    assert counters(text) == files


def lay_out(root: Path, texts: dict[str, str]) -> OomCounters:
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return OomCounters(str(root / "proc"), str(root / "groups"))


def test_a_session_whose_processes_share_a_group_is_counted_there_until_it_is_gone(tmp_path: Path):
    events = tmp_path / "groups/box/memory.events"
    files = {"proc/vmstat": VMSTAT, "proc/41/cgroup": "0::/box\n", "proc/42/cgroup": "0::/box\n"}
    oom = lay_out(tmp_path, files | {"groups/box/memory.events": EVENTS})

    begun = oom.begin(41, 42)
    events.write_text("oom_kill 3\n")
    later = oom.now(begun)
    events.unlink()

    assert begun == OomKills(7, 2, str(events))
    assert later == OomKills(7, 3, str(events))
    assert oom.now(begun) == OomKills(7, None, str(events))


def test_a_session_in_two_groups_is_counted_by_the_machine(tmp_path: Path):
    files = {"proc/vmstat": VMSTAT, "proc/41/cgroup": "0::/box\n", "proc/42/cgroup": "0::/other\n"}
    groups = {"groups/box/memory.events": EVENTS, "groups/other/memory.events": EVENTS}

    assert lay_out(tmp_path, files | groups).begin(41, 42) == OomKills(7)


def test_where_nothing_counts_nothing_is_known(tmp_path: Path):
    assert lay_out(tmp_path, {}).begin(41) == OomKills()


@pytest.mark.skipif(not os.path.exists("/proc/vmstat"), reason="Linux counts there")
def test_this_machine_counts():
    assert OomCounters().begin(os.getpid()).machine is not None
