"""Every method of the daemon's socket, a closed set: its name, what it takes and what it answers."""

from peerd.rpc import methods as m

METHODS: dict[str, tuple[type[m.Params], type[m.Result]]] = {
    "hello": (m.HelloParams, m.HelloResult),
    "daemon.status": (m.Nothing, m.DaemonStatus),
    "daemon.stop": (m.Nothing, m.DaemonStopped),
    "peer.add": (m.PeerAddParams, m.PeerAdded),
    "peer.wake": (m.PeerWakeParams, m.PeerWoken),
    "peer.stop": (m.PeerStopParams, m.PeerWanted),
    "peer.start": (m.PeerParams, m.PeerWanted),
    "peer.refresh": (m.PeerParams, m.PeerMarked),
    "peer.new": (m.PeerNewParams, m.PeerWoken),
    "self.fresh": (m.Nothing, m.PeerMarked),
    "peer.list": (m.Nothing, m.PeerListed),
    "peer.show": (m.PeerParams, m.PeerShown),
    "peer.peek": (m.PeerParams, m.PeerPeeked),
    "peer.attach": (m.PeerParams, m.PeerAttached),
    "message.send": (m.MessageSendParams, m.Sent),
    "message.wait": (m.MessageWaitParams, m.Sent),
    "message.show": (m.MessageParams, m.MessageShown),
    "message.list": (m.MessageListParams, m.MessageListed),
}
