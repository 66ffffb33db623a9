"""Alone on a disk of its own: fills it to the last byte, then ends the store with something left to be put on record.

Run in a mount namespace of its own, with the folder to mount the disk on; prints what the next store knows of it.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

from peerd.errors import DiskFull
from peerd.model.peer import Want
from peerd.store.store import Store
from peerd.store.write import SetWant, TryDisk
from tests.build import ADA

DISK = "size=40m"


def fill(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / "filler").open("ab", buffering=0) as file:
        for size in (1 << 16, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


async def ask(store: Store) -> str:
    try:
        for _ in range(1000):
            await store.commit(TryDisk())
    except DiskFull as error:
        return "refused" if store.refusal == str(error) else "untold"
    return "taken" if store.refusal is None else "told"


async def stop_and_end(store: Store, folder: Path) -> tuple[str, ...]:
    """What happens is put on record before and after more is asked for than the room held for it would take."""
    fill(folder)
    told = await ask(store)
    await store.keep(SetWant(ADA, Want.ON_DEMAND, 1.0))
    after = await ask(store)
    store.keep(SetWant(ADA, Want.DOWN, 1.0))
    await store.close()
    return told, after


def main(folder: Path) -> None:
    subprocess.run(("mount", "-t", "tmpfs", "-o", DISK, "tmpfs", str(folder)), check=True)
    path = str(folder / "peerd.db")
    told = asyncio.run(stop_and_end(asyncio.run(_opened(path)), folder))
    os.unlink(folder / "filler")
    store = asyncio.run(_opened(path))
    print(*told, store.reader.wants()[ADA].value, asyncio.run(ask(store)))


async def _opened(path: str) -> Store:
    return Store.open(path, wall=1.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
