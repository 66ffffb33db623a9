"""Which service manager there is, and what launchd is asked; launchctl is a stand-in that records."""

import os
from pathlib import Path

import pytest

from peerd.edges.units import Launchd, Systemd, units
from peerd.errors import PeerdError

LAUNCHCTL = """#!/bin/sh
cd "${0%/*}" || exit 9
echo "$*" >> calls
case "$1" in
    bootstrap) : > active ;;
    bootout) rm active ;;
    print) [ -e active ] ;;
esac
"""


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in ("launchctl", "systemctl"):
        (tmp_path / name).write_text(LAUNCHCTL)
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)
    return {"PATH": path, "HOME": "/home/ada"}


@pytest.mark.parametrize(
    ("platform", "more", "kind", "folder"),
    [
        ("linux", {}, Systemd, "/home/ada/.config/systemd/user"),
        ("linux", {"XDG_CONFIG_HOME": "/c"}, Systemd, "/c/systemd/user"),
        ("darwin", {}, Launchd, "/home/ada/Library/LaunchAgents"),
    ],
)
def test_each_system_has_its_own(env: dict[str, str], platform: str, more: dict[str, str], kind: type, folder: str):
    found = units(env | more, platform)

    assert (type(found), found.folder if found else "") == (kind, folder)


@pytest.mark.parametrize(("platform", "path"), [("linux", "/nowhere"), ("darwin", "/nowhere"), ("freebsd14", None)])
def test_without_its_command_there_is_none(env: dict[str, str], platform: str, path: str | None):
    assert units(env | ({"PATH": path} if path else {}), platform) is None


@pytest.mark.usefixtures("env")
def test_launchd_is_asked_for_the_users_own_agent(tmp_path: Path):
    agent, of_the_user = Launchd(str(tmp_path / "agents")), f"gui/{os.getuid()}"

    agent.write("peerd.plist", "text")
    agent.enable()
    agent.enable()
    agent.restart()
    agent.disable()
    agent.disable()

    calls = (tmp_path / "calls").read_text().splitlines()
    assert [call for call in calls if not call.startswith("print")] == [
        f"enable {of_the_user}/peerd",
        f"bootstrap {of_the_user} {tmp_path}/agents/peerd.plist",
        f"enable {of_the_user}/peerd",
        f"kickstart -k {of_the_user}/peerd",
        f"bootout {of_the_user}/peerd",
    ]


def test_a_refusal_is_told_with_the_command_and_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "systemctl").write_text("#!/bin/sh\necho no such unit >&2\nexit 5\n")
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    with pytest.raises(PeerdError, match="`systemctl --user restart peerd.service` failed: no such unit"):
        Systemd(str(tmp_path)).restart()


def test_a_file_is_written_whole_and_read_again(tmp_path: Path):
    systemd = Systemd(str(tmp_path / "deep" / "user"))
    assert systemd.read("peerd.service") is None

    systemd.write("peerd.service", "text\n")

    assert (systemd.read("peerd.service"), os.listdir(systemd.folder)) == ("text\n", ["peerd.service"])
