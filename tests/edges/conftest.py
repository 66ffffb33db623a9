"""Fixtures of the edges' tests."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from peerd.edges.process import with_variable
from peerd.model.session import SessionId
from tests.edges.children import Start
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


@pytest.fixture
def start() -> Iterator[Start]:
    """What starts a child, with a session's mark or without any."""
    children: list[subprocess.Popen[str]] = []

    def start(*argv: str, mark: str | None = None) -> "subprocess.Popen[str]":
        env = {"PATH": os.environ["PATH"]} | ({"PEERD_SESSION": mark} if mark else {})
        child = subprocess.Popen(argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture
def session() -> Iterator[SessionId]:
    """The id of a session nobody else has. What carries its mark is ended."""
    session = SessionId(f"s-{uuid.uuid4().hex}")
    yield session
    for each in with_variable("PEERD_SESSION", session):
        os.kill(each.pid, signal.SIGKILL)
