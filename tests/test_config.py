"""Specs and settings as people write them: what is refused, and in which words."""

from pathlib import Path
from typing import Any

import pytest

from peerd.config import read_runtimes, read_settings, read_spec, read_specs, spec_from
from peerd.errors import ConfigError, UsageError

FIELDS: dict[str, Any] = {"name": "ada", "runtime": "claude", "dir": "/tmp"}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"permissions": "yolo"}, "Choose one of: ask, edits, plan, bypass."),
        ({"login": "mine"}, "Choose one of: shared, own."),
        ({"trust_folder": "perhaps"}, "Expected `bool`, got `str` - at `$.trust_folder`"),
        ({"nonsense": "1"}, "--set nonsense: no such field. Fields: name, runtime, dir"),
        ({"lease_s": "5"}, "lease_s = 5: give at least 15 seconds."),
        ({"crash_max": "0"}, "crash_max = 0: give a number above 0."),
        ({"runtime": "x"}, "--set runtime: that is said by --runtime."),
    ],
)
def test_a_field_that_is_wrong_is_named(setting: dict[str, str], told: str):
    with pytest.raises(UsageError) as refused:
        spec_from(FIELDS, setting)

    assert told in str(refused.value)


def test_what_is_wrong_is_told_as_it_was_given():
    with pytest.raises(UsageError, match=r"name 'a\.\.b': .*characters\. Nothing was added\.$"):
        spec_from(FIELDS | {"name": "a..b"}, {})


def test_a_name_that_has_a_meaning_is_no_peers():
    for name in ("operator", "daemon"):
        with pytest.raises(UsageError, match=f"{name}' is taken"):
            spec_from(FIELDS | {"name": name}, {})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("log_keep = 0", "log_keep = 0: give at least 1"),
        ("census_s = 0.5", "census_s = 0.5: give at least 1"),
        ("nonsense = 1", "unknown field `nonsense`"),
        ("census_s = ", "Correct the file"),
    ],
)
def test_settings_that_would_do_harm_are_refused(tmp_path: Path, text: str, told: str):
    file = tmp_path / "peerd.toml"
    file.write_text(text)

    with pytest.raises(ConfigError, match="peerd.toml") as refused:
        read_settings(str(file))

    assert told in str(refused.value)


def test_one_bad_spec_costs_no_other(tmp_path: Path):
    good = 'runtime = "actor"\ndir = "/tmp"\n'
    (tmp_path / "ada.toml").write_text(f'name = "ada"\n{good}')
    (tmp_path / "bob.toml").write_text(f'name = "eve"\n{good}')
    (tmp_path / "cid.toml").write_text("[[[")
    (tmp_path / "notes.txt").write_text("no spec")

    specs, wrong = read_specs(str(tmp_path))

    assert list(specs) == ["ada"]
    assert [each for each in ("rename the file to eve.toml", "cid.toml") if any(each in str(w) for w in wrong)] == [
        "rename the file to eve.toml",
        "cid.toml",
    ]


def test_a_file_that_is_too_long_is_no_spec(tmp_path: Path):
    (tmp_path / "ada.toml").write_text("#" * (2 << 20))

    with pytest.raises(ConfigError, match="is over 1048576 bytes"):
        read_spec(str(tmp_path / "ada.toml"))
    found, wrong = read_runtimes(str(tmp_path))
    assert (found, len(wrong)) == ({}, 1)
