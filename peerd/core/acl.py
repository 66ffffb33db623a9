"""Who may do what to whom: a rule is a list of names, of @groups, and "*", which is everybody."""

from collections.abc import Iterable, Mapping

import msgspec

from peerd.core.state import Peer
from peerd.model.peer import ALL, EVERYBODY, GROUP_MARK, NOT_OPERATOR, OPERATOR, RULES, PeerName, Spec

Rule = tuple[str, ...]


class Party(msgspec.Struct, frozen=True):
    """One that a rule may speak of, by its name or a group that it is in."""

    name: PeerName
    groups: frozenset[str] = frozenset()


def party(peer: Peer) -> Party:
    return Party(peer.spec.name, groups_of(peer.spec, agent=peer.terms.kind == "tui"))


def groups_of(spec: Spec, *, agent: bool) -> frozenset[str]:
    return frozenset((*spec.groups, ALL)) if agent else frozenset(spec.groups)


def speaks_of(rule: Rule, one: Party) -> bool:
    """Whether a rule allows this one."""
    named = {one.name, EVERYBODY, *(f"{GROUP_MARK}{group}" for group in one.groups)}
    return any(each in named for each in rule)


def may_send(spec: Spec, target: Party) -> bool:
    """By its own spec. A session reaches the person in charge, unless its spec says that it does not."""
    if target.name == OPERATOR:
        return NOT_OPERATOR not in spec.may_send_to
    return speaks_of(spec.may_send_to, target)


def accepts(spec: Spec, default: Rule, sender: Party) -> bool:
    """Whether a peer takes messages from this one; from the operator always. `default`: its runtime's own rule."""
    rule = spec.accepts_from if spec.accepts_from is not None else default
    return sender.name == OPERATOR or speaks_of(rule, sender)


def members(peers: Iterable[Peer], group: str, but: PeerName) -> list[PeerName]:
    """Whom a message to a group goes to: not its sender, and not what takes no messages."""
    takes = (each for each in peers if each.terms.kind != "service" and each.spec.name != but)
    return sorted(each.spec.name for each in takes if group in party(each).groups)


def groups(peers: Iterable[Peer]) -> list[str]:
    """All that somebody is in."""
    return sorted({group for each in peers for group in party(each).groups})


def naming(peers: Mapping[PeerName, Peer], name: str) -> dict[str, list[str]]:
    """Whose specs speak of this name, and in which fields."""
    found = {
        peer: [field for field in RULES if name in (getattr(each.spec, field) or ())]
        for peer, each in sorted(peers.items())
    }
    return {peer: named for peer, named in found.items() if named}
