"""The socket stays there for callers as long as the daemon runs."""

from peerd.daemon.context import Daemon
from peerd.edges import clock
from peerd.edges.host import OwnerLock
from peerd.errors import ConfigError
from peerd.rpc.server import Server

EVERY_S = 2.0


async def stay(daemon: Daemon, server: Server, lock: OwnerLock) -> None:
    """A socket that a cleaner deleted is made anew. A home that was removed is nobody's to serve: sessions live on."""
    while True:
        await clock.pause(EVERY_S)
        try:
            if not lock.held():
                daemon.stop("its home was removed")
                return
            if await server.listen_again():
                daemon.log.write("socket-lost", why="its file was deleted; it was made again")
        except (ConfigError, OSError) as error:
            daemon.log.write("action-failed", action="listen again", why=str(error))
        except Exception as error:  # noqa: BLE001  a daemon that nobody reaches any more is the worse fault
            daemon.bug("listen again", error)
