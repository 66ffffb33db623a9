"""The environment of a session: built, not inherited. An allow-list, then the spec's, then ours last."""

import os
import sys
from collections.abc import Mapping

from peerd.model.peer import Spec
from peerd.model.session import SessionId
from peerd.paths import Home

ALLOWED = frozenset(
    (
        *("HOME", "USER", "LOGNAME", "SHELL", "PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "SSH_AUTH_SOCK"),
        *("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
        *("http_proxy", "https_proxy", "no_proxy"),
    )
)


def allowed(env: Mapping[str, str]) -> dict[str, str]:
    """What a session may have of the daemon's own environment; a UTF-8 locale where none is named."""
    kept = {key: value for key, value in env.items() if key in ALLOWED or key.startswith("LC_")}
    if not any(key in kept for key in ("LC_ALL", "LC_CTYPE", "LANG")):
        kept["LANG"] = "C.UTF-8"
    return kept


def session_env(
    own: Mapping[str, str], spec: Spec, launch: Mapping[str, str], marks: Mapping[str, str]
) -> dict[str, str]:
    """All a session gets. `launch` is the adapter's, `marks` are ours and cannot be overridden."""
    env = allowed(own) | dict(launch) | spec.env
    env["PATH"] = _with_our_commands(env.get("PATH", os.defpath))
    if own.get("PEERD_HOME"):
        env["PEERD_HOME"] = os.path.abspath(own["PEERD_HOME"])
    return env | dict(marks)


def marks(spec: Spec, session: SessionId, token: str, home: Home, journal: str) -> dict[str, str]:
    """Who the session is. `PEERD_SESSION` is also how a process of ours is recognised."""
    return {
        "PEERD_SOCKET": home.socket,
        "PEERD_PEER": spec.name,
        "PEERD_RUNTIME": spec.runtime,
        "PEERD_IDENTITY": spec.identity,
        "PEERD_SESSION": session,
        "PEERD_TOKEN": token,
        "PEERD_JOURNAL": journal,
    }


def _with_our_commands(path: str) -> str:
    """`peerd` can be called inside a session also when it lives in a virtual environment."""
    ours = os.path.dirname(sys.executable)
    return path if ours in path.split(os.pathsep) else f"{path}{os.pathsep}{ours}"
