"""Whether a message is let in: what its sender and its target allow, and whether there is a place for it."""

from peerd.core import acl
from peerd.core.queue import in_hand
from peerd.core.state import Peer
from peerd.daemon import quota, shell_acl
from peerd.daemon.authorization import default_rule, party_of, spec_of
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.pairs import budget
from peerd.daemon.stale_files import spec_file
from peerd.daemon.verdict import left_down, unclearly
from peerd.errors import NotPermitted, PeerdError, UsageError
from peerd.model.message import Message
from peerd.model.peer import OPERATOR, PeerName, Phase, Want

HOPS_MAX = 64
"""Peers that pass messages on and on are stopped here; a chain of work is shorter."""


def admit(daemon: Daemon, asker: Asker, message: Message, awaited: bool, *, queue: bool) -> None:
    """Whether this sender may, and whether there is a place for it. `awaited`: it answers what its target asked;
    `queue`: it may wait for a peer that is down."""
    target = message.target
    if target == asker.name:
        raise UsageError(f"you are {target}, and nobody sends to themselves. Nothing was sent.")
    _check_id(daemon, message)
    if not awaited:
        _check_hops(asker, message)
        _check_may_send(daemon, asker, target)
    if target == OPERATOR:
        return None if awaited else _check_for_operator(daemon, asker, message)
    peer = daemon.loop.peers[target]
    if awaited and is_a_service(peer):
        return  # its command that waits reads it off the record
    check_takes(peer, "Nothing was sent.")
    _check_accepts(daemon, asker, peer, awaited=awaited)
    unclear = unclearly(daemon, peer)
    if unclear and not queue:
        raise PeerdError(f"{target} is unclear: {unclear} {_queued(daemon, message)} has it wait.")
    if peer.want is Want.DOWN and not queue:
        raise PeerdError(f"{target} is stopped. `peerd start {target}`, or {_queued(daemon, message)} lets it wait.")
    if peer.phase is Phase.FAILED and not queue:
        raise PeerdError(f"{left_down(daemon, peer)} {_queued(daemon, message)} has it wait.")
    quota.check_queue(daemon, message, "not accepted")
    if not awaited:
        budget.check(daemon, asker, message)


def _check_id(daemon: Daemon, message: Message) -> None:
    """What is in hand, and not on record, is another message: what comes of that would be told of this one."""
    for name, peer in daemon.loop.peers.items():
        if any(each.id == message.id for each in in_hand(peer)):
            other = f"{name} is at work on another {message.id}, which is no longer on record"
            raise UsageError(f"{other}: send this under another id. Nothing was sent.")


def _queued(daemon: Daemon, message: Message) -> str:
    """What has it wait for a peer that is down. `reply` goes to who sent what it replies to, and nobody else."""
    asked = daemon.store.reader.sensible(message.reply_to) if message.reply_to is not None else None
    if asked is not None and asked.message.sender == message.target:
        return f"`peerd reply {asked.message.id} TEXT --queue`"
    to = f" --reply-to {message.reply_to}" if message.reply_to is not None else ""
    return f"`peerd send {message.target} TEXT{to} --queue`"


def _check_for_operator(daemon: Daemon, asker: Asker, message: Message) -> None:
    quota.check_unread(daemon, message, "not accepted")
    budget.check(daemon, asker, message)


def check_takes(peer: Peer, what_stands: str) -> None:
    """Whether there will be a session that can be given anything. Raises UsageError."""
    if is_a_service(peer):
        raise UsageError(f"{peer.spec.name} is a service: it takes no messages. {what_stands}")


def is_a_service(peer: Peer) -> bool:
    """It is given nothing: its next session at the latest is one."""
    return peer.terms.kind == "service"


def _check_hops(asker: Asker, message: Message) -> None:
    """A person stops by themselves."""
    if asker.session is not None and message.hops > HOPS_MAX:
        circle = "peers may be answering each other in a circle"
        raise NotPermitted(f"passed on {HOPS_MAX} times already: {circle}. Nothing was sent.")


def _check_may_send(daemon: Daemon, asker: Asker, target: PeerName) -> None:
    spec = spec_of(daemon, asker)
    if spec is not None and not acl.may_send(spec, party_of(daemon, target)):
        raise NotPermitted(
            f"{asker.name} may not send to {target}: nothing was sent. "
            f"may_send_to in {spec_file(daemon, asker.name)} may allow it."
        )


def _check_accepts(daemon: Daemon, asker: Asker, peer: Peer, *, awaited: bool) -> None:
    """An answer to what it asked is taken, but where what it is sent is run: not every program shows it."""
    default, name = default_rule(daemon, peer), peer.spec.name
    _check_session(daemon, asker, peer)
    if acl.accepts(peer.spec, default, party_of(daemon, asker.name)):
        return
    if awaited and not shell_acl.is_run(daemon, peer):
        return
    rule = peer.spec.accepts_from if peer.spec.accepts_from is not None else default
    raise NotPermitted(
        f"{name} takes messages only from {', '.join((*rule, *(() if OPERATOR in rule else (OPERATOR,))))}. "
        f"Its spec may allow more: accepts_from in {spec_file(daemon, name)}.{_else_answers(name) if awaited else ''}"
    )


def _check_session(daemon: Daemon, asker: Asker, peer: Peer) -> None:
    """One that runs what it is given, of a peer whose next only reads it, goes by what its own runtime says."""
    name, live = peer.spec.name, daemon.living(peer.spec.name)
    runtime = live.adapter.name if live is not None else ""
    if (
        live is None
        or runtime == peer.spec.runtime
        or shell_acl.why_not(daemon, peer, live.adapter, asker.name) is None
    ):
        return
    raise NotPermitted(
        f"{name} is a {runtime} until its session ends, and runs what it is sent. Nothing was sent. "
        f"`peerd new {name}` begins the next."
    )


def _else_answers(name: str) -> str:
    return f" What it is sent may be run there: what you say as your turn ends is what {name} is told."
