"""A command that is for a person, and whose stdin was closed, as by `<&-`, says that it has no terminal."""

from pathlib import Path

import pytest

from tests.cli.stub import Stub
from tests.cli.test_closed_stdout import run

FOR_A_PERSON = "peerd: `peerd %s` is for a person: its stdin is not a terminal. Nothing was done.\n"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("approve a-1", 1, FOR_A_PERSON % "approve"),
        ("approve a-1 --yes", 1, FOR_A_PERSON % "approve"),
        ("deny a-1", 1, FOR_A_PERSON % "deny"),
        ("edit ada", 2, "peerd: edit needs a terminal. Without one: peerd edit ada --set FIELD=VALUE.\n"),
        ("attach ada", 2, "peerd: attach needs a terminal. `peerd peek ada` prints the screen without one.\n"),
    ],
)
def test_a_command_for_a_person_says_that_it_has_no_terminal(daemon: Stub, words: str, code: int, told: str):
    assert run(*words.split(), closed="<&-") == (code, "", told)
    assert daemon.asked == []


def test_a_team_that_nobody_could_agree_to_is_not_set_up(daemon: Stub, tmp_path: Path):
    file = tmp_path / "team.toml"
    file.write_text("")
    daemon.answers = {"team.up": {"steps": []}}

    code, _, err = run("up", str(file), closed="<&-")

    assert (code, err) == (2, "peerd: nothing was done. --yes does it without asking.\n")
    assert [params["dry_run"] for _, params in daemon.asked] == [True]
