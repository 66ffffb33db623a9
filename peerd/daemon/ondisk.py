"""What is asked for on a disk that is full: refused before it is begun, or told as what is not on record yet."""

from contextlib import suppress

from peerd.daemon.context import Daemon
from peerd.errors import NotYet, StoreError, TryAgain
from peerd.store.write import TryDisk, Write


async def refuse_when_full(daemon: Daemon, so: str = "Nothing was done.") -> None:
    """Raises TryAgain, with the cause, where the disk takes nothing; `so` says what did not happen."""
    try:
        await daemon.store.commit(TryDisk())
    except StoreError as error:
        raise TryAgain(f"{error}. {so}") from error


async def settled(daemon: Daemon, told: str) -> None:
    """All that was asked for before is on disk. Raises NotYet where it is not: it holds, as `told`, and is tried
    again."""
    try:
        await daemon.store.commit()
    except StoreError as error:
        raise NotYet(
            f"{told}, but that is not on record: {error}. It is tried again until it is; a daemon that ends before "
            f"that knows nothing of it."
        ) from error


async def kept(daemon: Daemon, write: Write) -> None:
    """What has happened: on disk once this returns, or, where the disk refuses it, tried again until it is."""
    daemon.record(write)
    with suppress(StoreError):
        await daemon.store.commit()
