"""What speaks of others in a spec is a name, a group, or everybody: else the file is broken."""

from pathlib import Path

import pytest

from peerd.errors import ConfigError
from peerd.specfile import read_spec


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("may_wake = [3]", r"Expected `str`, got `int` - at `\$\.may_wake\[0\]`"),
        ("may_control = '*'", "Expected `array`, got `str`"),
        ("groups = ['@reviewers']", "groups: '@reviewers': a group's name, here without the @, is a-z"),
        ("groups = ['all']", "groups: 'all' is taken: every agent is in it"),
        ("accepts_from = ['Bob']", "accepts_from: 'Bob' is nobody: write a peer's name"),
        ("may_send_to = ['@']", "may_send_to: '@' is nobody"),
        ("may_wake = ['!operator']", "may_wake: '!operator' is nobody"),
        ("may_control = ['']", "may_control: '' is nobody"),
    ],
)
def test_what_can_be_nobody_breaks_the_file(tmp_path: Path, line: str, told: str):
    file = tmp_path / "ada.toml"
    file.write_text(f"name = 'ada'\nruntime = 'actor'\ndir = '/tmp'\n{line}\n")

    with pytest.raises(ConfigError, match=rf"ada\.toml: {told}"):
        read_spec(str(file))


def test_names_groups_everybody_and_all_but_the_operator_can_be_said(tmp_path: Path):
    file = tmp_path / "ada.toml"
    lists = "groups = ['b-2']\naccepts_from = ['*']\nmay_send_to = ['bob', '@ours', '@all', '!operator']\n"
    file.write_text(f"name = 'ada'\nruntime = 'actor'\ndir = '/tmp'\n{lists}")

    spec = read_spec(str(file)).spec

    assert (spec.groups, spec.accepts_from, spec.may_send_to[-1]) == (("b-2",), ("*",), "!operator")
