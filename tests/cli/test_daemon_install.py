"""`peerd daemon install` and what it changes for start, stop and restart; systemctl is a stand-in that records."""

import json
import os
from pathlib import Path

import pytest

from peerd import __version__
from peerd.cli.unitfile import service_unit, socket_unit
from tests.cli.conftest import Peerd
from tests.cli.stub import Stub
from tests.cli.test_daemon_by_hand import STATUS, daemons, real
from tests.eventually import eventually

_ = real  # a fixture

SYSTEMCTL = """#!/bin/sh
cd "${0%/*}" || exit 9
echo "$*" >> calls
[ -e "fails" ] && { cat fails >&2; exit 1; }
case "$2" in
    enable|start) : > active ;;
    disable|stop) rm -f active ;;
    is-active) [ -e active ] ;;
esac
"""
LOGINCTL = '#!/bin/sh\ncat "${0%/*}/linger"\n'
NO_BUS = "Failed to connect to bus: No medium found"
LOOKS = ("show", "is-active")


class Systemd:
    """`calls`: what was asked of it that changes something. `units`: where its files are."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "bin"
        self.bin.mkdir()
        self.units = root / "config" / "systemd" / "user"
        for name, text in (("systemctl", SYSTEMCTL), ("loginctl", LOGINCTL)):
            (self.bin / name).write_text(text)
            (self.bin / name).chmod(0o755)
        self.lingers("yes")

    def lingers(self, word: str) -> None:
        (self.bin / "linger").write_text(f"{word}\n")

    def fails(self, why: str) -> None:
        (self.bin / "fails").write_text(why)

    @property
    def calls(self) -> list[str]:
        path = self.bin / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.removeprefix("--user ") for line in lines if line.split()[1] not in LOOKS]

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.units.iterdir()) if self.units.exists() else []


@pytest.fixture
def systemd(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    found = Systemd(tmp_path)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", f"{found.bin}:{os.environ['PATH']}")
    return found


ENABLED = "enable --now peerd.socket peerd.service"


def test_install_writes_and_enables_the_units(home: Path, systemd: Systemd, peerd: Peerd):
    ran = peerd("daemon", "install")

    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("systemd starts the daemon at login, ")
    assert systemd.files == ["peerd.service", "peerd.socket"]
    assert f"ListenStream={home}/run/peerd.sock\n" in (systemd.units / "peerd.socket").read_text()
    assert f'Environment="PEERD_HOME={home}"\n' in (systemd.units / "peerd.service").read_text()
    assert f'Environment="PATH={os.environ["PATH"]}"\n' in (systemd.units / "peerd.service").read_text()
    assert systemd.calls == ["daemon-reload", ENABLED]


def test_without_a_home_of_its_own_the_units_name_what_moves_its_folders(
    systemd: Systemd, peerd: Peerd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("PEERD_HOME")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    files = peerd("daemon", "install", "--dry-run", "--json").json["files"]

    assert f"ListenStream={tmp_path}/peerd/peerd.sock\n" in files[str(systemd.units / "peerd.socket")]
    service = files[str(systemd.units / "peerd.service")]
    assert "PEERD_HOME" not in service
    assert f'Environment="XDG_CONFIG_HOME={tmp_path}/config"\n' in service


def test_installing_twice_changes_nothing_the_second_time(systemd: Systemd, peerd: Peerd):
    first, second = (peerd("daemon", "install", "--json").json for _ in range(2))

    files = [str(systemd.units / name) for name in ("peerd.socket", "peerd.service")]
    assert first == {"manager": "systemd", "files": files, "written": files, "lingers": True}
    assert second == first | {"written": []}
    assert systemd.calls == ["daemon-reload", ENABLED, ENABLED]


def test_what_changed_is_written_and_the_daemon_started_with_it(
    systemd: Systemd, peerd: Peerd, monkeypatch: pytest.MonkeyPatch
):
    peerd("daemon", "install")
    monkeypatch.setenv("PATH", f"{os.environ['PATH']}:/new")

    written = peerd("daemon", "install", "--json").json["written"]

    assert written == [str(systemd.units / "peerd.service")]
    assert systemd.calls[2:] == ["stop peerd.socket peerd.service", "daemon-reload", ENABLED]


def test_a_dry_run_prints_the_files_and_touches_nothing(home: Path, systemd: Systemd, peerd: Peerd):
    ran = peerd("daemon", "install", "--dry-run")

    assert ran.code == 0
    assert f"==> {systemd.units}/peerd.socket <==\n{socket_unit(f'{home}/run/peerd.sock')}" in ran.out
    assert f"==> {systemd.units}/peerd.service <==\n# Written by" in ran.out
    assert (systemd.files, systemd.calls) == ([], [])
    assert not (systemd.bin / "calls").exists()


@pytest.mark.parametrize("word", ["no", "yes", "what"])
def test_lingering_is_explained_where_it_is_off_and_never_enabled(systemd: Systemd, peerd: Peerd, word: str):
    systemd.lingers(word)

    assert ("`loginctl enable-linger` keeps them up" in peerd("daemon", "install").out) == (word == "no")


@pytest.mark.parametrize("name", ["peerd.socket", "peerd.service"])
def test_a_file_that_is_not_ours_is_never_overwritten_nor_removed(systemd: Systemd, peerd: Peerd, name: str):
    systemd.units.mkdir(parents=True)
    (systemd.units / name).write_text("[Unit]\n")

    installed, removed = peerd("daemon", "install"), peerd("daemon", "uninstall")

    assert (installed.code, installed.err.split(". ")[0]) == (1, f"peerd: {systemd.units}/{name} is not peerd's")
    assert removed.code == 0
    assert (systemd.files, (systemd.units / name).read_text(), systemd.calls) == ([name], "[Unit]\n", [])


def test_the_units_of_another_home_are_neither_replaced_nor_removed(systemd: Systemd, peerd: Peerd):
    systemd.units.mkdir(parents=True)
    other = {"peerd.socket": socket_unit("/other/s"), "peerd.service": service_unit("/python", "/other/s", {})}
    for name, text in other.items():
        (systemd.units / name).write_text(text)

    for word in ("install", "uninstall"):
        ran = peerd("daemon", word)
        assert (ran.code, "keeps the daemon of another home, on /other/s." in ran.err) == (1, True)
    assert {name: (systemd.units / name).read_text() for name in systemd.files} == other
    assert systemd.calls == []


def test_uninstall_removes_what_install_wrote_and_is_safe_to_run_twice(systemd: Systemd, peerd: Peerd):
    peerd("daemon", "install")
    (systemd.units / "other.service").touch()

    first, second = (peerd("daemon", "uninstall", "--json").json["removed"] for _ in range(2))

    assert first == [str(systemd.units / name) for name in ("peerd.socket", "peerd.service")]
    assert (second, systemd.files) == ([], ["other.service"])
    assert systemd.calls[2:] == ["disable --now peerd.socket peerd.service", "daemon-reload"]


@pytest.mark.parametrize("word", ["install", "uninstall"])
def test_inside_a_session_both_are_refused(systemd: Systemd, peerd: Peerd, monkeypatch: pytest.MonkeyPatch, word: str):
    monkeypatch.setenv("PEERD_SESSION", "s-1")

    ran = peerd("daemon", word)

    assert (ran.code, "only the operator, outside every session" in ran.err) == (1, True)
    assert (systemd.files, systemd.calls) == ([], [])


def test_a_manager_that_does_not_answer_is_told_with_what_to_do_instead(systemd: Systemd, peerd: Peerd):
    systemd.fails(NO_BUS)

    ran = peerd("daemon", "install", "--json")

    error = json.loads(ran.err)["error"]
    assert (ran.code, error["kind"]) == (1, "refused")
    assert NO_BUS in error["message"]
    assert "`peerd daemon start` run at login" in error["message"]
    assert systemd.files == []


def test_without_a_manager_it_says_what_to_do_instead(home: Path, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")

    ran = peerd("daemon", "install")

    assert (ran.code, ran.out) == (1, "")
    assert "neither systemd nor launchd" in ran.err
    assert "`peerd daemon start` run at login" in ran.err


def test_a_dry_run_goes_with_install_alone(peerd: Peerd):
    assert peerd("daemon", "uninstall", "--dry-run").code == 2


@pytest.mark.usefixtures("real")
def test_a_daemon_that_runs_by_hand_makes_room(home: Path, systemd: Systemd, peerd: Peerd):
    peerd("daemon", "start")

    peerd("daemon", "install")

    eventually(lambda: daemons(home) == set())  # one that looks has no name of its own at first
    assert systemd.calls[-1] == ENABLED


def test_a_daemon_that_is_kept_is_restarted_stopped_and_started_by_its_manager(
    systemd: Systemd, peerd: Peerd, daemon: Stub
):
    daemon.answers = {"daemon.status": STATUS}
    (systemd.bin / "active").touch()
    peerd("daemon", "install")

    restarted, stopped = peerd("daemon", "restart", "--json"), peerd("daemon", "stop", "--json")

    assert (restarted.json["pid"], stopped.json) == (12, {"pid": 12})
    assert systemd.calls[2:] == ["restart peerd.service", "stop peerd.socket peerd.service"]
    assert {method for method, _ in daemon.asked} == {"daemon.status"}


def test_a_manager_that_starts_another_version_is_told_how_to_start_this_one(
    systemd: Systemd, peerd: Peerd, daemon: Stub
):
    daemon.answers = {"daemon.status": STATUS | {"version": "0.0.9"}}
    (systemd.bin / "active").touch()
    peerd("daemon", "install")

    assert peerd("daemon", "restart").out.endswith(f"This command line is {__version__}: `peerd daemon install`.\n")


def test_a_message_has_the_manager_start_the_daemon_it_keeps(home: Path, systemd: Systemd, peerd: Peerd):
    peerd("daemon", "install")
    peerd("daemon", "stop")

    ran = peerd("send", "ada", "x")

    assert systemd.calls[-1] == "start peerd.socket peerd.service"
    assert (ran.code, daemons(home)) == (69, set())


def test_a_session_has_no_manager_start_the_daemon(systemd: Systemd, peerd: Peerd, monkeypatch: pytest.MonkeyPatch):
    peerd("daemon", "install")
    peerd("daemon", "stop")
    before = systemd.calls
    monkeypatch.setenv("PEERD_SESSION", "s-1")

    assert peerd("send", "ada", "x").code == 75
    assert systemd.calls == before
