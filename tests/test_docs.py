"""The pages beside the code say what is so: links lead somewhere, commands exist, tables agree with the code."""

import re
import stat
from pathlib import Path

import msgspec
import pytest

import peerd
from peerd import errors
from peerd.cli import COMMANDS
from peerd.config import Settings
from peerd.model.event import FIELDS
from peerd.model.message import Hold
from peerd.model.peer import Spec
from peerd.specfile import FIGURES

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?://)([^)#\s]+)")
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def read(name: str) -> str:
    return (ROOT / name).read_text()


def dead_links(page: Path, text: str) -> list[str]:
    return [link for link in LINK.findall(text) if not (page.parent / link).exists()]


def called(text: str) -> set[str]:
    """The commands a page names: in code spans, and at the start of lines of code."""
    fenced = "\n".join(FENCED.findall(text))
    return set(re.findall(r"`peerd ([a-z-]+)", text)) | set(re.findall(r"^peerd ([a-z-]+)", fenced, re.MULTILINE))


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_links_lead_somewhere(page: Path):
    assert dead_links(page, page.read_text()) == []


def test_a_dead_link_is_seen():
    assert dead_links(ROOT / "README.md", "[a](LICENSE) [b](https://no.where) [c](docs/none.md#d)") == ["docs/none.md"]


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_every_command_a_page_names_exists(page: Path):
    assert called(page.read_text()) <= set(COMMANDS)


@pytest.mark.parametrize("page", ["README.md", "docs/commands.md"])
def test_the_readme_and_the_page_of_commands_name_every_command(page: str):
    assert called(read(page)) == set(COMMANDS)


def test_a_command_is_read_from_code_and_not_from_prose():
    assert called("peerd is here\n```sh\npeerd ls\n```\n`peerd send TO` and peerd works\n") == {"ls", "send"}


def test_the_readme_has_every_exit_code():
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.PeerdError)]
    codes = {each.exit_code for each in kinds}

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", read("README.md"), re.MULTILINE)} == {0} | codes


def test_a_decision_is_three_lines():
    for section in read("docs/decisions.md").split("\n## ")[1:]:
        title, *lines = [line for line in section.splitlines() if line]
        assert [line.partition(":")[0] for line in lines] == ["- Decision", "- Why", "- Would change it"], title


def test_the_changelog_knows_this_version():
    assert f"\n## [{peerd.__version__}]" in read("CHANGELOG.md")


def test_the_commands_of_the_readme_are_in_its_first_screen():
    first_screen = read("README.md").splitlines()[:24]

    for command in ("sh contrib/try.sh", "sh contrib/test.sh"):
        assert any(line.startswith(command) for line in first_screen)


def test_continuous_integration_runs_the_same_tests():
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR
    assert "contrib/test.sh" in read(".ci/run")


def test_the_recipes_are_all_there():
    recipes = set(re.findall(r"^(\w+)(?: \*args)?:$", read("justfile"), re.MULTILINE))

    assert recipes >= {"try", "test", "live", "check", "fmt", "bench"}


def test_the_scripts_name_no_registry():
    for script in sorted((ROOT / "contrib").glob("*.sh")):
        assert re.findall(r"\w+://\S+|\b(?:pypi|debian)\.org\b", script.read_text()) == [], script.name


def defaults(kind: type[msgspec.Struct]) -> dict[str, object]:
    return {field.name: field.default for field in msgspec.structs.fields(kind)}


def table(heading: str) -> dict[str, str]:
    """The first two columns of the rows under a heading of the lifecycle's page."""
    section = read("docs/lifecycle.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([\w.']+(?: runtime's)?)", section, re.MULTILINE))


def written(value: object) -> str:
    return "the runtime's" if value is None else re.sub(r"\.0$", "", str(value)).lower()


def test_the_page_of_the_lifecycle_has_every_figure_and_its_default():
    of_a_peer = defaults(Spec)

    assert table("Figures") == {name: written(of_a_peer[name]) for name in FIGURES}


TABLES = ("peers", "notify", "approve")
"""Of the settings, those with a page of their own."""


def test_the_page_of_the_lifecycle_has_every_setting_and_its_default():
    assert table("Settings") == {
        name: written(value) for name, value in defaults(Settings).items() if name not in TABLES
    }


def test_the_page_of_messaging_and_that_of_events_have_every_reason_to_hold_a_message():
    section = read("docs/messaging.md").split("\n## What waits, and why\n")[1].split("\n## ")[0]

    for named in (re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE), re.findall("`([a-z-]+)`", FIELDS["hold"])):
        assert named == [each.value for each in Hold]
