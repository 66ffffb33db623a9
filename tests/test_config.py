"""Specs and settings as people write them: what is refused, and in which words."""

from pathlib import Path
from typing import Any

import pytest

from peerd.config import read_runtimes, read_settings
from peerd.errors import ConfigError, UsageError
from peerd.model.peer import PeerName
from peerd.specfile import check_spec, check_text, newly_odd, read_spec, read_specs
from peerd.specwrite import edited, spec_from
from tests.build import spec

MINIMAL = 'name = "ada"\nruntime = "actor"\ndir = "/tmp"\n'
FIELDS: dict[str, Any] = {"name": "ada", "runtime": "claude", "dir": "/tmp"}


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ({"permissions": "yolo"}, "Choose one of: ask, edits, plan, bypass."),
        ({"login": "mine"}, "Choose one of: shared, own."),
        ({"trust_folder": "perhaps"}, "trust_folder = 'perhaps': expected `bool`, got `str`"),
        ({"nonsense": "1"}, "--set nonsense: no such field. Fields: name, runtime, dir"),
        ({"lease_s": "5"}, "lease_s = 5: give at least 15 seconds."),
        ({"crash_max": "0"}, "crash_max = 0: give a number above 0 and under 1e+09."),
        ({"runtime": "x"}, "--set runtime: that is said by --runtime."),
        ({"worktree": "/x"}, "--set worktree: that is said by --worktree."),
    ],
)
def test_a_field_that_is_wrong_is_named(setting: dict[str, str], told: str):
    with pytest.raises(UsageError) as refused:
        spec_from(FIELDS, setting)

    assert told in str(refused.value)


def test_a_worktree_without_the_whole_path_of_its_repository_is_refused():
    with pytest.raises(UsageError, match="worktree 'x': give the absolute path of its repository"):
        spec_from(FIELDS | {"worktree": "x"}, {})


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
        ("starts_at_once = -1", "starts_at_once = -1: give at least 0"),
        ("census_s = 0.5", "census_s = 0.5: give at least 1"),
        ("census_s = nan", "census_s = nan: give a number"),
        ("silent_s = inf", "silent_s = inf: give a number"),
        ("nonsense = 1", "unknown field `nonsense`"),
        ("[peers]\nnonsense = 1", "peers: nonsense is not a peer setting. There are: idle_s, ephemeral_quiet_s"),
        ("[peers]\nidle_s = 0", "peers: idle_s = 0.0: give a number above 0"),
        ("[peers]\ncrash_max = 1.5", "peers: crash_max = 1.5: give a whole number"),
        ("[peers]\nidle_s = nan", "peers: idle_s = nan: give a number above 0 and under 1e+09"),
        ("[peers]\ncrash_max = inf", "peers: crash_max = inf: give a number above 0 and under 1e+09"),
        ("[peers]\nlease_s = nan", "peers: lease_s = nan: give a number above 0 and under 1e+09"),
        ("census_s = ", "Correct the file"),
    ],
)
def test_settings_that_would_do_harm_are_refused(tmp_path: Path, text: str, told: str):
    file = tmp_path / "peerd.toml"
    file.write_text(text)

    with pytest.raises(ConfigError, match="peerd.toml") as refused:
        read_settings(str(file))

    assert told in str(refused.value)


@pytest.mark.parametrize("figure", ["idle_s = nan", "idle_s = inf", "crash_max = nan", "task_attempts = inf"])
def test_a_figure_that_is_no_number_is_none_of_a_peers_either(tmp_path: Path, figure: str):
    file = tmp_path / "ada.toml"
    file.write_text(f'name = "ada"\nruntime = "actor"\ndir = "/tmp"\n{figure}\n')

    with pytest.raises(ConfigError, match=r"ada\.toml: "):
        read_spec(str(file))
    with pytest.raises(UsageError, match=r"Nothing was added\.$"):
        spec_from(FIELDS, dict([figure.split(" = ")]))


def test_one_bad_spec_costs_no_other(tmp_path: Path):
    good = 'runtime = "actor"\ndir = "/tmp"\n'
    (tmp_path / "ada.toml").write_text(f'name = "ada"\n{good}')
    (tmp_path / "bob.toml").write_text(f'name = "eve"\n{good}')
    (tmp_path / "cid.toml").write_text("[[[")
    (tmp_path / "notes.txt").write_text("no spec")

    specs, wrong, _ = read_specs(str(tmp_path))

    assert list(specs) == ["ada"]
    assert [
        each for each in ("rename the file to eve.toml", "cid.toml") if any(each in str(w) for w in wrong.values())
    ] == [
        "rename the file to eve.toml",
        "cid.toml",
    ]


DEEP, LONG = f"x = {'[' * 5000}", f"crash_max = {'1' * 5000}"


@pytest.mark.parametrize("line", [DEEP, LONG, f"idle_s = 1{'0' * 400}"], ids=["deep", "long", "large"])
def test_a_file_that_no_parser_is_made_for_costs_no_other(tmp_path: Path, line: str):
    (tmp_path / "ada.toml").write_text(f"{MINIMAL}{line}\n")
    (tmp_path / "bob.toml").write_text(MINIMAL.replace("ada", "bob"))

    specs, wrong, _ = read_specs(str(tmp_path))

    assert (list(specs), list(wrong)) == (["bob"], ["ada"])


@pytest.mark.parametrize("line", [DEEP, LONG], ids=["deep", "long"])
def test_nor_is_it_edited_or_a_setting_or_a_value(tmp_path: Path, line: str):
    (tmp_path / "peerd.toml").write_text(line)

    with pytest.raises(ConfigError, match="the spec is not valid TOML"):
        edited(f"{MINIMAL}{line}\n", {"idle_s": 5})
    with pytest.raises(ConfigError, match=r"peerd\.toml"):
        read_settings(str(tmp_path / "peerd.toml"))
    with pytest.raises(UsageError, match="crash_max"):
        spec_from(FIELDS, {"crash_max": line.split(" = ")[1]})


def test_a_file_that_is_too_long_is_no_spec(tmp_path: Path):
    (tmp_path / "ada.toml").write_text("#" * (2 << 20))

    with pytest.raises(ConfigError, match="is over 1048576 bytes"):
        read_spec(str(tmp_path / "ada.toml"))
    found, wrong = read_runtimes(str(tmp_path))
    assert (found, len(wrong)) == ({}, 1)


def test_figures_of_the_settings_hold_where_a_spec_says_nothing(tmp_path: Path):
    settings = tmp_path / "peerd.toml"
    settings.write_text("[peers]\nidle_s = 60\ncrash_max = 5\n")
    (tmp_path / "ada.toml").write_text('name = "ada"\nruntime = "actor"\ndir = "/tmp"\nidle_s = 5\n')

    spec = read_spec(str(tmp_path / "ada.toml"), read_settings(str(settings)).peers).spec

    assert (spec.idle_s, spec.crash_max) == (5.0, 5)


def test_a_switch_of_the_settings_holds_where_a_spec_says_nothing(tmp_path: Path):
    settings = tmp_path / "peerd.toml"
    settings.write_text("[peers]\npane_log = false\n")
    for name, own in (("ada", ""), ("eve", "pane_log = true\n")):
        (tmp_path / f"{name}.toml").write_text(f'name = "{name}"\nruntime = "actor"\ndir = "/tmp"\n{own}')

    figures = read_settings(str(settings)).peers

    kept = [read_spec(str(tmp_path / f"{name}.toml"), figures).spec.pane_log for name in ("ada", "eve")]
    assert kept == [False, True]


@pytest.mark.parametrize(
    ("line", "told"),
    [("pane_log = 1", "pane_log = 1: give true or false"), ("idle_s = true", "idle_s = true: give a number above 0")],
)
def test_a_switch_is_no_figure_and_a_figure_no_switch(tmp_path: Path, line: str, told: str):
    settings = tmp_path / "peerd.toml"
    settings.write_text(f"[peers]\n{line}\n")

    with pytest.raises(ConfigError, match=told):
        read_settings(str(settings))


def test_what_a_newer_peerd_wrote_is_told_and_left_out(tmp_path: Path):
    file = tmp_path / "ada.toml"
    fields = 'name = "ada"\nruntime = "actor"\ndir = "/tmp"\nidle_s = 5\n'
    file.write_text(f'{fields}colour = "red"\nrestart = "sometimes"\n')

    spec, odd = read_spec(str(file))

    assert (spec.idle_s, spec.restart) == (5.0, "temporary")
    assert odd == (
        f"{file}: colour is not a field that this peerd knows; it goes by its other fields.",
        f"{file}: restart = 'sometimes' is not known here; it goes by the default. "
        "Choose one of: permanent, transient, temporary.",
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('trust_folder = "ask"', "trust_folder = 'ask' is not known here; it goes by the default. Expected `bool`"),
        ('idle_s = "1h"', "idle_s = '1h' is not known here; it goes by the default. Expected `float`, got `str`."),
        ("idle_s = true", "idle_s = True is not known here"),
        ("crash_max = [3]", "crash_max = [3] is not known here"),
        ("task_attempts = 'often'", "task_attempts = 'often' is not known here"),
        ("queue_max = 2026-01-01", "queue_max = datetime.date(2026, 1, 1) is not known here"),
        ("description = 7", "description = 7 is not known here"),
        ("initial_prompt = ['a', 'b']", "initial_prompt = ['a', 'b'] is not known here"),
        ("prompt = 'no'", "prompt = 'no' is not known here"),
        ("permissions = 'some'", "permissions = 'some' is not known here; it goes by the default. Choose one of: ask,"),
        ("permissions = 3", "permissions = 3 is not known here; it goes by the default. Choose one of: ask, edits"),
        ("wake_policy = {}", "wake_policy = {} is not known here"),
        ("front = ['person']", "front = ['person'] is not known here"),
        ("restart = 1", "restart = 1 is not known here"),
    ],
)
def test_a_value_that_is_not_known_here_is_told_and_its_field_goes_by_the_default(tmp_path: Path, line: str, told: str):
    file = tmp_path / "ada.toml"
    file.write_text(f"{MINIMAL}stop_grace_s = 5\n{line}\n")

    read = read_spec(str(file))

    assert read.spec == spec(stop_grace_s=5.0)
    (odd,) = read.odd
    assert odd.startswith(f"{file}: {told}")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("runtime = 3", r"Expected `str`, got `int` - at `\$\.runtime`"),
        ("dir = ['/tmp']", r"at `\$\.dir`"),
        ("worktree = true", r"at `\$\.worktree`"),
        ("bin = ['claude']", r"at `\$\.bin`"),
        ("args = ['--sandbox', 3]", r"Expected `str`, got `int` - at `\$\.args\[1\]`"),
        ("env = { TOKEN = 3 }", r"at `\$\.env\[\.\.\.\]`"),
        ("login = 'vault'", r"at `\$\.login`\. Choose one of: shared, own\. Correct the file"),
        ("accepts_from = 'bob'", r"at `\$\.accepts_from`"),
        ("may_send_to = true", r"at `\$\.may_send_to`"),
        ("groups = 'reviewers'", r"at `\$\.groups`"),
        ("pane_log = 'no'", r"at `\$\.pane_log`"),
        ("crash_max = 1.5", r"at `\$\.crash_max`"),
        ("idle_s = 0", "idle_s = 0.0: give a number above 0"),
    ],
)
def test_but_without_what_says_what_runs_and_for_whom_there_is_no_spec(tmp_path: Path, line: str, told: str):
    file = tmp_path / "ada.toml"
    field = line.split(" = ")[0]
    file.write_text("".join(f"{each}\n" for each in (*MINIMAL.splitlines(), line) if each == line or field not in each))

    with pytest.raises(ConfigError, match=rf"ada\.toml: .*{told}"):
        read_spec(str(file))


def test_the_default_of_a_figure_that_is_not_known_is_that_of_the_settings(tmp_path: Path):
    (tmp_path / "ada.toml").write_text(f"{MINIMAL}idle_s = '1h'\n")

    assert read_spec(str(tmp_path / "ada.toml"), {"idle_s": 60.0}).spec.idle_s == 60.0


def test_a_value_that_is_not_known_is_still_refused_to_whoever_sets_it(tmp_path: Path):
    file, before = str(tmp_path / "ada.toml"), f"{MINIMAL}idle_s = '1h'\n"
    with pytest.raises(UsageError, match=r"idle_s.*Nothing was added\.$"):
        spec_from(FIELDS, {"idle_s": "1h"})

    assert newly_odd(check_text(f"{before}prompt = 3\n", file), before, file) == (
        f"{file}: prompt = 3 is not known here. Expected `bool`, got `int`.",
    )


def test_an_ephemeral_peer_with_a_persons_front_is_warned_of_and_stays_ephemeral(tmp_path: Path):
    file = tmp_path / "ada.toml"
    file.write_text('name = "ada"\nruntime = "actor"\ndir = "/tmp"\nwake_policy = "ephemeral"\nfront = "person"\n')

    specs, wrong, odd = read_specs(str(tmp_path))

    assert (specs[PeerName("ada")].wake_policy, wrong) == ("ephemeral", {})
    assert odd == [
        f"{file}: front = 'person' changes nothing for an ephemeral peer: every task has a session of its own."
    ]


def test_a_field_by_its_older_name_is_understood(tmp_path: Path):
    file = tmp_path / "ada.toml"
    file.write_text('name = "ada"\nruntime = "actor"\ndir = "/tmp"\npolicy = "ephemeral"\n')

    assert read_spec(str(file)) == (read_spec(str(file)).spec, ())
    assert read_spec(str(file)).spec.wake_policy == "ephemeral"


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("description", "é" * 451, "description has 451 characters; at most 450"),
        ("initial_prompt", "é" * 524_289, "initial_prompt has 1048578 bytes; at most 1048576"),
    ],
)
def test_a_text_that_is_too_long_is_refused(field: str, text: str, told: str):
    check_spec(spec(**{field: text[1:]}), "here")

    with pytest.raises(ConfigError, match=f"here: {told}"):
        check_spec(spec(**{field: text}), "here")
