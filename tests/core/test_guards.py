"""A guard that is switched off is one notice for as long as it is off, with what switches it on again."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from peerd.core.board import look, read
from peerd.core.guard import OF_PAIRS, of_peer, of_settings
from peerd.edges.matching import is_whole
from peerd.model.notice import Notice, Severity
from peerd.model.rule import Rule
from peerd.specfile import NO_FIGURES
from tests.build import spec

FILE = "/home/me/.config/peerd/peerd.toml"
ASK, AFRESH = "`peerd edit ada --unset permissions`", "`peerd refresh ada` begins a session that asks"
ROOT = Path(__file__).parents[2]
FIGURES = pytest.mark.parametrize("figure", OF_PAIRS)


def figure_of(figure: str, figures: Mapping[str, float] = NO_FIGURES) -> list[Notice]:
    return of_peer(spec(**{figure: 0}), figures, False, None)


def ruled(*rules: Rule) -> list[str]:
    return [each.text for each in of_settings({}, rules, FILE, is_whole)]


def approves(**fields: Any) -> Rule:
    return Rule(**({"tool": "*", "answer": "approve"} | fields))


def test_where_none_is_off_there_is_no_notice():
    assert of_peer(spec(), {}, False, None) == of_settings({"pair_acks": 9.0, "idle_s": 5.0}, (), FILE, is_whole) == []


@FIGURES
def test_a_figure_of_storms_that_a_spec_turns_off_is_told_of_that_peer(figure: str):
    (told,) = figure_of(figure)

    assert (told.kind, told.about, told.severity) == ("guard", f"ada {figure}", Severity.NOTE)
    assert told.text == f"{figure} is 0 for what ada sends: two are not paused for {OF_PAIRS[figure]}"
    assert told.remedy == f"`peerd edit ada --unset {figure}`"


@FIGURES
def test_one_that_is_off_for_every_peer_is_told_once_and_of_none_of_them(figure: str):
    figures = {figure: 0.0}

    (told,) = of_settings(figures, (), FILE, is_whole)

    assert (told.about, told.severity) == (figure, Severity.NOTE)
    assert "every peer whose spec says nothing else" in told.text
    assert told.remedy == f"leave it out under [peers] in {FILE}, then `peerd daemon restart`"
    assert figure_of(figure, figures) == []


@pytest.mark.parametrize(
    ("bypasses", "runs_so", "text", "remedy"),
    [
        (True, None, "it asks for no permission", ASK),
        (True, True, "it asks for no permission", f"{ASK}, then {AFRESH}"),
        (True, False, "its next session asks for no permission", ASK),
        (False, True, "the session of ada was begun so", AFRESH),
    ],
)
def test_who_asks_for_no_permission_is_told_by_spec_and_session(
    bypasses: bool, runs_so: bool | None, text: str, remedy: str
):
    (told,) = of_peer(spec(), {}, bypasses, runs_so)

    assert (told.about, told.severity) == ("ada permissions", Severity.NOTE)
    assert (text in told.text, told.remedy) == (True, remedy)


def test_who_asks_for_permissions_is_not():
    assert of_peer(spec(), {}, False, False) == of_peer(spec(), {}, False, None) == []


@pytest.mark.parametrize("input", [{}, "", ".*", r"[\s\S]+"], ids=repr)
def test_a_rule_that_approves_whatever_is_asked_is_told(input: Any):
    assert ruled(approves(input=input)) == ["rule 1 approves whatever a tool asks for, but for commands"]


@pytest.mark.parametrize("pattern", [".*", ".+", "(.|x)*"])
def test_a_rule_that_approves_any_command_is_told_with_whose(pattern: str):
    rule = approves(tool="Bash", peer="review*", input={"command": pattern}, name="quick")

    (told,) = of_settings({}, (rule,), FILE, is_whole)

    assert told.about == "approve rule 1 (quick)"
    assert told.text == "rule 1 (quick) approves every command that joins no other, of tool Bash and peer review*"
    assert told.remedy == f"have it say which in {FILE}, or take it out, then `peerd daemon restart`"


@pytest.mark.parametrize(
    "rule",
    [
        approves(input={"command": "git .*"}),
        approves(input={"command": "(?!rm ).*"}),
        approves(input={"file_path": ".*"}),
        approves(input='{"url": .*}'),
        approves(tool="Read"),
        approves(answer="deny"),
        approves(answer="ask", on_expiry="deny"),
    ],
)
def test_a_rule_that_says_what_it_approves_or_approves_nothing_is_none(rule: Rule):
    assert ruled(rule) == []


def test_a_rule_that_no_request_comes_to_is_not_told():
    assert ruled(approves(answer="ask"), approves()) == []
    assert ruled(approves(answer="ask", peer="ada"), approves()) == [
        "rule 2 approves whatever a tool asks for, but for commands, unless a rule before it matches"
    ]


def test_what_was_read_stays_read_until_it_was_on_in_between():
    off = figure_of("pair_acks")
    board = read(look({}, off, 0.0).board, frozenset({1}))

    same = look(board, off, 3600.0)
    gone = look(look(same.board, (), 3601.0).board, (), 3700.0)
    again = look(gone.board, off, 3800.0)

    assert (same.raised, [each.read for each in same.board.values()]) == ((), [True])
    assert [(each.read, each.count) for each in again.raised] == [(False, 2)]


def test_the_page_names_each_guard():
    section = (ROOT / "docs" / "messaging.md").read_text().split("\n## Notices\n")[1].split("\n## ")[0]
    rows = section.split("| guard |")[1].splitlines()[2:]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split(":")[0])}

    assert named == {*OF_PAIRS, "permissions", "approve"}
