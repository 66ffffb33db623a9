"""The listening sockets of services: held here and lent to one session after the other, so that a restart of a service
refuses nobody. Who connects between two sessions waits in the socket, and the next one serves them.

A peer has them as long as it is wanted: until it is stopped or removed, or its runtime declares them no more. They go
with it to another name, and on over a restart of the daemon in place, and end with that. A service that outlives it
serves on by descriptors of its own; the next daemon takes the address when that session is over. From then until it has
it, for milliseconds, who connects is refused.
"""

import re
import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from itertools import count

from peerd.core.state import Peer
from peerd.daemon.context import Daemon
from peerd.daemon.held_sockets import Held, owner
from peerd.daemon.place import place
from peerd.edges import listening
from peerd.edges.manager import Passed
from peerd.errors import PeerdError
from peerd.model.endpoint import Endpoint
from peerd.model.peer import PEER_NAME, PeerName, Phase, Spec, Want
from peerd.model.session import SessionId

NAMED = re.compile(rf"{PEER_NAME.pattern}\.\d+")

BETWEEN = (Phase.ASLEEP, Phase.BACKOFF, Phase.FAILED)
NO_SESSION = SessionId("none")  # an address names nothing that belongs to one


def hold(held: Held, peer: PeerName, wanted: tuple[Endpoint, ...]) -> tuple[socket.socket, ...]:
    """In the order wanted: those there were, and new ones. Others that the peer had are let go. Raises PeerdError
    where one cannot be had; what was had stays."""
    had = {at: name for at, name in of(held, peer).items() if listening.renewed(held[name], at)}
    let_go(held, peer, keep=had.keys() & set(wanted))
    for at in wanted:
        if at not in had:
            _check_free(held, at)
            had[at] = _free_name(held, peer)
            held[had[at]] = listening.bound(at)
    return tuple(held[had[at]] for at in wanted)


def _free_name(held: Held, peer: PeerName) -> str:
    return next(name for n in count() if (name := f"{peer}.{n}") not in held)


def _check_free(held: Held, at: Endpoint) -> None:
    """Raises PeerdError where another peer has it."""
    other = next((owner(name) for name in held if held.at(name) == at), None)
    if other is not None:
        raise PeerdError(f"cannot listen on {at}: {other} does. Give one of the two another address")


def let_go(held: Held, peer: PeerName, keep: Iterable[Endpoint] = ()) -> None:
    kept = frozenset(keep)
    for at, name in of(held, peer).items():
        if at not in kept:
            listening.let_go(held.pop(name), at)


def hand_on(held: Held, old: PeerName, new: PeerName) -> None:
    """To the name that a peer has from now on: who waits in them is served under that."""
    for name in tuple(of(held, old).values()):
        held[_free_name(held, new)] = held.pop(name)


def of(held: Held, peer: PeerName) -> dict[Endpoint, str]:
    """The names of what a peer has, by address."""
    return {held.at(name): name for name in held if owner(name) == peer}


def declared(daemon: Daemon, spec: Spec) -> tuple[Endpoint, ...]:
    """Where the peer's runtime is to be met, as it is declared now."""
    adapter = daemon.adapters.get(spec.runtime)
    if adapter is None or adapter.kind != "service":
        return ()
    return adapter.launch(spec, place(daemon.home, NO_SESSION, spec), None).listen


def follow(daemon: Daemon, peer: Peer) -> None:
    """Told of every turn: of a peer without a session, what is not wanted any more is let go. One that leaves its name
    may get another, or stay: what was its is let go by its removal."""
    name = peer.spec.name
    if peer.phase in BETWEEN and not peer.leaving and of(daemon.listening, name):
        let_go(daemon.listening, name, keep=() if peer.want is Want.DOWN else declared(daemon, peer.spec))


def take_back(daemon: Daemon, name: PeerName) -> None:
    """A session has ended: what only it had is ours again before the next one starts, or goes with it where its peer
    is stopped. What cannot be had yet, since a child of it lives, is asked for again by that start."""
    peer = daemon.loop.peers.get(name)
    if peer is None:
        return
    with suppress(PeerdError):
        wanted = declared(daemon, peer.spec)
        if peer.want is not Want.DOWN:
            hold(daemon.listening, name, wanted)
            return
        for at in wanted:
            listening.clear(at)


def handed_down(logins: str, passed: Iterable[Passed]) -> Held:
    """What the daemon before this one held, where this process was that."""
    named = (each for each in passed if NAMED.fullmatch(each.name))
    return Held(logins, ((each.name, socket.socket(fileno=each.fd)) for each in named))


def forget_strangers(held: Held, peers: Collection[PeerName]) -> None:
    """What came down from the daemon before this one, of peers that are no more."""
    for name in {owner(name) for name in held}.difference(peers):
        let_go(held, name)
