"""Specs that people edit: taken up as they are saved, for the next session. A broken one leaves the old in force."""

from peerd.core.event import SpecChanged
from peerd.daemon import adopt
from peerd.daemon.context import Daemon
from peerd.edges import watch
from peerd.model.peer import Spec
from peerd.specfile import read_specs


async def follow(daemon: Daemon) -> None:
    """Runs until cancelled."""
    async for _ in watch.changes(daemon.home.peers):
        await read(daemon)


async def read(daemon: Daemon) -> None:
    """Take up what is new or changed; a file that was removed changes nothing."""
    found = read_specs(daemon.home.peers, daemon.settings.peers)
    for spec in found.specs.values():
        try:
            await take(daemon, spec, "its file")
        except Exception as error:  # noqa: BLE001  one costs no other
            daemon.bug(f"take up {spec.name}", error)
    daemon.reject("peers", found.wrong)
    daemon.note_odd(found.odd)


async def take(daemon: Daemon, spec: Spec, by: str) -> None:
    """A spec, new or changed; nothing for one that is known already. A name that was there before has what the store
    still holds of it."""
    peer = daemon.loop.peers.get(spec.name)
    if peer is None:
        await adopt.adopt(daemon, {spec.name: spec})
        adopt.settle(daemon, (spec.name,))
        daemon.log.write("peer-added", peer=spec.name, runtime=spec.runtime, by=by)
    elif peer.spec != spec:
        daemon.loop.feed(SpecChanged(spec.name, spec, daemon.task_attempts(spec), daemon.kind(spec)))
        daemon.log.write("spec-changed", peer=spec.name, runtime=spec.runtime, by=by)
