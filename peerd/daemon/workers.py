"""The threads in which the daemon does what blocks. One that stands still over a disk is left behind as the daemon
ends: the process is not to wait for it with the lock of its home."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from peerd.edges import clock

NAME = "peerd-worker"
END_WITHIN_S = 1.0
LOOK_AGAIN_S = 0.01


def begin() -> ThreadPoolExecutor:
    """For all that is done by `asyncio.to_thread`."""
    workers = ThreadPoolExecutor(thread_name_prefix=NAME)
    asyncio.get_running_loop().set_default_executor(workers)
    return workers


async def ended(workers: ThreadPoolExecutor) -> bool:
    """Whether all of them are over; nothing more is begun in them."""
    workers.shutdown(wait=False, cancel_futures=True)
    give_up = clock.now() + END_WITHIN_S
    while any(each.name.startswith(NAME) for each in threading.enumerate()):
        if clock.now() > give_up:
            return False
        await clock.pause(LOOK_AGAIN_S)
    return True
