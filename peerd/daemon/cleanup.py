"""Removals and renames whose files could not be done yet: tried again at each census, and told of meanwhile."""

from peerd.daemon import removal, rename, specs
from peerd.daemon.context import Daemon
from peerd.daemon.roster import without_spec
from peerd.daemon.stale_files import AGAIN, finish_logins, renames_unmoved, spec_file
from peerd.model.notice import Notice, Severity


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


def notices(daemon: Daemon) -> list[Notice]:
    """Also of peers whose spec is gone, and whom nobody removed."""
    bereft = ((name, why) for name in sorted(daemon.loop.peers) if (why := without_spec(daemon, name)))
    gone = dict.fromkeys((*renames_unmoved(daemon), *bereft))
    logins = (
        Notice(kind="unfinished", about=path, text=f"{told}.", remedy=AGAIN, severity=Severity.NOTE)
        for path, told in sorted(daemon.logins.left.items())
    )
    without = (Notice(kind="unfinished", about=name, text=why) for name, why in gone)
    return [*_unremoved(daemon), *without, *logins]


def _unremoved(daemon: Daemon) -> list[Notice]:
    removals = daemon.store.reader.removals() if daemon.unfinished else {}
    return [
        Notice(
            kind="unfinished",
            about=f"removal of {name}",
            text=f"{name} is removed, but not its file {spec_file(daemon, name)}: {why}.",
            remedy=AGAIN,
            severity=Severity.NOTE,
        )
        for name, why in sorted(daemon.unfinished.items())
        if name in removals
    ]
