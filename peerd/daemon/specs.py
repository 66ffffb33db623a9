"""Specs that people edit: taken up as they are saved, for the next session. A broken one leaves the old in force."""

from peerd.config import read_specs
from peerd.core.event import SpecChanged
from peerd.daemon import adopt
from peerd.daemon.context import Daemon
from peerd.edges import watch
from peerd.model.peer import Spec


async def follow(daemon: Daemon, rejected: set[str]) -> None:
    """Runs until cancelled. `rejected` is what was told already."""
    async for _ in watch.changes(daemon.home.peers):
        rejected = await read(daemon, rejected)


async def read(daemon: Daemon, known: set[str]) -> set[str]:
    """Take up what is new or changed; a file that was removed changes nothing. Returns what is wrong, told once."""
    specs, wrong = read_specs(daemon.home.peers)
    for spec in specs.values():
        await take(daemon, spec, "its file")
    for why in {str(error) for error in wrong} - known:
        daemon.log.write("spec-rejected", why=why)
    return {str(error) for error in wrong}


async def take(daemon: Daemon, spec: Spec, by: str) -> None:
    """A spec, new or changed; nothing for one that is known already. A name that was there before has what the store
    still holds of it."""
    peer = daemon.loop.peers.get(spec.name)
    if peer is None:
        await adopt.adopt(daemon, {spec.name: spec})
        adopt.settle(daemon, (spec.name,))
        daemon.log.write("peer-added", peer=spec.name, runtime=spec.runtime, by=by)
    elif peer.spec != spec:
        daemon.loop.feed(SpecChanged(spec.name, spec, daemon.task_attempts(spec)))
        daemon.log.write("spec-changed", peer=spec.name, runtime=spec.runtime, by=by)
