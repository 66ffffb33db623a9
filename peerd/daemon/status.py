"""What the daemon tells of itself."""

import os

from peerd import __version__, rfc3339
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.notices.sources import notices
from peerd.edges import clock
from peerd.rpc import results as r
from peerd.rpc.protocol import PROTOCOL


def greeted(daemon: Daemon, who: Asker) -> r.HelloResult:
    """As the board was last seen: a greeting is to cost nothing."""
    unread = daemon.board.unread if who.session is None else []
    return r.HelloResult(
        protocol=PROTOCOL,
        version=__version__,
        pid=os.getpid(),
        caller=who.identity,
        unread=len(unread),
        gravest=unread[0].notice.text if unread else "",
    )


def status(daemon: Daemon) -> r.DaemonStatus:
    return r.DaemonStatus(
        pid=os.getpid(),
        version=__version__,
        socket=daemon.home.socket,
        uptime_s=round(clock.now() - daemon.started, 3),
        started_at=rfc3339.stamp(daemon.started_at),
        peers=len(daemon.loop.peers),
        notices=[each.told for each in notices(daemon)],
        unwritten=daemon.store.trouble,
    )
