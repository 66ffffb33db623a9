"""Which versions of a runtime its adapter counts as proved, and how the version is asked."""

import asyncio
import os
from pathlib import Path

import pytest

from peerd.daemon.version import File, Versions, file_of, proved
from peerd_adapters.actor import Actor
from peerd_adapters.claude import Claude
from peerd_adapters.shell import Shell


@pytest.mark.parametrize(
    ("version", "is_proved"),
    [("2.1.330", True), ("2.1.330.1", True), ("2.1.33", False), ("2.1.3301", False), ("9.9.9", False), (None, False)],
)
def test_only_a_version_that_was_tried_is_proved(version: str | None, is_proved: bool):
    assert proved(Claude(), version) is is_proved


def test_what_ships_with_peerd_is_always_proved():
    assert proved(Actor(), None)
    assert proved(Shell(), "5.2.15")


def program(folder: Path, says: str, count: str = "asked") -> str:
    path = folder / "claude"
    path.write_text(f"#!/bin/sh\necho x >>{folder}/{count}\n{says}\n")
    path.chmod(0o755)
    return str(path)


def its_file(path: str) -> File:
    file = file_of(path, "")
    assert file is not None
    return file


def test_a_program_is_asked_once_for_as_long_as_its_file_is_the_same(tmp_path: Path):
    path = program(tmp_path, 'echo "2.1.330 (Claude Code)"')

    async def story() -> list[str | None]:
        versions, found = Versions(), []
        found += [await versions.of(Claude(), its_file(path), dict(os.environ)) for _ in range(2)]
        program(tmp_path, 'echo "2.2.0 (Claude Code)"; :')
        return [*found, await versions.of(Claude(), its_file(path), dict(os.environ))]

    assert asyncio.run(story()) == ["2.1.330", "2.1.330", "2.2.0"]
    assert (tmp_path / "asked").read_text() == "x\n" * 2


@pytest.mark.parametrize("says", ["exit 3", "echo nonsense", "exec sleep 60"], ids=["fails", "nonsense", "hangs"])
def test_a_program_that_does_not_tell_has_no_version(tmp_path: Path, says: str):
    path = program(tmp_path, says)
    versions = Versions(ask_within_s=0.3)

    assert asyncio.run(versions.of(Claude(), its_file(path), dict(os.environ))) is None


def test_a_program_that_went_meanwhile_has_no_version():
    assert asyncio.run(Versions().of(Claude(), File("/nowhere/claude", 0, 0), {})) is None
