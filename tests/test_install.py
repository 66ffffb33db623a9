"""Installed as a wheel and as an editable: the command works, the data came along, Python starts as it did before."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

import peerd

ROOT = Path(__file__).parents[1]
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
ALONE = ("--no-index", "--no-deps", "--no-build-isolation")  # nothing is fetched: what runs the tests also builds
STARTED = "import sys; print(*map(repr, (*map(type, sys.meta_path), len(sys.path_hooks), sorted(sys.modules))))"


class Place(NamedTuple):
    """A virtual environment with peerd in it. `before`: what its Python had in memory without peerd."""

    python: str
    command: str
    packages: Path
    before: str


def run(*argv: str) -> str:
    """Its output. Nothing of ours is found by the working folder or by a variable."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(argv, cwd="/", env=env, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed(folder: Path, *what: str) -> Place:
    """A fresh environment with this installed. It borrows the packages of the one that runs the tests."""
    venv.create(folder, with_pip=False, symlinks=True)
    python = str(folder / "bin" / "python")
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    before = run(python, "-c", STARTED)
    borrow(packages)
    run(*PIP, "--python", python, "install", *ALONE, *what)
    return Place(python, str(folder / "bin" / "peerd"), packages, before)


def borrow(packages: Path) -> None:
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(*PIP, "wheel", *ALONE, "-w", str(folder), str(ROOT))
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return installed(tmp_path_factory.mktemp("from wheel"), str(wheel))


@pytest.fixture(scope="module")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return installed(tmp_path_factory.mktemp("editable"), "-e", str(ROOT))


@pytest.fixture(params=["from_wheel", "editable"])
def place(request: pytest.FixtureRequest) -> Place:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Place)
    return found


def test_the_command_is_there(place: Place):
    assert run(place.command, "--version").strip() == f"peerd {peerd.__version__}"


def test_the_adapters_are_found_by_name(place: Place):
    code = (
        "from importlib.metadata import entry_points as found;"
        "print(*sorted(f'{each.name} {each.load().__name__}' for each in found(group='peerd.adapters')), sep='\\n')"
    )

    assert run(place.python, "-c", code).split("\n")[:-1] == [
        "actor Actor",
        "claude Claude",
        "codex Codex",
        "shell Shell",
    ]


def test_the_wheel_holds_both_packages_whole_and_nothing_else(wheel: Path):
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert names == {*ours(ROOT / "peerd"), *ours(ROOT / "adapters" / "peerd_adapters")}
    assert {"peerd/py.typed", "peerd_adapters/py.typed"} <= names


def ours(package: Path) -> set[str]:
    """The files of a package, data included, as they are to be named in a wheel."""
    files = (path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(package.parent)) for path in files}


def test_an_editable_install_is_one_pth_of_plain_paths(editable: Place):
    (pth,) = (path for path in editable.packages.glob("*.pth") if path.name != "borrowed.pth")

    assert pth.read_text().splitlines() == [str(ROOT), str(ROOT / "adapters")]


def test_an_editable_install_adds_nothing_to_the_start_of_python(editable: Place):
    (editable.packages / "borrowed.pth").unlink()
    try:
        assert run(editable.python, "-c", STARTED) == editable.before
    finally:
        borrow(editable.packages)
