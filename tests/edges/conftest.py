"""Fixtures of the edges' tests."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edges.tmux_home import Reader, TmuxHome


@pytest.fixture
def tmux_home() -> Iterator[TmuxHome]:
    folder = Path(tempfile.mkdtemp(prefix="peerd-", dir="/tmp"))
    with asyncio.Runner() as runner:
        home = TmuxHome(folder, runner)
        try:
            yield home
        finally:
            home.end()
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def reader(tmux_home: TmuxHome) -> Reader:
    return Reader(tmux_home)
