"""Signs of life for the service manager, and what it shows of us."""

from peerd.counted import counted
from peerd.daemon.context import Daemon, guarded
from peerd.edges import clock
from peerd.edges.manager import Manager

STATUS_EVERY_S = 10.0  # for a service manager that does not ask for more


async def give(daemon: Daemon, manager: Manager) -> None:
    """Runs until cancelled. From the loop itself, so that they end when it hangs, and for no other fault. Twice as
    often as is asked for, as sd_watchdog_enabled(3) has it."""
    every_s = STATUS_EVERY_S if manager.watchdog_s is None else manager.watchdog_s / 2
    while manager.listens:
        with guarded(daemon, "signs of life"):  # a manager that hears nothing ends us
            manager.tell(WATCHDOG=1, STATUS=status(daemon))
        await clock.pause(every_s)


def status(daemon: Daemon) -> str:
    """In a line, for a person."""
    counts = (len(daemon.loop.peers), "peer"), (len(daemon.live), "session")
    return ", ".join(counted(count, word) for count, word in counts)
