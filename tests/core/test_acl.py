"""Who may do what to whom, by name, by group, or everybody."""

from typing import Any

import pytest

from peerd.core.acl import Party, Rule, accepts, groups, may_send, members, naming, party, speaks_of
from peerd.core.state import Peer
from peerd.model.peer import OPERATOR, PeerName
from tests.build import ADA, peer, spec

BOB = PeerName("bob")
IN_A_GROUP = Party(BOB, frozenset({"reviewers"}))
THE_OPERATOR = Party(OPERATOR)


def of(name: str, *, kind: str = "tui", **fields: Any) -> Peer:
    return peer(spec=spec(name=PeerName(name), **fields), kind=kind)


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ((), False),
        (("cat",), False),
        (("cat", "bob"), True),
        (("*",), True),
        (("@reviewers",), True),
        (("@others",), False),
        (("reviewers",), False),
        (("@bob",), False),
    ],
)
def test_a_rule_speaks_of_those_it_names_of_the_groups_it_names_or_of_everybody(rule: Rule, allowed: bool):
    assert speaks_of(rule, IN_A_GROUP) is allowed


@pytest.mark.parametrize(
    ("rule", "operator", "bob"),
    [
        (("*",), True, True),
        ((), True, False),
        (("cat",), True, False),
        (("*", "!operator"), False, True),
        (("!operator",), False, False),
    ],
)
def test_the_person_in_charge_is_reached_unless_the_spec_says_otherwise(rule: Rule, operator: bool, bob: bool):
    told = spec(may_send_to=rule)

    assert (may_send(told, THE_OPERATOR), may_send(told, IN_A_GROUP)) == (operator, bob)


@pytest.mark.parametrize(
    ("rule", "default", "accepted"),
    [(None, ("*",), True), (None, ("operator",), False), (("@reviewers",), (), True), ((), ("*",), False)],
)
def test_whom_a_peer_takes_messages_from_is_said_by_its_spec_or_else_its_runtime(
    rule: Rule | None, default: Rule, accepted: bool
):
    told = spec(accepts_from=rule)

    assert accepts(told, default, IN_A_GROUP) is accepted
    assert accepts(told, default, THE_OPERATOR)


def test_all_is_every_agent_but_the_sender_and_a_group_is_whoever_is_in_it_and_takes_messages():
    team = [of("ada", groups=("x",)), of("bob", groups=("x", "y")), of("pass", kind="pass", groups=("y",))]
    team.append(of("srv", kind="service", groups=("x",)))

    assert members(team, "all", ADA) == ["bob"]
    assert members(team, "x", OPERATOR) == ["ada", "bob"]
    assert members(team, "y", BOB) == ["pass"]
    assert members(team, "z", BOB) == []
    assert groups(team) == ["all", "x", "y"]


def test_one_that_is_made_a_service_is_an_agent_no_more():
    assert party(of("ada")) == Party(ADA, frozenset({"all"}))
    assert party(of("ada", kind="service")) == Party(ADA)


def test_a_name_that_is_nobodys_any_more_is_found_in_each_list_that_speaks_of_it():
    lists: Any = {"may_send_to": ("ada", "*"), "accepts_from": ("ada",), "may_wake": ("bob",), "may_control": ("ada",)}
    team = {each.spec.name: each for each in (of("bob", **lists), of("cat"), of("dan", may_wake=("@ada",)))}

    assert naming(team, "ada") == {"bob": ["accepts_from", "may_send_to", "may_control"]}
