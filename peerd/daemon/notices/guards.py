"""Which guards are switched off, by the settings that this daemon read and the specs of its peers."""

from contextlib import suppress
from functools import cache

from msgspec.structs import replace

from peerd.adapter import Place
from peerd.core import guard
from peerd.daemon.context import Daemon
from peerd.edges.matching import is_whole
from peerd.errors import ConfigError
from peerd.model.notice import Notice
from peerd.model.peer import Spec

NOWHERE = Place("/", "/", "/", "/")


def notices(daemon: Daemon) -> list[Notice]:
    settings = daemon.settings
    found = guard.of_settings(settings.peers, settings.approve, daemon.home.settings_file, _is_whole)
    for name, peer in sorted(daemon.loop.peers.items()):
        live = daemon.living(name)
        runs_so = None if live is None else _bypasses(daemon, live.session.spec or live.spec)
        found.extend(guard.of_peer(peer.spec, settings.peers, _bypasses(daemon, peer.spec), runs_so))
    return found


@cache
def _is_whole(pattern: str, example: str) -> bool:
    """Both stay the same from look to look: told once. One that takes too long would each time."""
    try:
        return is_whole(pattern, example)
    except TimeoutError:
        return False


def _bypasses(daemon: Daemon, spec: Spec) -> bool:
    """Most runtimes know of no permissions: such a one is started alike, whatever the spec says of them."""
    adapter = daemon.adapters.get(spec.runtime)
    if spec.permissions != "bypass" or adapter is None:
        return False
    with suppress(ConfigError):
        either = (adapter.launch(replace(spec, permissions=each), NOWHERE, None) for each in ("bypass", "ask"))
        return next(either) != next(either)
    return False
