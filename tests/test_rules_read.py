"""The pattern of a rule that Python's `re` does not know, or warns of, is refused as the settings are read."""

from pathlib import Path

import pytest

from peerd.config import read_settings
from peerd.errors import ConfigError

RULE = "[[approve]]\ntool = 'x'\nanswer = 'ask'\ninput = { command = '%s' }\n"


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (r"\p{Ll}+", r"command: '\\p{Ll}+' is not a pattern: bad escape \p at position 0."),
        ("[[:alpha:]]+", "command: '[[:alpha:]]+' is not a pattern: Possible nested set"),
        ("[a--b]", "command: '[a--b]' is not a pattern: Possible set difference"),
        ("a{99999999999}", "command: 'a{99999999999}' is not a pattern: the repetition number is too large."),
    ],
)
def test_a_pattern_that_may_mean_something_else_is_refused(tmp_path: Path, pattern: str, told: str):
    file = tmp_path / "peerd.toml"
    file.write_text(RULE % pattern)

    with pytest.raises(ConfigError) as refused:
        read_settings(str(file))

    assert str(refused.value).startswith(f"{file}: approve: rule 1: {told}")


def test_braces_that_say_no_number_are_themselves(tmp_path: Path):
    file = tmp_path / "peerd.toml"
    file.write_text(RULE % r"/out/frame_{i}\.png")

    assert read_settings(str(file)).approve[0].input == {"command": r"/out/frame_{i}\.png"}
