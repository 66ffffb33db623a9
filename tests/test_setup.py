"""The set-up behind the README's two commands, where it need not or cannot go on. Fetches nothing, installs nothing."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NEEDED = ("sh", "cat", "cmp", "cp", "dirname", "id", "ls", "mkdir", "mktemp", "rm", "sed", "tail")
MISSING = 69
TRY_AGAIN = 75


class Desk:
    """A machine whose PATH has these programs and no package manager, and a place for the environment."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "programs"
        self.venv = folder / "an environment"
        self.scratch = folder / "scratch"
        self.programs.mkdir()
        self.scratch.mkdir()
        for name in NEEDED:
            (self.programs / name).symlink_to(shutil.which(name) or "")
        self.program("python3", f'exec "{sys.executable}" "$@"')
        self.program("tmux", "echo tmux 3.3a")

    def program(self, name: str, script: str) -> None:
        executable(self.programs / name, script)

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        env = {"PATH": str(self.programs), "PEERD_VENV": str(self.venv), "HOME": "/nonexistent"}
        env["TMPDIR"] = str(self.scratch)
        return subprocess.run(argv, cwd="/", env=env, capture_output=True, text=True, timeout=50)

    def try_it(self) -> subprocess.CompletedProcess[str]:
        return self.run("sh", str(ROOT / "contrib" / "try.sh"))

    def environment(self, pip: str = "") -> None:
        """One with a peerd in it, and a pip that does this and no more."""
        venv.create(self.venv, with_pip=False, symlinks=True)
        executable(self.venv / "bin" / "peerd", 'echo "peerd was run:" "$@"')
        (packages,) = self.venv.glob("lib/python3*/site-packages")
        (packages / "pip.py").write_text(f"import sys\nif 'install' in sys.argv:\n    {pip or 'pass'}\n")

    def set_up(self) -> None:
        """As if it had been: peerd is on record as installed from this very pyproject.toml."""
        self.environment(pip="sys.exit('not again')")
        script = f'root="{ROOT}"; . "$root/contrib/setup.sh"; stamp >"$venv/peerd-installed"'
        assert self.run("sh", "-eu", "-c", script).returncode == 0


def executable(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize(
    ("program", "seen"),
    [
        ("echo tmux 3.1c", "tmux 3.1c"),
        ("echo tmux 3.0", "tmux 3.0"),
        ("echo tmux 1.8", "tmux 1.8"),
        ("echo broken >&2; exit 127", "no tmux"),
    ],
)
def test_an_old_tmux_is_named_and_nothing_is_made(desk: Desk, program: str, seen: str):
    desk.program("tmux", program)

    done = desk.try_it()

    assert (done.returncode, desk.venv.exists()) == (MISSING, False)
    assert f"tmux 3.2 or newer is needed. Here: {seen}." in done.stderr


@pytest.mark.parametrize("version", ["tmux 3.2", "tmux 3.2a", "tmux 3.10", "tmux next-3.7", "tmux 10.0", "tmux master"])
def test_a_tmux_that_will_do_is_taken(desk: Desk, version: str):
    desk.program("tmux", f"echo {version}")
    desk.set_up()

    assert desk.try_it().stdout == "peerd was run: demo\n"


def test_a_python_that_is_too_old_is_named(desk: Desk):
    older = "import sys, platform; sys.version_info = (3, 9, 2); platform.python_version = '3.9.2'.strip"
    desk.program("python3", f'exec "{sys.executable}" -c "{older}; exec(sys.argv[2])" "$@"')

    done = desk.try_it()

    assert done.returncode == MISSING
    assert "Python 3.11 or newer is needed. Here: Python 3.9.2." in done.stderr


def test_a_folder_that_is_no_environment_is_left_alone(desk: Desk):
    desk.venv.mkdir()
    (desk.venv / "mine").touch()

    done = desk.try_it()

    assert (done.returncode, os.listdir(desk.venv)) == (MISSING, ["mine"])
    assert "is no virtual environment" in done.stderr


def test_what_was_set_up_is_not_installed_again(desk: Desk):
    desk.set_up()

    done = desk.try_it()

    assert (done.returncode, done.stdout, done.stderr) == (0, "peerd was run: demo\n", "")


def test_another_pyproject_means_to_install_again(desk: Desk):
    desk.set_up()
    desk.environment(pip="pass")
    record = desk.venv / "peerd-installed"
    written = record.read_text()
    record.write_text("another one\n")

    done = desk.try_it()

    assert (done.stdout, done.stderr) == ("peerd was run: demo\n", "peerd: installing peerd and what it depends on\n")
    assert record.read_text() == written


def test_an_index_that_does_not_answer_is_told_and_leaves_no_record(desk: Desk):
    desk.environment(pip="sys.exit('no route to host')")

    done = desk.try_it()

    assert (done.returncode, (desk.venv / "peerd-installed").exists()) == (TRY_AGAIN, False)
    assert "no route to host" in done.stderr
    assert "The Python packages did not come." in done.stderr


@pytest.mark.parametrize("pip", ["pass", "sys.exit('no route to host')"], ids=["installed", "failed"])
def test_nothing_is_left_behind_but_the_environment_and_its_lock(desk: Desk, tmp_path: Path, pip: str):
    desk.environment(pip)

    desk.try_it()

    assert sorted(os.listdir(tmp_path)) == ["an environment", "an environment.lock", "programs", "scratch"]
    assert os.listdir(desk.scratch) == []


def test_a_missing_git_is_named_to_who_runs_the_tests(desk: Desk):
    script = f'root="{ROOT}"; . "$root/contrib/setup.sh"; find_manager; need_git || exit 9'

    without = desk.run("sh", "-eu", "-c", script)
    desk.program("git", "exit 0")

    assert (without.returncode, desk.run("sh", "-eu", "-c", script).returncode) == (9, 0)
    assert "git is needed by the tests of git worktrees. Install it, then run this again:" in without.stderr
