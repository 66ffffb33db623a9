"""The texts that make a service manager keep the daemon: two units for systemd, one plist for launchd. Pure.

Their first line says that they are ours, and whose daemon they run: by its socket, since two homes share none.
systemd.service(5), systemd.socket(5), systemd.exec(5), launchd.plist(5).
"""

from __future__ import annotations

import re

from peerd.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

LABEL = "peerd"
WATCHDOG_S = 30
"""Above what an ordinary stop takes; a daemon that is well answers in a thousandth of it."""
START_S = 90
STOP_S = 30
"""The daemon itself gives up on what it is typing after 10 s."""

MARKED = re.compile(r"Written by `peerd daemon install` for (.*); `peerd daemon uninstall` removes it\.")


def owner(text: str) -> str | None:
    """The socket of the daemon that a file of ours runs, as `named` has it; None for a file that is not ours."""
    found = MARKED.search(text.partition("\n")[0])
    return found[1] if found else None


def named(socket: str) -> str:
    """As an XML comment can hold it, in which no two dashes may meet."""
    return re.sub("-(?=-)", r"-\\", socket)


def _mark(socket: str) -> str:
    """Raises ConfigError where the socket's path is not one line."""
    _one_line(socket)
    return f"Written by `peerd daemon install` for {named(socket)}; `peerd daemon uninstall` removes it."


def socket_unit(socket: str) -> str:
    """systemd holds the socket, so that nobody is refused while the daemon is away: what comes waits in it."""
    return f"""\
# {_mark(socket)}
[Unit]
Description=peerd, where its peers and its command line reach it

[Socket]
ListenStream={_unit_value(socket)}
SocketMode=0600
DirectoryMode=0700
FileDescriptorName=peerd
RemoveOnStop=yes

[Install]
WantedBy=sockets.target
"""


def service_unit(python: str, socket: str, env: Mapping[str, str]) -> str:
    """systemd starts the daemon at login and by the first connection, and again however it ends."""
    kept = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in env.items())
    return f"""\
# {_mark(socket)}
[Unit]
Description=peerd keeps a team of peers one message away
Requires=peerd.socket
After=peerd.socket
# However often it fails, it is tried again.
StartLimitIntervalSec=0

[Service]
Type=notify
ExecStart={_quoted(python)} -m peerd daemon run
WorkingDirectory=/
{kept}Restart=always
RestartSec=2
# Its loop gives a sign of life twice in this time; one that hangs is ended, and started again.
WatchdogSec={WATCHDOG_S}
TimeoutStartSec={START_S}
TimeoutStopSec={STOP_S}
# Only the daemon is ended. Sessions run in its control group and outlive it; the next daemon adopts them.
KillMode=process
# A session that runs out of memory takes nobody along.
OOMPolicy=continue
TasksMax=infinity

[Install]
WantedBy=default.target
Also=peerd.socket
"""


def plist(python: str, socket: str, env: Mapping[str, str]) -> str:
    """launchd starts the daemon at login, and again however it ends. AbandonProcessGroup: sessions outlive it."""
    import plistlib

    job = {
        "Label": LABEL,
        "ProgramArguments": [python, "-m", "peerd", "daemon", "run"],
        "WorkingDirectory": "/",
        "EnvironmentVariables": dict(env),
        "RunAtLoad": True,
        "KeepAlive": True,
        "AbandonProcessGroup": True,
        "ExitTimeOut": STOP_S,
    }
    declaration, _, rest = plistlib.dumps(job, sort_keys=False).decode().partition("\n")
    return f"{declaration}<!-- {_mark(socket)} -->\n{rest}"


def _quoted(word: str) -> str:
    """One word of a line that systemd splits (systemd.syntax(7), systemd.unit(5) for specifiers)."""
    return '"' + _unit_value(word).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unit_value(text: str) -> str:
    return _one_line(text).replace("%", "%%")


def _one_line(text: str) -> str:
    """Raises ConfigError for what no line can hold, or would make it go on in the next."""
    if any(ord(letter) < 32 for letter in text) or text.endswith("\\"):
        raise ConfigError(f"{text!r} cannot stand in a service's file: a line break, or a backslash at its end.")
    return text
