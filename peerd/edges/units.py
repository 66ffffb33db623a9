"""The user's service manager, asked by its command: systemd by systemctl(1), launchd by launchctl(1).

Owns the files of its services in the user's own folder for them; what is in them is the caller's. Blocking, every call
under a deadline. Enables no lingering and touches nothing of the system's.
"""

import os
import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping

from peerd.errors import PeerdError

ANSWER_S = 10.0
ACT_S = 150.0
"""A start may take 90 s and the stop before it 30; systemctl waits for both."""

SERVICE, SOCKET = "peerd.service", "peerd.socket"
AGENT, AGENT_FILE = "peerd", "peerd.plist"


class Units(ABC):
    """The daemon as a service: its files by name, and whether it runs. All but `ran` raise PeerdError where the manager
    refuses, cannot be asked, or does not answer in time."""

    name: str
    file_names: tuple[str, ...]
    logs: str
    """The command that shows what the daemon printed."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def file(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def read(self, name: str) -> str | None:
        """A file's text; None where there is none."""
        try:
            with open(self.file(name), encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """Whole or not at all."""
        os.makedirs(self.folder, exist_ok=True)
        draft = self.file(f".{name}.{os.getpid()}.new")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(draft, self.file(name))

    def remove(self, name: str) -> None:
        os.unlink(self.file(name))

    @abstractmethod
    def answers(self) -> None:
        """Raises PeerdError where it cannot be asked."""

    @abstractmethod
    def runs(self) -> bool:
        """Whether it keeps the daemon now. False also where it cannot be asked."""

    @abstractmethod
    def enable(self) -> None:
        """From now on, at every login, and at once: the daemon serves when this returns."""

    @abstractmethod
    def disable(self) -> None:
        """The daemon is ended, and no longer started at login."""

    @abstractmethod
    def reload(self) -> None:
        """Files were written or removed."""

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None:
        """Until `start`, or the next login."""

    @abstractmethod
    def restart(self) -> None: ...

    @abstractmethod
    def lingers(self) -> bool | None:
        """Whether it goes on after the last logout; None where that cannot be told."""


class Systemd(Units):
    """A user's instance. The socket unit is what keeps the daemon reachable, so it is what is asked about."""

    name = "systemd"
    file_names = (SOCKET, SERVICE)
    logs = "journalctl --user -u peerd"

    def answers(self) -> None:
        _must("systemctl", "--user", "show", "--property=Version", within_s=ANSWER_S)

    def runs(self) -> bool:
        return _ran("systemctl", "--user", "is-active", "--quiet", SOCKET)

    def enable(self) -> None:
        _must("systemctl", "--user", "enable", "--now", SOCKET, SERVICE)

    def disable(self) -> None:
        _must("systemctl", "--user", "disable", "--now", SOCKET, SERVICE)

    def reload(self) -> None:
        _must("systemctl", "--user", "daemon-reload")

    def start(self) -> None:
        _must("systemctl", "--user", "start", SOCKET, SERVICE)

    def stop(self) -> None:
        _must("systemctl", "--user", "stop", SOCKET, SERVICE)

    def restart(self) -> None:
        _must("systemctl", "--user", "restart", SERVICE)

    def lingers(self) -> bool | None:
        try:
            done = _called("loginctl", "show-user", str(os.getuid()), "--property=Linger", "--value", within_s=ANSWER_S)
        except PeerdError:
            return None
        return {"yes": True, "no": False}.get(done.stdout.strip())


class Launchd(Units):
    """A user's agents, which end with the login. Not tested on macOS."""

    name = "launchd"
    file_names = (AGENT_FILE,)
    logs = "launchctl print gui/$(id -u)/peerd"

    def answers(self) -> None:
        _must("launchctl", "print", _domain(), within_s=ANSWER_S)

    def runs(self) -> bool:
        return _ran("launchctl", "print", f"{_domain()}/{AGENT}")

    def enable(self) -> None:
        _must("launchctl", "enable", f"{_domain()}/{AGENT}")
        if not self.runs():
            self.start()

    def disable(self) -> None:
        if self.runs():
            self.stop()

    def reload(self) -> None:
        """launchd reads a file when it is told to start it."""

    def start(self) -> None:
        _must("launchctl", "bootstrap", _domain(), self.file(AGENT_FILE))

    def stop(self) -> None:
        _must("launchctl", "bootout", f"{_domain()}/{AGENT}")

    def restart(self) -> None:
        _must("launchctl", "kickstart", "-k", f"{_domain()}/{AGENT}")

    def lingers(self) -> bool | None:
        return None


def units(env: Mapping[str, str], platform: str) -> Units | None:
    """The service manager of this system (`sys.platform`), whether or not it answers; None where it has none."""
    home = env.get("HOME") or os.path.expanduser("~")
    if platform == "darwin" and shutil.which("launchctl", path=env.get("PATH")):
        return Launchd(os.path.join(home, "Library", "LaunchAgents"))
    if platform == "linux" and shutil.which("systemctl", path=env.get("PATH")):
        config = env.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        return Systemd(os.path.join(config, "systemd", "user"))
    return None


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _ran(*argv: str) -> bool:
    try:
        return _called(*argv, within_s=ANSWER_S).returncode == 0
    except PeerdError:
        return False


def _must(*argv: str, within_s: float = ACT_S) -> None:
    done = _called(*argv, within_s=within_s)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise PeerdError(f"`{' '.join(argv)}` failed: {said}")


def _called(*argv: str, within_s: float) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=within_s, check=False
        )
    except OSError as error:
        raise PeerdError(f"cannot run {argv[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired:
        raise PeerdError(f"`{' '.join(argv)}` did not end within {within_s:g} s") from None
