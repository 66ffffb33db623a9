"""Removals and renames whose files could not be done yet: tried again at each census, and told of meanwhile."""

from peerd.daemon import removal, rename, specs
from peerd.daemon.context import Daemon
from peerd.daemon.leftfiles import AGAIN, finish_logins, renames_unmoved, spec_file
from peerd.daemon.roster import without_spec


async def finish(daemon: Daemon) -> removal.WithWorktrees:
    """A folder of specs that holds nothing at all may not be there yet: then none of them is touched. The worktrees of
    what it returns are `removal.go_on`'s."""
    if not (daemon.store.reader.renames() or daemon.store.reader.removals()):
        return []
    there = await daemon.with_specs(specs.are_there, daemon.home.peers)
    if not there and not specs.is_known(daemon, await daemon.with_specs(specs.folder_of, daemon.home.peers)):
        await finish_logins(daemon)
        return []
    await rename.finish(daemon)
    return await removal.finish(daemon)


async def try_again(daemon: Daemon) -> None:
    removal.go_on(daemon, await finish(daemon))


def notices(daemon: Daemon) -> list[str]:
    """Also of peers whose spec is gone, and whom nobody removed."""
    bereft = (why for name in sorted(daemon.loop.peers) if (why := without_spec(daemon, name)))
    unmoved = (why for _, why in renames_unmoved(daemon))
    logins = (f"{told}. {AGAIN}" for _, told in sorted(daemon.logins.left.items()))
    return [*_unremoved(daemon), *dict.fromkeys((*unmoved, *bereft)), *logins]


def _unremoved(daemon: Daemon) -> list[str]:
    removals = daemon.store.reader.removals() if daemon.unfinished else {}
    return [
        f"{name} is removed, but not its file {spec_file(daemon, name)}: {why}. {AGAIN}"
        for name, why in sorted(daemon.unfinished.items())
        if name in removals
    ]
