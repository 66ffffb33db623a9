"""Every method of the daemon's socket, a closed set: its name, what it takes and what it answers."""

from peerd.rpc import approvals as a
from peerd.rpc import board as b
from peerd.rpc import mail, pairs
from peerd.rpc import params as p
from peerd.rpc import results as r
from peerd.rpc import team as t

METHODS: dict[str, tuple[type[p.Params], type[r.Result]]] = {
    "hello": (p.HelloParams, r.HelloResult),
    "daemon.status": (p.Nothing, r.DaemonStatus),
    "daemon.stop": (p.Nothing, r.DaemonStopped),
    "daemon.restart": (p.DaemonRestartParams, r.DaemonRestarts),
    "peer.add": (p.PeerAddParams, t.PeerAdded),
    "peer.spec": (p.PeerParams, t.PeerSpec),
    "peer.edit": (t.PeerEditParams, t.PeerEdited),
    "peer.remove": (t.PeerRemoveParams, t.PeerRemoved),
    "peer.rename": (t.PeerRenameParams, t.PeerRenamed),
    "team.up": (t.TeamParams, t.TeamPlanned),
    "peer.wake": (p.PeerWakeParams, r.PeerWoken),
    "peer.stop": (p.PeerStopParams, r.PeerWanted),
    "peer.start": (p.PeerStartParams, r.PeerWanted),
    "peer.refresh": (p.PeerRefreshParams, r.PeerMarked),
    "peer.new": (p.PeerNewParams, r.PeerWoken),
    "peer.control": (p.PeerControlParams, r.PeerControlled),
    "self.fresh": (p.Nothing, r.PeerMarked),
    "self.done": (p.Nothing, r.PeerFinished),
    "peer.list": (p.Nothing, r.PeerListed),
    "peer.show": (p.PeerParams, r.PeerShown),
    "peer.peek": (p.PeerParams, r.PeerPeeked),
    "peer.attach": (p.PeerParams, r.PeerAttached),
    "approval.list": (a.ApprovalListParams, a.ApprovalListed),
    "approval.answer": (a.ApprovalAnswerParams, a.ApprovalAnswered),
    "queue.list": (p.QueueParams, mail.QueueListed),
    "queue.pause": (p.PeerParams, mail.QueueChanged),
    "queue.resume": (p.PeerParams, mail.QueueChanged),
    "queue.purge": (p.PeerParams, mail.QueueChanged),
    "message.cancel": (p.MessageParams, mail.Sent),
    "message.requeue": (p.MessageParams, mail.Sent),
    "message.purge": (p.MessagePurgeParams, mail.MessagePurged),
    "message.send": (p.MessageSendParams, mail.Sent),
    "group.send": (p.GroupSendParams, mail.GroupSent),
    "message.wait": (p.MessageWaitParams, mail.Sent),
    "message.show": (p.MessageParams, mail.MessageShown),
    "notice.list": (b.NoticeListParams, b.NoticesListed),
    "notice.test": (p.Nothing, b.NoticesTested),
    "notice.read": (b.NoticeReadParams, b.NoticesRead),
    "pair.list": (p.Nothing, pairs.PairListed),
    "pair.pause": (pairs.PairsParams, pairs.PairChanged),
    "pair.release": (pairs.PairReleaseParams, pairs.PairChanged),
    "inbox.list": (p.InboxParams, mail.InboxListed),
    "message.read": (p.MessageReadParams, mail.MessageRow),
    "message.looked": (p.MessageLookedParams, mail.MessagesLooked),
    "message.list": (p.MessageListParams, mail.MessageListed),
}
