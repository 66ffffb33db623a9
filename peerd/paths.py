"""Where everything lives. PEERD_HOME moves it all under one folder; otherwise platformdirs decides.

The only importer of platformdirs. Reads PEERD_HOME, PEERD_SOCKET and XDG_RUNTIME_DIR; creates nothing.
"""

import os
import sys
from collections.abc import Mapping

SOCKET_PATH_MAX_BYTES = 107  # sun_path is 108 with its NUL (Linux unix(7)); 103 on macOS, where this still refuses late


class Home:
    """The folders of one peerd. Two homes share nothing, sockets included."""

    def __init__(self, config: str, state: str, logs: str, run: str, short_run: str, socket: str = "") -> None:
        """`socket`: the daemon's, where one is named."""
        self._socket = socket
        self.config = config
        self.state = state
        self.logs = logs
        self.run = run
        self.short_run = short_run

    @property
    def socket(self) -> str:
        return self._socket or self.fit("peerd.sock")

    @property
    def settings_file(self) -> str:
        return os.path.join(self.config, "peerd.toml")

    @property
    def peers(self) -> str:
        """Specs: one NAME.toml a peer."""
        return os.path.join(self.config, "peers")

    @property
    def runtimes(self) -> str:
        """Declared runtimes: one NAME.toml each."""
        return os.path.join(self.config, "runtimes")

    @property
    def doctrine(self) -> str:
        """What every agent is told."""
        return os.path.join(self.config, "doctrine.md")

    @property
    def fragments(self) -> str:
        """More of it, in parts: *.md."""
        return os.path.join(self.config, "fragments")

    @property
    def store(self) -> str:
        return os.path.join(self.state, "peerd.db")

    @property
    def store_files(self) -> tuple[str, ...]:
        """Whoever has the store open and closes one of them by another descriptor loses its locks on it."""
        return self.store, f"{self.store}-wal", f"{self.store}-shm"

    @property
    def logins(self) -> str:
        """Runtimes' configurations of a peer's own: a folder each, by runtime."""
        return os.path.join(self.state, "logins")

    def login(self, name: str) -> str:
        return os.path.join(self.logins, name)

    @property
    def attachments(self) -> str:
        """Contents of files beside messages, by their sha256."""
        return os.path.join(self.state, "attachments")

    @property
    def lock(self) -> str:
        return os.path.join(self.state, "lock")

    @property
    def sessions(self) -> str:
        return os.path.join(self.state, "sessions")

    @property
    def worktrees(self) -> str:
        """Git worktrees that were made for peers: one NAME each."""
        return os.path.join(self.state, "worktrees")

    def session(self, session_id: str) -> str:
        return os.path.join(self.sessions, session_id)

    def tmux_socket(self, identity: str) -> str:
        return self.fit(os.path.join("tmux", f"{identity}.sock"))

    def fit(self, name: str) -> str:
        """A socket's path under the run folder, or a short hashed one where that would exceed sun_path."""
        path = os.path.join(self.run, name)
        if len(os.fsencode(path)) <= SOCKET_PATH_MAX_BYTES:
            return path
        import hashlib  # 3 ms of a command's start, for the few that need it

        digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
        return os.path.join(self.short_run, f"{digest}.sock")


def home(env: Mapping[str, str]) -> Home:
    """The home this environment points at."""
    root, socket = env.get("PEERD_HOME"), env.get("PEERD_SOCKET", "")
    if root:
        root = os.path.abspath(root)
        config, state, logs, run = (os.path.join(root, part) for part in ("config", "state", "log", "run"))
        return Home(config, state, logs, run, _short_run(env), socket)
    import platformdirs

    dirs = platformdirs.PlatformDirs("peerd", appauthor=False)
    folders = (dirs.user_config_dir, dirs.user_state_dir, dirs.user_log_dir)
    return Home(*folders, _user_run(env), _short_run(env), socket)


def daemon_socket(env: Mapping[str, str]) -> str:
    """The daemon's socket. Imports platformdirs only on other systems than Linux."""
    named = env.get("PEERD_SOCKET")
    if named:
        return named
    if not env.get("PEERD_HOME") and sys.platform == "linux":
        return Home("", "", "", _user_run(env), _short_run(env)).socket
    return home(env).socket


def _user_run(env: Mapping[str, str]) -> str:
    """On Linux the user's runtime folder, also for whoever was not told of it (cron, sudo), else one in /tmp."""
    if sys.platform != "linux":
        import platformdirs

        return platformdirs.user_runtime_dir("peerd", appauthor=False)
    runtime = _runtime_folder(env)
    return os.path.join(runtime, "peerd") if runtime else _short_run(env)


def _runtime_folder(env: Mapping[str, str]) -> str:
    login = f"/run/user/{os.getuid()}"
    return env.get("XDG_RUNTIME_DIR") or (login if os.path.isdir(login) else "")


def _short_run(env: Mapping[str, str]) -> str:
    """A 0700 folder with a short name, made by the daemon: room for 64 bytes of socket name in it."""
    runtime = _runtime_folder(env)
    base = os.path.join(runtime, "peerd-s")
    if runtime and len(os.fsencode(base)) <= 80:
        return base
    return f"/tmp/peerd-{os.getuid()}"


def below(folder: str, other: str) -> str | None:
    """The path from the other folder to one that lies in it, or is it: as both are written, else as they really are,
    links followed. None where it does not."""
    for really in (os.path.normpath, os.path.realpath):
        found = os.path.relpath(really(folder), really(other))
        if found.split(os.sep)[0] != os.pardir:
            return found
    return None
