"""The files that keep the daemon: every line that does so is pinned, and systemd has nothing to say against them."""

import configparser
import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from peerd.cli import unitfile
from peerd.errors import ConfigError

SOCKET = "/run/user/1000/peerd/peerd.sock"
ENV = {"PEERD_HOME": "/home/ada/peerd", "PATH": "/usr/bin:/bin"}


def sections(text: str) -> configparser.ConfigParser:
    found = configparser.ConfigParser(interpolation=None, strict=False)
    found.optionxform = str  # type: ignore[assignment,method-assign]
    found.read_string(text)
    return found


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("Unit", "Requires=peerd.socket"),
        ("Unit", "After=peerd.socket"),
        ("Unit", "StartLimitIntervalSec=0"),
        ("Service", "Type=notify"),
        ("Service", 'ExecStart="/opt/python" -m peerd daemon run'),
        ("Service", "WorkingDirectory=/"),
        ("Service", "Restart=always"),
        ("Service", "RestartSec=2"),
        ("Service", "WatchdogSec=30"),
        ("Service", "TimeoutStartSec=90"),
        ("Service", "TimeoutStopSec=30"),
        ("Service", "KillMode=process"),
        ("Service", "OOMPolicy=continue"),
        ("Service", "TasksMax=infinity"),
        ("Install", "WantedBy=default.target"),
        ("Install", "Also=peerd.socket"),
    ],
)
def test_the_service_is_kept_by(section: str, line: str):
    name, _, value = line.partition("=")

    assert sections(unitfile.service_unit("/opt/python", SOCKET, ENV))[section][name] == value


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("Socket", f"ListenStream={SOCKET}"),
        ("Socket", "SocketMode=0600"),
        ("Socket", "DirectoryMode=0700"),
        ("Socket", "FileDescriptorName=peerd"),
        ("Socket", "RemoveOnStop=yes"),
        ("Install", "WantedBy=sockets.target"),
    ],
)
def test_the_socket_is_kept_by(section: str, line: str):
    name, _, value = line.partition("=")

    assert sections(unitfile.socket_unit(SOCKET))[section][name] == value


def test_the_service_has_the_environment_it_was_given():
    lines = unitfile.service_unit("/opt/python", SOCKET, ENV).splitlines()

    assert [line for line in lines if line.startswith("Environment=")] == [
        'Environment="PEERD_HOME=/home/ada/peerd"',
        'Environment="PATH=/usr/bin:/bin"',
    ]


def test_what_systemd_would_take_for_its_own_is_escaped():
    text = unitfile.service_unit('/a b%c"d\\e', SOCKET, {})

    assert 'ExecStart="/a b%%c\\"d\\\\e" -m peerd daemon run\n' in text
    assert "\nListenStream=/a b%%c\n" in unitfile.socket_unit("/a b%c")


@pytest.mark.parametrize("path", ["/a\nExecStart=/bin/sh", "/a\\"])
def test_a_path_that_no_line_can_hold_is_refused(path: str):
    for text in (unitfile.socket_unit, lambda at: unitfile.service_unit("/opt/python", at, {})):
        with pytest.raises(ConfigError, match="cannot stand in a service's file"):
            text(path)
    with pytest.raises(ConfigError, match="cannot stand in a service's file"):
        unitfile.plist("/opt/python", path, {})


def test_launchd_keeps_the_daemon_by_this_job():
    assert plistlib.loads(unitfile.plist("/opt/python", SOCKET, ENV).encode()) == {
        "Label": "peerd",
        "ProgramArguments": ["/opt/python", "-m", "peerd", "daemon", "run"],
        "WorkingDirectory": "/",
        "EnvironmentVariables": ENV,
        "RunAtLoad": True,
        "KeepAlive": True,
        "AbandonProcessGroup": True,
        "ExitTimeOut": 30,
    }


@pytest.mark.parametrize("socket", [SOCKET, "/a--b---c/peerd.sock"])
def test_the_first_line_says_whose_the_file_is(socket: str):
    texts = (
        unitfile.socket_unit(socket),
        unitfile.service_unit("/opt/python", socket, ENV),
        unitfile.plist("/opt/python", socket, ENV),
    )

    assert {unitfile.owner(text) for text in texts} == {unitfile.named(socket)}
    assert "--" not in unitfile.named(socket)


def test_a_mark_that_is_not_in_the_first_line_is_no_mark():
    assert unitfile.owner("[Unit]\n" + unitfile.socket_unit(SOCKET)) is None
    assert unitfile.owner("") is None


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.parametrize("home", ["plain", "a b%c"])
def test_systemd_has_nothing_to_say_against_the_units(tmp_path: Path, home: str):
    socket = str(tmp_path / home / "peerd.sock")
    (tmp_path / "peerd.socket").write_text(unitfile.socket_unit(socket))
    (tmp_path / "peerd.service").write_text(unitfile.service_unit(sys.executable, socket, ENV | {"PEERD_HOME": home}))
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}

    verify = ("systemd-analyze", "--user", "verify", "./peerd.socket", "./peerd.service")
    done = subprocess.run(verify, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=30, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
