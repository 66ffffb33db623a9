"""A rule means what Python's `re` makes of its patterns, and the one that the page gives approves nothing but looks."""

import tomllib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from peerd.core.policy import ruled
from peerd.edges.matching import is_whole
from peerd.model.peer import PeerName
from peerd.model.rule import Rule, check_rule
from tests.core.test_policy import answer, asked

PAGE = Path(__file__).parents[2] / "docs" / "messaging.md"
EXAMPLE = PAGE.read_text().split("```toml\n[[approve]]\n")[1].split("```")[0]
RULES = msgspec.convert(tomllib.loads(f"[[approve]]\n{EXAMPLE}")["approve"], tuple[Rule, ...])


@pytest.mark.parametrize(
    ("pattern", "text", "other"),
    [
        (r"/srv/out/frame_{i}\.png", "/srv/out/frame_{i}.png", "/srv/out/frame_/../../../etc/cron.d/x.png"),
        ("make test_{i}", "make test_{i}", "make test_ -f /tmp/evil.mk all"),
        ("(echo){e}", "echo{e}", "rm -rf /"),
        ("(echo){s<=2}", "echo{s<=2}", "ecru"),
        (r"a\w", "aé", "a\u0301"),
        (r"a\s", "a\u2003", "a\u200b"),
    ],
)
def test_a_rule_matches_what_python_does_and_nothing_else(pattern: str, text: str, other: str):
    rule = Rule(tool="Write", input={"file_path": pattern}, answer="approve")

    assert check_rule(rule) is None
    assert answer({"file_path": text}, rule, tool="Write") == "approve"
    assert answer({"file_path": other}, rule, tool="Write") == "ask"


@pytest.mark.parametrize(
    "pattern",
    [
        r"\p{Ll}+",
        r"\L<names>",
        "(?e)a",
        "(?b)a",
        "(?r)a",
        "(?V1)a",
        "(?<=a+)x",
        r"\X",
        r"a(?R)",
        "(?|a|b)",
        "(?a)(?u)a",
    ],
)
def test_what_python_does_not_know_is_no_pattern(pattern: str):
    assert "is not a pattern" in (check_rule(Rule(tool="x", input={"field": pattern}, answer="approve")) or "")


def looked_at(command: str) -> str | None:
    found = ruled(RULES, replace(asked({"command": command}), peer=PeerName("reviewer")), is_whole)
    return found.rule.answer if found else None


@pytest.mark.parametrize("command", ["git status", "git diff", "git diff HEAD..main src/a.py", "git status ../b"])
def test_the_rule_of_the_page_approves_looks(command: str):
    assert looked_at(command) == "approve"


@pytest.mark.parametrize(
    "command",
    [
        "git diff --output /home/me/.bashrc",
        "git diff --output=x",
        "git diff --ext-diff",
        "git diff --no-index /etc/passwd x",
        "git diff HEAD -O x",
        "git diff -- x",
        "git diff  --ext-diff",
        "git status -",
        "git diff\u00a0--ext-diff",
    ],
)
def test_the_rule_of_the_page_approves_no_option(command: str):
    assert looked_at(command) == "ask"


@given(st.lists(st.text(st.sampled_from("-./aé \u00a0\u2212"), max_size=4), max_size=3))
def test_whatever_it_approves_has_no_word_with_a_dash_before_it(words: list[str]):
    command = " ".join(["git diff", *words])

    if looked_at(command) == "approve":
        assert not any(word.startswith("-") for word in command.split())
