"""What a session may ask for: what its runtime lists, and a person alone may; of other peers, by the spec of its own:
whom it may wake, and whom it may control; and of messages, what it may read."""

from peerd.core import acl
from peerd.core.acl import Party
from peerd.core.state import Peer
from peerd.daemon.context import Daemon
from peerd.daemon.identity import Asker
from peerd.daemon.stale_files import spec_file
from peerd.errors import NotPermitted
from peerd.model.message import Message
from peerd.model.peer import OPERATOR, PeerName, Spec


def party_of(daemon: Daemon, name: str) -> Party:
    """Also of one that is no peer."""
    peer = daemon.loop.peers.get(PeerName(name))
    return Party(PeerName(name)) if peer is None else acl.party(peer)


def default_rule(daemon: Daemon, peer: Peer) -> acl.Rule:
    """From whom its runtime takes messages, where its spec says nothing."""
    adapter = daemon.adapters.get(peer.spec.runtime)
    return adapter.accepts_from if adapter else (OPERATOR,)


def spec_of(daemon: Daemon, asker: Asker) -> Spec | None:
    """None for the operator, and for the session of one that is no peer any more."""
    peer = daemon.loop.peers.get(asker.name)
    return None if asker.session is None or peer is None else peer.spec


def may_wake(daemon: Daemon, asker: Asker, target: str) -> bool:
    spec = spec_of(daemon, asker)
    return spec is None or acl.speaks_of(spec.may_wake, party_of(daemon, target))


def check_wake(daemon: Daemon, asker: Asker, target: str) -> None:
    """Raises NotPermitted."""
    if not may_wake(daemon, asker, target):
        raise NotPermitted(
            f"{asker.name} may not wake {target}: nothing was done. "
            f"may_wake in {spec_file(daemon, asker.name)} may allow it."
        )


def check_control(daemon: Daemon, asker: Asker, target: str, what: str) -> None:
    """Whether it may do what only the operator may otherwise. Raises NotPermitted."""
    if asker.session is None:
        return
    spec = spec_of(daemon, asker)
    if spec is None or not acl.speaks_of(spec.may_control, party_of(daemon, target)):
        raise NotPermitted(
            f"only the operator, outside every session, may {what} here; this is {asker.name}'s session. "
            f"may_control in {spec_file(daemon, asker.name)} may name {target}. Nothing was done."
        )


def may_read(asker: Asker, message: Message) -> bool:
    """Its text, its answer and what goes beside it; what became of it is told to everybody."""
    if asker.session is None:
        return True
    sent = asker.name == message.sender and not message.sender_is_gone
    return sent or (asker.name == message.target and not message.target_is_gone)


READS = frozenset({"message.send", "message.wait"})
"""Who may wait for an answer may say that it was printed."""


def check_method(daemon: Daemon, who: Asker, method: str) -> None:
    """Services and passes may call what their runtime lists, from their first moment on."""
    if who.runtime is None or method == "hello":
        return
    adapter = daemon.adapters.get(who.runtime)
    if adapter is None:
        raise NotPermitted(
            f"{who.name} may not call {method}: its runtime {who.runtime!r} is no longer known. Declare it again."
        )
    allowed = adapter.methods
    if allowed is not None and method not in allowed and not (method == "message.read" and READS & {*allowed}):
        raise NotPermitted(f"{who.name} may not call {method}: its runtime lists {', '.join(allowed) or 'no methods'}.")


def operator_only(who: Asker, what: str) -> None:
    if who.session is not None:
        raise NotPermitted(f"only the operator, outside every session, may {what}; this is {who.name}'s session.")
